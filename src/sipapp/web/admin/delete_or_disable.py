"""The confirmation pages for deleting and for disabling an extension."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response

from sipapp.changes.service import Saved
from sipapp.model.errors import ChangeRefused, SipappError
from sipapp.web.admin.active_calls import CallsNow, calls_now, wants_calls_ended
from sipapp.web.admin.display_names import shown
from sipapp.web.admin.messages import Message, flash, outcome
from sipapp.web.admin.page_frame import page
from sipapp.web.admin.refusals import refusal

_TEXTS: Final = ("id", "caller_id_name", "caller_id_number", "source")


@dataclass(frozen=True)
class ConfirmedAction:
    """An action that a page asks to confirm: its verb, its consequence, the class of its button."""

    verb: str
    done: str
    consequence: str
    button: str

    @property
    def title(self) -> str:
        """On the button, and at the beginning of the question."""
        return self.verb.title()


DELETION: Final = ConfirmedAction(
    "delete",
    "deleted",
    "Its settings and password are gone. The history can bring them back.",
    "button-danger",
)
DISABLING: Final = ConfirmedAction(
    "disable",
    "disabled",
    "Its settings and password stay here. Enable it, and it comes back unchanged.",
    "button-primary",
)


def confirm_deletion(request: Request) -> dict[str, Any]:
    """Show the confirmation page."""
    return _confirmation(request, DELETION)


def confirm_disabling(request: Request) -> dict[str, Any]:
    """Show the confirmation page."""
    return _confirmation(request, DISABLING)


def delete(request: Request) -> Response | dict[str, Any]:
    """Delete the extension, if it still is what the person saw when asked."""

    def act(extension_id: str, version: str, end_calls: bool) -> Saved:
        saved: Saved = request.extensions.delete(extension_id, version=version, end_calls=end_calls)
        return saved

    return _perform(request, DELETION, act) or HTTPSeeOther(request.route_path("admin"))


def disable(request: Request) -> Response | dict[str, Any]:
    """Hide the extension from the switches, if it still is what the person saw."""

    def act(extension_id: str, version: str, end_calls: bool) -> Saved:
        saved: Saved = request.extensions.set_enabled(
            extension_id, enabled=False, version=version, end_calls=end_calls
        )
        return saved

    next_page = request.route_path("admin_edit", id=request.matchdict["id"])
    return _perform(request, DISABLING, act) or HTTPSeeOther(next_page)


def _perform(
    request: Request, action: ConfirmedAction, perform: Callable[[str, str, bool], Saved]
) -> dict[str, Any] | None:
    """Perform the action; returns the confirmation page again if it was refused."""
    extension_id, done = request.matchdict["id"], action.done
    version = request.form.get("version", "")
    try:
        saved = perform(extension_id, version, wants_calls_ended(request))
    except SipappError as error:
        refused = refusal(error, f"Nothing was {done}")
        if isinstance(error, ChangeRefused) and error.kept is not None:
            flash(request, refused.message)
            return None
        return _confirmation(request, action, refused.message, status=refused.status)
    flash(request, outcome(f"Extension {saved.extension.id} was {done}", saved.apply))
    return None


def _confirmation(
    request: Request,
    action: ConfirmedAction,
    message: Message | None = None,
    *,
    status: int = 200,
) -> dict[str, Any]:
    extension = request.extensions.get(request.matchdict["id"])
    calls: CallsNow = calls_now(request, extension.id)
    request.response.status_int = status
    return page(
        request,
        f"{action.title} extension {extension.id}?",
        [message] if message else [],
        extension=extension,
        texts={name: shown(getattr(extension, name)) for name in _TEXTS},
        action=action,
        calls=calls,
    )
