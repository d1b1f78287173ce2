"""Short answers to requests that do not get to the pages."""

from http import HTTPStatus

from pyramid.httpexceptions import HTTPException
from pyramid.request import Request
from pyramid.response import Response

from sipapp.web.faults import MalformedRequest
from sipapp.web.problem import is_for_api, problem_response
from sipapp.web.security import set_security_headers


def short_refusal(request: Request, error: MalformedRequest | HTTPException) -> Response:
    """Answer in plain text: the frame of the pages is for those who got to this server."""
    if is_for_api(request):
        response = problem_response(request, error)
    else:
        status = error.code if isinstance(error, HTTPException) else 400
        response = Response(f"{error}\n", status=status, content_type="text/plain", charset="utf-8")
    # WebOb has no phrase for 421.
    response.status = f"{response.status_int} {HTTPStatus(response.status_int).phrase}"
    set_security_headers(request, response)
    return response
