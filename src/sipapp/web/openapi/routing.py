"""The routes and views of an API, as its OpenAPI document has them."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import quote

from pyramid.config import Configurator
from pyramid.httpexceptions import HTTPMethodNotAllowed
from pyramid.request import Request
from pyramid.response import Response

from sipapp.model.account import Effect
from sipapp.web.openapi.contract import Contract, Operation

Given = Mapping[str, Any]
Handler = Callable[[Request, Given], Response]
View = Callable[[Request], Response]


def route_name(api: str, path: str) -> str:
    """The name of the route of a path of an API's document."""
    return f"{api}:{path}"


def make_view(operation: Operation, handler: Handler) -> View:
    """A view that reads what a request gives, as the document says, for a handler."""

    def view(request: Request) -> Response:
        return handler(request, operation.read(request))

    return view


def add_api(
    config: Configurator,
    api: str,
    contract: Contract,
    handlers: Mapping[str, Handler],
    *,
    permission: str | None = None,
    view_of: Callable[[Operation, Handler], View] = make_view,
) -> None:
    """Register a route for every path of the document, and a view for every operation.

    The permissions are those of the effects in the document, unless one is given for all.
    """

    def add_view(view: View, path: str, permission: str, method: str | None = None) -> None:
        config.add_view(
            view,
            route_name=route_name(api, path),
            request_method=method,
            permission=permission,
            # No token: a write needs application/json or is empty, and in both cases the
            # cross-site check of sipapp.web.security has passed.
            require_csrf=False,
        )

    methods: defaultdict[str, list[str]] = defaultdict(list)
    for operation in contract.operations:
        methods[operation.path].append(operation.method)
        view = view_of(operation, handlers[operation.id])
        add_view(view, operation.path, permission or operation.effect, operation.method)
    for path, allowed in methods.items():
        config.add_route(route_name(api, path), path)
        add_view(_other_methods(allowed), path, permission or Effect.SEE)


def _other_methods(allowed: Iterable[str]) -> View:
    """Answer OPTIONS, and refuse the methods that an address does not take."""
    allow = {*allowed, "OPTIONS"} | ({"HEAD"} if "GET" in allowed else set())
    header = ("Allow", ", ".join(sorted(allow)))

    def view(request: Request) -> Response:
        if request.method == "OPTIONS":
            return Response(status=204, headerlist=[header])
        raise HTTPMethodNotAllowed(f"Use one of {header[1]} here.", headers=[header])

    return view


def document_handler(contract: Contract) -> Handler:
    """Serve the document, with the address where its API really is."""

    def handler(request: Request, _given: Given) -> Response:
        # A proxy may have put the whole application below a path of its own.
        servers = [{"url": quote(request.script_name + contract.server)}]
        return Response(json_body={**contract.document, "servers": servers})

    return handler
