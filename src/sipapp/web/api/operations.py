"""The handlers of the operations of the manager's API, by operationId."""

from collections.abc import Mapping
from typing import Any, Final

from pyramid.request import Request
from pyramid.response import Response

from sipapp.changes.service import Saved
from sipapp.model.errors import VersionConflict
from sipapp.model.findings import Finding
from sipapp.web.api import history, live
from sipapp.web.authority import calls_to_be_ended, check_fields_permitted
from sipapp.web.conditional import unless_known
from sipapp.web.documents import (
    apply_document,
    change_document,
    extension_document,
    mention_document,
)
from sipapp.web.openapi.routing import Given, Handler, route_name

API: Final = "api"
"""What the names of the routes begin with."""


def list_extensions(request: Request, given: Given) -> Response:
    page = request.extensions.find(**given)
    return Response(
        json_body={
            "total": page.total,
            "after": page.after,
            "items": [extension_document(each) for each in page.items],
        }
    )


def create_extension(request: Request, given: Given) -> Response:
    values = dict(given)
    response = _saved(request.extensions.create(values.pop("id"), values))
    response.status = 201
    return _located(request, response)


def create_batch(request: Request, given: Given) -> Response:
    items = [dict(item) for item in given["items"]]
    saved = request.extensions.create_many([(item.pop("id"), item) for item in items])
    body = {
        "items": [{**extension_document(each.extension), **each.generated} for each in saved],
        **change_document(saved[0]),
    }
    return Response(json_body=body, status=201)


def get_extension(request: Request, _given: Given) -> Response:
    extension = request.extensions.get(request.matchdict["id"])
    return Response(
        json_body=extension_document(extension), etag=extension.version, conditional_response=True
    )


def update_extension(request: Request, given: Given) -> Response:
    # In a merge patch (RFC 7396), null takes a value away.
    values = {name: value or "" for name, value in given.items()}
    check_fields_permitted(request, values)
    extension_id = request.matchdict["id"]
    return _saved(
        request.extensions.update(extension_id, values, version=_expected_version(request))
    )


def delete_extension(request: Request, given: Given) -> Response:
    extension_id = request.matchdict["id"]
    saved = request.extensions.delete(
        extension_id, version=_expected_version(request), end_calls=_end_calls(request, given)
    )
    return Response(json_body={"id": saved.extension.id, **change_document(saved)})


def set_password(request: Request, given: Given) -> Response:
    return _saved(
        request.extensions.set_password(
            request.matchdict["id"],
            given.get("password"),
            version=_expected_version(request),
            end_calls=_end_calls(request, given),
        )
    )


def rename_extension(request: Request, given: Given) -> Response:
    saved = request.extensions.rename(
        request.matchdict["id"],
        given["id"],
        changes=given.get("changes"),
        password=given.get("password"),
        version=_expected_version(request),
        end_calls=_end_calls(request, given),
    )
    return _located(request, _saved(saved))


def preview_rename(request: Request, given: Given) -> Response:
    found = request.extensions.mentions(request.matchdict["id"], given["id"])
    return Response(json_body={"values": [mention_document(each) for each in found]})


def disable_extension(request: Request, given: Given) -> Response:
    return _set_enabled(request, enabled=False, end_calls=_end_calls(request, given))


def enable_extension(request: Request, _given: Given) -> Response:
    return _set_enabled(request, enabled=True)


def reload(request: Request, _given: Given) -> Response:
    return Response(json_body={"apply": apply_document(request.extensions.reload())})


def examine_directory(request: Request, given: Given) -> Response:
    summary, findings = request.app.directory_health.page(**given)
    return Response(
        json_body={
            "counts": summary.counts,
            "after": findings.after,
            "findings": [_finding(each) for each in findings.items],
            "looked_at": summary.looked_at,
            "not_looked_at": summary.not_looked_at,
        }
    )


def get_live(request: Request, given: Given) -> Response:
    overview = request.app.live.overview()
    return unless_known(request, overview.version) or Response(
        json_body=live.shown(overview, **given), etag=overview.version
    )


def end_call(request: Request, _given: Given) -> Response:
    call = request.live_actions.end_call(request.matchdict["switch"], request.matchdict["call"])
    return Response(json_body=live.call_document(call))


def drop_registration(request: Request, _given: Given) -> Response:
    names = request.matchdict
    dropped = request.live_actions.drop_registration(names["switch"], names["registration"])
    return Response(json_body=live.registration_document(dropped))


OPERATIONS: Final[Mapping[str, Handler]] = {
    "listExtensions": list_extensions,
    "createExtension": create_extension,
    "createBatch": create_batch,
    "getExtension": get_extension,
    "updateExtension": update_extension,
    "deleteExtension": delete_extension,
    "setPassword": set_password,
    "previewRename": preview_rename,
    "renameExtension": rename_extension,
    "disableExtension": disable_extension,
    "enableExtension": enable_extension,
    "reload": reload,
    "examineDirectory": examine_directory,
    "getLive": get_live,
    "endCall": end_call,
    "dropRegistration": drop_registration,
    "findHistory": history.find_history,
    "undo": history.undo,
}


def _expected_version(request: Request) -> str | None:
    """The version that ``If-Match`` asks for, ``None`` if any will do (RFC 9110, 13.1.1).

    Raises ``VersionConflict`` if the extension has none of those that it names.
    """
    header = request.headers.get("If-Match")
    if header is None or header.strip() == "*":
        return None
    extension_id = request.matchdict["id"]
    version: str = request.extensions.get(extension_id).version
    # An empty header is a client that lost its version: WebOb would let it pass.
    if not header.strip() or version not in request.if_match:
        raise VersionConflict(extension_id)
    return version


def _end_calls(request: Request, given: Given) -> bool:
    """Whether calls are to be ended.  Raises ``HTTPForbidden`` without the permission."""
    return calls_to_be_ended(request, asked=given.get("end_calls", False))


def _set_enabled(request: Request, *, enabled: bool, end_calls: bool = False) -> Response:
    return _saved(
        request.extensions.set_enabled(
            request.matchdict["id"],
            enabled=enabled,
            version=_expected_version(request),
            end_calls=end_calls,
        )
    )


def _located(request: Request, response: Response) -> Response:
    response.location = request.route_path(
        route_name(API, "/extensions/{id}"), id=response.json_body["id"]
    )
    return response


def _saved(saved: Saved) -> Response:
    body = {
        **extension_document(saved.extension),
        **saved.generated,
        **change_document(saved),
    }
    return Response(json_body=body, etag=saved.extension.version)


def _finding(finding: Finding) -> dict[str, Any]:
    names = ("code", "severity", "source", "line", "extension", "title", "meaning", "remedy")
    shown = {name: getattr(finding, name) for name in names}
    return {**shown, "mending": finding.mending.label if finding.mending else ""}
