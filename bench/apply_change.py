"""A change that is applied and verified over Event Socket, besides what FreeSWITCH itself needs."""

import re
import socket
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from typing import Final

from applications import Client, served
from directories import FIRST, content, directory, folder
from floors import replace_and_sync
from measuring import SIZES, heading, in_turns, report

from sipapp.testing.fake_freeswitch import FakeEventSocket

LIMIT_MS = 25.0
"""Milliseconds that one change may take beyond the floor."""
LIMIT = 1.5
"""How many times as long 20 changes at once may take as one after the other."""
AT_ONCE = 20
_USER_DATA: Final = re.compile("user_data ([^@]*)@[^ ]* ([a-z]*) (.*)")
ROUNDS = 20


class Instant(FakeEventSocket):
    """A FreeSWITCH that reloads in no time, and has of everybody what is in the file."""

    folder = Path()

    def answer(self, command: str) -> str:
        question = _USER_DATA.fullmatch(command)
        if question is None:
            return super().answer(command)
        user, kind, name = question.groups()
        if kind == "attr":
            return user if name == "id" else ""
        text = (self.folder / f"{user}.xml").read_text(encoding="utf-8")
        found = re.search(f'name="{name}" value="([^"]*)"', text)
        return found[1] if found else ""


def main() -> None:
    """Measure, and print a table."""
    heading("replace and fsync the file; reloadxml, and three user_data, on two bare connections")
    with Instant() as switch:
        for size in SIZES:
            _measure(switch, size)


def _measure(switch: Instant, size: int) -> None:
    options = {"port": str(switch.port), "password": switch.password}
    numbers = count()
    file = folder() / "floor.xml"
    switch.folder = directory(size)
    with served(switch.folder, switch="esl", options=options) as client:

        def change() -> None:
            _change(client, FIRST, next(numbers))

        def floor() -> None:
            _bare(switch, file, next(numbers))

        measured = in_turns(change, floor, ROUNDS)
        more = (measured.seconds - measured.floor) * 1000
        limit = f"{LIMIT_MS:.0f} ms more"
        report("one change", size, measured, limit=limit, kept=more <= LIMIT_MS)

        clients = [client.another() for _ in range(AT_ONCE)]
        with ThreadPoolExecutor(AT_ONCE) as pool:

            def together() -> None:
                value = next(numbers)
                places = range(AT_ONCE)
                list(pool.map(lambda place: _change(clients[place], FIRST + place, value), places))

            def one_by_one() -> None:
                for place in range(AT_ONCE):
                    _change(clients[0], FIRST + place, next(numbers))

            measured = in_turns(together, one_by_one, ROUNDS // 4)
        for each in clients:
            each.close()
    report(f"{AT_ONCE} at once", size, measured, limit=f"{LIMIT}", kept=measured.ratio <= LIMIT)


def _change(client: Client, number: int, value: int) -> None:
    changes = {"caller_id_name": f"Name {value}"}
    answer = client.patch(f"/sip/api/v1/extensions/{number}", changes)
    if answer["apply"]["state"] != "applied":
        raise RuntimeError(str(answer["apply"]))


def _bare(switch: Instant, file: Path, value: int) -> None:
    replace_and_sync(file, content(value))
    _ask(switch, "reloadxml")
    address = f"{FIRST}@{switch.domain}"
    questions = "attr type", "attr id", "var effective_caller_id_name"
    _ask(switch, *(f"user_data {address} {each}" for each in questions))


def _ask(switch: Instant, *commands: str) -> None:
    with socket.create_connection((switch.host, switch.port)) as connection:
        received = connection.makefile("rb")
        received.readline()
        received.readline()
        connection.sendall(f"auth {switch.password}\n\n".encode())
        for _ in range(3):
            received.readline()
        for command in commands:
            connection.sendall(f"api {command}\n\n".encode())
            received.readline()
            length = int(received.readline().partition(b":")[2])
            received.readline()
            received.read(length)


if __name__ == "__main__":
    main()
