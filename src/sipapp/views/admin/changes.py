"""Deleting an extension, and telling the switches to reload."""

from typing import Any

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response

from sipapp.errors import ChangeRefused, StorageUnavailable, VersionConflict
from sipapp.views.admin.frame import page
from sipapp.views.admin.messages import Message, outcome, say_next


def confirm_deletion(request: Request) -> dict[str, Any]:
    """Ask, and say what ends."""
    return _confirmation(request)


def delete(request: Request) -> Response | dict[str, Any]:
    """Delete the extension, if it still is what the person saw when asked."""
    extension_id = request.matchdict["id"]
    try:
        saved = request.extensions.delete(extension_id, version=request.form.get("version", ""))
    except VersionConflict:
        message = Message(
            "warning",
            f"Nothing was deleted yet: extension {extension_id} was changed by somebody else "
            "in the meantime. Below is how it stands now.",
        )
        return _confirmation(request, message, status=409)
    except ChangeRefused as error:
        return _confirmation(request, Message("error", f"Nothing was deleted. {error}"), status=409)
    except StorageUnavailable as error:
        return _confirmation(request, Message("error", f"Nothing was deleted. {error}"), status=503)
    say_next(request, outcome(f"Extension {saved.extension.id} was deleted", saved.apply))
    return HTTPSeeOther(request.route_path("admin"))


def reload(request: Request) -> Response:
    """Make every switch read the extensions again."""
    say_next(request, outcome("The switches were told to reload", request.extensions.reload()))
    return HTTPSeeOther(request.route_path("admin"))


def _confirmation(
    request: Request, message: Message | None = None, *, status: int = 200
) -> dict[str, Any]:
    extension = request.extensions.get(request.matchdict["id"])
    request.response.status_int = status
    messages = [message] if message else []
    return page(request, f"Delete extension {extension.id}?", messages, extension=extension)
