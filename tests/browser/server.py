"""The running application: ``pserve`` as people start it, in a folder of its own."""

import base64
import configparser
import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Template
from types import MappingProxyType, TracebackType
from typing import Any, Self

from tests.browser.network import PAGE_HOST

from sipapp.testing.ports import reserve_port

ROOT = Path(__file__).parents[2]
ADMIN_PASSWORD = "correct horse"
# What test machines do to a start-up: a cold cache, two cores, a linter beside it.
START_LIMIT = 60.0

INI = Template("""
[app:main]
use = egg:sipapp
sipapp.domain = $domain
sipapp.storage = xmldir
sipapp.storage.xmldir.directory = $directory
$reloaders
sipapp.phone.server = $phone_server
sipapp.phone.allow_custom_server = true
$phone_options
$app_options

[server:main]
use = egg:waitress#main
listen = 127.0.0.1:$http_port
threads = 8
$limits
$server_options

[loggers]
keys = root
[handlers]
keys = console
[formatters]
keys = generic
[logger_root]
level = INFO
handlers = console
[handler_console]
class = StreamHandler
args = (sys.stderr,)
formatter = generic
[formatter_generic]
format = %(asctime)s %(levelname)s %(name)s: %(message)s
""")


def _limits() -> str:
    """The limits of production.ini, which the server is tried with."""
    ini = configparser.RawConfigParser()
    ini.read(ROOT / "production.ini")
    kept = {"connection_limit", "channel_timeout", "asyncore_use_poll"}
    kept |= {"max_request_body_size", "max_request_header_size"}
    return "\n".join(f"{key} = {value}" for key, value in ini["server:main"].items() if key in kept)


@dataclass(frozen=True)
class Answer:
    """What the API answered."""

    status: int
    body: Any


@dataclass(frozen=True)
class Switch:
    """The switch behind an application: what its ini says, and where its WebSocket listens."""

    domain: str
    ws_port: int
    directory: Path
    reloaders: str
    phone_options: str = ""


def demo_switch(folder: Path) -> Switch:
    """Kamailio as `make install` unpacked it, with a table and sockets of its own."""
    kamailio = folder / "kamailio"
    kamailio.mkdir(mode=0o700)
    (kamailio / "root").symlink_to(ROOT / "var" / "kamailio" / "root")
    directory = folder / "directory"
    directory.mkdir()
    port = reserve_port()
    reloaders = f"""
sipapp.reloaders = demo
sipapp.reloader.demo.use = kamailio
sipapp.reloader.demo.spawn = true
sipapp.reloader.demo.directory = {kamailio}
sipapp.reloader.demo.port = {port}
sipapp.reloader.demo.hosts = {PAGE_HOST}
"""
    # A proxy and no FreeSWITCH: the other side itself hands its call over.
    return Switch("phone.test", port, directory, reloaders, "sipapp.phone.recovery_user =")


class Application:
    """A context manager around ``pserve`` with an ini of its own."""

    def __init__(
        self,
        folder: Path,
        switch: Switch,
        *,
        phone_server: str | None = None,
        app_options: str = "",
        server_options: str = "",
    ) -> None:
        self._folder = folder
        self.switch = switch
        self.port = reserve_port()
        self.url = f"http://127.0.0.1:{self.port}/sip"
        self._ini = folder / "test.ini"
        self._ini.write_text(
            INI.substitute(
                domain=switch.domain,
                directory=switch.directory,
                reloaders=switch.reloaders,
                phone_options=switch.phone_options,
                http_port=self.port,
                phone_server=phone_server or f"ws://{{host}}:{switch.ws_port}",
                limits=_limits(),
                app_options=app_options,
                server_options=server_options,
            ),
            encoding="utf-8",
        )
        self.log = folder / "server.log"
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        environ = dict(os.environ, SIP_ADMIN_PASS=ADMIN_PASSWORD)
        for name in ("SIP_ADMIN_USER", "SIP_ADMIN_PASS_FILE"):
            environ.pop(name, None)
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                [Path(sys.executable).with_name("pserve"), self._ini],
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self._folder,
                env=environ,
            )
        try:
            self._wait_until_healthy(self._process)
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end()

    def _wait_until_healthy(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + START_LIMIT
        said: object = "no answer"
        while time.monotonic() < deadline and process.poll() is None:
            try:
                said = self._ask("GET", "/health")
                if said.status == 200:
                    return
            except OSError as error:
                said = error
            time.sleep(0.1)
        raise RuntimeError(
            f"The server is not healthy ({said!r}). Its log:\n{self.log.read_text()}"
        )

    def _end(self) -> None:
        if self._process is None:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            raise

    @property
    def pid(self) -> int:
        """The process of the server."""
        if self._process is None:
            raise RuntimeError("It does not run.")
        return self._process.pid

    def api(self, method: str, path: str, body: object = None) -> Answer:
        """Ask the REST API as the administrator."""
        credentials = base64.b64encode(f"admin:{ADMIN_PASSWORD}".encode()).decode()
        headers = {"Authorization": f"Basic {credentials}", "Content-Type": "application/json"}
        return self._ask(
            method, f"/api/v1{path}", None if body is None else json.dumps(body), headers
        )

    def _ask(
        self,
        method: str,
        path: str,
        body: str | None = None,
        headers: Mapping[str, str] = MappingProxyType({}),
    ) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, f"/sip{path}", body, dict(headers))
            response = connection.getresponse()
            text = response.read()
            return Answer(response.status, json.loads(text) if text else None)
        finally:
            connection.close()
