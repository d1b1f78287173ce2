"""A site of a million extensions: no page and no change reads them from end to end."""

import json
import time
from itertools import islice

import pytest
from tests.computed_findings import ComputedFindings
from tests.computed_live import ComputedLive
from tests.computed_storage import FIRST, ComputedStorage

from sipapp.api import ChangeSet
from sipapp.phone.directory import LISTED, Directory

COUNT = 1_000_000
READ_AT_MOST = 2_000
"""Extensions that a request may read, or a storage may be asked for at once."""


class WatchedFindings(ComputedFindings):
    """Counts the findings that are read."""

    def __init__(self, findings, count):
        super().__init__(findings.ids, findings.mended)
        self._counted = count

    def findings(self, *, after="", limit=50):
        page = super().findings(after=after, limit=limit)
        self._counted(len(page.items))
        return page


class WatchedStorage(ComputedStorage):
    """Counts the extensions that are read; one that reads too many fails."""

    def __init__(self, count):
        super().__init__(count)
        self.read = 0

    def find(self, query, *, after="", limit=50):
        page = super().find(query, after=after, limit=limit)
        self._count(len(page.items))
        return page

    def iterate(self, *, after=""):
        for each in super().iterate(after=after):
            self._count(1)
            yield each

    def get(self, extension_id):
        self._count(1)
        return super().get(extension_id)

    def examine(self):
        return WatchedFindings(super().examine(), self._count)

    def _count(self, number):
        self.read += number
        assert self.read <= READ_AT_MOST, "too many extensions were read"


@pytest.fixture
def storage(memory):
    memory.storage = WatchedStorage(COUNT)
    return memory.storage


@pytest.fixture
def app(storage, app):
    storage.read = 0
    return app


def test_the_counting_storage_counts(storage):
    with pytest.raises(AssertionError, match="too many"):
        list(islice(storage.iterate(), READ_AT_MOST + 1))


@pytest.mark.parametrize(
    "page",
    [
        "/sip/admin",
        "/sip/admin?sort=-caller_id_name",
        f"/sip/admin?search={FIRST + 4711}",
        f"/sip/admin/extensions/{FIRST}",
        "/sip/admin/live",
        "/sip/admin/health",
        "/sip/api/v1/extensions",
        "/sip/api/v1/live",
        "/sip/api/v1/health/directory",
        "/sip/health",
    ],
)
def test_a_page_reads_few(app, page):
    assert app.get(page).status_int == 200


def test_changes_read_few_and_switches_get_only_them(app, make_api, memory, storage, monkeypatch):
    applied = []
    apply = memory.switch.apply

    def spy(changes, *, timeout):
        applied.append(changes)
        return apply(changes, timeout=timeout)

    monkeypatch.setattr(memory.switch, "apply", spy)
    api, one = make_api(app), str(FIRST + 5)
    api("POST /reload", status=200)
    assert applied.pop().everything
    api(f"PATCH /extensions/{one}", given={"caller_id_name": "Ada"}, status=200)
    api(f"POST /extensions/{one}/password", given={}, status=200)
    api("POST /extensions", given={"id": "1000"}, status=201)
    api("DELETE /extensions/1000", status=200)
    assert applied == [
        ChangeSet(present=(one,)),
        ChangeSet(present=(one,), forget=(one,)),
        ChangeSet(present=("1000",)),
        ChangeSet(absent=("1000",), forget=("1000",)),
    ]


def test_after_the_start_a_switch_is_verified_by_a_sample(
    make_app, memory, storage, switch_timing, make_api
):
    switch_timing(start_reload_s=0.0)
    asked = []

    def knows(extension_id, *, timeout):
        asked.append(extension_id)
        return True

    memory.switch.knows = knows
    ini = {
        "sipapp.storage": "memory",
        "sipapp.reloaders": "sw",
        "sipapp.reloader.sw.use": "scripted",
    }
    make_app(ini, plugins=[memory])
    deadline = time.monotonic() + 60
    while len(asked) < memory.switch.questions:
        assert time.monotonic() < deadline
        time.sleep(0.005)
    assert asked[0] == str(FIRST)
    assert asked[-1] == str(FIRST + COUNT - 1)


def test_a_switch_with_very_many_phones_returns_them_by_page(app, api, memory, storage):
    memory.switch.status = ComputedLive(storage, COUNT)
    page = app.get("/sip/admin/live")
    assert f"Registered phones {COUNT}" in " ".join(page.html.get_text(" ").split())
    assert len(page.html.select("tbody tr")) == 50
    second = page.click("Next").html.select("tbody tr a")
    assert second[0].get_text() == str(FIRST + 50)
    assert app.get("/sip/admin").html.select_one(".cell-state .state").get_text() == "Registered"
    (switch,) = api("GET /live", status=200).json["switches"]
    assert (switch["registration_count"], len(switch["registrations"])) == (COUNT, 50)
    dropped = switch["registrations"][7]["id"]
    api(f"DELETE /live/sw/registrations/{dropped}", status=200)
    assert memory.switch.ended == [dropped]
    api("DELETE /live/sw/calls/none", status=404)


def test_very_many_findings_are_shown_by_page_and_at_their_extensions(app, api):
    page = app.get("/sip/admin/health")
    assert page.html.find(id="summary").get_text() == "100000 critical, 100000 notes."
    titles = page.click("Next").html.select(".finding-title a")
    assert [titles[0].get_text(), len(titles)] == [str(FIRST + 500), 50]
    listed = app.get("/sip/admin")
    assert len(listed.html.select(".remark-warning")) == 5
    assert "100000" in listed.html.select_one(".health-critical").get_text()
    assert "weak-password" in app.get(f"/sip/admin/extensions/{FIRST + 10}").html.main.get_text()
    told = api("GET /health/directory?limit=3", status=200).json
    assert told["counts"]["critical"] == 100_000
    assert [each["extension"] for each in told["findings"]] == [
        str(FIRST + each) for each in (0, 10, 20)
    ]


def test_one_of_very_many_findings_is_mended(app, storage):
    page = app.get("/sip/admin/health").click("Next")
    form = next(each for each in page.forms.values() if "finding" in each.fields)
    form.submit(status=200)
    assert storage.get(str(FIRST + 500)).password != f"made-up-{FIRST + 500}"
    summary = app.get("/sip/admin/health").html.find(id="summary").get_text()
    assert summary == "99999 critical, 100000 notes."


def test_phones_get_some_and_search_for_others(storage):
    directory = Directory(storage, "")
    first = json.loads(directory.first("").body)
    assert (len(first["extensions"]), first["complete"]) == (LISTED, False)
    found = json.loads(directory.search(f"person {FIRST + 4711}", "", 20).body)
    assert [each["extension"] for each in found["extensions"]] == [str(FIRST + 4711)]
