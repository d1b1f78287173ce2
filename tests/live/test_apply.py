"""What becomes of a change on a real FreeSWITCH: applied, refused and taken back, or pending."""

import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

pytestmark = pytest.mark.live

EXTENSIONS = "/sip/api/v1/extensions"
BROKEN = '<include>\n  <user id="zz">\n    <params>\n  </user>\n</include>\n'


@pytest.fixture(params=["esl", "fs_cli"])
def app(request, restored, make_app):
    ini = {
        "sipapp.domain": restored.domain,
        "sipapp.storage": "xmldir",
        "sipapp.storage.xmldir.directory": str(restored.directory),
        "sipapp.reloaders": "live",
        "sipapp.reloader.live.use": request.param,
        "sipapp.reloader.live.port": str(restored.esl_port),
        "sipapp.reloader.live.password_file": str(restored.password_file),
    }
    if request.param == "fs_cli":
        ini["sipapp.reloader.live.command"] = str(restored.fs_cli)
    return make_app(ini)


def content(folder):
    return {file.name: (file.read_bytes(), file.stat().st_mode) for file in folder.iterdir()}


def knows(freeswitch, user):
    return freeswitch.command(f"user_exists id {user} {freeswitch.domain}") == "true"


def test_a_broken_neighbour_is_named_and_nothing_is_touched(restored, app):
    (restored.directory / "zz.xml").write_text(BROKEN)
    before = content(restored.directory)
    answers = [
        app.post_json(EXTENSIONS, {"id": "7020"}, status=503),
        app.patch_json(f"{EXTENSIONS}/1001", {"caller_id_name": "New"}, status=503),
        app.delete(f"{EXTENSIONS}/1001", status=503),
    ]
    for answer in answers:
        assert f"{restored.directory}/zz.xml, line 4" in answer.json["detail"]
    assert content(restored.directory) == before
    (restored.directory / "zz.xml").unlink()
    created = app.post_json(EXTENSIONS, {"id": "7020"}, status=201).json
    assert created["apply"]["state"] == "applied"


def test_a_refused_change_is_taken_back_and_the_fault_named(restored, app):
    before = content(restored.directory)
    dialplan = restored.configuration / "dialplan" / "zz.xml"
    dialplan.write_text('<include>\n<context\n name="zz">\n</kontext>\n</include>\n')
    try:
        refused = [
            app.post_json(EXTENSIONS, {"id": "7020"}, status=409),
            app.patch_json(f"{EXTENSIONS}/1001", {"caller_id_name": "New"}, status=409),
            app.delete(f"{EXTENSIONS}/1001", status=409),
        ]
        for answer in refused:
            assert "</kontext>" in answer.json["detail"]
            assert f"The fault is in {dialplan}, line 4." in answer.json["detail"]
            assert answer.json["apply"]["state"] == "refused"
        assert content(restored.directory) == before
    finally:
        dialplan.unlink()
    assert app.delete(f"{EXTENSIONS}/1001").json["apply"]["state"] == "applied"


def test_a_change_that_freeswitch_does_not_see_is_taken_back(restored, app):
    # FreeSWITCH reads another directory than the one that sipapp writes.
    group = restored.configuration / "directory" / "default.xml"
    text = group.read_text()
    group.write_text(text.replace("default/*.xml", "other/*.xml"))
    before = content(restored.directory)
    try:
        answer = app.post_json(EXTENSIONS, {"id": "7020"}, status=409)
        assert "does not know extension 7020" in answer.json["detail"]
        assert content(restored.directory) == before
    finally:
        group.write_text(text)


@contextmanager
def counted_reloads(freeswitch):
    """Counts the events that FreeSWITCH sends after a successful reload."""
    with socket.create_connection((freeswitch.esl_host, freeswitch.esl_port), 5) as connection:
        received = bytearray()
        stream = connection.makefile("rb")
        connection.sendall(f"auth {freeswitch.esl_password}\n\n".encode())
        connection.sendall(b"event plain RELOADXML\n\n")
        while b"+OK event listener" not in received:
            received += stream.readline()
        counts = []
        yield counts
        connection.sendall(b"api version\n\n")
        while b"FreeSWITCH Version" not in received:
            received += stream.readline()
        counts.append(received.count(b"Event-Name: RELOADXML"))


def test_twenty_saves_at_once_cost_few_reloads(restored, app):
    together = threading.Barrier(20, timeout=30)

    def save(number):
        together.wait()
        if number % 2:
            changes = {"caller_id_name": f"Name {number}"}
            answer = app.patch_json(f"{EXTENSIONS}/{1000 + number}", changes)
        else:
            answer = app.post_json(EXTENSIONS, {"id": str(7000 + number)})
        user = answer.json["id"]
        said = restored.command(f"user_data {user}@{restored.domain} var effective_caller_id_name")
        return answer.json, said

    with counted_reloads(restored) as counts, ThreadPoolExecutor(20) as pool:
        saved = list(pool.map(save, range(20)))
    for answer, said in saved:
        assert answer["apply"]["state"] == "applied", answer["apply"]
        assert said == answer["caller_id_name"]
    assert 1 <= counts[0] <= 3
