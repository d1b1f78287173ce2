"""The page of an extension: its fields, its password, and enabling it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from pyramid.httpexceptions import HTTPBadRequest, HTTPSeeOther
from pyramid.renderers import render_to_response
from pyramid.request import Request
from pyramid.response import Response

from sipapp.changes.service import Saved
from sipapp.model.errors import (
    ExtensionNotFound,
    FieldError,
    SipappError,
    StorageUnavailable,
    VersionConflict,
)
from sipapp.model.extension import FIELD_NAMES, FIELDS, SECRET_FIELDS, Extension
from sipapp.web.admin.active_calls import calls_now, wants_calls_ended
from sipapp.web.admin.authentication import is_open
from sipapp.web.admin.create_extension import creation_page
from sipapp.web.admin.display_names import shown
from sipapp.web.admin.findings import found_of
from sipapp.web.admin.form_fields import SEEN, changed, differences, editing_form
from sipapp.web.admin.generated_secrets import made_secrets, phone_url
from sipapp.web.admin.messages import Message, flash, outcome, weak_secrets
from sipapp.web.admin.page_frame import page
from sipapp.web.admin.refusals import refusal
from sipapp.web.authority import check_fields_permitted, open_fields

VERSION: Final = "version"


def edit(request: Request) -> dict[str, Any]:
    """Show the extension with its form, or with the reason why it has none."""
    return _edit_page(request, request.extensions.get(request.matchdict["id"]))


def save(request: Request) -> Response | dict[str, Any]:
    """Store what was changed since the editor saw it."""
    changes = changed(request.form)
    if not changes:
        return _next(request, request.matchdict["id"], Message("info", "Nothing was changed."))
    check_fields_permitted(request, changes)
    try:
        saved = request.extensions.update(
            request.matchdict["id"], changes, version=_version(request)
        )
    except SipappError as error:
        return _not_saved(request, changes, error)
    words = "was saved, with its new password" if "password" in changes else "was saved"
    done = outcome(f"Extension {saved.extension.id} {words}", saved.apply)
    return _next(request, saved.extension.id, done, *weak_secrets(saved.extension, changes))


def reset_password(request: Request) -> Response | dict[str, Any]:
    """Set the password that was typed, or make one; other changes stay typed and unsaved."""
    changes = changed(request.form)
    password = changes.get("password")
    try:
        saved = request.extensions.set_password(
            request.matchdict["id"],
            password,
            version=_version(request),
            end_calls=wants_calls_ended(request),
        )
    except SipappError as error:
        return _not_saved(request, changes, error)
    unsaved = {name: value for name, value in changes.items() if name != "password"}
    done = outcome(f"Extension {saved.extension.id} has a new password", saved.apply)
    weak = weak_secrets(saved.extension, ["password"])
    if password and not unsaved:
        return _next(request, saved.extension.id, done, *weak)
    return _reset(request, saved, unsaved, done, *weak)


def enable(request: Request) -> Response | dict[str, Any]:
    """Show the extension to the switches again; other changes stay typed and unsaved."""
    changes = changed(request.form)
    try:
        saved = request.extensions.set_enabled(
            request.matchdict["id"], enabled=True, version=_version(request)
        )
    except SipappError as error:
        return _not_saved(request, changes, error)
    done = outcome(f"Extension {saved.extension.id} is enabled", saved.apply)
    if not changes:
        return _next(request, saved.extension.id, done)
    return _reset(request, saved, changes, done)


def _reset(
    request: Request, saved: Saved, unsaved: Mapping[str, str], *done: Message
) -> dict[str, Any]:
    messages = [*done]
    if unsaved:
        messages.append(Message("warning", "Your other changes below are not saved yet."))
    return _edit_page(request, saved.extension, unsaved, messages=messages, saved=saved)


def _version(request: Request) -> str:
    version: str = request.form.get(VERSION, "")
    if not version:
        raise HTTPBadRequest("The form does not say which version of the extension it is about.")
    return version


def _next(request: Request, extension_id: str, *messages: Message) -> HTTPSeeOther:
    for each in messages:
        flash(request, each)
    return HTTPSeeOther(request.route_path("admin_edit", id=extension_id))


def _not_saved(
    request: Request, changes: Mapping[str, str], error: SipappError
) -> Response | dict[str, Any]:
    """Show the form again, with what was typed."""
    if isinstance(error, ExtensionNotFound):
        return _creation_again(request)
    if isinstance(error, StorageUnavailable):
        stored = _as_seen(request)
    else:
        stored = request.extensions.get(request.matchdict["id"])
    details = _differences(request, stored) if isinstance(error, VersionConflict) else ()
    refused = refusal(error, "Nothing was saved", details=details)
    return _edit_page(
        request, stored, changes, refused.errors, messages=refused.messages, status=refused.status
    )


def _creation_again(request: Request) -> Response:
    """Offer to create an extension that was deleted meanwhile, with what was typed."""
    extension_id = request.matchdict["id"]
    typed = {name: request.form.get(name, "") for name in FIELD_NAMES} | {"id": extension_id}
    gone = Message(
        "error",
        f"Extension {extension_id} was deleted in the meantime. "
        "To have it again, with what you typed, press Create.",
    )
    values = creation_page(request, typed, messages=[gone], status=409)
    return render_to_response(
        "sipapp:web/templates/admin_new.pt", values, request=request, response=request.response
    )


def _differences(request: Request, stored: Extension) -> Sequence[str]:
    """The values that another editor changed since the form was made."""
    details = [
        f"{label} was {_quoted(seen)} and is now {_quoted(now)}."
        for label, seen, now in differences(request.form, stored)
    ]
    return (
        *(details or ["A password changed, or something that this page does not show."]),
        "Your own changes are in the form. Look at them, and press Save again.",
    )


def _quoted(text: str) -> str:
    return f"“{text}”" if text else "empty"


def _as_seen(request: Request) -> Extension:
    """The extension as the editor saw it, for when the storage cannot be asked."""
    seen = {
        field.name: request.form.get(SEEN + field.name, "") for field in FIELDS if not field.secret
    }
    return Extension(
        request.matchdict["id"],
        **seen,
        version=_version(request),
        hidden=frozenset(SECRET_FIELDS),
    )


def _aliases(request: Request, extension: Extension) -> Sequence[str]:
    """Which extension a switch finds by each alias of this one."""
    if not (extension.aliases and extension.enabled):
        return ()
    known = request.app.live.aliases()
    found = {shown(each): known.id_of(each) for each in extension.aliases}
    return [
        f"The switch finds it by {alias} too."
        if owner == extension.id
        else f"By {alias} the switch finds extension {shown(owner)}, which comes first."
        for alias, owner in found.items()
    ]


def _edit_page(
    request: Request,
    extension: Extension,
    typed: Mapping[str, str] | None = None,
    errors: Iterable[FieldError] = (),
    *,
    messages: Sequence[Message] = (),
    saved: Saved | None = None,
    status: int = 200,
) -> dict[str, Any]:
    request.response.status_int = status
    may_change = open_fields(request)
    findings = found_of(request, extension)
    return page(
        request,
        f"Extension {extension.id}",
        messages,
        extension=extension,
        source=shown(extension.source),
        aliases=_aliases(request, extension),
        findings=findings,
        lets_anyone_in=is_open(extension, findings),
        may_edit=bool(may_change),
        form=editing_form(extension, typed or {}, errors, open_fields=may_change),
        secrets=made_secrets(saved) if saved else (),
        phone_url=phone_url(request, extension.id),
        calls=calls_now(request, extension.id),
    )
