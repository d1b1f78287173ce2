"""What stands around every page of the manager."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from pyramid.csrf import get_csrf_token
from pyramid.request import Request

from sipapp.web.admin.messages import Message, said_before, unsaved


def page(
    request: Request, title: str, messages: Sequence[Message] = (), **values: object
) -> dict[str, Any]:
    """Return what a template of the manager needs, with ``values`` of its own.

    Every page says what keeps changes from being saved: before anybody fills in a form.
    """
    # The answer to a change that could not be saved says why already.
    checks = None if request.response.status_int == 503 else request.app.write_checks
    said = [*said_before(request), *messages, *unsaved(checks, request.app.history)]
    return {
        "title": f"{title} · sipapp",
        "heading": title,
        "entry": request.asset_entry("admin/main.ts"),
        "messages": _with_one_button(said),
        "is_open": request.is_open,
        "csrf_token": get_csrf_token(request),
        **values,
    }


def _with_one_button(messages: Sequence[Message]) -> list[Message]:
    """The same, with the button to reload at the first that has it."""
    first = next((each for each in messages if each.retry), None)
    return [each if each is first else replace(each, retry=False) for each in messages]
