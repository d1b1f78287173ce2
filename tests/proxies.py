"""Debian's Apache, HAProxy and Caddy with the sites of deploy/, on free ports, beside nginx."""

import os
import re
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.nginx import ROOT, Proxy, delivered_proxy, has_ipv6, make_certificate, wait_for_port

from sipapp.testing.ports import reserve_port

UNPACKED = ROOT / "var" / "proxies"
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
class Kind:
    """A proxy: its file in deploy/, and how the file is made to run here."""

    file: str
    localize: Callable[[str, Proxy], str]
    command: Callable[[Path], Sequence[str | Path]]


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
ALL = ("nginx", *KINDS)


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
    """Run a delivered site, as ``delivered_proxy`` does with that of nginx."""
    if kind == "nginx":
        with delivered_proxy(folder, server, switch, changes, name) as proxy:
            yield proxy
        return
    proxy = Proxy(reserve_port(), reserve_port(), folder, name)
    make_certificate(folder)
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
        wait_for_port(proxy.https, process, log)
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
    file = KINDS[kind].file if kind in KINDS else "nginx.conf"
    return (ROOT / "deploy" / file).read_text(encoding="utf-8")


def _program(name: str) -> str | Path:
    unpacked = next(UNPACKED.glob(f"usr/*bin/{name}"), Path(name))
    path = os.environ.get("PATH", "") + os.pathsep + "/usr/sbin"
    return shutil.which(name, path=path) or unpacked


def _apache_root() -> Path:
    installed = Path("/usr/lib/apache2")
    return installed if (installed / "modules").is_dir() else UNPACKED / "usr/lib/apache2"


def _addresses() -> Sequence[str]:
    return ["127.0.0.1", *(["[::1]"] if has_ipv6() else [])]
