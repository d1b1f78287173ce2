"""A FreeSWITCH for tests: an Event Socket server on loopback, and an ``fs_cli`` that talks to it.

Both say what FreeSWITCH 1.10.12 was seen to say, byte for byte, and record what
reached them::

    with FakeEventSocket() as switch:
        switch.users.add("1000")
        ...  # run what you test against switch.host, switch.port, switch.password
        assert switch.commands == ["api reloadxml"]

``FakeFsCli(directory).command`` is an executable of the same arguments,
configuration file, output and exit codes as the real one.
"""

import json
import re
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Final, Literal, Self
from xml.etree import ElementTree as ET

from sipapp.freeswitch.values import PLACES, kind_and_name
from sipapp.freeswitch.vanilla import EVENT_SOCKET_PASSWORD
from sipapp.model.extension import Extension, join_id, split_id

Mode = Literal["normal", "silent", "stalled", "slow", "cut", "garbage", "rude", "huge", "shutdown"]
"""How a :class:`FakeEventSocket` behaves towards the next connections and commands.

* ``silent``: it accepts connections and never says a word.
* ``stalled``: it answers up to the login and nothing after it.
* ``slow``: an answer comes byte by byte, :attr:`FakeEventSocket.pause` seconds apart.
* ``cut``: the connection ends in the middle of an answer.
* ``garbage``: what comes is not Event Socket's language.
* ``rude``: the access list refuses the connection.
* ``huge``: every answer is :data:`HUGE` bytes long.
* ``shutdown``: FreeSWITCH says goodbye where an answer is due.
"""

HUGE: Final = 1 << 20
BROKEN: Final = "+OK [[error near line 7674]: unexpected closing tag </user>]\n"
"""What FreeSWITCH says to ``reloadxml`` when a file of the directory is malformed."""
_FIXED: Final = {
    "version short": "1.10.12-release\n",
}
_VARIABLE: Final = re.compile(r"\$\$\{([A-Za-z0-9_]*)\}")
_SECTIONS: Final = (("params", "param", "param"), ("variables", "var", "variable"))

_GOODBYE: Final = "Disconnected, goodbye.\nSee you at ClueCon! http://www.cluecon.com/\n"
_GO_AWAY: Final = "Access Denied, go away.\n"


