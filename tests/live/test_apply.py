"""What becomes of a change on a real FreeSWITCH: applied, refused and taken back, or pending."""

import re
import shutil
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from tests.live.settings import live_settings
from tests.live.sip_phone import Phone, registered

from sipapp.switches.timing import Timing

pytestmark = pytest.mark.live

EXTENSIONS = "/sip/api/v1/extensions"
BROKEN = '<include>\n  <user id="zz">\n    <params>\n  </user>\n</include>\n'


@pytest.fixture(params=["esl", "fs_cli"])
def start(request, restored, make_app):
    """Start the server."""
    ini = live_settings(restored, request.param)

    def start(*, domain=restored.domain, directory=restored.directory, timeout=5):
        given = {
            "sipapp.domain": domain,
            "sipapp.storage.xmldir.directory": str(directory),
            "sipapp.reloader.live.timeout": str(timeout),
        }
        return make_app({**ini, **given})

    return start


@pytest.fixture
def app(start):
    return start()


def content(folder):
    return {file.name: (file.read_bytes(), file.stat().st_mode) for file in folder.iterdir()}


def closed(before, name):
    """The content as before; but others may not read this file, which got a password."""
    data, mode = before[name]
    return {**before, name: (data, mode & ~0o007)}


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
    # A tag that FreeSWITCH does not have could as well be a piece of a password.
    dialplan.write_text('<include>\n<context\n name="zz">\n</S3cret>\n</include>\n')
    try:
        refused = [
            app.post_json(EXTENSIONS, {"id": "7020"}, status=409),
            app.patch_json(f"{EXTENSIONS}/1001", {"caller_id_name": "New"}, status=409),
            app.delete(f"{EXTENSIONS}/1001", status=409),
        ]
        for answer in refused:
            assert "unexpected closing tag </…>" in answer.json["detail"]
            assert "S3cret" not in answer.text
            assert f"The fault is in {dialplan}, line 4." in answer.json["detail"]
            assert answer.json["apply"]["state"] == "refused"
        # The last of them was deleted, and made anew.
        assert content(restored.directory) == closed(before, "1001.xml")
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


@pytest.fixture
def other(restored):
    """A copy of the directory, which is the one that FreeSWITCH reads from its next reload on."""
    group = restored.configuration / "directory" / "default.xml"
    text = group.read_text()
    copy = restored.configuration / "directory" / "other"
    shutil.copytree(restored.directory, copy)
    group.write_text(text.replace("default/*.xml", "other/*.xml"))
    yield copy
    group.write_text(text)
    shutil.rmtree(copy)


VALUES = {
    "edit": lambda app: app.patch_json(f"{EXTENSIONS}/1001", {"caller_id_name": "New"}, status=409),
    "emptied": lambda app: app.patch_json(f"{EXTENSIONS}/1001", {"toll_allow": ""}, status=409),
    "password": lambda app: app.post_json(f"{EXTENSIONS}/1001/password", {}, status=409),
    "rename": lambda app: app.post_json(f"{EXTENSIONS}/1001/rename", {"id": "7029"}, status=409),
    "disable": lambda app: app.post_json(f"{EXTENSIONS}/1001/disable", {}, status=409),
}


@pytest.mark.parametrize("change", VALUES.values(), ids=VALUES)
def test_a_value_that_freeswitch_does_not_read_is_not_applied(restored, app, other, change):
    before = content(restored.directory)
    answer = change(app)
    assert answer.json["apply"]["state"] == "refused"
    assert re.search("does not know|still knows|has not taken over", answer.json["detail"])
    assert "see that directory/default.xml there includes it" in answer.json["detail"]
    if change is VALUES["password"]:
        before = closed(before, "1001.xml")
    assert content(restored.directory) == before


