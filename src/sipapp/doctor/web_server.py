"""The proxy before the web server, TLS, and the clock."""

import re
import time
from collections.abc import Iterator, Mapping
from email.utils import formatdate
from pathlib import Path
from typing import Final

from pyramid.settings import asbool

from sipapp.doctor.local_addresses import is_here
from sipapp.doctor.target import DiagnosisTarget, RequestContext
from sipapp.model.diagnosis import Diagnosis, fault, ok, warning

_PROXY: Final = (
    "Put a proxy with TLS before it (deploy/nginx.conf), and let the server listen on 127.0.0.1."
)
_HEADERS: Final = (
    "In [app:main]: sipapp.trusted_proxies = the proxy's address; in [server:main]: "
    "clear_untrusted_proxy_headers = false, and no trusted_proxy (docs/proxies.md)."
)


def examine(target: DiagnosisTarget) -> Iterator[Diagnosis]:
    """Look at the way from the browser to here, as far as it can be seen from where we are."""
    if target.request is not None:
        yield from _https(target.request)
    if target.server is not None:
        yield from _of_ini(target.server, str(target.settings.trusted_proxies))
    yield _hosts(target)
    yield _clock()


def _https(request: RequestContext) -> Iterator[Diagnosis]:
    if request.forwarded_scheme == "https" and request.scheme != "https":
        yield fault(
            "server.proxy",
            "A proxy said that the browser came by https, and the server does not believe it.",
            _HEADERS,
        )
    elif request.scheme == "https":
        yield ok("server.tls", "This page came by https.")
    elif is_here(request.host):
        yield ok("server.tls", "This page came by http, from this machine itself.")
    else:
        yield fault(
            "server.tls",
            "This page came by http. The administrator's password was readable on its way, and "
            "browsers give the microphone to https pages and localhost only.",
            _PROXY,
        )


def _of_ini(server: Mapping[str, str], proxies: str) -> Iterator[Diagnosis]:
    listens = list(_listens(server))
    words = ", ".join(listens)
    of_waitress = server.get("trusted_proxy", "")
    if all(is_here(_host(each)) for each in listens):
        yield ok("server.tls", f"The server listens on this machine only ({words}).")
    elif not proxies and not of_waitress:
        yield fault(
            "server.tls",
            f"The server listens on {words} without TLS: passwords can be read on their way, and "
            "browsers give the microphone to https pages and localhost only.",
            _PROXY,
        )
    else:
        yield warning(
            "server.tls",
            f"The server listens on {words}: it can be reached past its proxy, without TLS.",
            "Let it listen on 127.0.0.1, or let a firewall let in nobody but the proxy.",
        )
    yield _trust(server, proxies) if proxies else _trust_of_waitress(server, of_waitress)


def _trust(server: Mapping[str, str], proxies: str) -> Diagnosis:
    check = "server.proxy"
    if "trusted_proxy" in server:
        return warning(
            check,
            f"{proxies} (sipapp.trusted_proxies) and {server['trusted_proxy']} (trusted_proxy) are "
            "trusted: the web server takes the headers before sipapp sees them.",
            _HEADERS,
        )
    if _drops_headers(server):
        return fault(
            check,
            f"{proxies} is trusted (sipapp.trusted_proxies), and the web server drops what it "
            "says: all clients have the proxy's address, and none is known to come by https.",
            _HEADERS,
        )
    return ok(check, f"The proxy {proxies} is trusted, and nobody else.")


def _drops_headers(server: Mapping[str, str]) -> bool:
    """Whether waitress drops the X-Forwarded headers that are not its trusted proxy's."""
    return bool(asbool(server.get("clear_untrusted_proxy_headers", "true")))


def _trust_of_waitress(server: Mapping[str, str], proxy: str) -> Diagnosis:
    check = "server.proxy"
    headers = server.get("trusted_proxy_headers", "").casefold()
    if not proxy:
        return ok(check, "No proxy is trusted: what X-Forwarded headers say is not believed.")
    if proxy == "*":
        found = "Everybody is trusted as a proxy: anyone can say to come from anywhere."
        return fault(check, found, _HEADERS)
    if "x-forwarded-proto" not in headers:
        return warning(
            check,
            f"The proxy {proxy} is trusted, but not when it says that the browser came by https.",
            _HEADERS,
        )
    if not _drops_headers(server):
        return warning(
            check, f"The proxy {proxy} is trusted; others' X-Forwarded headers stay.", _HEADERS
        )
    return ok(check, f"The proxy {proxy} is trusted, and nobody else.")


def _hosts(target: DiagnosisTarget) -> Diagnosis:
    check = "server.hosts"
    settings = target.settings
    if settings.hosts:
        words = ", ".join(host.name for host in settings.hosts)
        return ok(check, f"Requests are answered for {words}, and for no other host.")
    if target.is_open:
        return ok(check, "Requests are answered for localhost and loopback addresses only.")
    return warning(
        check,
        "Requests are answered for any host, and by which name browsers reach this server is not "
        "known.",
        "In [app:main]: sipapp.hosts = that name, such as pbx.example.com, and each other one.",
    )


def _listens(server: Mapping[str, str]) -> Iterator[str]:
    """Waitress's addresses: ``listen``, or ``host`` and ``port`` with its own defaults."""
    if server.get("unix_socket"):
        yield "localhost"
        return
    listen = server.get("listen", "").split()
    yield from listen or [f"{server.get('host', '0.0.0.0')}:{server.get('port', '8080')}"]  # noqa: S104


def _host(address: str) -> str:
    return re.sub(r":\d*$", "", address)


def _clock() -> Diagnosis:
    check = "server.clock"
    now, installed = time.time(), Path(__file__).stat().st_mtime
    says = formatdate(now, usegmt=True)
    if now < installed - 86400:
        return fault(
            check,
            f"This machine says it is {says}: that is before sipapp was installed.",
            "Set the clock, and keep it right with NTP (timedatectl set-ntp true). Certificates "
            "and registrations depend on it.",
        )
    return ok(check, f"This machine says it is {says}.")
