"""The built files without a hash in their names: the app's manifest, its worker, the licences."""

import json
from pathlib import Path
from typing import Any

from pyramid.config import Configurator
from pyramid.httpexceptions import HTTPNotFound
from pyramid.request import Request
from pyramid.response import Response
from pyramid.security import NO_PERMISSION_REQUIRED

from sipapp.web.assets import STATIC


def manifest(request: Request) -> Response:
    """Serve ``static/manifest.webmanifest`` (Web Application Manifest, W3C).

    Its icons' ``src`` are paths below the static folder; where the app starts, and with it what
    handles links, is ours to say.
    """
    content: dict[str, Any] = json.loads(_built("manifest.webmanifest"))
    start = request.route_path("phone")
    content |= {"id": start, "start_url": start, "scope": start}
    for icon in content.get("icons", ()):
        icon["src"] = request.static_path(f"sipapp:static/{icon['src']}")
    for handler in content.get("protocol_handlers", ()):
        handler["url"] = start + handler["url"]
    return _public(Response(json.dumps(content).encode(), content_type="application/manifest+json"))


def service_worker(request: Request) -> Response:
    """Serve ``static/service-worker.js``, which may look after the page at our prefix.

    That is not below the script, so it needs a word of ours (Service Workers, W3C, "Service-
    Worker-Allowed").
    """
    script = _built("service-worker.js")
    response = Response(script, content_type="text/javascript", charset="utf-8")
    response.headers["Service-Worker-Allowed"] = (
        request.route_path("phone").removesuffix("/") or "/"
    )
    return _public(response)


def licences(_request: Request) -> Response:
    """Serve ``static/LICENSES.txt``, the licences of the packages in the built files."""
    text = _built("LICENSES.txt")
    return _public(Response(text, content_type="text/plain", charset="utf-8"))


def _built(name: str) -> bytes:
    file: Path = STATIC / name
    try:
        return file.read_bytes()
    except FileNotFoundError as error:
        raise HTTPNotFound(f"The front end is not built: there is no {name}.") from error


def _public(response: Response) -> Response:
    # Kept, but never used without asking: an old worker would keep an old page.
    response.headers["Cache-Control"] = "no-cache"
    response.conditional_response = True
    response.md5_etag()
    return response


def includeme(config: Configurator) -> None:
    """Register manifest, service worker and licences."""
    prefix = config.registry.app.settings.prefix
    for view, name, path in (
        (manifest, "phone_manifest", "manifest.webmanifest"),
        (service_worker, "phone_service_worker", "service-worker.js"),
        (licences, "licences", "static/LICENSES.txt"),
    ):
        config.add_route(name, f"{prefix}/{path}")
        config.add_view(
            view, route_name=name, request_method="GET", permission=NO_PERMISSION_REQUIRED
        )