def test_undo_and_enable_are_not_applied_in_a_copy(restored, app, other):
    group = restored.configuration / "directory" / "default.xml"
    text = group.read_text()
    group.write_text(text.replace("other/*.xml", "default/*.xml"))
    app.patch_json(f"{EXTENSIONS}/1001", {"caller_id_name": "New"})
    app.post_json(f"{EXTENSIONS}/1002/disable", {})
    shutil.copy(restored.directory / "1001.xml", other)
    (other / "1002.xml").write_text('<include>\n  <user id="1002"/>\n</include>\n')
    group.write_text(text)
    entry = app.get("/sip/api/v1/history?search=1001").json["entries"][0]
    said = app.post_json(f"/sip/api/v1/history/{entry['id']}/undo", {}, status=409).json["detail"]
    assert "has not taken over the caller ID name of extension 1001." in said
    said = app.post_json(f"{EXTENSIONS}/1002/enable", {}, status=409).json["detail"]
    assert "has not taken over" in said


def test_every_field_of_every_vanilla_extension_is_verified(restored, app):
    changes = {
        "caller_id_name": "Zoë, “Ünïcode” [x] {y} 'q' 日本",
        "outbound_caller_id_name": 'a & b < c > "d"',
        "callgroup": "a,b",
        "toll_allow": "",
        "vm_password": "98765",
    }
    for number in range(1000, 1020):
        answer = app.patch_json(f"{EXTENSIONS}/{number}", changes).json
        assert answer["apply"]["state"] == "applied", answer["apply"]
    for _ in range(3):
        entry = app.get("/sip/api/v1/history?search=1001").json["entries"][0]
        undone = app.post_json(f"/sip/api/v1/history/{entry['id']}/undo", {}).json
        assert undone["apply"]["state"] == "applied"


def test_a_user_that_freeswitch_keeps_in_its_cache(restored, app):
    file = restored.directory / "1001.xml"
    file.write_text(file.read_text().replace('<user id="1001"', '<user id="1001" cacheable="true"'))
    address = f"1001@{restored.domain}"
    app.post_json("/sip/api/v1/reload", {})
    assert restored.command(f"user_data {address} attr cacheable") == "true"
    answer = app.patch_json(f"{EXTENSIONS}/1001", {"caller_id_name": "New"}).json
    assert answer["apply"]["state"] == "applied"
    assert restored.command(f"user_data {address} var effective_caller_id_name") == "New"


LATIN = b"""<include>
  <user id="7030">
    <params>
      <param name="password" value="by-hand-1"/>
    </params>
    <variables>
      <variable name="effective_caller_id_name" value="Zo\xeb"/>
      <variable name="outbound_caller_id_name" value="a&#9;b	c  d &#36;&#36;{domain}"/>
      <variable name="accountcode" value="$${domain}"/>
      <variable name="callgroup" value="-ERR no reply"/>
    </variables>
  </user>
</include>
"""


def test_what_others_wrote_by_hand_is_no_false_alarm(restored, app):
    (restored.directory / "7030.xml").write_bytes(LATIN)
    for change in "disable", "enable":
        answer = app.post_json(f"{EXTENSIONS}/7030/{change}", {}).json
        assert answer["apply"]["state"] == "applied", answer["apply"]
    for values in {"caller_id_name": "Zoé"}, {"accountcode": "7030"}, {"callgroup": ""}:
        answer = app.patch_json(f"{EXTENSIONS}/7030", values).json
        assert answer["apply"]["state"] == "applied", answer["apply"]
        entry = app.get("/sip/api/v1/history?search=7030").json["entries"][0]
        answer = app.post_json(f"/sip/api/v1/history/{entry['id']}/undo", {}).json
        assert answer["apply"]["state"] == "applied", answer["apply"]
    answer = app.post_json(f"{EXTENSIONS}/7030/rename", {"id": "7031"}).json
    assert answer["apply"]["state"] == "applied", answer["apply"]


def test_a_wrong_domain_is_reported(restored, start):
    app = start(domain="wrong.example")
    said = app.post_json(EXTENSIONS, {"id": "7051"}, status=409).json["detail"]
    assert f"not know 7051@wrong.example; its own domain is {restored.domain}." in said


def test_a_copy_of_the_configuration_is_reported_by_its_path(restored, start, tmp_path, caplog):
    copy = shutil.copytree(restored.directory, tmp_path / "directory" / "default")
    app = start(directory=copy)
    said = app.post_json(f"{EXTENSIONS}/1001/password", {}, status=409).json["detail"]
    words = f"reads its configuration from {restored.configuration}, and sipapp writes {copy}"
    assert words in said
    assert words in caplog.text
    assert "has not taken over the password of extension 1001." in said


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


