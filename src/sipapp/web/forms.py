"""Forms that are posted: limited in size, and read strictly.

A view says ``form=True`` and reads ``request.form``.  The check stands between the
permission and the CSRF token: a request without a log-in is asked for it first, and the
token is looked for only in a body that can be read.
"""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qsl

from pyramid.config import Configurator
from pyramid.httpexceptions import (
    HTTPBadRequest,
    HTTPRequestEntityTooLarge,
    HTTPUnsupportedMediaType,
)
from pyramid.request import Request

MAX_FORM_BYTES: Final = 64 * 1024
_MAX_FIELDS: Final = 100
_CONTENT_TYPES: Final = frozenset(
    {"application/x-www-form-urlencoded", "application/x-www-form-urlencoded;charset=utf-8"}
)


def form_view(view: Any, info: Any) -> Any:
    """Check the form before a view that says ``form=True`` (a view deriver)."""
    if not info.options.get("form"):
        return view

    def checked(context: object, request: Request) -> Any:
        _ = request.form
        return view(context, request)

    return checked


form_view.options = ("form",)  # type: ignore[attr-defined]


def read_form(request: Request) -> Mapping[str, str]:
    """Read the posted fields.  Raises a kind of ``HTTPClientError`` that says what is wrong."""
    if (request.content_length or 0) > MAX_FORM_BYTES:
        raise HTTPRequestEntityTooLarge(f"A form has at most {MAX_FORM_BYTES // 1024} KiB here.")
    content_type = request.headers.get("Content-Type", "").replace(" ", "").lower()
    if content_type not in _CONTENT_TYPES:
        raise HTTPUnsupportedMediaType("Send the form as application/x-www-form-urlencoded.")
    try:
        pairs = parse_qsl(
            request.body.decode("ascii"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=_MAX_FIELDS,
        )
    except ValueError as error:
        raise HTTPBadRequest("The form has too many fields, or its text is not UTF-8.") from error
    fields = dict(pairs)
    if len(fields) < len(pairs):
        raise HTTPBadRequest(
            "The form has a field twice, so that it is unclear which one is meant."
        )
    return fields


def includeme(config: Configurator) -> None:
    """Give views the option ``form`` and requests the attribute of that name."""
    config.add_request_method(read_form, "form", reify=True)
    config.add_view_deriver(form_view, "form", under="secured_view", over="csrf_view")
