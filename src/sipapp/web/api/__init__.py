"""The REST API: its routes and views follow from the OpenAPI document."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from pyramid.config import Configurator
from pyramid.httpexceptions import HTTPMethodNotAllowed
from pyramid.request import Request
from pyramid.response import Response

from sipapp.model.account import Permission
from sipapp.web.api.contract import Contract, Operation
from sipapp.web.api.operations import OPERATIONS, route_name

View = Callable[[Request], Response]


def includeme(config: Configurator) -> None:
    """Register a route for every path of the document, and a view for every operation."""
    contract = Contract.load(config.route_prefix)
    handlers = {**OPERATIONS, "getDocument": document_view(contract)}
    methods: defaultdict[str, list[str]] = defaultdict(list)
    for operation in contract.operations:
        methods[operation.path].append(operation.method)
        # No token: a write needs application/json or is empty, and in both cases the
        # cross-site check of sipapp.web.security has passed.
        config.add_view(
            _checked(operation, handlers[operation.id]),
            route_name=route_name(operation.path),
            request_method=operation.method,
            permission=operation.permission,
            require_csrf=False,
        )
    for path, allowed in methods.items():
        config.add_route(route_name(path), path)
        config.add_view(
            other_methods(allowed),
            route_name=route_name(path),
            permission=Permission.VIEW,
            require_csrf=False,
        )


def _checked(
    operation: Operation, handler: Callable[[Request, Mapping[str, Any]], Response]
) -> View:
    def view(request: Request) -> Response:
        response = handler(request, operation.read(request))
        operation.check(response)
        return response

    return view


def other_methods(allowed: Iterable[str]) -> View:
    """Answer OPTIONS, and refuse the methods that an address does not take."""
    allow = {*allowed, "OPTIONS"} | ({"HEAD"} if "GET" in allowed else set())
    header = ("Allow", ", ".join(sorted(allow)))

    def view(request: Request) -> Response:
        if request.method == "OPTIONS":
            return Response(status=204, headerlist=[header])
        raise HTTPMethodNotAllowed(f"Use one of {header[1]} here.", headers=[header])

    return view


def document_view(contract: Contract) -> Callable[[Request, Mapping[str, Any]], Response]:
    """Serve the document, with the address where its API really is."""

    def handler(request: Request, _given: Mapping[str, Any]) -> Response:
        # A proxy may have put the whole application below a path of its own.
        servers = [{"url": request.script_name + contract.server}]
        return Response(json_body={**contract.document, "servers": servers})

    return handler
