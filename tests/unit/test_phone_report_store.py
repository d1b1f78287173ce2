"""Stores of the reports of phones: in memory, and a folder that processes share."""

import pytest

from sipapp.model.errors import SettingsError
from sipapp.phone.report_folder import ReportFolder, report_store
from sipapp.phone.reports import MAX_REPORTS


@pytest.fixture
def clock():
    """Later by a second whenever it is asked."""
    return iter(range(1, 1000)).__next__


@pytest.fixture(params=["memory", "folder"])
def store(request, tmp_path, clock):
    return report_store(tmp_path if request.param == "folder" else None, clock)


def fail_to_write(monkeypatch):
    def full(*_args, **_options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("sipapp.files.atomic_write.os.fsync", full)


def summaries(store):
    return [each.content["summary"] for each in store.find(limit=1000).reports]


def add(store, *summaries):
    return [store.add("1000", {"summary": each}) for each in summaries]


def test_a_report_is_kept(store):
    (report,) = add(store, "x")
    assert store.get(report.id) == report
    assert store.find(limit=50).reports == [report]
    assert (report.extension, report.at) == ("1000", 1)


def test_reports_are_found_by_page_the_newest_first(store):
    reports = add(store, "0", "1", "2", "3", "4")[::-1]
    first = store.find(limit=2)
    assert first.reports == reports[:2]
    store.delete(first.next)
    second = store.find(before=first.next, limit=2)
    assert second.reports == reports[2:4]
    third = store.find(before=second.next, limit=2)
    assert (third.reports, third.next) == (reports[4:], "")


@pytest.mark.parametrize("kind", ["memory", "folder"])
def test_reports_of_one_millisecond_are_found_in_their_order(tmp_path, kind):
    store = report_store(tmp_path if kind == "folder" else None, lambda: 1_796_054_449.591)
    texts = [str(number) for number in range(20)]
    add(store, *texts)
    assert summaries(store) == texts[::-1]


def test_a_full_page_that_is_the_last_leads_no_further(store):
    add(store, "0", "1")
    assert not store.find(limit=2).next


def test_a_report_is_deleted_once(store):
    (report,) = add(store, "x")
    assert store.delete(report.id)
    assert not store.delete(report.id)
    assert store.get(report.id) is None
    assert store.find(limit=50).reports == []


@pytest.mark.parametrize("report_id", ["", "x", "../x", "0" * 13 + "-00000000"])
def test_a_report_that_is_none(store, report_id):
    assert store.get(report_id) is None
    assert not store.delete(report_id)


def test_the_last_ones_are_kept(store):
    add(store, *map(str, range(MAX_REPORTS + 2)))
    assert summaries(store) == list(map(str, range(MAX_REPORTS + 1, 1, -1)))


def test_a_report_can_be_kept(store):
    store.check()


def test_a_folder_is_read_as_it_is_now(tmp_path, clock):
    one, other = ReportFolder(tmp_path, clock), ReportFolder(tmp_path, clock)
    (report,) = add(one, "x")
    assert other.get(report.id) == report
    assert summaries(other) == ["x"]
    assert other.delete(report.id)
    assert one.get(report.id) is None
    assert list(tmp_path.iterdir()) == []


def test_another_process_removes_a_report_meanwhile(tmp_path, clock, monkeypatch):
    store = ReportFolder(tmp_path, clock)
    (report,) = add(store, "x")

    def gone(*_args, **_options):
        raise FileNotFoundError

    monkeypatch.setattr("pathlib.Path.unlink", gone)
    assert not store.delete(report.id)


def test_what_is_no_report_is_left_alone(tmp_path, clock, caplog):
    store = ReportFolder(tmp_path, clock)
    faulty = {
        "1234567890123-00000001.json": "{",
        "1234567890123-00000002.json": "[]",
        "1234567890123-00000003.json": '{"at": 1, "extension": "1", "content": []}',
        "1234567890123-00000004.json": '{"at": "x", "extension": "1", "content": {}}',
    }
    for name, text in {**faulty, "notes.txt": "mine", "notes.json": "{}"}.items():
        (tmp_path / name).write_text(text)
    (tmp_path / "1234567890123-00000005.json").mkdir()
    (tmp_path / "1234567890123-00000006.json").symlink_to("/nowhere")
    add(store, "good")
    assert summaries(store) == ["good"]
    assert summaries(store) == ["good"]
    assert caplog.text.count("is no report") == 5
    for each in faulty:
        assert not store.delete(each.removesuffix(".json"))
    assert len(list(tmp_path.iterdir())) == 9


def test_a_folder_that_cannot_be_used_stops_the_start(tmp_path):
    file = tmp_path / "file"
    file.write_text("")
    for each in (file, file / "folder"):
        with pytest.raises(SettingsError, match="reports_directory"):
            ReportFolder(each)


def test_a_folder_that_takes_no_files_stops_the_start(tmp_path, monkeypatch):
    def full(*_args, **_options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("sipapp.phone.report_folder.try_to_write", full)
    with pytest.raises(SettingsError, match="No space left on device"):
        ReportFolder(tmp_path)


def test_a_full_disk_costs_no_answer(tmp_path, clock, caplog, monkeypatch):
    store = ReportFolder(tmp_path, clock)
    add(store, "written")
    with monkeypatch.context() as patch:
        fail_to_write(patch)
        (unwritten,) = add(store, "unwritten")
    assert summaries(store) == ["unwritten", "written"]
    assert store.get(unwritten.id) == unwritten
    assert len(list(tmp_path.iterdir())) == 1
    assert "No space left on device" in caplog.text
    assert store.delete(unwritten.id)
    assert summaries(store) == ["written"]


def test_a_folder_that_is_gone_costs_only_what_was_in_it(tmp_path, clock):
    folder = tmp_path / "reports"
    store = ReportFolder(folder, clock)
    folder.rmdir()
    add(store, "unwritten")
    assert summaries(store) == ["unwritten"]


def test_an_old_report_that_cannot_be_removed_costs_no_answer(tmp_path, clock, caplog, monkeypatch):
    store = ReportFolder(tmp_path, clock)
    add(store, *map(str, range(MAX_REPORTS)))

    def refuse(file, *_args, **_options):
        # Temporary files are named after their report, with a dot before it.
        if not file.name.startswith("."):
            raise OSError(30, "Read-only file system")

    monkeypatch.setattr("pathlib.Path.unlink", refuse)
    add(store, "new")
    assert summaries(store)[0] == "new"
    assert "Read-only file system" in caplog.text
