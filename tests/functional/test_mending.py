"""What a storage mends at an extension is a change: locked, recorded, taken back, undoable."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from sipapp.api import (
    Examination,
    Extension,
    Finding,
    Mending,
    StorageUnavailable,
    SwitchRefused,
    hookimpl,
)

REPAIR = Mending("trim-name", "Trim the name")
BROKEN = Extension("1000", password="stored", caller_id_name="  Ann  ", source="/d/1000.xml")
FINDING = Finding(
    code="spaces",
    severity="note",
    source="/d/1000.xml",
    line=None,
    title="Spaces around the name",
    meaning="Phones show them.",
    remedy="Trim it.",
    extension="1000",
    mending=REPAIR,
)


class Observer:
    def __init__(self):
        self.heard = []

    @hookimpl
    def sipapp_extension_changed(self, event):
        self.heard.append(event)


@pytest.fixture
def observer():
    return Observer()


@pytest.fixture
def app(make_app, memory, observer):
    ini = {"sipapp.storage": "memory", "sipapp.reloaders": "sw"}
    return make_app(ini | {"sipapp.reloader.sw.use": "scripted"}, plugins=[memory, observer])


@pytest.fixture
def found(memory, monkeypatch):
    """Make the storage find something that it mends in its own way; the extension it is about."""
    storage = memory.storage
    broken = storage.create(BROKEN)

    def mend(finding):
        storage.update(finding.extension, {"caller_id_name": "Ann"})

    def find(finding=FINDING, mend=mend):
        findings = (finding,) if storage.list() == [broken] else ()
        monkeypatch.setattr(storage, "examine", lambda: Examination(findings))
        monkeypatch.setattr(storage, "mend", mend)
        return broken

    return find


def press(app, status=303):
    page = app.get("/sip/admin/health")
    (form,) = [each for each in page.forms.values() if "finding" in each.fields]
    return form.submit(status=status)


def test_it_is_recorded_observed_and_can_be_undone(app, api, memory, observer, found):
    broken = found()
    press(app)
    assert memory.storage.get("1000").caller_id_name == "Ann"
    (entry,) = api("GET /history", status=200).json["entries"]
    assert (entry["action"], entry["extension"]) == ("mended", "1000")
    assert entry["changes"] == [{"field": "caller_id_name", "old": "  Ann  ", "new": "Ann"}]
    (event,) = observer.heard
    assert (event.action, event.fields) == ("mended", ("caller_id_name",))
    assert "was mended" in app.get("/sip/admin/history").text
    api(f"POST /history/{entry['id']}/undo", given={}, status=200)
    assert memory.storage.get("1000") == broken


def test_it_is_taken_back_if_a_switch_refuses(app, memory, observer, found):
    broken = found()
    memory.switch.fault = SwitchRefused("bad name")
    page = press(app, status=409)
    assert "sw said: bad name. The change was taken back." in " ".join(page.text.split())
    assert memory.storage.get("1000") == broken
    assert observer.heard == []


def test_it_waits_for_another_change_of_the_extension(app, api, memory, found, monkeypatch):
    found()
    update = memory.storage.update
    begun, may_end = threading.Event(), threading.Event()

    def slow(*args, **more):
        begun.set()
        assert may_end.wait(10)
        return update(*args, **more)

    page = app.get("/sip/admin/health")
    (form,) = [each for each in page.forms.values() if "finding" in each.fields]
    monkeypatch.setattr("sipapp.changes.pipeline.LOCK_TIMEOUT_S", 0.0)
    with ThreadPoolExecutor(1) as pool, monkeypatch.context() as patched:
        patched.setattr(memory.storage, "update", slow)
        other = pool.submit(api, "PATCH /extensions/1000", given={"callgroup": "x"}, status=200)
        assert begun.wait(10)
        answer = form.submit(status=503)
        may_end.set()
        other.result(10)
    assert "Another request is changing the same extension" in answer.text
    assert memory.storage.get("1000").caller_id_name == BROKEN.caller_id_name


def test_what_changed_since_it_was_examined_is_left_alone(app, memory, found):
    broken = found(replace(FINDING, version="another"))
    page = press(app, status=409)
    assert "Nothing was mended yet" in page.text
    assert memory.storage.get("1000") == broken


def test_an_extension_that_the_mending_removes_is_gone(app, api, memory, found):
    found(mend=lambda finding: memory.storage.delete(finding.extension))
    press(app)
    assert memory.storage.list() == []
    (entry,) = api("GET /history", status=200).json["entries"]
    api(f"POST /history/{entry['id']}/undo", given={}, status=200)
    assert memory.storage.get("1000").caller_id_name == BROKEN.caller_id_name


@pytest.mark.parametrize(
    "elsewhere", [{"source": "/d/other.xml"}, {"extension": "4711"}, {"extension": ""}]
)
def test_what_is_not_about_a_stored_extension_is_mended_and_recorded_without_an_undo(  # noqa: PLR0917
    app, api, memory, observer, found, elsewhere
):
    told = []
    found(replace(FINDING, **elsewhere), mend=told.append)
    press(app)
    assert told == [replace(FINDING, **elsewhere)]
    assert memory.switch.reloads == 1
    assert observer.heard == []
    (entry,) = api("GET /history", status=200).json["entries"]
    assert (entry["action"], entry["undoable"]) == ("mended_elsewhere", False)
    assert entry["detail"].startswith("Spaces around the name (spaces), /d/")


def test_a_storage_that_cannot_mend_is_logged(app, found, caplog):
    def unavailable(_finding):
        raise StorageUnavailable("The disk is full.")

    found(replace(FINDING, extension=""), mend=unavailable)
    press(app, status=503)
    assert "A finding was not mended: The disk is full." in caplog.text
