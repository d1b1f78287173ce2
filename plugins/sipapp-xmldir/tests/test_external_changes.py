"""Changes by other programs are in the next list, with and without inotify."""

import mmap
import multiprocessing
import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from sipapp.api import Extension, ExtensionNotFound, VersionConflict
from sipapp.testing.storage_contract import SAMPLE
from sipapp_xmldir.directory import index
from sipapp_xmldir.files import inotify
from sipapp_xmldir.storage import XmlDirectory
from sipapp_xmldir.write.new_file import new_file

FORK = multiprocessing.get_context("fork")
NOBODY = 65534

only_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root may be somebody else")


@pytest.fixture(
    params=["by looking at few files", "by looking at many files", "by the kernel"], autouse=True
)
def _how(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """How sipapp learns of changes: each way, on the same few files."""
    if request.param != "by looking at few files":
        monkeypatch.setattr(index, "MIN_WATCHED_FILES", 0)
    if request.param == "by looking at many files":
        monkeypatch.setattr(inotify, "LOCAL_FILE_SYSTEMS", frozenset())


@pytest.fixture
def directory(open_folder: Path) -> Path:
    path = open_folder / "directory"
    path.mkdir()
    for number in (1000, 1001, 1002):
        write(path, str(number), f"Name {number}")
    return path


@pytest.fixture
def storage(directory: Path) -> Iterator[XmlDirectory]:
    storage = XmlDirectory(directory=directory, create=False)
    for _ in range(2):
        assert names(storage) == ["Name 1000", "Name 1001", "Name 1002"]
    yield storage
    storage.close()


def write(directory: Path, extension_id: str, name: str) -> Path:
    path = directory / f"{extension_id}.xml"
    path.write_text(new_file(replace(SAMPLE, id=extension_id, caller_id_name=name)))
    return path


def names(storage: XmlDirectory) -> list[str]:
    return [each.caller_id_name or each.read_only for each in storage.list()]


def test_edit_in_place(storage: XmlDirectory, directory: Path):
    for number in range(50):
        # Of the same size, and as fast as the clock of the file system ticks.
        write(directory, "1001", f"Name {number:04}")
        assert storage.get("1001").caller_id_name == f"Name {number:04}"
        assert names(storage)[1] == f"Name {number:04}"


def test_edit_in_place_with_the_old_stamp(storage: XmlDirectory, directory: Path):
    path = directory / "1001.xml"
    before = path.stat()
    write(directory, "1001", "Name 4711")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert names(storage)[1] == "Name 4711"


def test_edit_in_parts(storage: XmlDirectory, directory: Path):
    path = directory / "1001.xml"
    text = path.read_bytes()
    with path.open("r+b", buffering=0) as file:
        file.truncate(100)
        assert "not well-formed" in names(storage)[1]
        file.seek(100)
        file.write(text[100:])
        assert names(storage)[1] == "Name 1001"


def test_replacement_as_editors_do_it(storage: XmlDirectory, directory: Path, tmp_path: Path):
    new = write(tmp_path, "1001", "Renamed")
    new.rename(directory / "1001.xml")
    assert names(storage) == ["Name 1000", "Renamed", "Name 1002"]
    new = write(tmp_path, "1001", "Linked")
    (directory / "1001.xml").unlink()
    os.link(new, directory / "1001.xml")
    assert names(storage) == ["Name 1000", "Linked", "Name 1002"]


def test_new_renamed_and_removed_files(storage: XmlDirectory, directory: Path):
    write(directory, "1003", "Name 1003")
    assert len(names(storage)) == 4
    (directory / "1003.xml").rename(directory / "0999.xml")
    assert names(storage)[0] == "Name 1003"
    assert storage.get("1003").source.endswith("0999.xml")
    (directory / "0999.xml").rename(directory / "0999.off")
    (directory / "1000.xml").unlink()
    assert names(storage) == ["Name 1001", "Name 1002"]
    (directory / "0999.off").rename(directory / "1000.xml")
    assert names(storage)[0] == "Name 1003"


def test_file_that_shadows_another_comes_and_goes(storage: XmlDirectory, directory: Path):
    first = write(directory, "1001", "First").rename(directory / "0001.xml")
    write(directory, "1001", "Name 1001")
    assert storage.get("1001").caller_id_name == "First"
    assert "shadowed by 0001.xml" in storage.list()[2].read_only
    first.unlink()
    assert storage.get("1001").caller_id_name == "Name 1001"
    assert not storage.list()[1].read_only


def test_another_directory_in_its_place(storage: XmlDirectory, directory: Path):
    directory.rename(directory.with_name("old"))
    directory.mkdir()
    assert names(storage) == []
    write(directory, "2000", "Another")
    assert names(storage) == ["Another"]
    write(directory.with_name("old"), "1003", "Not here")
    assert names(storage) == ["Another"]
    shutil.rmtree(directory)
    directory.with_name("old").rename(directory)
    assert names(storage) == ["Name 1000", "Name 1001", "Name 1002", "Not here"]


def test_directory_made_anew(storage: XmlDirectory, directory: Path):
    # The new one often gets the inode of the old one.
    for number in range(5):
        shutil.rmtree(directory)
        directory.mkdir()
        write(directory, "3000", f"Round {number}")
        assert names(storage) == [f"Round {number}"]


@only_root
def test_rights_of_a_file(storage: XmlDirectory, directory: Path):
    directory.chmod(0o755)
    os.seteuid(NOBODY)
    try:
        assert names(storage)[1] == "Name 1001"
        os.seteuid(0)
        (directory / "1001.xml").chmod(0o600)
        os.seteuid(NOBODY)
        assert "cannot be read: Permission denied" in names(storage)[1]
        os.seteuid(0)
        (directory / "1001.xml").chmod(0o644)
        os.seteuid(NOBODY)
        assert names(storage)[1] == "Name 1001"
    finally:
        os.seteuid(0)


def test_target_of_a_link(storage: XmlDirectory, directory: Path, tmp_path: Path):
    (directory / "1000.xml").unlink()
    (directory / "1000.xml").symlink_to(tmp_path / "1000.xml")
    assert names(storage)[0] == "1000.xml is a symbolic link that leads nowhere."
    for name in ("Target", "Changed"):
        write(tmp_path, "1000", name)
        assert names(storage)[0] == name


def test_write_through_another_link(storage: XmlDirectory, directory: Path, tmp_path: Path):
    (directory / "1000.xml").unlink()
    write(tmp_path, "1000", "Both")
    os.link(tmp_path / "1000.xml", directory / "1000.xml")
    assert names(storage)[0] == "Both"
    write(tmp_path, "1000", "Through the other")
    assert names(storage)[0] == "Through the other"


def test_more_changes_than_the_kernel_counts(storage: XmlDirectory, directory: Path):
    limit = Path("/proc/sys/fs/inotify/max_queued_events")
    for _ in range(int(limit.read_text()) if limit.exists() else 1):
        # Two in turns: of the same again, the kernel keeps one.
        os.utime(directory / "1000.xml")
        os.utime(directory / "1001.xml")
    write(directory, "1002", "After all those")
    assert names(storage)[2] == "After all those"
    write(directory, "1002", "And once more")
    assert names(storage)[2] == "And once more"


def test_change_that_the_kernel_does_not_tell_is_seen_after_a_while(
    storage: XmlDirectory, directory: Path, monkeypatch: pytest.MonkeyPatch
):
    with (directory / "1001.xml").open("r+b") as file, mmap.mmap(file.fileno(), 0) as memory:
        names(storage)
        place = memory.find(b"Name 1001")
        memory[place : place + 9] = b"By memory"
        memory.flush()
        real = time.monotonic
        monkeypatch.setattr(time, "monotonic", lambda: real() + 31)
        assert names(storage)[1] == "By memory"


def test_fork_and_parent_both_see_the_change(storage: XmlDirectory, directory: Path):
    go, done = FORK.Event(), FORK.Event()

    def child() -> None:
        assert go.wait(timeout=30)
        assert names(storage)[1] == "Changed"
        done.set()
        write(directory, "1000", "By the child")
        assert names(storage)[0] == "By the child"

    process = FORK.Process(target=child)
    process.start()
    write(directory, "1001", "Changed")
    go.set()
    assert done.wait(timeout=30)
    assert names(storage)[1] == "Changed"
    process.join()
    assert process.exitcode == 0
    assert names(storage)[0] == "By the child"


def test_several_threads(storage: XmlDirectory, directory: Path):
    faults: list[object] = []

    def look(extension_id: str) -> None:
        for number in range(60):
            write(directory, extension_id, f"Name {number}")
            found = storage.get(extension_id).caller_id_name
            if found != f"Name {number}":
                faults.append((extension_id, number, found))

    threads = [threading.Thread(target=look, args=(name,)) for name in ("1000", "1001", "1002")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []


def test_edit_between_read_and_save(storage: XmlDirectory, directory: Path):
    seen = storage.get("1001")
    write(directory, "1001", "By hand")
    with pytest.raises(VersionConflict):
        storage.update("1001", {"caller_id_name": "Ours"}, version=seen.version)
    with pytest.raises(VersionConflict):
        storage.delete("1001", version=seen.version)
    assert names(storage)[1] == "By hand"


def test_failure_to_look_is_not_the_last_word(
    storage: XmlDirectory, directory: Path, monkeypatch: pytest.MonkeyPatch
):
    write(directory, "1001", "Changed")

    def fail(*_: object, **__: object) -> None:
        raise MemoryError

    with monkeypatch.context() as broken:
        broken.setattr(index, "entries_of", fail)
        with pytest.raises(MemoryError):
            storage.list()
    assert names(storage)[1] == "Changed"


def test_own_changes(storage: XmlDirectory):
    for number in range(20):
        storage.create(replace(SAMPLE, id="1003"))
        storage.update("1003", {"caller_id_name": f"Name {number}"})
        assert names(storage)[3] == f"Name {number}"
        storage.delete("1003")
        assert len(names(storage)) == 3


def test_any_changes_leave_what_a_first_look_sees(storage: XmlDirectory, directory: Path):
    random = Random(1701)  # noqa: S311  (nothing secret)
    files = [directory / name for name in ("0.xml", "1000.xml", "1001.xml", "Z.xml", "ä.xml")]
    ids = ["A", "a", *map(str, range(1000, 1020))]

    def write_one(path: Path) -> None:
        users = random.choices(ids, k=random.choice([1, 1, 1, 2]))
        texts = [new_file(replace(SAMPLE, id=id_, password=f"p{random.random()}")) for id_ in users]
        text = "".join(texts).replace("</include>\n<include>\n", "")
        path.write_text(text if random.random() < 0.8 else text.replace("</user>", "", 1))

    changes: list[Callable[[Path], object]] = [
        *[write_one] * 3,
        lambda path: path.unlink(missing_ok=True),
        lambda path: path.rename(random.choice(files)) if path.exists() else None,
    ]
    for _ in range(200):
        for _ in range(random.choice([1, 1, 2, 5])):
            random.choice(changes)(random.choice(files))
        fresh = XmlDirectory(directory=directory, create=False)
        assert storage.list() == fresh.list()
        for id_ in ids:
            assert found(storage, id_) == found(fresh, id_)


def found(storage: XmlDirectory, extension_id: str) -> Extension | None:
    with suppress(ExtensionNotFound):
        return storage.get(extension_id)
    return None
