"""A private FreeSWITCH: the installation's program on a copy of its configuration.

``SIPAPP_LIVE_FREESWITCH`` names the installation's prefix.  Nothing below it is
changed, and one that runs already is not touched: the copy listens on free
loopback ports and writes to a temporary directory.
"""

import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.browser.server import Switch

from sipapp.testing.ports import reserve_port

VARIABLE = "SIPAPP_LIVE_FREESWITCH"
SIP_ADDRESS = "127.0.0.2"
# What calls and registrations need, without those that listen on ports of their own.
MODULES = """
    console logfile event_socket sofia loopback commands conference db dptools expr hash
    voicemail dialplan_xml spandsp opus sndfile native_file tone_stream local_stream say_en
    valet_parking fifo
"""
CANDIDATE_ACLS = ("localnet.auto", "rfc1918.auto", "loopback.auto", "any_v4.auto", "wan_v4.auto")


@dataclass
class LiveFreeSwitch:
    """A private FreeSWITCH and how to reach it."""

    prefix: Path
    home: Path
    """Temporary directory of this instance; ``.fs_cli_conf`` in it leads fs_cli here."""
    esl_port: int
    ws_port: int
    wss_port: int
    sip_port: int
    domain: str = SIP_ADDRESS
    esl_host: str = "127.0.0.1"
    esl_password: str = field(default_factory=lambda: secrets.token_hex(16), repr=False)
    default_password: str = field(default_factory=lambda: secrets.token_hex(8), repr=False)
    """``$${default_password}``: what 1000 to 1019 register with."""
    conf: str = "conf"
    """Where in ``home`` the configuration is."""
    user: str = ""
    """As whom it runs, if not as ourselves."""
    process: "subprocess.Popen[bytes] | None" = field(default=None, repr=False)

    @property
    def configuration(self):
        return self.home / self.conf

    @property
    def directory(self):
        """Where the files of the extensions are."""
        return self.configuration / "directory" / "default"

    @property
    def password_file(self):
        """Event Socket's password."""
        return self.home / "event-socket.password"

    @property
    def ws_url(self):
        return f"ws://127.0.0.1:{self.ws_port}"

    @property
    def fs_cli(self):
        return self.prefix / "bin" / "fs_cli"

    @property
    def environ(self):
        """For fs_cli and freeswitch: an empty home, and the installation's libraries."""
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "LD_LIBRARY_PATH": str(self.prefix / "lib"),
        }

    def command(self, text):
        """What FreeSWITCH prints to a command, without the line ends behind it."""
        argv = [self.fs_cli, "-T", "5000", "-t", "30000", "-x", text]
        done = subprocess.run(
            argv, env=self.environ, capture_output=True, text=True, timeout=60, check=False
        )
        if done.returncode != 0:
            raise ConnectionError(done.stdout + done.stderr)
        return done.stdout.rstrip("\n")

    def configure(self):
        """Copy the installation's configuration, and let the copy listen on loopback only."""
        _configure(self, _configuration_of(self.prefix))

    def start(self):
        """Start it, and wait until phones can register."""
        folders = {
            name: self.home / name
            for name in ("log", "db", "run", "certs", "storage", "recordings", "cache", "temp")
        }
        for folder in folders.values():
            folder.mkdir(exist_ok=True)
            if self.user:
                shutil.chown(folder, self.user, self.user)
        places = [word for name, folder in folders.items() for word in (f"-{name}", folder)]
        as_user = ["runuser", "-u", self.user, "--"] if self.user else []
        argv = [*as_user, self.prefix / "bin" / "freeswitch", "-nf", "-nc", "-np", "-nonat"]
        with (self.home / "console.log").open("ab") as console:
            self.process = subprocess.Popen(
                [*argv, "-conf", self.configuration, *places],
                cwd=self.home,
                env=self.environ,
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._wait_until_ready()

    def stop(self, *, how=signal.SIGTERM):
        """End it; it takes its time to say goodbye to phones unless killed."""
        process, self.process = self.process, None
        if process is None:
            return
        process.send_signal(how)
        try:
            process.wait(45)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    @contextmanager
    def off(self):
        """It has crashed inside, and runs again afterwards."""
        self.stop(how=signal.SIGKILL)
        try:
            yield
        finally:
            self.start()

    @contextmanager
    def hanging(self):
        """Inside, it takes connections and does nothing."""
        self.process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.process.send_signal(signal.SIGCONT)

    def _wait_until_ready(self):
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                break
            try:
                # Event Socket answers before the SIP profile is up.
                profile = self.command("sofia status profile internal")
                if "WS-BIND-URL" in profile and "is ready" in self.command("status"):
                    return
            except (ConnectionError, subprocess.TimeoutExpired):
                pass
            time.sleep(0.2)
        self.stop()
        raise RuntimeError(f"FreeSWITCH did not start; see {self.home}/console.log and log/")


@contextmanager
def private_freeswitch(prefix, home, *, configure=LiveFreeSwitch.configure):
    """Start one of the installation below ``prefix``, with all that it writes in ``home``."""
    instance = LiveFreeSwitch(prefix, home, *(reserve_port() for _ in range(3)), _free_sip_port())
    configure(instance)
    instance.start()
    try:
        yield instance
    finally:
        instance.stop()


@contextmanager
def kept(folder):
    """The files of a folder are afterwards as they were, and no others are there."""
    before = {file: (file.read_bytes(), file.stat().st_mode) for file in folder.iterdir()}
    try:
        yield
    finally:
        for file in folder.iterdir():
            if file not in before:
                file.unlink()
        for file, (data, mode) in before.items():
            file.write_bytes(data)
            file.chmod(mode)


def switch_of(freeswitch, directory=None):
    """How a server uses it: it reloads it by fs_cli and by Event Socket at once.

    ``directory`` is what the ini names, if that is not the folder of the default domain alone.
    """
    _let_the_dialplan_call_everybody(freeswitch)
    reloaders = ["sipapp.reloaders = cli socket"]
    for name, use in (("cli", "fs_cli"), ("socket", "esl")):
        reloaders += [
            f"sipapp.reloader.{name}.use = {use}",
            f"sipapp.reloader.{name}.host = {freeswitch.esl_host}",
            f"sipapp.reloader.{name}.port = {freeswitch.esl_port}",
            f"sipapp.reloader.{name}.password_file = {freeswitch.password_file}",
        ]
    reloaders.append(f"sipapp.reloader.cli.command = {freeswitch.fs_cli}")
    return Switch(
        freeswitch.domain,
        freeswitch.ws_port,
        directory or freeswitch.directory,
        "\n".join(reloaders),
    )


def _let_the_dialplan_call_everybody(freeswitch):
    """As docs/freeswitch.md says; and no voicemail for who declines or is busy."""
    file = freeswitch.configuration / "dialplan" / "default.xml"
    text = file.read_text(encoding="utf-8")
    for pattern, new in (
        (re.escape("^(10[01][0-9])$"), r"^(20\\d{4}|[12]\\d{3})$"),
        ("continue_on_fail=true", "continue_on_fail=false"),
    ):
        text, times = re.subn(pattern, new, text)
        assert times, f"{file} has no {pattern}: not a vanilla configuration?"
    file.write_text(text, encoding="utf-8")
    assert freeswitch.command("reloadxml") == "+OK [Success]"


def _configuration_of(prefix):
    for place in "etc/freeswitch", "conf/vanilla", "conf":
        if (prefix / place / "freeswitch.xml").is_file():
            return prefix / place
    raise RuntimeError(f"{VARIABLE}: there is no FreeSWITCH configuration below {prefix}")


def _configure(instance, original):
    """Copy the configuration, and let the copy listen on loopback only, on its own ports."""
    conf = instance.configuration
    shutil.copytree(
        original, conf, ignore=shutil.ignore_patterns("tls"), ignore_dangling_symlinks=True
    )
    _set_variables(instance, conf / "vars.xml")
    _set_profile(instance, conf / "sip_profiles")
    settings = conf / "autoload_configs"
    _set_modules(instance.prefix, settings / "modules.conf.xml")
    _set_event_socket(instance, settings / "event_socket.conf.xml")
    first = _free_rtp_ports()
    _edit(
        settings / "switch.conf.xml",
        {"rtp-start-port": str(first), "rtp-end-port": str(first + 998)},
    )
    # A profile that finds its port taken would try for ever.
    _edit(settings / "sofia.conf.xml", {"auto-restart": "false"}, section="global_settings")


def _set_modules(prefix, file):
    folder = next(each for each in ("lib/freeswitch/mod", "mod") if (prefix / each).is_dir())
    built = [each for each in MODULES.split() if (prefix / folder / f"mod_{each}.so").exists()]
    loads = "".join(f'<load module="mod_{each}"/>\n' for each in built)
    file.write_text(
        f'<configuration name="modules.conf">\n<modules>\n{loads}</modules>\n</configuration>\n'
    )


def _set_event_socket(instance, file):
    file.write_text(
        '<configuration name="event_socket.conf">\n<settings>\n'
        f'<param name="listen-ip" value="{instance.esl_host}"/>\n'
        f'<param name="listen-port" value="{instance.esl_port}"/>\n'
        f'<param name="password" value="{instance.esl_password}"/>\n'
        "</settings>\n</configuration>\n"
    )
    _write_secret(instance.password_file, f"{instance.esl_password}\n")
    _write_secret(
        instance.home / ".fs_cli_conf",
        f"[default]\nhost => {instance.esl_host}\nport => {instance.esl_port}\n"
        f"password => {instance.esl_password}\n",
    )


def _write_secret(file, text):
    file.touch(mode=0o600)
    file.write_text(text)


def _set_variables(instance, file):
    text = file.read_text()
    values = {
        "local_ip_v4": SIP_ADDRESS,
        "domain": instance.domain,
        "default_password": instance.default_password,
        "external_rtp_ip": SIP_ADDRESS,
        "external_sip_ip": SIP_ADDRESS,
        "bind_server_ip": SIP_ADDRESS,
        "internal_sip_port": str(instance.sip_port),
        "internal_ssl_enable": "false",
        "use_profile": "internal",
    }
    for name in values:
        # Whatever the command: stun-set would ask a server far away.
        text = re.sub(rf'<X-PRE-PROCESS\s+cmd="[a-z-]*set"\s+data="{name}=[^"]*"\s*/>', "", text)
    lines = (f'<X-PRE-PROCESS cmd="set" data="{n}={v}"/>\n' for n, v in values.items())
    file.write_text(text.replace("<include>", "<include>\n" + "".join(lines), 1))


def _set_profile(instance, profiles):
    for each in profiles.iterdir():
        if each.is_dir():
            shutil.rmtree(each)
        elif each.name != "internal.xml":
            each.unlink()
    _edit(
        profiles / "internal.xml",
        {
            "sip-ip": SIP_ADDRESS,
            "rtp-ip": SIP_ADDRESS,
            "ext-sip-ip": SIP_ADDRESS,
            "ext-rtp-ip": SIP_ADDRESS,
            "sip-port": str(instance.sip_port),
            "tls": "false",
            "ws-binding": f"127.0.0.1:{instance.ws_port}",
            "wss-binding": f"127.0.0.1:{instance.wss_port}",
        },
        more=[("apply-candidate-acl", each) for each in CANDIDATE_ACLS],
    )


def _edit(file, params, *, more=(), section="settings"):
    """Set parameters in a configuration file's section, each once, and add ``more``."""
    text = re.sub(r"<!--.*?-->", "", file.read_text(), flags=re.DOTALL)
    for name in [*params, *(name for name, _ in more)]:
        text = re.sub(rf'<param\s+name="{name}"\s+value="[^"]*"\s*/>', "", text)
    lines = (f'\n<param name="{n}" value="{v}"/>' for n, v in [*params.items(), *more])
    file.write_text(text.replace(f"<{section}>", f"<{section}>" + "".join(lines), 1))


def _free_sip_port():
    """A port that is free for UDP and TCP."""
    while True:
        port = reserve_port()
        with socket.socket(type=socket.SOCK_DGRAM) as udp, socket.socket() as tcp:
            try:
                udp.bind((SIP_ADDRESS, port))
                tcp.bind((SIP_ADDRESS, port))
            except OSError:
                continue
            return port


def _free_rtp_ports():
    """The first of 1000 UDP ports, below those that the system gives out, free at both ends."""
    while True:
        first = 16384 + 2 * secrets.randbelow(7000)
        with (
            socket.socket(type=socket.SOCK_DGRAM) as low,
            socket.socket(type=socket.SOCK_DGRAM) as high,
        ):
            try:
                low.bind((SIP_ADDRESS, first))
                high.bind((SIP_ADDRESS, first + 999))
            except OSError:
                continue
            return first
