"""The page of directory health and its API, on a storage that finds what the test says."""

import logging
from dataclasses import replace

import pytest

from sipapp.api import (
    DEFAULT_CONTEXT,
    NEW_PASSWORD,
    Examination,
    Extension,
    Finding,
    Mending,
    ReadOnlyExtension,
    StorageUnavailable,
    SwitchTimeout,
    VersionConflict,
)

STORED = Extension("1000", password="stored-password", vm_password="9753", source="/d/1000.xml")
OPEN = Finding(
    code="no-password",
    severity="critical",
    source="/d/1000.xml",
    line=3,
    title="No password",
    meaning="Anyone can register.",
    remedy="Set one.",
    extension="1000",
    mending=NEW_PASSWORD,
)
NO_CONTEXT = replace(
    OPEN, code="no-context", severity="warning", title="No context", mending=DEFAULT_CONTEXT
)
LEFTOVER = Finding(
    code="leftover",
    severity="note",
    source="/d/.1000.xml.tmp",
    line=None,
    title="A file that was left behind",
    meaning="It takes room.",
    remedy="Delete it.",
    mending=Mending("delete-leftover", "Delete it"),
)


@pytest.fixture
def stored(memory):
    return memory.storage.create(STORED)


@pytest.fixture
def find(memory, monkeypatch):
    """Make the storage find something."""

    def find(*findings, **more):
        examination = Examination(findings, ("1 file of /d",), **more)
        monkeypatch.setattr(memory.storage, "examine", lambda: examination)

    return find


@pytest.fixture
def mended(memory, monkeypatch):
    """What the storage was told to mend."""
    told = []
    monkeypatch.setattr(memory.storage, "mend", told.append)
    return told


@pytest.fixture
def fail(memory, monkeypatch):
    """Make a method of the storage raise."""

    def fail(name, error):
        def method(*_args, **_more):
            raise error

        monkeypatch.setattr(memory.storage, name, method)

    return fail


def words(element):
    return " ".join(element.text.split())


def press(page, label, **kwargs):
    for form in page.forms.values():
        button = form.html.find("button")
        if button and words(button).startswith(label):
            return form.submit(**kwargs)
    raise AssertionError(f"There is no button {label!r}.")


def test_a_storage_that_examines_nothing_is_not_called_well(app, stored):
    page = app.get("/sip/admin/health")
    assert page.html.h1.text == "Directory health"
    assert words(page.html.find(id="summary")) == "This storage does not examine what it keeps."


def test_when_nothing_is_found_the_page_says_what_was_looked_at(app, find):
    find(not_looked_at=("The dialplan: <nobody> named it",))
    page = app.get("/sip/admin/health")
    assert words(page.html.find(id="summary")) == "Everything well: 1 file of /d looked at."
    looked_at = words(page.html.find("section", {"aria-labelledby": "looked-at"}))
    assert "Not looked at: The dialplan: <nobody> named it" in looked_at
    assert "Switches: OK" in looked_at


def test_findings_are_shown_by_severity_with_place_meaning_and_remedy(app, find):
    find(LEFTOVER, NO_CONTEXT, OPEN)
    page = app.get("/sip/admin/health")
    assert words(page.html.find(id="summary")) == "1 critical, 1 warning, 1 note."
    titles = [words(each) for each in page.html.find_all("h2")]
    assert titles == ["Critical (1)", "Warnings (1)", "Notes (1)", "What was looked at"]
    shapes = [each["class"][1] for each in page.html.select("h2.state")]
    assert shapes == ["state-fault", "state-busy", "state-off"]
    critical = page.html.select_one(".finding")
    assert words(critical.select_one(".finding-title")) == "1000: No password"
    assert critical.select_one(".finding-title a")["href"] == "/sip/admin/extensions/1000"
    assert words(critical.select_one(".finding-place")) == "/d/1000.xml:3"
    assert "Anyone can register." in words(critical)
    assert "Set one." in words(critical)


def test_what_means_the_same_is_said_once(app, find):
    find(*(replace(OPEN, extension=str(number)) for number in range(1000, 1033)))
    page = app.get("/sip/admin/health")
    (kind,) = page.html.select(".finding")
    assert len(kind.select(".finding-item")) == 33
    assert words(kind).count("Anyone can register.") == 1
    assert page.html.select_one(".pages") is None


def shown(page):
    return [words(each).split(":")[0] for each in page.html.select(".finding-title")]


