"""Debian's nginx, Apache, HAProxy and Caddy with the sites of deploy/, on free ports."""

import os
import re
import shutil
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import trustme

from sipapp.testing.ports import reserve_port
from sipapp.testing.waiting import eventually

ROOT = Path(__file__).parents[1]
UNPACKED = ROOT / "var" / "proxies"
UNPACKED_NGINX = ROOT / "var" / "nginx"
_NGINX = """
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
_APACHE = """
ServerRoot {root}
DefaultRuntimeDir {folder}
PidFile {folder}/apache.pid
ErrorLog {folder}/error.log
User nobody
Group nogroup
ServerName localhost
{modules}
{listen}
Include {folder}/sipapp.conf
"""
_APACHE_MODULES = (
    *("mpm_event", "authz_core", "authz_host", "alias", "dir", "headers", "rewrite", "ssl"),
    *("socache_shmcb", "proxy", "proxy_http", "auth_basic", "authn_core", "authn_file"),
    "authz_user",
)


@dataclass(frozen=True)
class Proxy:
    """A running proxy: its ports for https and http, and its folder with error.log."""

    https: int
    http: int
    folder: Path
    name: str = "localhost"

    @property
    def url(self) -> str:
        """Where browsers find the pages."""
        return f"https://{self.name}:{self.https}"


@dataclass(frozen=True)
class Kind:
    """A proxy: its file in deploy/, and how the file is made to run here."""

    file: str
    localize: Callable[[str, Proxy], str]
    command: Callable[[Path], Sequence[str | Path]]


def _localize_nginx(text: str, proxy: Proxy) -> str:
    text = text.replace("/etc/letsencrypt/live/DOMAIN", str(proxy.folder))
    if not has_ipv6():
        text = re.sub(r"^ *listen \[::\]:.*\n", "", text, flags=re.MULTILINE)
    for written, port in (("443", proxy.https), ("80", proxy.http)):
        text = text.replace(f"listen [::]:{written}", f"listen [::1]:{port}")
        text, times = re.subn(rf"\blisten {written}(?=[; ])", f"listen 127.0.0.1:{port}", text)
        assert times == 2, written
    for upstream in ("127.0.0.1:6543", "127.0.0.1:5066"):
        assert len(re.findall(rf"\b{re.escape(upstream)}(?=[; ])", text)) == 1, upstream
    main = _NGINX.format(folder=proxy.folder)
    (proxy.folder / "nginx.conf").write_text(main, encoding="utf-8")
    return text


def _localize_apache(text: str, proxy: Proxy) -> str:
    text = text.replace("/etc/letsencrypt/live/DOMAIN", str(proxy.folder))
    text = text.replace("*:443", f"*:{proxy.https}").replace("*:80", f"*:{proxy.http}")
    listen = "".join(
        f"Listen {address}:{port}\n"
        for address in _addresses()
        for port in (proxy.https, proxy.http)
    )
    modules = "".join(
        f"LoadModule {name}_module {_apache_root()}/modules/mod_{name}.so\n"
        for name in _APACHE_MODULES
    )
    main = _APACHE.format(root=_apache_root(), folder=proxy.folder, modules=modules, listen=listen)
    (proxy.folder / "apache.conf").write_text(main, encoding="utf-8")
    return text


def _localize_haproxy(text: str, proxy: Proxy) -> str:
    parts = [(proxy.folder / name).read_text() for name in ("fullchain.pem", "privkey.pem")]
    (proxy.folder / "sipapp.pem").write_text("".join(parts))
    if not has_ipv6():
        text = re.sub(r"^ *bind \[::\].*\n", "", text, flags=re.MULTILINE)
    for written, port in (("443", proxy.https), ("80", proxy.http)):
        text = re.sub(rf"bind :{written}\b", f"bind 127.0.0.1:{port}", text)
        text = re.sub(rf"bind \[::\]:{written} v6only", f"bind [::1]:{port}", text)
    text = text.replace("/etc/haproxy/certs", str(proxy.folder))
    return text.replace("log /dev/log local0", "log stdout format raw local0")


def _localize_caddy(text: str, proxy: Proxy) -> str:
    here = f"""{{
    admin off
    storage file_system {proxy.folder}/storage
    skip_install_trust
    https_port {proxy.https}
    http_port {proxy.http}
    default_bind {" ".join(_addresses())}
"""
    text = text.replace("\n{\n", f"\n{here}", 1)
    certificate = "/etc/caddy/sipapp"
    assert f"#tls {certificate}" in text
    return text.replace("#tls", "tls").replace(certificate, str(proxy.folder))


KINDS: Mapping[str, Kind] = {
    "nginx": Kind(
        "nginx.conf",
        _localize_nginx,
        lambda folder: [
            *(_program("nginx", UNPACKED_NGINX), "-p", folder),
            *("-e", "error.log", "-c", folder / "nginx.conf"),
        ],
    ),
    "apache": Kind(
        "apache.conf",
        _localize_apache,
        lambda folder: [_program("apache2"), "-DFOREGROUND", "-f", folder / "apache.conf"],
    ),
    "haproxy": Kind(
        "haproxy.cfg",
        _localize_haproxy,
        lambda folder: [_program("haproxy"), "-db", "-f", folder / "sipapp.conf"],
    ),
    "caddy": Kind(
        "Caddyfile",
        _localize_caddy,
        lambda folder: [
            *(_program("caddy"), "run", "--adapter", "caddyfile"),
            *("--config", folder / "sipapp.conf"),
        ],
    ),
}
ALL = tuple(KINDS)


@contextmanager
def running_proxy(
    kind: str,
    folder: Path,
    server: int,
    switch: int,
    changes: Mapping[str, str] | None = None,
    *,
    name: str = "localhost",
) -> Iterator[Proxy]:
    """Run a delivered site before the ports of a server and of a switch's WebSocket.

    ``changes`` are texts of the file and what to put in their place, ``name`` is that of the pages.
    """
    proxy = Proxy(reserve_port(), reserve_port(), folder, name)
    _make_certificate(folder)
    site = delivered_text(kind)
    for text, other in (changes or {}).items():
        assert text in site, text
        site = site.replace(text, other)
    site = KINDS[kind].localize(site, proxy).replace("DOMAIN", name)
    for port, used in ((6543, server), (5066, switch)):
        site, times = re.subn(rf"(?<=127\.0\.0\.1:){port}\b", str(used), site)
        assert times >= 1, port
    (folder / "sipapp.conf").write_text(site, encoding="utf-8")
    log = folder / "error.log"
    environ = dict(os.environ, HOME=str(folder), XDG_DATA_HOME=str(folder))
    environ["LD_LIBRARY_PATH"] = str(UNPACKED / "usr" / "lib" / "x86_64-linux-gnu")
    with log.open("ab") as output:
        process = subprocess.Popen(
            KINDS[kind].command(folder), stdout=output, stderr=output, env=environ, cwd=folder
        )
    try:
        _wait_for_port(proxy.https, process, log)
        yield proxy
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def delivered_text(kind: str) -> str:
    """The file of a proxy as it is delivered."""
    return (ROOT / "deploy" / KINDS[kind].file).read_text(encoding="utf-8")


def has_ipv6() -> bool:
    """Whether this machine has the loopback address of IPv6."""
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


def _make_certificate(folder: Path) -> None:
    certificate = trustme.CA().issue_cert("localhost", "127.0.0.1", "::1")
    certificate.private_key_pem.write_to_path(folder / "privkey.pem")
    for part in certificate.cert_chain_pems:
        part.write_to_path(folder / "fullchain.pem", append=True)


def _wait_for_port(port: int, process: "subprocess.Popen[bytes]", log: Path) -> None:
    try:
        eventually(lambda: _listens(port, process))
    except AssertionError:
        pytest.fail(f"The proxy does not listen: {log.read_text(encoding='utf-8')}")


def _listens(port: int, process: "subprocess.Popen[bytes]") -> bool:
    assert process.poll() is None
    try:
        socket.create_connection(("localhost", port), timeout=1).close()
    except OSError:
        return False
    return True


def _program(name: str, folder: Path = UNPACKED) -> str | Path:
    unpacked = next(folder.glob(f"usr/*bin/{name}"), Path(name))
    path = os.environ.get("PATH", "") + os.pathsep + "/usr/sbin"
    return shutil.which(name, path=path) or unpacked


def _apache_root() -> Path:
    installed = Path("/usr/lib/apache2")
    return installed if (installed / "modules").is_dir() else UNPACKED / "usr/lib/apache2"


def _addresses() -> Sequence[str]:
    return ["127.0.0.1", *(["[::1]"] if has_ipv6() else [])]
