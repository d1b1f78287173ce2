"""Watching a directory spares the looking at every file, and leaves nothing behind."""

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from sipapp.testing.storage_contract import SAMPLE
from sipapp_xmldir.directory import index
from sipapp_xmldir.files import inotify
from sipapp_xmldir.storage import XmlDirectory
from sipapp_xmldir.write.new_file import new_file


@pytest.fixture(autouse=True)
def _few_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index, "MIN_WATCHED_FILES", 0)


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    for number in (1000, 1001):
        write(tmp_path, str(number), f"Name {number}")
    return tmp_path


@pytest.fixture
def storage(directory: Path) -> Iterator[XmlDirectory]:
    storage = XmlDirectory(directory=directory, create=False)
    storage.list()
    yield storage
    storage.close()


def write(directory: Path, extension_id: str, name: str) -> None:
    text = new_file(replace(SAMPLE, id=extension_id, caller_id_name=name))
    (directory / f"{extension_id}.xml").write_text(text)


def test_unchanged_files_are_not_even_looked_at(
    storage: XmlDirectory, directory: Path, monkeypatch: pytest.MonkeyPatch
):
    looked: list[object] = []
    real = os.stat

    def counting(path: str, **options: object) -> os.stat_result:
        # The files around the directory may have users of its domain, and are looked at.
        if directory in (directory / path).parents:
            looked.append(path)
        return real(path, **options)

    monkeypatch.setattr(os, "stat", counting)
    first = storage.list()
    assert storage.list() is first
    assert looked == []
    write(directory, "1001", "Changed")
    storage.list()
    assert set(looked) == {"1001.xml"}


def test_closed_storage_leaves_no_descriptor(directory: Path):
    def count() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    def use() -> None:
        storage = XmlDirectory(directory=directory, create=False)
        storage.list()
        storage.list()
        storage.close()
        storage.list()
        storage.close()

    before = count()
    use()
    assert count() == before


@pytest.mark.parametrize("call", ["inotify_init1", "inotify_add_watch"])
def test_kernel_that_has_no_room_for_a_watch(
    directory: Path, monkeypatch: pytest.MonkeyPatch, call: str
):
    class Full:
        def __getattr__(self, name: str) -> Callable[..., int]:
            return (lambda *_: -1) if name == call else getattr(inotify.ctypes.CDLL(None), name)

    monkeypatch.setattr(inotify, "_libc", Full())
    storage = XmlDirectory(directory=directory, create=False)
    for name in ("One", "Two", "Three"):
        write(directory, "1001", name)
        assert storage.get("1001").caller_id_name == name
