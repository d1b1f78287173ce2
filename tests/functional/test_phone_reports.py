"""Reports of faults: what is taken of them, and what the administrator sees."""

import json
import stat

import pytest
from tests.functional.phone_client import REPORT

from sipapp.phone.report_folder import ReportFolder

FULL = {
    **REPORT,
    "cause": "A firewall",
    "startedAt": 1_700_000_000_000,
    "seconds": 61.5,
    "number": "1001",
    "browser": "Chromium 140",
    "version": "0.1.0",
    "facts": [{"name": "connectionState", "value": "failed"}],
    "steps": [
        {"at": 4, "name": "Resume playback", "result": "ok", "detail": "It was blocked."},
        {"name": "ICE restart", "result": "fault"},
    ],
    "quality": [
        {"at": 1, "mos": 4.4, "loss": 0, "jitter": 3, "roundTrip": None, "codec": "opus"},
        {"at": 2, "mos": 1.2, "loss": 0.25, "jitter": 90, "roundTrip": 340, "codec": "opus"},
        {},
    ],
}


@pytest.fixture
def phone(open_phone):
    phone = open_phone()
    phone.log_in()
    return phone


@pytest.fixture
def admin(phone):
    return Admin(phone.app)


class Admin:
    def __init__(self, app):
        self.app = app

    def get(self, path, **options):
        self.app.authorization = ("Basic", ("admin", "admin-pass"))
        page = self.app.get(path, **options)
        self.app.authorization = None
        return page

    def submit(self, form):
        self.app.authorization = ("Basic", ("admin", "admin-pass"))
        page = form.submit().follow()
        self.app.authorization = None
        return page


def words(page):
    return " ".join(page.html.select_one("main").text.split())


def test_a_report_is_taken_and_shown(phone, admin):
    assert "No phone has reported a fault" in words(admin.get("/sip/admin/reports"))
    phone.ask("POST /reports", FULL, status=201)
    page = admin.get("/sip/admin/reports")
    assert "1 report" in words(page)
    assert "Call · extension 1000" in words(page)
    report = words(admin.get(page.html.select_one(".finding-title a")["href"]))
    for text in (
        "Nothing was heard.",
        "Likely cause A firewall",
        "Started 2023-11-14 22:13:20 UTC",
        "Lasted 62 s",
        "4.0 s: Resume playback: It was blocked. ok",
        "ICE restart fault",
        "1.2 at worst, 2.8 on average",
        "Packets lost up to 25.0%",
        "Round trip up to 340 ms",
        "Codec opus",
        "connectionState failed",
    ):
        assert text in report


def test_a_report_is_deleted(phone, admin):
    phone.ask("POST /reports", REPORT, status=201)
    phone.ask("POST /reports", {**REPORT, "summary": "Another"}, status=201)
    page = admin.get("/sip/admin/reports")
    address = page.html.select_one(".finding-title a")["href"]
    assert "Another" in admin.get(address)
    after = admin.submit(next(iter(page.forms.values())))
    assert "The report was deleted." in words(after)
    assert "Another" not in after
    assert "Nothing was heard." in after
    admin.get(address, status=404)
    admin.app.authorization = ("Basic", ("admin", "admin-pass"))
    next(iter(page.forms.values())).submit(status=404)


def test_deleting_takes_a_token(phone, admin):
    report = phone.ask("POST /reports", REPORT, status=201).json["id"]
    phone.app.authorization = ("Basic", ("admin", "admin-pass"))
    phone.app.post(f"/sip/admin/reports/{report}/delete", {"a": ""}, status=403)
    assert len(admin.get("/sip/admin/reports").html.select(".finding-title")) == 1


@pytest.mark.parametrize("report", ["", "x", "..%2f..%2fetc%2fpasswd", "0" * 13 + "-00000000"])
def test_a_report_that_is_none(admin, report):
    admin.get(f"/sip/admin/reports/{report}", status=404)


HOSTILE = "</dd><script>alert(1)</script>\u202e\x00\n\x1b[31m"


def test_hostile_text_is_text(phone, admin):
    hostile = json.loads(json.dumps(FULL).replace("Nothing was heard.", "x"))
    for key in ("summary", "cause", "number", "browser", "version"):
        hostile[key] = HOSTILE
    hostile["facts"] = [{"name": HOSTILE, "value": HOSTILE + "\ud800"}]
    hostile["steps"] = [{"name": HOSTILE, "result": "ok", "detail": HOSTILE, "at": 1e7}]
    hostile["quality"] = [{"codec": "<b>"}, {"loss": 1, "mos": 0}]
    phone.ask("POST /reports", hostile, status=201)
    page = admin.get("/sip/admin/reports")
    shown = admin.get(page.html.select_one(".finding-title a")["href"], status=200)
    for each in (page, shown):
        assert "<script>alert" not in each
        assert "&lt;script&gt;" in each.text
        for char in "\u202e\x00\x1b":
            assert char not in each.text


def test_what_the_schema_does_not_know_is_dropped(phone, admin, tmp_path):
    report = {
        **FULL,
        "password": "hunter2",
        "callId": "secret-call-id",
        "facts": [{"name": "a", "value": "b", "Authorization": "Digest hunter2"}],
        "quality": [{"mos": 4, "ha1": "hunter2"}],
        "steps": [{"name": "a", "result": "ok", "callId": "secret-call-id"}],
    }
    phone.ask("POST /reports", report, status=201)
    page = admin.get("/sip/admin/reports")
    shown = admin.get(page.html.select_one(".finding-title a")["href"])
    assert "hunter2" not in shown
    assert "secret-call-id" not in shown