@dataclass
class FakeFreeSwitch:
    """What FreeSWITCH answers to API commands: output as from ``switch_api_execute``.

    ``users`` are the ids in its directory; it knows them after the next
    successful ``reloadxml``, as it does those that are there when it is made.  They have no
    values; at the same time it reads ``extensions()``, who have theirs, and the users in the
    files of ``directory`` with those that stand there, ``$${name}`` being from ``variables``.
    Users of another domain than ``domain`` are named ``user@domain`` in all of this, and their
    files are in its folder of ``domains``.
    What a user has not, the domain may have: ``domain_values``, by kind and name, such as
    ``("var", "toll_allow")``.
    A user in ``cached`` is answered for as it was first asked for, until that is flushed.
    ``pointers`` are ids that a group names by a pointer.  ``answers`` gives the
    output of further commands, or other output to known ones; ``reloads`` counts
    the successful ones.  ``phones`` has a user's id for each phone that is registered as
    it, ``channels`` the legs of calls by id, each with the id of the user at its end.
    ``own_pins`` are the voicemail PINs that people have set by phone, by the user's id; ``None``
    if mod_voicemail is not loaded.
    """

    users: set[str] = field(default_factory=set)
    pointers: set[str] = field(default_factory=set)
    domain: str = "phone.test"
    answers: dict[str, str] = field(default_factory=dict)
    reloads: int = 0
    phones: list[str] = field(default_factory=list)
    channels: dict[str, str] = field(default_factory=dict)
    extensions: Callable[[], Iterable[Extension]] = tuple
    directory: Path | None = None
    domains: dict[str, Path] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)
    domain_values: dict[tuple[str, str], str] = field(default_factory=dict)
    cached: set[str] = field(default_factory=set)
    own_pins: dict[str, str] | None = None

    def __post_init__(self) -> None:
        self._cache: dict[str, Mapping[tuple[str, str], str]] = {}
        self._known = self._read()

    def answer(self, command: str) -> str:
        """The output of one API command; empty if it prints nothing."""
        if command in self.answers:
            return self.answers[command]
        name, *arguments = command.split(" ")
        match name, arguments:
            case "reloadxml", []:
                output = self._reload()
            case "user_exists", [_, user, domain]:
                output = "true" if self._locates(user, domain) else "false"
            case "user_data", [address, kind, setting]:
                return self._user_data(address, kind, setting)
            case "domain_data", [_, kind, setting]:
                return self.domain_values.get((kind, setting), "")
            case "global_getvar", [variable]:
                return {"domain": self.domain, **self.variables}.get(variable, "")
            case "xml_flush_cache", ["id", user, domain]:
                cleared = self._cache.pop(self._id(user, domain), None) is not None
                output = f"+OK cleared {int(cleared)} entries\n"
            case "echo", [*words]:
                output = " ".join(words)
            case _:
                output = self._live(name, arguments) or _fixed(command)
                if self.own_pins is not None and name.startswith(("voicemail", "vm_")):
                    return self._voicemail(name, arguments, self.own_pins)
        return output or f"-ERR {name} Command not found!\n"

    def console(self, line: str) -> str:
        """The output of a line as on the console, which is how fs_cli has it run.

        ``;;`` separates commands (switch_console.c:349); the last one decides.
        """
        outputs = [self.answer(command) for command in line.split(";;")]
        unknown = [each.endswith(" Command not found!\n") for each in outputs]
        if unknown[-1]:
            return f"-ERR {line} Command not found!\n"
        texts = zip(unknown, outputs, strict=True)
        return "".join("INVALID COMMAND!\n" if odd else output for odd, output in texts)

    def _reload(self) -> str:
        self.reloads += 1
        self._known = self._read()
        return "+OK [Success]\n"

    def _read(self) -> dict[str, Mapping[tuple[str, str], str]]:
        """The values of each user: by kind and name; of two of one id the first counts."""
        known: dict[str, Mapping[tuple[str, str], str]] = {}
        folders = {**({self.domain: self.directory} if self.directory else {}), **self.domains}
        for domain, folder in folders.items():
            for file in sorted(folder.glob("*.xml")):
                for user, values in _users_of(file, self.variables):
                    known.setdefault(self._id(user, domain), values)
        extensions = {each.id: _values_of(each) for each in self.extensions()}
        return {**{each: {} for each in self.users}, **extensions, **known}

    def _user_data(self, address: str, kind: str, setting: str) -> str:
        user, _, domain = address.partition("@")
        if not self._locates(user, domain):
            return ""
        extension_id = self._id(user, domain)
        if kind == "attr":
            return self._attribute(extension_id, setting)
        return self._value(extension_id, kind, setting)

    def _value(self, user: str, kind: str, setting: str) -> str:
        values = self._known.get(user, {})
        if user in self.cached:
            values = self._cache.setdefault(user, values)
        return {**self.domain_values, **values}.get((kind, setting), "")

    def _attribute(self, extension_id: str, attribute: str) -> str:
        if attribute == "type":
            return "" if extension_id in self._known else "pointer"
        return split_id(extension_id)[0] if attribute == "id" else ""

    def _live(self, name: str, arguments: Sequence[str]) -> str:
        """What has to do with phones and calls; empty for other commands."""
        match name, arguments:
            case "sofia", ["profile", _, "flush_inbound_reg", target]:
                return self._flush(target)
            case "sofia", ["xmlstatus", "profile", _, "reg" | "user" as what, *target]:
                return self._registrations(target if what == "user" else [])
            case "show", ["channels", "as", "json"]:
                return self._channels()
            case "uuid_kill", [channel]:
                known = self.channels.pop(channel, None) is not None
                return "+OK\n" if known else "-ERR No such channel!\n"
        return ""

    def _voicemail(self, name: str, arguments: Sequence[str], pins: dict[str, str]) -> str:
        """What mod_voicemail answers, whose table has the PINs."""
        match name, arguments:
            case "voicemail", ["status"]:
                return f"{'=' * 28}\nProfile: default\n{'=' * 28}\n"
            case "vm_prefs", [target]:
                user, _, domain = target.removeprefix("default/").partition("@")
                return pins.get(self._id(user, domain.removesuffix("|password")), "")
            case "vm_fsdb_pref_password_set", ["default", domain, user, pin]:
                pins[self._id(user, domain)] = pin.strip("'")
                return "-OK\n"
        return "-ERR Profile not found\n"

    def _flush(self, target: str) -> str:
        user, _, domain = target.partition("@")
        extension_id = self._id(user, domain)
        self.phones[:] = [each for each in self.phones if each != extension_id]
        return "+OK flushing all registrations matching specified call_id\n"

    def _registrations(self, targets: Sequence[str]) -> str:
        """As ``mod_sofia.c:2846`` of 1.10.12 writes them, with the lines that matter here."""
        rows = "".join(
            f"    <registration>\n        <call-id>call-{place}-{user}</call-id>\n"
            f"        <user>{self._address(user)}</user>\n    </registration>\n"
            for place, user in enumerate(self.phones)
            if not targets or self._address(user) in targets
        )
        return (
            '<?xml version="1.0" encoding="ISO-8859-1"?>\n'
            f"<profile>\n  <registrations>\n{rows}  </registrations>\n</profile>\n"
        )

    def _channels(self) -> str:
        rows = [
            {"uuid": uuid, "presence_id": self._address(user), "direction": "inbound"}
            for uuid, user in self.channels.items()
        ]
        answer = {"row_count": len(rows), "rows": rows} if rows else {"row_count": 0}
        return json.dumps(answer) + "\n"

    def _locates(self, user: str, domain: str) -> bool:
        return self._id(user, domain) in self._known.keys() | self.pointers

    def _id(self, user: str, domain: str) -> str:
        here = domain.casefold() == self.domain.casefold()
        return join_id(user, "" if here else domain)

    def _address(self, extension_id: str) -> str:
        user, domain = split_id(extension_id)
        return join_id(user, domain or self.domain)


