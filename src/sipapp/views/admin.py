"""The extension manager's pages."""

from pyramid.config import Configurator
from pyramid.request import Request
from pyramid.response import Response


def listing(request: Request) -> Response:
    return Response(str(request.extensions.list()))


def includeme(config: Configurator) -> None:
    config.add_route("admin", "")
    config.add_view(listing, route_name="admin", request_method="GET")
