"""Changes over what a real FreeSWITCH answered to them, byte for byte."""

import json
import socket
import threading
from collections import defaultdict
from contextlib import suppress
from pathlib import Path

import pytest

from sipapp.api import Extension
from sipapp_xmldir.storage import XmlDirectory

EXTENSIONS = "/sip/api/v1/extensions"
SCENES = json.loads(
    (Path(__file__).parent / "recorded" / "changes.json").read_text(encoding="utf-8")
)
GREETING = b"Content-Type: auth/request\n\n"
ACCEPTED = b"Content-Type: command/reply\nReply-Text: +OK accepted\n\n"


class Replay:
    """An Event Socket that says what was recorded, each reply once, in pieces of a size."""

    def __init__(self, scene, piece):
        self.left = defaultdict(list)
        for command, reply in SCENES[scene]:
            self.left[command].append(reply.encode("latin-1"))
        self.unexpected = []
        self._piece = piece
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._accept, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()

    def _accept(self):
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                # One after the other: nothing here asks at the same time.
                with connection, suppress(OSError):
                    self._serve(connection)

    def _serve(self, connection):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._send(connection, GREETING)
        received = b""
        while data := connection.recv(65536):
            received += data
            while b"\n\n" in received:
                packet, received = received.split(b"\n\n", 1)
                self._send(connection, self._reply(packet.decode()))

    def _reply(self, packet):
        if packet.startswith("auth "):
            return ACCEPTED
        if not self.left[packet]:
            self.unexpected.append(packet)
            return b""
        return self.left[packet].pop(0)

    def _send(self, connection, data):
        for start in range(0, len(data), self._piece):
            connection.sendall(data[start : start + self._piece])


@pytest.fixture
def directory(tmp_path):
    folder = tmp_path / "directory"
    folder.mkdir()
    XmlDirectory(directory=folder, create=False).create(Extension("1005", password="p"))
    return folder


@pytest.fixture
def start(directory, make_app, monkeypatch):
    """Start the server beside a replay, which knows nothing of what is asked after a start."""
    monkeypatch.setattr("sipapp.switches.backlog.VerificationBacklog.add_all", lambda _: None)

    def start(replay):
        return make_app(
            {
                "sipapp.domain": "127.0.0.2",
                "sipapp.storage": "xmldir",
                "sipapp.storage.xmldir.directory": str(directory),
                "sipapp.reloaders": "recorded",
                "sipapp.reloader.recorded.use": "esl",
                "sipapp.reloader.recorded.port": str(replay.port),
                "sipapp.reloader.recorded.password": "ClueCon",
            }
        )

    return start


def store(directory, extension_id):
    XmlDirectory(directory=directory, create=False).create(Extension(extension_id, password="p"))


@pytest.fixture(params=[1, 7, 65536], ids=["byte by byte", "in pieces", "whole"])
def scene(request, directory, start):
    """Play a scene: what is stored before, and what is asked of the API."""

    def play(name, act, *stored):
        for each in stored:
            store(directory, each)
        with Replay(name, request.param) as replay:
            answer = act(start(replay))
        assert replay.unexpected == []
        assert not any(replay.left.values())
        return answer

    return play


def told(answer):
    (switch,) = answer.json["apply"]["switches"]
    return switch["outcome"], switch["detail"], switch["forgotten"]


def test_created(scene):
    given = {"id": "7020", "password": "Replayed-Pass-1", "vm_password": "7020"}
    answer = scene("created", lambda app: app.post_json(EXTENSIONS, given, status=201))
    assert told(answer) == ("applied", "+OK [Success]", "")


def test_another_voicemail_pin(scene):
    given = {"vm_password": "98765"}
    answer = scene("pin", lambda app: app.patch_json(f"{EXTENSIONS}/7020", given), "7020")
    removed = "The PIN that was set by phone was removed: the mailbox opens by the new one alone."
    assert told(answer) == ("applied", "+OK [Success]", removed)
    assert "471147" not in answer.text


def test_renamed(scene, directory):
    answer = scene(
        "renamed", lambda app: app.post_json(f"{EXTENSIONS}/7020/rename", {"id": "7021"}), "7020"
    )
    assert told(answer) == ("applied", "+OK [Success]", "No phone was registered as it.")
    assert (directory / "7021.xml").exists()


def test_refused(scene, directory):
    store(directory, "7021")
    before = (directory / "7021.xml").read_bytes()
    changes = {"caller_id_name": "x"}
    answer = scene("refused", lambda app: app.patch_json(f"{EXTENSIONS}/7021", changes, status=409))
    assert "unexpected closing tag </section>" in answer.json["detail"]
    assert "the cause is elsewhere" in answer.json["detail"]
    assert (directory / "7021.xml").read_bytes() == before


def test_password(scene):
    given = {"password": "Replayed-Pass-1", "end_calls": True}
    answer = scene(
        "password", lambda app: app.post_json(f"{EXTENSIONS}/7021/password", given), "7021"
    )
    assert told(answer)[2] == "No phone was registered as it. It had no call."


def test_deleted_though_a_group_has_a_pointer_to_it(scene, directory):
    answer = scene("deleted", lambda app: app.delete(f"{EXTENSIONS}/1005"))
    assert told(answer)[0] == "applied"
    assert [*directory.iterdir()] == []