def _values_of(extension: Extension) -> Mapping[tuple[str, str], str]:
    texts = ((kind_and_name(name), getattr(extension, name)) for name in PLACES)
    return {(kind, name): text for (kind, name), text in ((at.split(), text) for at, text in texts)}


def _users_of(
    file: Path, variables: Mapping[str, str]
) -> Iterator[tuple[str, Mapping[tuple[str, str], str]]]:
    """The users in a file that is well-formed XML, with their values."""
    text = file.read_text(encoding="utf-8", errors="replace")
    text = _VARIABLE.sub(lambda found: variables.get(found[1], ""), text)
    try:
        root = ET.fromstring(text)  # noqa: S314  (a test's own file)
    except ET.ParseError:
        return
    for user in root.iter("user"):
        values = {
            (kind, each.get("name", "")): each.get("value", "")
            for section, kind, tag in _SECTIONS
            for each in user.iterfind(f"{section}/{tag}")
        }
        yield user.get("id", ""), values


def _fixed(command: str) -> str:
    """The output of a command that is always answered in the same way."""
    return next((said for begin, said in _FIXED.items() if command.startswith(begin)), "")


@dataclass(frozen=True)
class Account:
    """The ``esl-password`` and ``esl-allowed-api`` (``None``: all) of a directory's user.

    ``events`` says whether ``esl-allowed-events`` has those that it asks for.
    """

    password: str = field(repr=False)
    allowed: frozenset[str] | None = None
    events: bool = True


