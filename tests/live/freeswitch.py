"""A FreeSWITCH of one's own: the installed program, with a changed copy of its configuration.

The FreeSWITCH that may be running, and its files, are left alone: the copy has an address of the
loopback and ports of its own.  What is changed is what docs/freeswitch.md asks for.
"""

import re
import secrets
import shutil
import signal
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.browser.server import Switch, free_port

from sipapp.api import SwitchError
from sipapp_esl.client import Login
from sipapp_esl.plugin import EventSocket

# SIP and RTP are here; a FreeSWITCH that listens on 127.0.0.1 is not in the way.
ADDRESS = "127.0.0.73"
START_LIMIT = 90.0
MODULES = (
    *("logfile", "event_socket", "sofia", "loopback", "commands", "conference", "db", "dptools"),
    *("expr", "hash", "dialplan_xml", "opus", "sndfile", "native_file", "tone_stream", "say_en"),
)
CANDIDATES = ("localnet.auto", "rfc1918.auto", "loopback.auto", "any_v4.auto")


class FreeSwitch:
    """A context manager around ``freeswitch``."""

    def __init__(self, prefix: Path, folder: Path) -> None:
        self._prefix = prefix
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self._password = secrets.token_hex(16)
        self._ws_port, self._esl_port = free_port(), free_port()
        self.configuration = folder / "conf"
        shutil.copytree(find_configuration(prefix), self.configuration)
        self._configure()

    def switch(self) -> Switch:
        """How an application uses it: by fs_cli and by Event Socket, at the same time."""
        password = self._folder / "event_socket.password"
        password.touch(mode=0o600)
        password.write_text(self._password + "\n", encoding="utf-8")
        reloaders = ["sipapp.reloaders = cli socket"]
        for name, use in (("cli", "fs_cli"), ("socket", "esl")):
            key = f"sipapp.reloader.{name}"
            reloaders += [
                f"{key}.use = {use}",
                f"{key}.host = 127.0.0.1",
                f"{key}.port = {self._esl_port}",
                f"{key}.password_file = {password}",
            ]
        reloaders.append(f"sipapp.reloader.cli.command = {self._prefix / 'bin' / 'fs_cli'}")
        directory = self.configuration / "directory" / "default"
        return Switch(ADDRESS, self._ws_port, directory, "\n".join(reloaders))

    def __enter__(self) -> Self:
        command = [self._prefix / "bin" / "freeswitch", "-nf", "-nc", "-np", "-nonat"]
        command += ["-conf", self.configuration]
        for name in ["log", "db", "run", "certs", "storage", "recordings", "cache", "temp"]:
            (self._folder / name).mkdir()
            command += [f"-{name}", self._folder / name]
        with (self._folder / "console.log").open("wb") as log:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self._folder
            )
        try:
            self._wait(self._process)
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

    def _wait(self, process: subprocess.Popen[bytes]) -> None:
        """Event Socket answers before the SIP profile is up: ask for that."""
        socket = EventSocket(Login("127.0.0.1", self._esl_port, self._password, ""))
        said = "nothing"
        deadline = time.monotonic() + START_LIMIT
        while time.monotonic() < deadline and process.poll() is None:
            try:
                said = socket.command("sofia status profile internal", timeout=5)
            except SwitchError as error:
                said = str(error)
            if "WS-BIND-URL" in said:
                return
            time.sleep(0.2)
        raise RuntimeError(f"FreeSWITCH is not ready ({said}); its log is in {self._folder}.")

    def _end(self) -> None:
        if self._process is None:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            # Its SIP stack waits up to 32 s for a phone that went away in a call.
            self._process.wait(timeout=45)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _configure(self) -> None:
        self._variables()
        self._profile()
        settings = {
            "listen-ip": "127.0.0.1",
            "listen-port": self._esl_port,
            "password": self._password,
        }
        lines = "\n".join(f'<param name="{k}" value="{v}"/>' for k, v in settings.items())
        self._write("event_socket", f"<settings>\n{lines}\n</settings>")
        modules = "\n".join(f'<load module="mod_{name}"/>' for name in MODULES)
        self._write("modules", f"<modules>\n{modules}\n</modules>")
        # The extensions of the tests are numbered from 2000 on, and voicemail shall not answer
        # for somebody who declines or is busy.
        self._edit(
            "dialplan/default.xml",
            (re.escape("^(10[01][0-9])$"), r"^([12]\\d{3})$"),
            ("continue_on_fail=true", "continue_on_fail=false"),
        )

    def _variables(self) -> None:
        values = {
            "default_password": secrets.token_hex(8),
            "local_ip_v4": ADDRESS,
            "domain": ADDRESS,
            "external_rtp_ip": ADDRESS,
            "external_sip_ip": ADDRESS,
            "internal_sip_port": free_port(),
            "internal_tls_port": free_port(),
            "internal_ssl_enable": "false",
        }
        file = self.configuration / "vars.xml"
        # The last word counts; a question to a STUN server would cost the start its time.
        text = file.read_text(encoding="utf-8").replace('cmd="stun-set"', 'cmd="set"')
        last = "".join(
            f'  <X-PRE-PROCESS cmd="set" data="{name}={value}"/>\n'
            for name, value in values.items()
        )
        head, _, tail = text.rpartition("</include>")
        file.write_text(f"{head}\n{last}</include>{tail}", encoding="utf-8")

    def _profile(self) -> None:
        for other in (self.configuration / "sip_profiles").iterdir():
            if other.name != "internal.xml":
                shutil.rmtree(other) if other.is_dir() else other.unlink()
        lists = "".join(f'\n<param name="apply-candidate-acl" value="{x}"/>' for x in CANDIDATES)
        self._edit(
            "sip_profiles/internal.xml",
            (r'"ws-binding"\s+value="[^"]*"', f'"ws-binding" value="127.0.0.1:{self._ws_port}"'),
            (r'<param name="wss-binding"[^>]*/>', ""),
            (r'(<param name="apply-nat-acl"[^>]*/>)', rf"\1{lists}"),
        )

    def _edit(self, name: str, *changes: tuple[str, str]) -> None:
        file = self.configuration / name
        text = file.read_text(encoding="utf-8")
        for pattern, new in changes:
            text, times = re.subn(pattern, new, text)
            assert times, f"{name} has no {pattern}: not a vanilla configuration?"
        file.write_text(text, encoding="utf-8")

    def _write(self, name: str, content: str) -> None:
        file = self.configuration / "autoload_configs" / f"{name}.conf.xml"
        file.write_text(
            f'<configuration name="{name}.conf">\n{content}\n</configuration>\n', encoding="utf-8"
        )
        file.chmod(0o600)


def find_configuration(prefix: Path) -> Path:
    """The configuration below a prefix, wherever its build put it."""
    places = ("conf/vanilla", "etc/freeswitch", "conf")
    for place in places:
        if (prefix / place / "freeswitch.xml").exists():
            return prefix / place
    raise FileNotFoundError(f"There is no freeswitch.xml in {places} below {prefix}.")
