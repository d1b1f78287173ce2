"""The button that makes the switches reload."""

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response

from sipapp.web.admin.messages import flash, outcome


def reload(request: Request) -> Response:
    """Make every switch read the extensions again."""
    flash(request, outcome("The switches were told to reload", request.extensions.reload()))
    return HTTPSeeOther(request.route_path("admin"))
