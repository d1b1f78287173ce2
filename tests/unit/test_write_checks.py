"""What pages say before anybody fills in a form."""

import threading

from sipapp.changes.write_checks import CHECK_TIMEOUT_S, RESULT_MAX_AGE_S, WriteChecks
from sipapp.model.errors import StorageUnavailable


class Place:
    def __init__(self, error=None):
        self.error = error
        self.looks = 0

    def __call__(self):
        self.looks += 1
        if self.error:
            raise self.error


def test_pages_cost_the_disk_one_look_in_some_seconds(clock, caplog, monkeypatch):
    monkeypatch.setattr("sipapp.changes.write_checks.PAGE_WAIT_S", 60.0)
    place = Place(StorageUnavailable("The disk is full."))
    checks = WriteChecks({"storage": place}, clock)
    for _ in range(5):
        assert checks.faults() == ["The disk is full."]
    assert place.looks == 1
    clock.now += RESULT_MAX_AGE_S
    assert checks.faults() == ["The disk is full."]
    # It is not news.
    assert caplog.messages == ["The disk is full."]
    place.error = None
    clock.now += RESULT_MAX_AGE_S
    assert checks.faults() == []
    assert place.looks == 3


def test_a_check_that_hangs_holds_up_no_page(clock, monkeypatch):
    monkeypatch.setattr("sipapp.changes.write_checks.PAGE_WAIT_S", 0.0)
    go_on = threading.Event()
    checks = WriteChecks(
        {"storage": lambda: go_on.wait(60), "history": Place(StorageUnavailable("Full."))}, clock
    )
    try:
        checks.faults()
        checks.checks["history"].wait(60)
        assert checks.faults() == ["Full."]
        clock.now += CHECK_TIMEOUT_S
        assert "The storage does not answer. The log has more." in checks.faults()
    finally:
        go_on.set()


def test_a_check_that_fails_itself_is_a_fault_without_its_text(caplog, clock, monkeypatch):
    monkeypatch.setattr("sipapp.changes.write_checks.PAGE_WAIT_S", 60.0)
    place = Place(StorageUnavailable("Full."))
    checks = WriteChecks({"storage": place}, clock)
    assert checks.faults() == ["Full."]
    place.error = RuntimeError("s3cret")
    clock.now += RESULT_MAX_AGE_S
    assert checks.faults() == ["The storage does not answer. The log has more."]
    assert "s3cret" in caplog.text
