"""Debian's nginx with deploy/nginx.conf, on free ports and with a certificate of its own."""

import os
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import trustme

from sipapp.testing.ports import reserve_port

ROOT = Path(__file__).parents[1]
_CONFIGURATION = """
daemon off;
user root;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
worker_processes 1;
events {{ worker_connections 1024; }}
http {{
    access_log {folder}/access.log;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/sipapp.conf;
}}
"""


@dataclass(frozen=True)
class Proxy:
    """A running nginx: its ports for https and http, and its folder with access.log."""

    https: int
    http: int
    folder: Path
    name: str = "localhost"

    @property
    def url(self) -> str:
        """Where browsers find the pages."""
        return f"https://{self.name}:{self.https}"


@contextmanager
def delivered_proxy(
    folder: Path,
    server: int,
    switch: int,
    changes: Mapping[str, str] | None = None,
    name: str = "localhost",
) -> Iterator[Proxy]:
    """Run the delivered site before the ports of a server and of a switch's WebSocket.

    ``changes`` are texts of the file and what to put in their place, ``name`` is that of the pages.
    """
    proxy = Proxy(reserve_port(), reserve_port(), folder, name)
    make_certificate(folder)
    site = _site(proxy, server, switch)
    for text, other in (changes or {}).items():
        assert text in site, text
        site = site.replace(text, other)
    (folder / "sipapp.conf").write_text(site, encoding="utf-8")
    (folder / "nginx.conf").write_text(_CONFIGURATION.format(folder=folder), encoding="utf-8")
    process = subprocess.Popen(
        [_program(), "-p", folder, "-e", "error.log", "-c", folder / "nginx.conf"]
    )
    try:
        wait_for_port(proxy.https, process, folder / "error.log")
        yield proxy
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=10)


def has_ipv6() -> bool:
    """Whether this machine has the loopback address of IPv6."""
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


def _program() -> str | Path:
    unpacked = ROOT / "var" / "nginx" / "usr" / "sbin" / "nginx"
    path = os.environ.get("PATH", "") + os.pathsep + "/usr/sbin"
    return shutil.which("nginx", path=path) or unpacked


def make_certificate(folder: Path) -> None:
    certificate = trustme.CA().issue_cert("localhost", "127.0.0.1", "::1")
    certificate.private_key_pem.write_to_path(folder / "privkey.pem")
    for part in certificate.cert_chain_pems:
        part.write_to_path(folder / "fullchain.pem", append=True)


def _site(proxy: Proxy, server: int, switch: int) -> str:
    """The file as it is delivered, with this machine's names and ports in it."""
    text = (ROOT / "deploy" / "nginx.conf").read_text(encoding="utf-8")
    text = text.replace("/etc/letsencrypt/live/DOMAIN", str(proxy.folder))
    text = text.replace("DOMAIN", proxy.name)
    if not has_ipv6():
        text = re.sub(r"^ *listen \[::\]:.*\n", "", text, flags=re.MULTILINE)
    text = text.replace("listen [::]:443", f"listen [::1]:{proxy.https}")
    text = text.replace("listen [::]:80", f"listen [::1]:{proxy.http}")
    places = {
        "127.0.0.1:6543": (f"127.0.0.1:{server}", 1),
        "127.0.0.1:5066": (f"127.0.0.1:{switch}", 1),
        "listen 443": (f"listen 127.0.0.1:{proxy.https}", 2),
        "listen 80": (f"listen 127.0.0.1:{proxy.http}", 2),
    }
    for written, (used, expected) in places.items():
        text, times = re.subn(rf"(?<=\b)({re.escape(written)})(?=[; ])", used, text)
        assert times == expected, written
    return text


def wait_for_port(port: int, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with socket.create_connection(("localhost", port), timeout=1):
                return
        except OSError:
            time.sleep(0.05)
    pytest.fail(f"The proxy does not listen: {log.read_text(encoding='utf-8')}")
