"""What ``fs_cli -x`` does (libs/esl/fs_cli.c of FreeSWITCH 1.10.12), for tests.

Runs by itself, with the standard library only: ``FakeFsCli`` makes an executable
of this text.  Beside itself it writes a line to ``fs_cli.runs`` for each run.
"""

import getopt
import json
import os
import re
import socket
import sys
from pathlib import Path

SECTION = re.compile(r"\[([^\]]*)\]")
MAX_COMMAND = 1023
HELP = """Usage: fs_cli [-H <host>] [-P <port>] [-p <secret>] [-d <level>] [-x command] [profile]
  -x, --execute=command           Execute Command and Exit
  -t, --timeout                   Timeout for API commands (in milliseconds)
  -T, --connect-timeout           Timeout for socket connection (in milliseconds)
"""


class Profile:
    """Where to connect, and as whom."""

    # Without dataclasses, whose import takes as long as all else here.
    def __init__(self) -> None:
        self.host = "127.0.0.1"
        self.port = 8021
        self.user = ""
        self.password = "ClueCon"


def main(argv: list[str], environ: dict[str, str]) -> int:
    """Run one command; returns the exit code."""
    if argv[1:] == ["--help"]:
        sys.stdout.write(HELP)
        return 1
    options = dict(getopt.getopt(argv[1:], "H:P:u:p:x:t:T:")[0])
    file = Path(environ.get("HOME", "/"), ".fs_cli_conf")
    record(Path(argv[0]).with_name("fs_cli.runs"), argv, environ, file)
    profile = read_profile(file)
    profile.host = options.get("-H", profile.host)
    profile.port = int(options.get("-P", profile.port))
    profile.user = options.get("-u", profile.user)
    profile.password = options.get("-p", profile.password)
    command = options["-x"].encode()[:MAX_COMMAND]
    try:
        connection = connect(profile, milliseconds(options.get("-T")))
    except OSError:  # of any kind: fs_cli does not tell them apart
        sys.stderr.write("[ERROR] fs_cli.c:1699 main() Error Connecting []\n")
        return 255
    with connection:
        connection.settimeout(milliseconds(options.get("-t")))
        try:
            connection.sendall(b"api " + command + b"\nconsole_execute: true\n\n")
            headers, body = receive(connection)
            while headers.get("content-type") not in {"api/response", "command/reply"}:
                headers, body = receive(connection)
        except OSError:
            sys.stdout.write("Request timed out.\n")
            return 254
    reply = headers.get("reply-text", "")
    if body is not None:
        sys.stdout.write(f"{body}\n")
    elif reply.lower().startswith("-err"):
        sys.stdout.write(f"Error: {reply[4:]}!\n")
    return 0


def record(log: Path, argv: list[str], environ: dict[str, str], file: Path) -> None:
    """Write down what other users of the machine can see, and the profile's mode and text."""
    profile = None
    if file.exists():
        profile = (f"{file.stat().st_mode & 0o777:04o}", file.read_text(encoding="utf-8"))
    run = {"argv": argv, "environ": environ, "profile": profile}
    with log.open("a", encoding="utf-8") as lines:
        lines.write(json.dumps(run) + "\n")


def milliseconds(text: str | None) -> float | None:
    """A time limit as seconds; none given, or 0, is no limit."""
    return int(text) / 1000 if text and int(text) else None


def read_profile(file: Path) -> Profile:
    """The profile ``default`` of a configuration file (esl_config_next_pair)."""
    profile = Profile()
    section = ""
    for line in file.read_text(encoding="utf-8").splitlines() if file.exists() else []:
        if match := SECTION.match(line):
            section = match[1]
        elif section == "default" and "=" in line and line[0] not in "#;":
            name, _, value = line.partition("=")
            value = value.removeprefix(">").lstrip(" \t")
            before, _, after = value.partition(";")
            value = before if after.startswith(";") else value
            set_field(profile, name.strip().lower(), value)
    return profile


def set_field(profile: Profile, name: str, value: str) -> None:
    """Take over one setting; texts are cut where the C program's buffers end."""
    if name == "port":
        profile.port = int(value)
    elif name in {"host", "password"}:
        setattr(profile, name, value[:127])
    elif name == "user":
        profile.user = value[:255]


def connect(profile: Profile, timeout: float | None) -> socket.socket:
    """Connect and log in.  Raises ``OSError``."""
    connection = socket.create_connection((profile.host, profile.port), timeout)
    try:
        if log_in(connection, profile):
            return connection
    except OSError:
        connection.close()
        raise
    connection.close()
    raise ConnectionError


def log_in(connection: socket.socket, profile: Profile) -> bool:
    """Say who we are; whether that was accepted."""
    if receive(connection)[0].get("content-type") != "auth/request":
        return False
    who = f"userauth {profile.user}:" if profile.user else "auth "
    connection.sendall(f"{who}{profile.password}\n\n".encode())
    return receive(connection)[0].get("reply-text") == "+OK accepted"


def receive(connection: socket.socket) -> tuple[dict[str, str], str | None]:
    """Read one message: headers by lower-case name, and its body, if any."""
    head = b""
    while not head.endswith(b"\n\n"):
        head += some(connection, 1)
    pairs = (line.partition(":") for line in head.decode(errors="replace").split("\n") if line)
    headers = {name.lower(): value.strip() for name, _, value in pairs}
    if "content-length" not in headers:
        return headers, None
    body = b""
    while len(body) < int(headers["content-length"]):
        body += some(connection, int(headers["content-length"]) - len(body))
    return headers, body.decode(errors="replace")


def some(connection: socket.socket, most: int) -> bytes:
    """Up to ``most`` bytes, at least one."""
    data = connection.recv(most)
    if not data:
        raise ConnectionError
    return data


if __name__ == "__main__":
    sys.exit(main(sys.argv, dict(os.environ)))
