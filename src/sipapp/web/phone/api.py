"""The phone API: its routes and views follow from its OpenAPI document."""

import logging
from collections import defaultdict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from pyramid.config import Configurator
from pyramid.request import Request
from pyramid.response import Response
from pyramid.security import NO_PERMISSION_REQUIRED

from sipapp.model.errors import StorageError
from sipapp.phone.service import Unavailable
from sipapp.web.api import document_view, other_methods
from sipapp.web.api.contract import Contract, Operation
from sipapp.web.phone.operations import OPERATIONS, report_view
from sipapp.web.phone.session import extension_of

log = logging.getLogger(__name__)

DOCUMENT: Final = Path(__file__).parents[1] / "openapi" / "phone.yaml"

View = Callable[[Request], Response]


def includeme(config: Configurator) -> None:
    """Register a route for every path of the document, and a view for every operation.

    The permissions of the admin pages are for other people: every operation asks for a phone's
    session instead, unless the document says that it needs none.
    """
    contract = Contract.load(config.route_prefix, DOCUMENT)
    schema = contract.document["components"]["schemas"]["Report"]
    handlers = {
        **OPERATIONS,
        "getPhoneDocument": document_view(contract),
        "report": report_view(schema),
    }
    methods: defaultdict[str, list[str]] = defaultdict(list)
    for operation in contract.operations:
        methods[operation.path].append(operation.method)
        _add_view(
            config,
            _checked(operation, handlers[operation.id]),
            operation.path,
            request_method=operation.method,
        )
    for path, allowed in methods.items():
        config.add_route(_route_name(path), path)
        _add_view(config, other_methods(allowed), path)


def _add_view(config: Configurator, view: View, path: str, **options: Any) -> None:
    # No token against forged requests: nothing here trusts what a browser sends by itself.
    config.add_view(
        view,
        route_name=_route_name(path),
        permission=NO_PERMISSION_REQUIRED,
        require_csrf=False,
        **options,
    )


def _checked(
    operation: Operation, handler: Callable[[Request, Mapping[str, Any]], Response]
) -> View:
    def view(request: Request) -> Response:
        try:
            if not operation.is_public:
                extension_of(request)
            response = handler(request, operation.read(request))
        except StorageError as error:
            # Its words are the administrator's: they may name files.
            log.warning("A phone's request failed: %s", error)
            raise Unavailable("The server cannot look at its extensions now.") from error
        operation.check(response)
        return response

    return view


def _route_name(path: str) -> str:
    return f"phone:{path}"