@pytest.fixture
def _no_start_reload(monkeypatch):
    """Reloads are counted: that of the start would be one more, if the test is slow."""
    monkeypatch.setattr("sipapp.app.SWITCH_TIMING", Timing(start_reload_s=600.0))


@pytest.mark.usefixtures("_no_start_reload")
def test_twenty_saves_at_once_cost_few_reloads(restored, start):
    app = start(timeout=60)
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

    def is_stored(number):
        if number % 2:
            return f"Name {number}" in (restored.directory / f"{1000 + number}.xml").read_text()
        return (restored.directory / f"{7000 + number}.xml").exists()

    with counted_reloads(restored) as counts, ThreadPoolExecutor(20) as pool:
        # The first reload ends when all have been stored, however slow the machine is.
        with restored.hanging():
            saves = [pool.submit(save, number) for number in range(20)]
            eventually(lambda: all(map(is_stored, range(20))))
        saved = [each.result() for each in saves]
    for answer, said in saved:
        assert answer["apply"]["state"] == "applied", answer["apply"]
        assert said == answer["caller_id_name"]
    assert 1 <= counts[0] <= 3


@pytest.fixture
def _late_retries(monkeypatch):
    """Longer than it takes to start: a retry before the file is back would find nothing to do."""
    monkeypatch.setattr("sipapp.app.SWITCH_TIMING", Timing(first_retry_s=20.0))


@pytest.mark.usefixtures("_late_retries")
def test_a_change_while_it_is_down_is_applied_when_it_is_back(restored, app):
    with restored.off():
        created = app.post_json(EXTENSIONS, {"id": "7020"}, status=201).json
        assert created["apply"]["state"] == "pending"
        assert (restored.directory / "7020.xml").exists()
        (line,) = app.get("/sip/health", status=503).json["switches"]
        assert line["behind_since"]
        assert "live is behind since" in app.get("/sip/admin").text
        # What it reads when it starts is not what is to be tested.
        file = restored.directory / "7020.xml"
        data = file.read_bytes()
        file.unlink()
    file.write_bytes(data)
    assert not knows(restored, "7020")
    eventually(lambda: knows(restored, "7020"))
    eventually(lambda: "live is behind" not in app.get("/sip/admin").text)


def test_what_was_pending_when_the_server_ended_is_applied_when_it_starts(restored, start):
    file = restored.directory / "7020.xml"
    file.write_text('<include>\n  <user id="7020"/>\n</include>\n')
    assert not knows(restored, "7020")
    start()
    eventually(lambda: knows(restored, "7020"))


def eventually(condition):
    """Wait for what comes by itself: a retry's pause grows while a switch takes long to start."""
    deadline = time.monotonic() + 90
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)


@pytest.fixture
def phones(restored, app):
    """Phones of 7021 and 7022, registered."""
    made = {}
    for user in "7021", "7022":
        password = app.post_json(EXTENSIONS, {"id": user}).json["password"]
        made[user] = Phone(restored, user, password)
        assert made[user].register() == 200
        assert registered(restored, user)
    yield made
    for user, phone in made.items():
        phone.close()
        restored.command(f"sofia profile internal flush_inbound_reg {user}@{restored.domain}")


def test_a_deleted_phone_is_registered_no_more(restored, app, phones):
    deleted = app.delete(f"{EXTENSIONS}/7021").json
    assert "1 registration was dropped." in deleted["apply"]["switches"][0]["forgotten"]
    assert not registered(restored, "7021")
    assert phones["7021"].register() == 403
    assert registered(restored, "7022")


def test_a_renamed_phone_has_to_register_by_its_new_name(restored, app, phones):
    file = restored.directory / "7021.xml"
    before = file.read_bytes()
    answer = app.post_json(f"{EXTENSIONS}/7021/rename", {"id": "7029"}).json
    assert answer["apply"]["state"] == "applied"
    assert "1 registration was dropped." in answer["apply"]["switches"][0]["forgotten"]
    assert not file.exists()
    renamed = (restored.directory / "7029.xml").read_bytes()
    assert renamed == before.replace(b"7021", b"7029")
    assert (knows(restored, "7021"), knows(restored, "7029")) == (False, True)
    assert not registered(restored, "7021")
    assert phones["7021"].register() == 403
    assert registered(restored, "7022")


