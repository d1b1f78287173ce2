"""The OpenAPI document as a contract: requests and answers are checked against it.

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
from pyramid.response import Response

from sipapp.model.account import Permission
from sipapp.model.errors import FieldError, InvalidExtension
from sipapp.web.api.body import LIMIT, parse_json, read_body
from sipapp.web.api.faults import explain
from sipapp.web.faults import MalformedRequest

DOCUMENT: Final = Path(__file__).parents[1] / "openapi" / "manager.yaml"
_METHODS: Final = ("get", "post", "patch", "delete")
SAMPLE: Final = 10
"""Items of a list that are checked; they all come from one function.

All 500 of the longest list would take ten times as long as the answer itself (38 ms for 4 ms).
"""
# No number of this API needs more digits.
_INTEGER: Final = re.compile(r"-?[0-9]{1,15}")


class ContractBroken(Exception):
    """An answer of ours is not what the document promises."""


class Contract:
    """An OpenAPI document, and the path where its server is."""

    def __init__(self, document: Mapping[str, Any], server: str) -> None:
        self.document = document
        self.server = server
        self._validator = Draft202012Validator(document)

    @classmethod
    @cache
    def load(cls, server: str, file: Path = DOCUMENT) -> "Contract":
        """Read a document; once only, as it takes longer than the rest of an application."""
        document = yaml.safe_load(file.read_text(encoding="utf-8"))
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
        self.permission = Permission(operation.get("x-permission", Permission.ADMIN))
        self._contract = contract
        parameters = map(contract.resolve, operation.get("parameters", ()))
        self._query: dict[str, dict[str, Any]] = {
            parameter["name"]: parameter["schema"]
            for parameter in parameters
            if parameter["in"] == "query"
        }
        body = operation.get("requestBody", {})
        self._body_required: bool = body.get("required", False)
        self._body_limit: int = body.get("x-maximum-bytes", LIMIT)
        self._bodies = self._by_content_type(body)
        self._responses: Mapping[str, Any] = {
            status: contract.resolve(response)
            for status, response in operation["responses"].items()
        }

    def read(self, request: Request) -> dict[str, Any]:
        """What a request gives: its query with defaults, or its body.

        Raises ``MalformedRequest`` if it cannot be read, ``InvalidExtension`` if the body is
        not what the document says, and the HTTP exceptions 413 and 415.
        """
        return self._read_body(request) if self._bodies else self._read_query(request)

    def check(self, response: Response) -> None:
        """Raise ``ContractBroken`` for an answer that the document does not know.

        Of a list, the first :data:`SAMPLE` items are checked.
        """
        known = self._responses.get(str(response.status_int))
        if known is None:
            raise ContractBroken(f"{self.id} answered {response.status_int}.")
        for name, header in known.get("headers", {}).items():
            if self._contract.resolve(header).get("required") and name not in response.headers:
                raise ContractBroken(f"{self.id} left out the header {name}.")
        if "content" not in known and not response.body:
            return
        validator = self._by_content_type(known).get(response.content_type)
        if validator is None:
            raise ContractBroken(f"{self.id} answered with {response.content_type}.")
        for error in validator.iter_errors(_shortened(response.json_body)):
            # Not the error's own text: it contains the value, which may be a password.
            raise ContractBroken(
                f"{self.id}: {error.json_path} of the answer breaks {error.validator!r}."
            )

    def _by_content_type(self, holder: Mapping[str, Any]) -> dict[str, Validator]:
        return {
            content_type: self._contract.validator(media["schema"])
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
            given[name] = _parsed(schema["type"], text)
            faults = explain(self._contract.validator(schema), given[name])
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


def _parsed(kind: str, text: str) -> int | bool | str:
    """A parameter as its schema has it, where it can be read so."""
    if kind == "boolean":
        return {"true": True, "false": False}.get(text, text)
    return int(text) if kind == "integer" and _INTEGER.fullmatch(text) else text


def _shortened(body: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: value[:SAMPLE] if isinstance(value, list) else value for name, value in body.items()
    }
