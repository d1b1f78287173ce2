"""The values that the template of every page of the manager needs."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from pyramid.csrf import get_csrf_token
from pyramid.request import Request

from sipapp.web.admin.messages import Message, take_flashed, write_faults


def page(
    request: Request, title: str, messages: Sequence[Message] = (), **values: object
) -> dict[str, Any]:
    """Return the values of a page's template, with its own ``values``.

    Every page warns if storage or history cannot be written, before a form is filled in.
    """
    # The answer to a change that could not be saved says why already.
    checks = None if request.response.status_int == 503 else request.app.write_checks
    said = [*take_flashed(request), *messages, *write_faults(checks, request.app.history)]
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
