"""The values that the template of every page of the manager needs."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from pyramid.csrf import get_csrf_token
from pyramid.request import Request

from sipapp.model.text import one_line
from sipapp.web.admin.display_names import shown
from sipapp.web.admin.messages import Message, take_flashed, write_faults

_MAX_MESSAGE: Final = 10_000
"""Characters of a sentence of a message."""


def page(
    request: Request, title: str, messages: Sequence[Message] = (), **values: object
) -> dict[str, Any]:
    """Return the values of a page's template, with its own ``values``.

    Every page warns if storage or history cannot be written, before a form is filled in.
    """
    # The answer to a change that could not be saved says why already.
    checks = None if request.response.status_int == 503 else request.app.write_checks
    said = [*take_flashed(request), *messages, *write_faults(checks, request.app.history)]
    heading = shown(title)
    return {
        "title": f"{heading} · sipapp",
        "heading": heading,
        "entry": request.asset_entry("admin/main.ts"),
        "messages": [_displayed(each) for each in _with_one_button(said)],
        "is_open": request.is_open,
        "csrf_token": get_csrf_token(request),
        **values,
    }


def _displayed(message: Message) -> Message:
    """The same, without invisible characters that ids or values may have."""
    details = tuple(one_line(each, _MAX_MESSAGE) for each in message.details)
    return replace(message, text=one_line(message.text, _MAX_MESSAGE), details=details)


def _with_one_button(messages: Sequence[Message]) -> list[Message]:
    """The same, with the button to reload at the first that has it."""
    first = next((each for each in messages if each.retry), None)
    return [each if each is first else replace(each, retry=False) for each in messages]