@pytest.fixture
def many(find):
    """Sixty open extensions, and a note."""
    findings = [replace(OPEN, extension=str(number)) for number in range(1000, 1060)]
    find(LEFTOVER, *findings)
    return findings


def test_many_findings_come_by_page(app, many):
    first = app.get("/sip/admin/health")
    assert words(first.html.find(id="summary")) == "60 critical, 1 note."
    assert shown(first) == [str(number) for number in range(1000, 1050)]
    assert words(first.html.h2) == "Critical (60)"
    second = first.click("Next")
    assert shown(second) == [*map(str, range(1050, 1060)), "A file that was left behind"]
    assert words(second.html.find(id="summary")) == "60 critical, 1 note."
    assert words(second.html.select_one(".pages")) == "First"
    assert shown(second.click("First")) == shown(first)


def test_a_changed_address_shows_the_first_page(app, many):
    assert shown(app.get("/sip/admin/health?after=none"))[0] == "1000"
    app.get("/sip/admin/health?after=%ff", status=400)


def test_what_is_mended_on_a_later_page_leads_back_to_it(app, find, mended, many):
    second = app.get("/sip/admin/health").click("Next")
    answer = press(second, "Delete it", status=303)
    assert mended == [LEFTOVER]
    assert shown(answer.follow()) == shown(second)
    # The last finding of the page before is gone.
    find(LEFTOVER, *(each for each in many if each.extension != "1049"))
    assert shown(app.get(second.request.url)) == shown(second)
    find(*many[:50])
    assert "is not found any more" in press(second, "Delete it", status=409).text


def test_texts_from_files_are_escaped_and_cut(app, find):
    hostile = "<script>alert(1)</script>" + "x" * 70000
    find(replace(OPEN, title=hostile, source=hostile, extension=hostile, meaning=hostile))
    page = app.get("/sip/admin/health")
    assert "<script>alert" not in page.text
    assert len(page.text) < 20000
    find(replace(OPEN, title="a\udcffb", source="\udcff", extension="\udcff"))
    assert "\\udcff" in app.get("/sip/admin/health").text


def test_a_new_password_is_shown_once(app, memory, stored, find):
    find(OPEN)
    page = press(app.get("/sip/admin/health"), "Set a new password of 1000", status=200)
    password = memory.storage.get("1000").password
    assert password != stored.password
    assert page.html.find(id="made-password").text == password
    assert "Extension 1000 has a new password. Applied by sw" in page.text
    assert password not in app.get("/sip/admin/health").text


def test_a_missing_context_is_set(app, memory, stored, find):
    find(NO_CONTEXT)
    page = press(app.get("/sip/admin/health"), "Set context “default”", status=303).follow()
    assert memory.storage.get("1000").user_context == "default"
    assert memory.storage.get("1000").password == stored.password
    assert "Mended: 1000, No context. Applied by sw" in page.text


def test_the_storage_mends_in_its_own_way_and_the_switches_reload(app, memory, find, mended):
    find(LEFTOVER)
    page = press(app.get("/sip/admin/health"), "Delete it", status=303).follow()
    assert mended == [LEFTOVER]
    assert memory.switch.reloads == 1
    assert "Mended: /d/.1000.xml.tmp, A file that was left behind. Applied by" in page.text


def test_a_switch_that_does_not_answer_is_named(app, memory, find, mended):
    find(LEFTOVER)
    page = app.get("/sip/admin/health")
    memory.switch.fault = SwitchTimeout("No answer.")
    assert "not every switch has applied it yet" in press(page, "Delete it").follow().text


def test_what_is_not_found_any_more_is_not_mended(app, find, mended):
    find(LEFTOVER)
    page = app.get("/sip/admin/health")
    find(replace(LEFTOVER, source="/d/.1001.xml.tmp"))
    again = press(page, "Delete it", status=409)
    assert mended == []
    assert "This is not found any more" in again.text
    assert "/d/.1001.xml.tmp" in again.text


def test_what_no_button_mends_is_not_mended_by_a_forged_form(app, find, mended):
    finding = replace(LEFTOVER, mending=None)
    find(finding, OPEN)
    page = app.get("/sip/admin/health")
    assert len(page.html.select(".finding-item button")) == 1
    token = page.forms[0]["csrf_token"].value
    form = {"finding": finding.key, "csrf_token": token}
    app.post("/sip/admin/health", form, status=409)
    app.post("/sip/admin/health", {"csrf_token": token}, status=400)
    assert mended == []


