"""The softphone's page."""

import json
import logging
import re
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final
from urllib.parse import urlsplit

from pyramid.config import Configurator
from pyramid.httpexceptions import HTTPFound
from pyramid.request import Request
from pyramid.security import NO_PERMISSION_REQUIRED

from sipapp.concurrency.limit import ConcurrencyLimit
from sipapp.model.errors import ServerBusy
from sipapp.settings.phone import PhoneSettings, server_at, server_below
from sipapp.web.security import content_security_policy

log = logging.getLogger(__name__)

_MAX_PLUGIN_CALLERS: Final = 8
"""Requests that ask plugins for their settings at the same time: they need no log-in."""
_PLUGIN_WAIT_S: Final = 1.0
"""Seconds that a request waits until plugins may be asked."""
_HOST: Final = re.compile(r"(?P<name>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(:(?P<port>[0-9]{1,5}))?")


class PhoneView:
    """The view of the page that the phone's script fills.  For several threads."""

    def __init__(self) -> None:
        self._asking = ConcurrencyLimit(_MAX_PLUGIN_CALLERS, _busy, timeout=_PLUGIN_WAIT_S)

    def __call__(self, request: Request) -> dict[str, Any]:
        """Render the page."""
        response = request.response
        response.headers["Content-Security-Policy"] = content_security_policy(
            f"'self' {_connect_source(request)}", app=True
        )
        response.headers["Permissions-Policy"] = "microphone=(self), camera=(), geolocation=()"
        config = {**_config(request), "plugins": self._plugin_settings(request)}
        return {
            "title": "Phone",
            "entry": request.asset_entry("phone/main.ts"),
            # "<" would let a value end the script element that carries it.
            "config_json": json.dumps(config).replace("<", "\\u003c"),
        }

    def _plugin_settings(self, request: Request) -> dict[str, Any]:
        """The settings of plugins; none if too many requests wait for plugins that hang."""
        try:
            with self._asking.slot():
                found = request.app.plugins.call_each(
                    "sipapp_phone_config", _as_json, request=request
                )
        except ServerBusy as error:
            log.warning("A page of the phone lacks the settings of plugins: %s", error)
            return {}
        return dict(found)


def _busy() -> ServerBusy:
    return ServerBusy("Plugins have not answered others in sipapp_phone_config.", 1)


def _config(request: Request) -> dict[str, Any]:
    """The configuration of the phone's script, without that of plugins."""
    settings = request.app.settings
    path = _path(request)
    return {
        "server": server_below(settings.phone.server, path),
        "domain": settings.domain,
        "allowCustomServer": settings.phone.allow_custom_server,
        "iceServers": list(settings.phone.ice_servers),
        "turn": bool(settings.phone.turn_urls),
        "echoNumber": settings.phone.echo_number,
        "conferencePrefix": settings.phone.conference_prefix,
        "recoveryUser": settings.phone.recovery_user,
        "voicemailNumber": settings.phone.voicemail_number,
        "pickupPrefix": settings.phone.pickup_prefix,
        "numbering": _numbering(settings.phone),
        "autoAnswer": settings.phone.auto_answer,
        "directory": settings.phone.directory,
        "presence": settings.phone.presence_source,
        "reports": settings.phone.reports,
        "phoneApi": f"{path}/phone",
        "serviceWorker": request.route_path("phone_service_worker"),
        "adminUrl": request.route_path("admin"),
    }


def _path(request: Request) -> str:
    """The path of the page in the browser, without a slash at its end."""
    path: str = request.route_path("phone")
    return path.removesuffix("/")


def _numbering(phone: PhoneSettings) -> dict[str, Any] | None:
    """How the phone dials numbers outside; ``None`` where no country is configured."""
    rules = phone.numbering
    return None if rules is None else {**asdict(rules), "outside": phone.outside_prefix}


def _connect_source(request: Request) -> str:
    """Where the phone may connect to, as a source of a Content-Security-Policy."""
    phone_settings = request.app.settings.phone
    if phone_settings.allow_custom_server:
        return "ws: wss:"
    host = _HOST.fullmatch(request.host)
    if host is None:
        # No browser asks for such a host; whatever stands there must not get into a header.
        return ""
    port = int(host["port"]) if host["port"] else None
    url = urlsplit(server_at(phone_settings.server, host["name"], port, _path(request)))
    return f"{url.scheme}://{url.netloc}"


def _as_json(value: Mapping[str, object]) -> dict[str, Any]:
    """Make sure that one plugin's settings are JSON, so that they cannot spoil the page's."""
    config: dict[str, Any] = json.loads(json.dumps(dict(value), allow_nan=False))
    return config


def to_phone(request: Request) -> HTTPFound:
    """Lead ``/`` to the phone, with what the query asks of it."""
    return HTTPFound(request.route_path("phone", _query=request.query_string))


def includeme(config: Configurator) -> None:
    """Register the phone's routes."""
    prefix = config.registry.app.settings.prefix
    config.add_route("phone", prefix or "/")
    # Of the prefix "/" both are the phone itself, whose route is found first.
    config.add_route("phone_slash", f"{prefix}/")
    config.add_route("root", "/")
    config.add_view(
        PhoneView(),
        route_name="phone",
        renderer="sipapp:web/templates/phone.pt",
        request_method="GET",
        permission=NO_PERMISSION_REQUIRED,
    )
    for name in ("phone_slash", "root"):
        config.add_view(
            to_phone,
            route_name=name,
            request_method="GET",
            permission=NO_PERMISSION_REQUIRED,
        )