def test_a_refused_rename_is_taken_back_to_the_byte(restored, app):
    before = content(restored.directory)
    dialplan = restored.configuration / "dialplan" / "zz.xml"
    dialplan.write_text("<include>\n<context>\n</include>\n")
    try:
        app.post_json(f"{EXTENSIONS}/1001/rename", {"id": "7029"}, status=409)
    finally:
        dialplan.unlink()
    assert content(restored.directory) == before
    assert (knows(restored, "1001"), knows(restored, "7029")) == (True, False)


def test_calls_of_a_deleted_extension_are_ended_and_no_others(restored, app):
    for user in "7021", "7022":
        app.post_json(EXTENSIONS, {"id": user})
        # A call without a phone, which FreeSWITCH takes for one of the user's.
        said = restored.command(
            f"originate {{presence_id={user}@{restored.domain}}}loopback/9196/default &park()"
        )
        assert said.startswith("+OK"), said
        # It shows what its events have brought into its database by now.
        eventually(lambda user=user: calls_of(restored, user))
    try:
        disabled = app.post_json(f"{EXTENSIONS}/7021/disable", {}).json
        assert "call" not in disabled["apply"]["switches"][0]["forgotten"]
        assert calls_of(restored, "7021")
        deleted = app.delete(f"{EXTENSIONS}/7021?end_calls=true").json
        forgotten = deleted["apply"]["switches"][0]["forgotten"]
        assert re.search(r"\d calls? (was|were) ended\.", forgotten)
        eventually(lambda: not calls_of(restored, "7021"))
        assert calls_of(restored, "7022")
    finally:
        restored.command("hupall")


def calls_of(freeswitch, user, domain=None):
    return freeswitch.command("show channels").count(f"{user}@{domain or freeswitch.domain}")


def test_each_of_many_new_extensions_is_verified(restored, app, request):
    items = [{"id": str(number)} for number in range(20000, 20300)]
    answer = app.post_json("/sip/api/v1/batch", {"items": items}, status=201).json
    (switch,) = answer["apply"]["switches"]
    assert switch["outcome"] == "applied"
    by_fs_cli = "fs_cli" in request.node.name
    partly = ". It was asked for 20 of 300 extensions." if by_fs_cli else ""
    assert switch["detail"] == f"+OK [Success]{partly}"


def test_a_registration_that_could_not_be_dropped_in_time_is_dropped_later(restored, app, phones):
    with restored.hanging():
        deleted = app.delete(f"{EXTENSIONS}/7021").json
        assert deleted["apply"]["state"] == "pending"
    eventually(lambda: not registered(restored, "7021"))
    eventually(lambda: "live is behind" not in app.get("/sip/admin").text)
    assert phones["7021"].register() == 403


def test_a_phone_with_the_old_password_is_registered_no_more(restored, app, phones):
    changed = app.post_json(f"{EXTENSIONS}/7021/password", {}).json
    eventually(lambda: not registered(restored, "7021"))
    assert phones["7021"].register() == 403
    again = Phone(restored, "7021", changed["password"])
    assert again.register() == 200
    again.close()
    assert registered(restored, "7022")


def test_a_disabled_phone_is_registered_no_more_and_comes_back(restored, app, phones):
    file = restored.directory / "7021.xml"
    before = file.read_bytes()
    disabled = app.post_json(f"{EXTENSIONS}/7021/disable", {}).json
    assert disabled["apply"]["state"] == "applied"
    assert not knows(restored, "7021")
    eventually(lambda: not registered(restored, "7021"))
    assert phones["7021"].register() == 403
    assert app.post_json(f"{EXTENSIONS}/7021/enable", {}).json["apply"]["state"] == "applied"
    assert file.read_bytes() == before
    assert phones["7021"].register() == 200
