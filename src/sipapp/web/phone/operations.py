"""The handlers of the operations of the phone API, by operationId."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final

from pyramid.httpexceptions import HTTPNotFound
from pyramid.request import Request
from pyramid.response import Response

from sipapp.phone import proof, sessions
from sipapp.phone.redaction import only_known
from sipapp.web.conditional import unless_known
from sipapp.web.openapi.routing import Given, Handler
from sipapp.web.phone.session import extension_of


def challenge(request: Request, given: Given) -> Response:
    """Answer with a nonce, for any extension."""
    nonce = request.app.phone.nonces.make(given["extension"])
    return Response(json_body={"nonce": nonce, "expires_in": proof.NONCE_LIFETIME_S})


def start_session(request: Request, given: Given) -> Response:
    """Start a session, given a proof of the password."""
    token = request.app.phone.prove(**given, address=request.peer)
    return Response(
        json_body={"token": token, "expires_in": sessions.SESSION_LIFETIME_S}, status=201
    )


def get_directory(request: Request, given: Given) -> Response:
    """List the extensions, or search them."""
    _offered(request.app.phone.settings.directory)
    listing = request.app.phone.directory(
        extension_of(request), given["search"].strip(), given["limit"]
    )
    return unless_known(request, listing.version) or Response(
        listing.body, content_type="application/json", etag=listing.version
    )


def find_names(request: Request, given: Given) -> Response:
    """List the extensions among some numbers."""
    _offered(request.app.phone.settings.directory)
    found = request.app.phone.names(extension_of(request), given["numbers"])
    return Response(json_body={"extensions": found})


def get_presence(request: Request, given: Given) -> Response:
    """List the presence of the extensions among some numbers."""
    _offered(request.app.phone.settings.presence_source == "server")
    states = request.app.phone.presence(extension_of(request), given["numbers"])
    listed = [{"extension": number, "state": state} for number, state in states.items()]
    body = json.dumps({"presence": listed}).encode()
    version = hashlib.sha256(body).hexdigest()[:32]
    return unless_known(request, version) or Response(
        body, content_type="application/json", etag=version
    )


def get_ice_servers(request: Request, _given: Given) -> Response:
    """List the servers."""
    servers = request.app.phone.ice_servers(extension_of(request))
    lifetime = request.app.phone.settings.turn_lifetime
    return Response(json_body={"iceServers": servers, "expires_in": lifetime})


def make_conference(request: Request, _given: Given) -> Response:
    """Reserve a conference room."""
    _offered(request.app.phone.settings.conference_prefix)
    return Response(json_body={"room": request.app.phone.room(extension_of(request))}, status=201)


def report_handler(schema: Mapping[str, Any]) -> Handler:
    """Keep a report, and of it what ``schema`` knows."""

    def report(request: Request, given: Given) -> Response:
        _offered(request.app.phone.settings.reports)
        kept = request.app.phone.report(extension_of(request), only_known(given, schema))
        return Response(json_body={"id": kept.id}, status=201)

    return report


def _offered(setting: object) -> None:
    if not setting:
        raise HTTPNotFound


OPERATIONS: Final[Mapping[str, Handler]] = {
    "challenge": challenge,
    "startSession": start_session,
    "getDirectory": get_directory,
    "findNames": find_names,
    "getPresence": get_presence,
    "getIceServers": get_ice_servers,
    "makeConference": make_conference,
}
