"""The server that phones connect to: its WebSocket for SIP, and its certificate."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, urlsplit

from sipapp.doctor import certificate
from sipapp.doctor.local_addresses import is_here
from sipapp.doctor.target import DiagnosisTarget
from sipapp.doctor.websocket import Endpoint, NoHandshake, shake_hands
from sipapp.model.diagnosis import Diagnosis, fault, ok, warning
from sipapp.settings.phone import server_at

_SAY_HOST: Final = (
    "sipapp.phone.server has {host}, the page's host, which is not known here. Set sipapp.hosts to "
    "the name by which browsers reach the page, or say --host NAME (or NAME:PORT) to the command."
)


@dataclass(frozen=True)
class PhoneAddress:
    """``sipapp.phone.server``: what phones connect to."""

    endpoint: Endpoint
    host: str
    """The name in it; empty if it is the page's, and that is not known."""
    proxied: bool
    """Whether it has a path: FreeSWITCH's own bindings have none."""

    def is_at(self, port: int) -> bool:
        """Whether phones connect to this TLS port themselves."""
        return self.endpoint.secure and not self.proxied and self.endpoint.port == port


def address_of(target: DiagnosisTarget) -> PhoneAddress:
    """The address of ``sipapp.phone.server``."""
    text = target.settings.phone.server
    is_known = bool(target.host) or "{host}" not in text
    host = f"[{target.host}]" if ":" in target.host else target.host
    prefix = quote(target.settings.prefix)
    url = urlsplit(server_at(text, host or "localhost", target.port, prefix))
    secure = url.scheme == "wss"
    name = url.hostname or "localhost"
    port = url.port or (443 if secure else 80)
    path = url.path + (f"?{url.query}" if url.query else "")
    endpoint = Endpoint(name, port, secure, name, path or "/")
    return PhoneAddress(endpoint, name if is_known else "", url.path not in {"", "/"})


def examine(target: DiagnosisTarget) -> Iterator[Diagnosis]:
    """Do the WebSocket handshake of a phone."""
    address = address_of(target)
    yield from _mixed(target, address)
    try:
        shake_hands(address.endpoint, origin=page_origin(target, address))
    except NoHandshake as error:
        yield _no_handshake(address, str(error))
        return
    yield ok("webrtc.phone", f"{address.endpoint}, where phones connect to, speaks SIP.")
    if address.endpoint.secure:
        yield certificate_of(address)


def page_origin(target: DiagnosisTarget, address: PhoneAddress) -> str:
    """The origin that a browser names in a handshake: that of the page.

    Of a page that is not known, it is taken to be where the WebSocket is.
    """
    scheme = "https" if address.endpoint.secure else "http"
    if target.request is not None:
        scheme = target.request.forwarded_scheme or target.request.scheme
    host, port = target.host, target.port
    if not host:
        host, port = address.endpoint.name, address.endpoint.port
    host = f"[{host}]" if ":" in host else host
    is_usual = port in {None, 443 if scheme == "https" else 80}
    return f"{scheme}://{host}" if is_usual else f"{scheme}://{host}:{port}"


def certificate_of(address: PhoneAddress) -> Diagnosis:
    """Look at the certificate that phones get to see."""
    endpoint = address.endpoint
    check = "webrtc.phone-certificate"
    try:
        found = certificate.look(endpoint.address, endpoint.port, address.host)
    except OSError as error:
        return fault(
            check,
            f"{endpoint} presents no certificate that can be read ({type(error).__name__}).",
            "See docs/freeswitch.md, section 1.",
        )
    return certificate.judge(check, str(endpoint), found, address.host)


def _mixed(target: DiagnosisTarget, address: PhoneAddress) -> Iterator[Diagnosis]:
    is_https = target.request is not None and target.request.scheme == "https"
    if is_https and not address.endpoint.secure and not is_here(address.endpoint.address):
        yield fault(
            "webrtc.mixed-content",
            f"The page came by https and sends phones to {address.endpoint}: browsers refuse that.",
            "Let sipapp.phone.server be a wss:// URL.",
        )


def _no_handshake(address: PhoneAddress, why: str) -> Diagnosis:
    check = "webrtc.phone"
    if not address.host:
        return warning(check, f"{address.endpoint} is no WebSocket for SIP: {why}", _SAY_HOST)
    return fault(
        check,
        f"{address.endpoint}, where phones connect to, is no WebSocket for SIP: {why}",
        "No phone can register. See whether sipapp.phone.server is right, whether the switch's "
        "ws or wss binding runs (docs/freeswitch.md, section 1), the proxy (403: pages of this "
        "host are not let in), the firewall, and IPAddressAllow of sipapp.service.",
    )