class FakeEventSocket(FakeFreeSwitch):
    """FreeSWITCH's Event Socket on a free loopback port, as a context manager.

    ``commands`` is every packet after the login, as it came, without its last two
    line ends; ``logins`` every one before it.  ``accounts`` are by
    ``name@domain``, for ``userauth``.  ``mode`` may be changed at any time.  What
    :meth:`publish` is given goes to the connections that asked for it by ``event json``.
    """

    def __init__(self, *, password: str = EVENT_SOCKET_PASSWORD, host: str = "127.0.0.1") -> None:
        super().__init__()
        self.password = password
        self.host = host
        self.port = 0
        self.mode: Mode = "normal"
        self.pause = 0.01
        self.accounts: dict[str, Account] = {}
        self.commands: list[str] = []
        self.logins: list[str] = []
        self._listener: tuple[socket.socket, threading.Thread] | None = None
        self._connections: dict[socket.socket, threading.Thread] = {}
        self._subscribers: dict[_Conversation, frozenset[str]] = {}
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Listen; after a :meth:`stop`, on the same port as before."""
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        listener = socket.create_server((self.host, self.port), family=family, backlog=64)
        self.port = listener.getsockname()[1]
        self._listener = listener, _run(self._accept, listener)

    def stop(self) -> None:
        """Listen no more, and end every connection."""
        if self._listener is None:
            return
        listener, accepting = self._listener
        self._listener = None
        listener.shutdown(socket.SHUT_RDWR)
        accepting.join()
        with self._lock:
            connections = dict(self._connections)
        for connection, serving in connections.items():
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            serving.join()

    @property
    def connections(self) -> int:
        """How many connections are open."""
        return len(self._connections)

    @property
    def subscribers(self) -> int:
        """How many connections have asked for events."""
        return len(self._subscribers)

    def publish(self, event: Mapping[str, str] | str) -> None:
        """Send an event to those who asked for it: its headers, or the text of its body."""
        name = event if isinstance(event, str) else event.get("Event-Subclass", event["Event-Name"])
        body = event if isinstance(event, str) else json.dumps(event)
        with self._lock:
            asked = dict(self._subscribers)
        for conversation, names in asked.items():
            if isinstance(event, str) or name in names:
                conversation.send("text/event-json", body)

    def say_goodbye(self) -> None:
        """Tell those who asked for events that FreeSWITCH shuts down."""
        with self._lock:
            asked = list(self._subscribers)
        for conversation in asked:
            conversation.send("text/disconnect-notice", _GOODBYE)

    def subscribe(self, conversation: "_Conversation", names: frozenset[str] | None) -> None:
        """Remember what a connection asked for; ``None``: it is over."""
        with self._lock:
            if names is None:
                self._subscribers.pop(conversation, None)
            else:
                self._subscribers[conversation] = names

    @contextmanager
    def off(self) -> Iterator[None]:
        """FreeSWITCH is down inside, and up again afterwards."""
        self.stop()
        try:
            yield
        finally:
            self.start()

    @contextmanager
    def behaving(self, mode: Mode) -> Iterator[None]:
        """Behave so inside, and normally afterwards."""
        self.mode = mode
        try:
            yield
        finally:
            self.mode = "normal"

    @contextmanager
    def saying(self, command: str, output: str) -> Iterator[None]:
        """Answer ``command`` by ``output`` inside, and as always afterwards."""
        self.answers[command] = output
        try:
            yield
        finally:
            del self.answers[command]

    def _accept(self, listener: socket.socket) -> None:
        with listener, suppress(OSError):
            while True:
                connection, _ = listener.accept()
                # As FreeSWITCH does (mod_event_socket.c, listener_run).
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                with self._lock:
                    self._connections[connection] = _run(self._serve, connection)

    def _serve(self, connection: socket.socket) -> None:
        conversation = _Conversation(self, connection)
        with connection, suppress(OSError):
            conversation.run()
        self.subscribe(conversation, None)
        with self._lock:
            del self._connections[connection]


def _run(target: Callable[[socket.socket], None], connection: socket.socket) -> threading.Thread:
    thread = threading.Thread(target=target, args=(connection,), daemon=True)
    thread.start()
    return thread


class _Conversation:
    """One connection to the Event Socket, from greeting to end."""

    def __init__(self, server: FakeEventSocket, connection: socket.socket) -> None:
        self._server = server
        self._connection = connection
        self._sending = threading.Lock()
        self._received = b""
        self._allowed: frozenset[str] | None = None
        self._may_have_events = True

    def run(self) -> None:
        if self._server.mode == "rude":
            self._message("text/rude-rejection", _GO_AWAY)
            self._message("text/disconnect-notice", _GOODBYE)
        elif self._server.mode == "garbage":
            self._connection.sendall(b"SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n\n\n\0\xff")
        elif self._server.mode == "silent":
            self._drain()
        else:
            self._connection.sendall(b"Content-Type: auth/request\n\n")
            if self._log_in():
                self._obey()

    def _log_in(self) -> bool:
        packet = self._packet()
        if packet is None:
            return False
        self._server.logins.append(packet)
        accepted = self._accepts(packet)
        if not accepted:
            self._reply("-ERR invalid")
            self._message("text/disconnect-notice", _GOODBYE)
        return accepted

    def _accepts(self, packet: str) -> bool:
        if packet == f"auth {self._server.password}":
            self._reply("+OK accepted")
            return True
        for name, account in self._server.accounts.items():
            if packet == f"userauth {name}:{account.password}":
                self._allowed = account.allowed
                self._may_have_events = account.events
                names = "all" if account.allowed is None else ",".join(sorted(account.allowed))
                self._reply(
                    f"+OK accepted\nAllowed-Events: all\nAllowed-API: {names}\nAllowed-LOG: true"
                )
                return True
        return False

    def _obey(self) -> None:
        while (packet := self._packet()) is not None:
            self._server.commands.append(packet)
            verb, _, command = packet.split("\n", 1)[0].partition(" ")
            if self._server.mode == "stalled":
                continue
            if self._server.mode == "shutdown":
                self._message("text/disconnect-notice", _GOODBYE)
                return
            if verb == "event":
                self._subscribe(command)
            elif verb != "api":
                self._reply("-ERR command not found")
            elif self._allowed is not None and command.split(" ")[0] not in self._allowed:
                self._reply("-ERR permission denied")
            elif not self._answer(command, console=packet.endswith("\nconsole_execute: true")):
                return

    def _subscribe(self, names: str) -> None:
        if not self._may_have_events:
            self._reply("-ERR permission denied")
            return
        self._server.subscribe(self, frozenset(names.split()))
        self._reply("+OK event listener enabled json")

    def _answer(self, command: str, *, console: bool) -> bool:
        """Answer an API command; says whether the connection goes on."""
        run = self._server.console if console else self._server.answer
        output = run(command) or "-ERR no reply\n"
        if self._server.mode == "huge":
            output = output.ljust(HUGE, "x")
        data = _frame("api/response", output)
        if self._server.mode == "cut":
            self._connection.sendall(data[:-4])
            return False
        if self._server.mode == "slow":
            for byte in data:
                self._connection.sendall(bytes([byte]))
                time.sleep(self._server.pause)
        else:
            self._send(data)
        return True

    def _packet(self) -> str | None:
        while b"\n\n" not in self._received:
            data = self._connection.recv(65536)
            if not data:
                return None
            self._received += data
        packet, self._received = self._received.split(b"\n\n", 1)
        return packet.decode("utf-8", "replace")

    def _drain(self) -> None:
        while self._connection.recv(65536):
            pass

    def _reply(self, text: str) -> None:
        self._send(f"Content-Type: command/reply\nReply-Text: {text}\n\n".encode())

    def _message(self, content_type: str, body: str) -> None:
        self._send(_frame(content_type, body))

    def send(self, content_type: str, body: str) -> None:
        """Send an event to all connections that are open now."""
        with suppress(OSError):
            self._message(content_type, body)

    def _send(self, data: bytes) -> None:
        with self._sending:
            self._connection.sendall(data)


def _frame(content_type: str, body: str) -> bytes:
    data = body.encode()
    return f"Content-Type: {content_type}\nContent-Length: {len(data)}\n\n".encode() + data


@dataclass(frozen=True)
class Run:
    """One run of a :class:`FakeFsCli`: what other users of the machine can see of it.

    ``profile`` is the mode and the text of the configuration file that it read.
    """

    argv: Sequence[str]
    environ: Mapping[str, str]
    profile: tuple[str, str] | None


class FakeFsCli:
    """An executable ``fs_cli`` in ``directory`` that records its runs.

    It connects to an Event Socket, such as a :class:`FakeEventSocket`, by ``-H``,
    ``-P`` and ``-p`` or by ``~/.fs_cli_conf``, and prints and exits as the real one.
    """

    def __init__(self, directory: Path) -> None:
        self.command = directory / "fs_cli"
        self._log = directory / "fs_cli.runs"
        script = files("sipapp.testing").joinpath("fake_fs_cli.py").read_text(encoding="utf-8")
        # -I and -S: nothing of the environment matters, and it starts in a third of the time.
        self.command.write_text(f"#!{sys.executable} -IS\n{script}", encoding="utf-8")
        self.command.chmod(0o755)

    @property
    def runs(self) -> list[Run]:
        """All runs so far, in the order in which they began."""
        if not self._log.exists():
            return []
        lines = self._log.read_text(encoding="utf-8").splitlines()
        return [Run(**json.loads(line)) for line in lines]
