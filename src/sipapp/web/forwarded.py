"""X-Forwarded headers of trusted proxies: the client's address, scheme, host and path prefix.

Each proxy adds its part at the right of a header, so that the parts at the left may be the
client's own.  As many are believed as there are trusted proxies on the way.
"""

import logging
import re
from collections.abc import Callable, MutableMapping, Sequence
from typing import Any, Final
from urllib.parse import quote, unquote_to_bytes

from pyramid.config import Configurator
from pyramid.request import Request
from pyramid.response import Response

from sipapp.model.address import parse_address
from sipapp.model.errors import FieldError
from sipapp.web.faults import MalformedRequest
from sipapp.web.refusals import short_refusal
from sipapp.web.trusted_proxies import TrustedProxies

log = logging.getLogger(__name__)

Environ = MutableMapping[str, Any]

_FOR: Final = "HTTP_X_FORWARDED_FOR"
_PROTO: Final = "HTTP_X_FORWARDED_PROTO"
_HOST: Final = "HTTP_X_FORWARDED_HOST"
_PREFIX: Final = "HTTP_X_FORWARDED_PREFIX"
# Not that of the scheme: the doctor says if a proxy tells it, and is not believed.
_DROPPED: Final = (
    *(_FOR, _HOST, _PREFIX, "HTTP_X_FORWARDED_PORT", "HTTP_X_FORWARDED_BY"),
    *("HTTP_FORWARDED", "HTTP_X_REAL_IP"),
)
_SEGMENT: Final = re.compile(rb"[^\x00-\x20/\\\x7f]+(?: +[^\x00-\x20/\\\x7f]+)*")


class ForwardedRequest(Request):  # type: ignore[misc]  # Pyramid has no types
    """A request whose paths have the prefix of the proxies, percent-encoded."""

    def route_path(self, route_name: str, *elements: object, **options: Any) -> str:
        # Pyramid takes script_name as it is, which fails in headers and for a "?" in it.
        path: str = self.route_url(route_name, *elements, **{**options, "_app_url": self.app_path})
        return path

    def static_path(self, path: str, **options: Any) -> str:
        found: str = self.static_url(path, **{**options, "_app_url": self.app_path})
        return found

    @property
    def app_path(self) -> str:
        """The path that the server's own ones follow; empty without a prefix of proxies."""
        return quote(self.script_name)


def forwarded_tween_factory(
    handler: Callable[[Request], Response], registry: Any
) -> Callable[[Request], Response]:
    """Put what trusted proxies say in the place of what the connection says."""
    trusted = TrustedProxies(registry.app.settings.trusted_proxies)

    def tween(request: Request) -> Response:
        try:
            believe(request.environ, trusted)
        except ValueError as error:
            log.warning("A trusted proxy sent %s", error)
            words = f"The proxy in front of this server sent {error}"
            return short_refusal(request, MalformedRequest([FieldError("", words)]))
        return handler(request)

    return tween


def believe(environ: Environ, trusted: TrustedProxies) -> None:
    """Change the environ as the headers of trusted proxies say; others' are dropped.

    Raises ``ValueError`` with the end of a sentence for a prefix that is no path.
    """
    if trusted.trusts_peer(environ.get("REMOTE_ADDR") or ""):
        passed = _set_address(environ, trusted)
        proto = _of_client(environ, _PROTO, passed).casefold()
        if proto in {"http", "https"}:
            environ["wsgi.url_scheme"] = proto
        if host := _of_client(environ, _HOST, passed):
            environ["HTTP_HOST"] = host
        prefixes = _values(environ, _PREFIX)[-passed:]
        environ["SCRIPT_NAME"] = "".join(map(_path, prefixes)) + environ.get("SCRIPT_NAME", "")
    for name in _DROPPED:
        environ.pop(name, None)


def _set_address(environ: Environ, trusted: TrustedProxies) -> int:
    """Set the address of the client; returns how many proxies its request has passed."""
    hops = _values(environ, _FOR)
    passed = 1
    while passed < len(hops) and trusted.trusts(hops[-passed]):
        passed += 1
    if hops:
        address = parse_address(hops[-passed])
        # A proxy may hide the client ("unknown"): all such clients are one.
        environ["REMOTE_ADDR"] = str(address) if address else ""
    return passed


def _of_client(environ: Environ, name: str, passed: int) -> str:
    """The part that the proxy next to the client has added; proxies may also set one part."""
    values = _values(environ, name)
    return values[-min(passed, len(values))].strip('"') if values else ""


def _values(environ: Environ, name: str) -> Sequence[str]:
    return [each.strip() for each in environ.get(name, "").split(",") if each.strip()]


def _path(prefix: str) -> str:
    """A prefix as it stands in SCRIPT_NAME: decoded, bytes as characters, no slash at its end."""
    given = unquote_to_bytes(prefix.encode("latin-1"))
    cut = given.removesuffix(b"/")
    segments = cut.split(b"/")[1:] if cut.startswith(b"/") else [b""] * bool(cut)
    encoded_slash = re.search("%2f", prefix, re.IGNORECASE)
    if encoded_slash or not all(_is_segment(each) for each in segments):
        raise ValueError(f"X-Forwarded-Prefix: {prefix[:100]!a}, which is not a path such as /pbx.")
    return cut.decode("latin-1")


def _is_segment(text: bytes) -> bool:
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return bool(_SEGMENT.fullmatch(text)) and text not in {b".", b".."}


def includeme(config: Configurator) -> None:
    """Install it, where proxies are trusted; of all tweens, the last one added is the first."""
    config.set_request_factory(ForwardedRequest)
    proxies = config.registry.app.settings.trusted_proxies
    if proxies.networks or proxies.names:
        config.add_tween("sipapp.web.forwarded.forwarded_tween_factory")
