"""The operations of the history."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from pyramid.request import Request
from pyramid.response import Response

from sipapp.history.entry import Entry
from sipapp.model.apply import Apply
from sipapp.web.documents import apply_document, change_document


def find_history(request: Request, given: Mapping[str, Any]) -> Response:
    found = request.app.history.find(**given)
    return Response(
        json_body={
            "entries": [_shown(each) for each in found.entries],
            "more": bool(found.next),
            "next": found.next,
            "lasting": request.app.history.lasting,
        }
    )


def undo(request: Request, given: Mapping[str, Any]) -> Response:
    entry = request.app.history.get(request.matchdict["entry"])
    saved = request.extensions.undo(entry, anyway=given.get("anyway", False))
    return Response(json_body={"id": saved.extension.id, **change_document(saved)})


def _shown(entry: Entry) -> dict[str, Any]:
    document = asdict(entry) | {"at": entry.at.isoformat(timespec="microseconds")}
    # The digest is of use here only.
    del document["digest"], document["switches"]
    apply = apply_document(Apply(tuple(entry.switches)))
    return document | {"apply": apply, "undoable": entry.is_change}
