"""What stands around every page of the manager."""

from collections.abc import Sequence
from typing import Any

from pyramid.csrf import get_csrf_token
from pyramid.request import Request

from sipapp.views.admin.messages import Message, said_before


def page(
    request: Request, title: str, messages: Sequence[Message] = (), **values: object
) -> dict[str, Any]:
    """Return what a template of the manager needs, with ``values`` of its own."""
    return {
        "title": f"{title} · sipapp",
        "heading": title,
        "entry": request.asset_entry("admin/main.ts"),
        "messages": [*said_before(request), *messages],
        "is_open": request.sipapp_settings.admin.password is None,
        "csrf_token": get_csrf_token(request),
        **values,
    }
