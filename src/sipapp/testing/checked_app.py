"""A WebTest application that checks every answer of the APIs against their OpenAPI documents."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from webtest import TestApp, TestResponse

from sipapp.web.api import DOCUMENT
from sipapp.web.openapi.contract import Contract, Operation
from sipapp.web.phone.api import DOCUMENT as PHONE_DOCUMENT

_APIS: Final[dict[str, Path]] = {"api/v1": DOCUMENT, "phone": PHONE_DOCUMENT}


class ContractBroken(AssertionError):
    """An answer is not what the document says."""


class CheckedApp(TestApp):  # type: ignore[misc]  # WebTest has no types
    """Raises ``ContractBroken`` for an answer that the document does not describe."""

    def do_request(self, req: Any, *args: Any, **options: Any) -> TestResponse:
        response = super().do_request(req, *args, **options)
        prefix = self.app.registry.app.settings.prefix
        # Not path_info, which fails for a path that is not UTF-8.
        asked: str = req.environ["PATH_INFO"]
        for name, document in _APIS.items():
            server = f"{prefix}/{name}"
            if asked.startswith(f"{server}/"):
                contract = Contract.load(server, document)
                _check(contract, req.method, asked.removeprefix(server), response)
        return response


def _check(contract: Contract, method: str, path: str, response: TestResponse) -> None:
    if response.status_int >= 400:
        problem = contract.validator({"$ref": "#/components/schemas/Problem"})
        if response.content_type != "application/problem+json":
            raise ContractBroken(f"{method} {path} answered with {response.content_type}.")
        if method != "HEAD":
            _check_body(f"{method} {path}", problem, response)
        return
    for operation in _operations(contract, method, path):
        check_answer(operation, response, has_body=method != "HEAD")


def _operations(contract: Contract, method: str, path: str) -> Iterator[Operation]:
    wanted = "GET" if method == "HEAD" else method
    for operation in contract.operations:
        pattern = re.sub(r"\{\w+\}", "[^/]+", operation.path)
        if operation.method == wanted and re.fullmatch(pattern, path):
            yield operation


def check_answer(operation: Operation, response: Any, *, has_body: bool = True) -> None:
    """Raise ``ContractBroken`` for an answer that the document does not describe."""
    known = operation.responses.get(str(response.status_int))
    if known is None:
        raise ContractBroken(f"{operation.id} answered {response.status_int}.")
    for name, header in known.get("headers", {}).items():
        required = operation.contract.resolve(header).get("required")
        if required and name not in response.headers:
            raise ContractBroken(f"{operation.id} left out the header {name}.")
    if not has_body or ("content" not in known and not response.body):
        return
    validator = operation.validators(known).get(response.content_type)
    if validator is None:
        raise ContractBroken(f"{operation.id} answered with {response.content_type}.")
    _check_body(operation.id, validator, response)


def _check_body(name: str, validator: Any, response: Any) -> None:
    for error in validator.iter_errors(response.json_body):
        # Not the error's own text: it contains the value, which may be a password.
        raise ContractBroken(f"{name}: {error.json_path} of the answer breaks {error.validator!r}.")