def test_nothing_is_mended_without_a_token(app, memory, stored, find):
    find(OPEN)
    app.post("/sip/admin/health", {"finding": OPEN.key}, status=403)
    assert memory.storage.get("1000") == stored


def test_an_extension_that_changed_in_between_is_left_alone(app, memory, stored, find):
    find(replace(OPEN, version="another"))
    page = press(app.get("/sip/admin/health"), "Set a new password", status=409)
    assert "Nothing was mended yet" in page.text
    assert memory.storage.get("1000") == stored


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (VersionConflict("1000"), (409, "mended yet: extension 1000 was changed by")),
        (ReadOnlyExtension("1000", "It is a link."), (409, "mended. '1000' cannot be")),
        (StorageUnavailable("Disk full."), (503, "mended. Disk full.")),
    ],
)
def test_what_the_storage_cannot_mend_is_said(app, fail, find, error, told):
    find(LEFTOVER)
    fail("mend", error)
    page = press(app.get("/sip/admin/health"), "Delete it", status=told[0])
    assert f"Nothing was {told[1]}" in page.html.main.text


def test_the_list_marks_the_rows_and_its_bar_says_critical(app, stored, find):
    find(OPEN, NO_CONTEXT, LEFTOVER, replace(OPEN, source="/d/other.xml", title="Not this one"))
    page = app.get("/sip/admin")
    assert words(page.html.select_one(".health-critical")) == "2 critical"
    assert page.html.select_one(".health-critical")["href"] == "/sip/admin/health#critical"
    assert [words(each) for each in page.html.select(".remark-warning")] == ["No password"]
    assert [words(each) for each in page.html.select(".remark-attention")] == ["No context"]


def test_the_list_says_nothing_when_nothing_is_critical(app, stored, find):
    find(NO_CONTEXT)
    assert app.get("/sip/admin").html.select_one(".health-critical") is None


@pytest.mark.parametrize("error", [StorageUnavailable("Gone."), RuntimeError("a bug")])
def test_an_examination_that_fails_costs_the_list_only_its_marks(app, stored, fail, caplog, error):
    fail("examine", error)
    with caplog.at_level(logging.WARNING):
        page = app.get("/sip/admin")
    assert words(page.html.select_one(".cell-id")) == "1000"
    assert str(error) in caplog.text


def test_a_storage_that_cannot_be_read_is_said(app, fail):
    fail("examine", StorageUnavailable("Cannot read /d."))
    assert "Cannot read /d." in app.get("/sip/admin/health", status=503).text


def test_the_api_returns_all_findings_the_worst_first(api, find):
    find(LEFTOVER, OPEN, not_looked_at=("The dialplan",))
    assert api("GET /health/directory", status=200).json == {
        "counts": {"critical": 1, "warning": 0, "note": 1},
        "after": "",
        "findings": [
            {
                "code": "no-password",
                "severity": "critical",
                "source": "/d/1000.xml",
                "line": 3,
                "extension": "1000",
                "title": "No password",
                "meaning": "Anyone can register.",
                "remedy": "Set one.",
                "mending": "Set a new password",
            },
            {
                "code": "leftover",
                "severity": "note",
                "source": "/d/.1000.xml.tmp",
                "line": None,
                "extension": "",
                "title": "A file that was left behind",
                "meaning": "It takes room.",
                "remedy": "Delete it.",
                "mending": "Delete it",
            },
        ],
        "looked_at": ["1 file of /d"],
        "not_looked_at": ["The dialplan"],
    }


def test_the_api_gives_findings_by_page(api, many):
    first = api("GET /health/directory?limit=40", status=200).json
    assert first["counts"] == {"critical": 60, "warning": 0, "note": 1}
    second = api(f"GET /health/directory?limit=40&after={first['after']}", status=200).json
    assert second["counts"] == first["counts"]
    found = [each["extension"] for each in first["findings"] + second["findings"]]
    assert found == [*map(str, range(1000, 1060)), ""]
    assert second["after"] == ""
    api("GET /health/directory?after=none", status=400)


def test_the_api_needs_the_administrator(make_app, make_api, memory):
    closed = make_app({"sipapp.storage": "memory"}, plugins=[memory], SIP_ADMIN_PASS="secret")
    make_api(closed)("GET /health/directory", status=401)


def test_the_api_says_when_the_storage_cannot_be_read(api, fail):
    fail("examine", StorageUnavailable("Cannot read /d."))
    answer = api("GET /health/directory", status=503)
    assert answer.json["detail"] == "Cannot read /d."