@pytest.mark.parametrize(
    ("part", "status"),
    [
        ({"kind": "party"}, 422),
        ({"kind": None}, 422),
        ({"summary": ""}, 422),
        ({"summary": "x" * 301}, 422),
        ({"summary": 5}, 422),
        ({"facts": "x"}, 422),
        ({"facts": [{}]}, 422),
        ({"facts": [5]}, 422),
        ({"facts": [{"name": "a", "value": "b"}] * 101}, 422),
        ({"steps": [{"name": "a", "result": "<b>"}]}, 422),
        ({"quality": [{"mos": "good"}]}, 422),
        ({"quality": [{"loss": 2}]}, 422),
        ({"quality": [[]]}, 422),
        ({"seconds": -1}, 422),
        ({"seconds": True}, 422),
        ({"seconds": 9**400}, 422),
        ({"startedAt": 1e300}, 422),
        ({"browser": "x" * 40_000}, 413),
    ],
)
def test_a_report_that_makes_no_sense(phone, part, status):
    answer = phone.ask("POST /reports", {**REPORT, **part}, status=status)
    assert answer.json["detail"]


@pytest.mark.parametrize("given", [[], None, "x", 5, {}, [REPORT]])
def test_what_is_no_report(phone, given):
    phone.ask("POST /reports", body=json.dumps(given).encode(), status=422)


def test_numbers_beyond_all_bounds(phone, admin):
    body = json.dumps(REPORT)[:-1].encode()
    for number, status in {b"1e999": 422, b"9" * 5000: 400, b"-0.0": 201}.items():
        phone.ask("POST /reports", body=body + b', "seconds": ' + number + b"}", status=status)
    page = admin.get("/sip/admin/reports", status=200)
    for link in page.html.select(".finding-title a"):
        admin.get(link["href"], status=200)


def test_too_many_reports(phone):
    for _ in range(5):
        phone.ask("POST /reports", REPORT, status=201)
    assert phone.ask("POST /reports", REPORT, status=429).headers["Retry-After"] == "1"


def test_reports_that_are_switched_off(open_phone):
    phone = open_phone(reports="false")
    phone.log_in()
    phone.ask("POST /reports", REPORT, status=404)
    assert "is off" in words(Admin(phone.app).get("/sip/admin/reports"))


# What is kept


def test_reports_outlive_the_server(open_phone, tmp_path):
    folder = tmp_path / "reports"
    phone = open_phone(reports_directory=str(folder))
    phone.log_in()
    phone.ask("POST /reports", {**REPORT, "summary": "Zoë heard 🙉"}, status=201)
    (file,) = folder.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    (again,) = ReportFolder(folder).find(limit=50).reports
    assert again.content["summary"] == "Zoë heard 🙉"
    assert again.extension == "1000"


def test_a_folder_that_cannot_be_written_any_more_is_reported(open_phone, tmp_path, monkeypatch):
    monkeypatch.setattr("sipapp.web.health.STATE_KEPT_S", 0.0)
    folder = tmp_path / "reports"
    app = open_phone(reports_directory=str(folder)).app
    assert app.get("/sip/health").json["reports"] == {"status": "ok"}
    assert "are lost" not in words(Admin(app).get("/sip/admin/reports"))
    folder.rmdir()
    folder.write_text("")
    assert f"{folder}: Not a directory." in words(Admin(app).get("/sip/admin/reports"))
    health = app.get("/sip/health", status=503)
    assert health.json["reports"] == {"status": "fault"}
    assert str(folder) not in health


def test_older_reports_are_on_further_pages(open_phone, tmp_path):
    folder = tmp_path / "reports"
    admin = Admin(open_phone(reports_directory=str(folder)).app)
    # Of another process, while this one runs.
    ticks = iter(range(1, 100))
    another = ReportFolder(folder, lambda: next(ticks))
    for each in range(51):
        another.add("1000", {"summary": f"The fault {each}."})
    page = admin.get("/sip/admin/reports")
    assert "50 reports on this page" in words(page)
    assert "The fault 50." in words(page)
    assert "Newest" not in words(page)
    older = admin.get(page.html.find("a", string="Older")["href"])
    assert "1 report on this page" in words(older)
    assert "The fault 0." in words(older)
    assert "Older" not in words(older)
    newest = admin.get(older.html.find("a", string="Newest")["href"])
    assert words(newest) == words(page)
    assert words(admin.get("/sip/admin/reports?before=x")) == words(page)
    admin.get("/sip/admin/reports?before=%ff", status=400)


def test_a_report_that_cannot_be_deleted(open_phone, tmp_path, monkeypatch):
    folder = tmp_path / "reports"
    admin = Admin(open_phone(reports_directory=str(folder)).app)
    ReportFolder(folder).add("1000", {"summary": "The fault."})
    page = admin.get("/sip/admin/reports")

    def refuse(*_args, **_options):
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr("pathlib.Path.unlink", refuse)
    admin.app.authorization = ("Basic", ("admin", "admin-pass"))
    answer = next(iter(page.forms.values())).submit(status=503)
    assert "The report was not deleted." in words(answer)
    assert "Read-only file system" in words(answer)
    assert "The fault." in words(admin.get("/sip/admin/reports"))
