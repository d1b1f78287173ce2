"""The OpenAPI document as a contract: requests are checked against it, and answers by tests.

Schemas of OpenAPI 3.1 are JSON Schema (2020-12), so jsonschema checks them as they stand.
"""

import re
from collections.abc import Mapping
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Final

import yaml
from jsonschema import Draft202012Validator
from jsonschema.protocols import Validator
from pyramid.httpexceptions import HTTPUnsupportedMediaType
from pyramid.request import Request

from sipapp.model.account import Effect, Permission
from sipapp.model.errors import FieldError, InvalidExtension
from sipapp.web.faults import MalformedRequest
from sipapp.web.openapi.body import MAX_BODY_BYTES, parse_json, read_body
from sipapp.web.openapi.schema_errors import explain

# The one in C takes a seventh of the time.
_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_METHODS: Final = ("get", "post", "patch", "delete")
# No number of this API needs more digits.
_INTEGER: Final = re.compile(r"-?[0-9]{1,15}")


class Contract:
    """An OpenAPI document, and the path where its server is."""

    def __init__(self, document: Mapping[str, Any], server: str) -> None:
        self.document = document
        self.server = server
        self._validator = Draft202012Validator(document)

    @classmethod
    @cache
    def load(cls, server: str, file: Path) -> "Contract":
        """Read a document; once only, as it takes longer than the rest of an application."""
        document = yaml.load(file.read_text(encoding="utf-8"), _LOADER)  # noqa: S506  (a safe one)
        return cls(document, f"/{server.strip('/')}")

    @cached_property
    def operations(self) -> "tuple[Operation, ...]":
        """Every operation of the document."""
        return tuple(
            Operation(self, path, method)
            for path, item in self.document["paths"].items()
            for method in _METHODS
            if method in item
        )

    def resolve(self, node: Mapping[str, Any]) -> Any:
        """Follow the reference that stands in place of a response, header or parameter."""
        if "$ref" not in node:
            return node
        target: Any = self.document
        for name in node["$ref"].removeprefix("#/").split("/"):
            target = target[name]
        return target

    def validator(self, schema: Mapping[str, Any]) -> Validator:
        """A validator of a schema that may refer to others of the document."""
        return self._validator.evolve(schema=schema)


class Operation:
    """One operation: what its requests may say, and what it may answer."""

    def __init__(self, contract: Contract, path: str, method: str) -> None:
        item = contract.document["paths"][path]
        operation = item[method]
        self.id: str = operation["operationId"]
        self.path = path
        self.method = method.upper()
        self.is_public: bool = operation.get("security") == []
        given = operation.get("x-effect")
        # What names no effect is the administrator's.
        self.effect: str = Effect(given) if given else Permission.ADMIN
        self.contract = contract
        parameters = map(contract.resolve, operation.get("parameters", ()))
        self._query: dict[str, dict[str, Any]] = {
            parameter["name"]: parameter["schema"]
            for parameter in parameters
            if parameter["in"] == "query"
        }
        body = operation.get("requestBody", {})
        self._body_required: bool = body.get("required", False)
        self._body_limit: int = body.get("x-maximum-bytes", MAX_BODY_BYTES)
        self._bodies = self.validators(body)
        self.responses: Mapping[str, Any] = {
            status: contract.resolve(response)
            for status, response in operation["responses"].items()
        }

    def read(self, request: Request) -> dict[str, Any]:
        """What a request gives: its query with defaults, or its body.

        Raises ``MalformedRequest`` if it cannot be read, ``InvalidExtension`` if the body is
        not what the document says, and the HTTP exceptions 413 and 415.
        """
        return self._read_body(request) if self._bodies else self._read_query(request)

    def validators(self, holder: Mapping[str, Any]) -> dict[str, Validator]:
        """The validators of a request's or a response's body, by content type."""
        return {
            content_type: self.contract.validator(media["schema"])
            for content_type, media in holder.get("content", {}).items()
        }

    def _read_query(self, request: Request) -> dict[str, Any]:
        given: dict[str, Any] = {name: schema["default"] for name, schema in self._query.items()}
        errors: list[FieldError] = []
        for name, text in request.GET.items():
            schema = self._query.get(name)
            if schema is None:
                known = ", ".join(self._query) or "none"
                errors.append(FieldError(name, f"There is no such parameter. Known: {known}."))
                continue
            given[name] = _parsed(schema, text)
            faults = explain(self.contract.validator(schema), given[name])
            errors.extend(FieldError(name, fault.message) for fault in faults)
        if errors:
            raise MalformedRequest(errors)
        return given

    def _read_body(self, request: Request) -> dict[str, Any]:
        raw = read_body(request, self._body_limit)
        content_type = request.content_type
        if not raw and not content_type and not self._body_required:
            return {}
        if content_type not in self._bodies:
            known = " or ".join(self._bodies)
            raise HTTPUnsupportedMediaType(f"Send {known}, and say so by Content-Type.")
        if not raw and not self._body_required:
            return {}
        content: dict[str, Any] = parse_json(raw)
        errors = list(explain(self._bodies[content_type], content))
        if errors:
            raise InvalidExtension(errors)
        return content


def _parsed(schema: Mapping[str, Any], text: str) -> int | bool | str | list[str]:
    """A parameter as its schema has it, where it can be read so; a list of texts by commas."""
    kind: str = schema["type"]
    if kind == "array":
        return text.split(",") if text else []
    if kind == "boolean":
        return {"true": True, "false": False}.get(text, text)
    return int(text) if kind == "integer" and _INTEGER.fullmatch(text) else text
