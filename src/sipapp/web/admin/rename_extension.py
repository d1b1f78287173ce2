"""The page that renames an extension: for people, it gets another number."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response

from sipapp.model.errors import ChangeRefused, FieldError, SipappError
from sipapp.model.extension import split_id
from sipapp.web.admin.active_calls import calls_now, wants_calls_ended
from sipapp.web.admin.display_names import shown
from sipapp.web.admin.form_fields import FormField, with_domain
from sipapp.web.admin.messages import Message, flash, outcome
from sipapp.web.admin.page_frame import page
from sipapp.web.admin.refusals import refusal

_BOX: Final = "change "
"""Begins the name of the box of a value in forms."""


def ask(request: Request) -> dict[str, Any]:
    """Ask for the new id, and say what follows it."""
    return _question(request)


def rename(request: Request) -> Response | dict[str, Any]:
    """Rename the extension, if it still is what the person saw when asked."""
    extension_id = request.matchdict["id"]
    typed = request.form.get("id", "").strip()
    new_id = with_domain(typed, split_id(extension_id)[1])
    try:
        saved = request.extensions.rename(
            extension_id,
            new_id,
            changes=_ticked(request),
            password=request.form.get("password") or None,
            version=request.form.get("version", ""),
            end_calls=wants_calls_ended(request),
        )
    except SipappError as error:
        refused = refusal(error, "Nothing was changed", has_field=("id",))
        if isinstance(error, ChangeRefused) and error.kept:
            flash(request, refused.message)
            return HTTPSeeOther(request.route_path("admin_edit", id=error.kept[0].id))
        return _question(
            request, typed, refused.errors, messages=refused.messages, status=refused.status
        )
    done = f"Extension {extension_id} is extension {saved.extension.id} now"
    flash(request, outcome(done, saved.apply))
    return HTTPSeeOther(request.route_path("admin_edit", id=saved.extension.id))


def _ticked(request: Request) -> Sequence[str]:
    """The names of the values whose boxes were ticked."""
    return [name.removeprefix(_BOX) for name in request.form if name.startswith(_BOX)]


def _mentions(request: Request) -> Sequence[Mapping[str, Any]]:
    """The values that hold the number; ticked are those that are it, unless the form says."""
    sent = request.method == "POST"
    ticked = _ticked(request) if sent else ()
    return [
        {
            "box": f"{_BOX}{each.name}",
            "label": shown(each.label),
            "value": "not shown, a secret may be in it" if each.is_hidden else shown(each.old),
            "ticked": each.name in ticked if sent else each.follows or each.is_whole,
        }
        for each in request.extensions.mentions(request.matchdict["id"])
    ]


def _question(
    request: Request,
    typed: str = "",
    errors: Iterable[FieldError] = (),
    *,
    messages: Sequence[Message] = (),
    status: int = 200,
) -> dict[str, Any]:
    extension = request.extensions.get(request.matchdict["id"])
    request.response.status_int = status
    found: dict[str, list[str]] = {}
    for error in errors:
        found.setdefault(error.field, []).append(error.message)
    new_id = FormField(
        "id",
        "New extension",
        "What its phones register as then, and people dial.",
        secret=False,
        value=typed,
        errors=found.pop("id", ()),
        focus="password" not in found,
    )
    password = FormField(
        "password",
        "New password",
        "Leave empty to keep the present one.",
        secret=True,
        errors=found.pop("password", ()),
        focus=bool(not new_id.errors and "password" in found),
    )
    others = [Message("error", text) for texts in found.values() for text in texts]
    return page(
        request,
        f"Another number for extension {extension.id}",
        [*messages, *others],
        extension=extension,
        name=shown(extension.id),
        fields=[new_id, password],
        mentions=_mentions(request),
        calls=calls_now(request, extension.id),
    )
