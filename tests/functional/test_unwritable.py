"""A directory that cannot be written, as a person learns of it before filling in a form."""

import logging
import os

import pytest
from tests.unprivileged import NOBODY, let_in, only_root, unprivileged

from sipapp.api import Extension, StorageUnavailable
from sipapp.testing.memory import MemoryPlugin, MemoryStorage

PAGES = (
    "",
    "/new",
    "/health",
    "/history",
    "/extensions/1000",
    "/extensions/1000/rename",
    "/extensions/1000/disable",
    "/extensions/1000/delete",
)
USER = (
    '<include><user id="1000"><params><param name="password" value="x7-Qp.9zz-Ue4"/></params>'
    "</user></include>\n"
)


class FailingStorage(MemoryStorage):
    fault = None

    def check(self):
        if self.fault:
            raise self.fault


@pytest.fixture
def memory():
    plugin = MemoryPlugin()
    plugin.storage = FailingStorage()
    return plugin


def told(page):
    found = page.html.select(".notice-error[role=alert]")
    return [" ".join(each.text.split()) for each in found]


@only_root
def test_every_page_says_whose_the_directory_is(make_app, tmp_path, monkeypatch):
    monkeypatch.setattr("sipapp.changes.write_checks.RESULT_MAX_AGE_S", 0.0)
    monkeypatch.setattr("sipapp.changes.write_checks.PAGE_WAIT_S", 60.0)
    monkeypatch.setattr("sipapp.web.health.STATE_KEPT_S", 0.0)
    let_in(tmp_path)
    directory = tmp_path / "default"
    directory.mkdir(mode=0o755)
    (directory / "1000.xml").write_text(USER)
    (directory / "1000.xml").chmod(0o644)
    ini = {"sipapp.storage": "xmldir", "sipapp.storage.xmldir.directory": str(directory)}
    app = make_app(ini)
    for path in PAGES:
        # Modules and templates are loaded by who may read them.
        assert told(app.get(f"/sip/admin{path}")) == []
    with unprivileged():
        words = (
            f"Cannot write into {directory}: Permission denied. sipapp runs as user nobody; the "
            "owner is root, the group root, the mode 0755. Give sipapp's user the right to read "
            "and write there."
        )
        for path in PAGES:
            assert told(app.get(f"/sip/admin{path}")) == [f"Nothing can be saved now: {words}"]
        health = app.get("/sip/health", status=503)
        assert health.json["storage"] == {"name": "xmldir", "status": "fault"}
        assert str(directory) not in health
        form = app.get("/sip/admin/new").forms[0]
        form["id"] = "1001"
        # The answer says it once.
        (refused,) = told(form.submit(status=503))
        assert refused.startswith(f"Nothing was saved. Cannot change {directory}")
    assert [each.name for each in directory.iterdir()] == ["1000.xml"]
    os.chown(directory, NOBODY, NOBODY)
    with unprivileged():
        assert told(app.get("/sip/admin")) == []


def test_every_page_names_the_file_that_freeswitch_cannot_read(make_app, tmp_path, monkeypatch):
    monkeypatch.setattr("sipapp.changes.write_checks.RESULT_MAX_AGE_S", 0.0)
    monkeypatch.setattr("sipapp.changes.write_checks.PAGE_WAIT_S", 60.0)
    file = tmp_path / "1000.xml"
    file.write_text(USER.replace("</params>", "</params>\n<variables>\n"))
    ini = {"sipapp.storage": "xmldir", "sipapp.storage.xmldir.directory": str(tmp_path)}
    app = make_app(ini)
    for path in ("", "/new", "/health"):
        (words,) = told(app.get(f"/sip/admin{path}"))
        assert words == (
            f"Nothing can be saved now: FreeSWITCH cannot read {file}, line 2, and refuses every "
            "reload, so that nothing can be changed. Correct the file, or move it away."
        )
    assert app.get("/sip/health", status=503).json["storage"]["status"] == "fault"
    file.write_text(USER)
    assert told(app.get("/sip/admin")) == []


def test_the_start_says_it(make_app, memory, monkeypatch, caplog):
    monkeypatch.setattr("sipapp.changes.write_checks.PAGE_WAIT_S", 60.0)
    memory.storage.fault = StorageUnavailable("The disk is full.")
    make_app({"sipapp.storage": "memory"}, plugins=[memory])
    assert (
        "sipapp.changes.write_checks",
        logging.ERROR,
        "The disk is full.",
    ) in caplog.record_tuples


def test_what_was_mended_is_not_said_any_more(app, memory, monkeypatch):
    monkeypatch.setattr("sipapp.changes.write_checks.RESULT_MAX_AGE_S", 0.0)
    monkeypatch.setattr("sipapp.changes.write_checks.PAGE_WAIT_S", 60.0)
    memory.storage.fault = StorageUnavailable("The disk is full.")
    assert told(app.get("/sip/admin")) == ["Nothing can be saved now: The disk is full."]
    memory.storage.fault = None
    assert told(app.get("/sip/admin")) == []


@pytest.mark.parametrize("path", PAGES)
def test_nothing_is_said_where_all_is_well(app, memory, path):
    memory.storage.create(Extension("1000", password="x7-Qp.9zz-Ue4"))
    assert told(app.get(f"/sip/admin{path}")) == []
