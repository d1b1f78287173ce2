"""Bodies of requests: bounded, and JSON without the ambiguities that parsers let pass."""

import json
from typing import Any, Final, NoReturn

from pyramid.httpexceptions import HTTPRequestEntityTooLarge
from pyramid.request import Request

from sipapp.model.errors import FieldError
from sipapp.web.faults import MalformedRequest

MAX_BODY_BYTES: Final = 64 * 1024
"""Of a body, where the document does not say otherwise."""


def read_body(request: Request, limit: int = MAX_BODY_BYTES) -> bytes:
    """Read a body, also a chunked one.  Raises the HTTP exception 413."""
    if (request.content_length or 0) <= limit:
        body: bytes = request.body_file.read(limit + 1)
        if len(body) <= limit:
            return body
    raise HTTPRequestEntityTooLarge(f"Send at most {limit} bytes.")


def parse_json(body: bytes) -> Any:
    """Parse JSON (RFC 8259), each key once.  Raises ``MalformedRequest``."""
    try:
        return json.loads(
            body.decode(), object_pairs_hook=_each_key_once, parse_constant=_refuse_constant
        )
    except json.JSONDecodeError as error:
        raise _malformed(f"{error.msg} in line {error.lineno}, column {error.colno}") from error
    except UnicodeDecodeError as error:
        raise _malformed("it is not UTF-8") from error
    except RecursionError as error:
        raise _malformed("it is nested too deep") from error
    except ValueError as error:
        # CPython refuses to read integers of more than 4300 digits.
        raise _malformed("a number is too long") from error


def _each_key_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise MalformedRequest([FieldError(key, "This key stands there twice.")])
        found[key] = value
    return found


def _refuse_constant(name: str) -> NoReturn:
    raise _malformed(f"JSON has no {name}")


def _malformed(reason: str) -> MalformedRequest:
    return MalformedRequest([FieldError("", f"The body is not JSON: {reason}.")])
