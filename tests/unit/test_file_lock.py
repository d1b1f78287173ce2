import os
from concurrent.futures import ThreadPoolExecutor
from fcntl import LOCK_EX, flock
from threading import Event

import pytest

from sipapp.api import StorageUnavailable, file_lock, storage_errors
from sipapp.files import file_lock as module


def test_one_holds_the_lock_at_a_time(tmp_path):
    file = tmp_path / "numbers"
    file.write_text("0")

    def add_one(_):
        with file_lock(file):
            file.write_text(str(int(file.read_text()) + 1))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(add_one, range(100)))
    assert file.read_text() == "100"
    assert list(tmp_path.iterdir()) == [file]


def test_a_waiter_goes_on_when_the_lock_is_released(tmp_path):
    holds, goes_on = Event(), Event()

    def hold():
        with file_lock(tmp_path / "file"):
            holds.set()
            goes_on.wait(60)

    with ThreadPoolExecutor(2) as pool:
        holder = pool.submit(hold)
        assert holds.wait(60)
        waiter = pool.submit(hold)
        goes_on.set()
        holder.result(60)
        waiter.result(60)


def test_a_lock_that_is_not_released_is_an_error_that_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "LOCK_TIMEOUT_S", 0.01)
    folder = os.open(tmp_path, os.O_RDONLY)
    try:
        flock(folder, LOCK_EX)
        words = r"Cannot write .*: another process has been changing it for"
        with (
            pytest.raises(StorageUnavailable, match=words),
            storage_errors("write", tmp_path / "file"),
            file_lock(tmp_path / "file"),
        ):
            pass
    finally:
        os.close(folder)


def test_an_error_of_the_file_system_says_what_to_do(tmp_path):
    with pytest.raises(StorageUnavailable) as caught, storage_errors("write", tmp_path / "file"):
        raise OSError(28, "No space left on device")
    words = f"Cannot write {tmp_path}/file: No space left on device. Make room on the disk."
    assert str(caught.value) == words
    with pytest.raises(KeyError), storage_errors("read", tmp_path):
        raise KeyError
