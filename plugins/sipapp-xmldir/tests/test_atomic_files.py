"""Files are replaced whole or not at all, and stay readable for whom they were."""

import fcntl
import multiprocessing
import os
import resource
import signal
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from itertools import count
from pathlib import Path
from types import FrameType

import pytest

from sipapp.api import Extension, ExtensionExists, StorageUnavailable, VersionConflict
from sipapp.files import file_lock
from sipapp.testing.storage_contract import SAMPLE
from sipapp_xmldir.files import atomic_files, lock
from sipapp_xmldir.files.regular_files import read_file
from sipapp_xmldir.storage import FileNameTaken, XmlDirectory

WRITERS = frozenset(module.__file__ for module in (atomic_files, file_lock, lock))
FORK = multiprocessing.get_context("fork")
NOBODY = 65534
DAEMON = 1
STRANGER = 54321
"""A user and group that nobody has a name for; the one is taken for a member of the other."""

only_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files away")


@pytest.fixture
def directory(open_folder: Path) -> Path:
    path = open_folder / "directory"
    path.mkdir()
    return path


@pytest.fixture
def storage(directory: Path) -> XmlDirectory:
    return XmlDirectory(directory=directory, create=False)


def contents(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in directory.iterdir()}


@contextmanager
def unprivileged(*groups: int) -> Iterator[None]:
    """Be user nobody for a while; ourselves, if we are not root anyway."""
    if os.geteuid() != 0:
        yield
        return
    before = os.getgroups()
    os.setgroups(groups)
    os.setegid(NOBODY)
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)
        os.setgroups(before)


def unprivileged_fault(task: Callable[[], object]) -> str:
    """The sentence with which a task of user nobody is refused."""
    with unprivileged(), pytest.raises(StorageUnavailable) as caught:
        task()
    return str(caught.value)


def allowed(path: Path) -> tuple[int, int, int]:
    state = path.stat()
    return state.st_uid, state.st_gid, stat.S_IMODE(state.st_mode)


# To whom files belong


@only_root
@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664, 0o666])
def test_owner_group_and_mode_stay(storage: XmlDirectory, directory: Path, mode: int):
    storage.create(SAMPLE)
    file = directory / "1000.xml"
    os.chown(file, STRANGER, STRANGER + 1)
    file.chmod(mode)
    storage.update("1000", {"caller_id_name": "New"})
    assert allowed(file) == (STRANGER, STRANGER + 1, mode)


def test_mode_stays(storage: XmlDirectory, directory: Path):
    storage.create(SAMPLE)
    for mode in (0o600, 0o640, 0o664):
        (directory / "1000.xml").chmod(mode)
        storage.update("1000", {"caller_id_name": f"{mode}"})
        assert allowed(directory / "1000.xml")[2] == mode


@only_root
def test_new_file_belongs_to_whom_its_neighbours_belong(storage: XmlDirectory, directory: Path):
    storage.create(SAMPLE)
    os.chown(directory / "1000.xml", STRANGER, STRANGER + 1)
    (directory / "1000.xml").chmod(0o755)
    storage.create(replace(SAMPLE, id="1001"))
    assert allowed(directory / "1001.xml") == (STRANGER, STRANGER + 1, 0o640)


@only_root
def test_first_file_belongs_to_the_owner_of_the_directory(storage: XmlDirectory, directory: Path):
    os.chown(directory, STRANGER, STRANGER + 1)
    storage.create(SAMPLE)
    assert allowed(directory / "1000.xml") == (STRANGER, STRANGER + 1, 0o640)


def test_first_file_is_not_world_readable(storage: XmlDirectory, directory: Path):
    storage.create(SAMPLE)
    assert allowed(directory / "1000.xml")[2] == 0o640


def test_other_attributes_stay(storage: XmlDirectory, directory: Path):
    storage.create(SAMPLE)
    try:
        os.setxattr(directory / "1000.xml", "user.note", b"kept")
    except OSError:
        pytest.skip("this file system has no extended attributes")
    storage.update("1000", {"caller_id_name": "New"})
    assert os.getxattr(directory / "1000.xml", "user.note") == b"kept"


@only_root
def test_file_that_its_owner_could_not_read_any_more_is_not_written(
    storage: XmlDirectory, directory: Path
):
    storage.create(SAMPLE)
    directory.chmod(0o777)
    os.chown(directory / "1000.xml", STRANGER, NOBODY)
    (directory / "1000.xml").chmod(0o660)
    before = contents(directory)
    fault = unprivileged_fault(lambda: storage.update("1000", {"caller_id_name": "New"}))
    assert f"{STRANGER} could not read it. Run sipapp as {STRANGER}" in fault
    assert contents(directory) == before
    os.chown(directory / "1000.xml", DAEMON, NOBODY)
    fault = unprivileged_fault(lambda: storage.update("1000", {"caller_id_name": "New"}))
    assert "daemon could not read it" in fault
    assert contents(directory) == before


@only_root
def test_file_that_a_group_shares_stays_readable_for_its_owner(
    storage: XmlDirectory, directory: Path
):
    # As FreeSWITCH and sipapp share a directory: the owner's group is one of ours.
    storage.create(SAMPLE)
    os.chown(directory, DAEMON, DAEMON)
    directory.chmod(0o770)
    os.chown(directory / "1000.xml", DAEMON, DAEMON)
    (directory / "1000.xml").chmod(0o640)
    with unprivileged(DAEMON):
        storage.update("1000", {"caller_id_name": "New"})
        storage.create(replace(SAMPLE, id="1001"))
    for name in ("1000.xml", "1001.xml"):
        assert allowed(directory / name) == (NOBODY, DAEMON, 0o640)


@only_root
def test_rights_of_a_group_do_not_pass_to_another(storage: XmlDirectory, directory: Path):
    storage.create(SAMPLE)
    directory.chmod(0o777)
    (directory / "1000.xml").chmod(0o664)
    with unprivileged():
        storage.update("1000", {"caller_id_name": "New"})
    assert allowed(directory / "1000.xml") == (NOBODY, NOBODY, 0o604)


# What goes wrong is told, and changes nothing


def test_missing_directory(tmp_path: Path):
    storage = XmlDirectory(directory=tmp_path / "none", create=False)
    for task in (storage.list, storage.check, lambda: storage.create(SAMPLE)):
        with pytest.raises(
            StorageUnavailable, match=r"none: No such file or directory\. Make that"
        ):
            task()
    assert list(tmp_path.iterdir()) == []


def test_missing_directory_is_made_if_wanted(tmp_path: Path):
    storage = XmlDirectory(directory=tmp_path / "var" / "directory", create=True)
    storage.check()
    storage.create(SAMPLE)
    assert allowed(tmp_path / "var" / "directory")[2] == 0o750
    assert storage.get("1000").password == SAMPLE.password


def test_directory_that_is_a_file_or_a_link(tmp_path: Path, directory: Path):
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to(directory)
    for name, words in (("file", "Not a directory"), ("link", "is a symbolic link")):
        storage = XmlDirectory(directory=tmp_path / name, create=True)
        with pytest.raises(StorageUnavailable, match=words):
            storage.create(SAMPLE)
        with pytest.raises(StorageUnavailable, match=words):
            storage.check()
    assert contents(directory) == {}


def test_directory_without_the_right_to_write(storage: XmlDirectory, directory: Path):
    storage.create(SAMPLE)
    (directory / "1000.xml").chmod(0o644)
    directory.chmod(0o555)
    before = contents(directory)
    tasks: list[Callable[[], object]] = [
        lambda: storage.create(replace(SAMPLE, id="1001")),
        lambda: storage.update("1000", {"caller_id_name": "New"}),
        lambda: storage.delete("1000"),
        storage.check,
    ]
    for task in tasks:
        fault = unprivileged_fault(task)
        assert str(directory) in fault
        assert "Permission denied" in fault
        assert "sipapp runs as user" in fault
        assert "the mode 0555" in fault
        assert SAMPLE.password not in fault
    with unprivileged():
        assert storage.get("1000").password == SAMPLE.password
    directory.chmod(0o755)
    assert contents(directory) == before


def test_directory_without_the_right_to_read(storage: XmlDirectory, directory: Path):
    directory.chmod(0o000)
    fault = unprivileged_fault(storage.list)
    assert "Give sipapp's user the right to read and write there." in fault
    directory.parent.chmod(0o000)
    assert "give that user the right to get there" in unprivileged_fault(storage.list)
    directory.parent.chmod(0o755)
    directory.chmod(0o755)


def test_file_without_the_right_to_read_is_listed(storage: XmlDirectory, directory: Path):
    storage.create(SAMPLE)
    (directory / "1000.xml").chmod(0o000)
    directory.chmod(0o777)

    with unprivileged():
        (extension,) = storage.list()
        with pytest.raises(ExtensionExists):
            storage.create(SAMPLE)
    assert extension.id == "1000.xml"
    assert extension.read_only == "1000.xml cannot be read: Permission denied."


def test_write_that_fails_half_way_leaves_the_old_file(storage: XmlDirectory, directory: Path):
    storage.create(SAMPLE)
    before = contents(directory)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (300, limits[1]))
    try:
        with pytest.raises(StorageUnavailable, match=r"File too large\. Nothing was changed\."):
            storage.update("1000", {"caller_id_name": "New"})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert contents(directory) == before


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "disk"
    path.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=32k", "tmpfs", str(path)]
    if subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("mounting a small file system is not allowed here")
    yield path
    subprocess.run(["umount", str(path)], check=True)


def test_full_and_read_only_disk(small_disk: Path):
    storage = XmlDirectory(directory=small_disk, create=False)
    storage.create(SAMPLE)
    storage.check()
    with (small_disk / "filler").open("wb", buffering=0) as filler, suppress(OSError):
        while True:
            filler.write(bytes(4096))
    before = contents(small_disk)
    for task in _changes(storage):
        with pytest.raises(StorageUnavailable, match=r"No space left on device\. Make room"):
            task()
    assert contents(small_disk) == before
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    for task in (*_changes(storage), lambda: storage.delete("1000")):
        with pytest.raises(StorageUnavailable, match="mounted read-only"):
            task()
    assert contents(small_disk) == before


def test_several_that_do_not_all_fit_on_the_disk(small_disk: Path):
    storage = XmlDirectory(directory=small_disk, create=False)
    storage.create(SAMPLE)
    before = contents(small_disk)
    many = [replace(SAMPLE, id=f"{number}") for number in range(2000, 2100)]
    with pytest.raises(StorageUnavailable, match="No space left on device"):
        storage.create_many(many)
    assert contents(small_disk) == before
    assert len(storage.create_many(many[:2])) == 2


def test_of_several_none_stays_if_a_file_is_in_the_way(storage: XmlDirectory, directory: Path):
    (directory / "1002.xml").write_text("something else")
    before = contents(directory)
    wanted = [replace(SAMPLE, id=id_) for id_ in ("1000", "1001", "1002", "1003")]
    with pytest.raises(FileNameTaken, match=r"1002\.xml already"):
        storage.create_many(wanted)
    assert contents(directory) == before
    (directory / "1002.xml").unlink()
    assert [each.id for each in storage.create_many(wanted)] == ["1000", "1001", "1002", "1003"]


def test_killed_while_several_are_created(storage: XmlDirectory, directory: Path):
    wanted = [replace(SAMPLE, id=f"{number}") for number in range(1000, 1002)]

    def create_and_delete() -> None:
        own = XmlDirectory(directory=directory, create=False)
        own.create_many(wanted)
        for each in wanted:
            own.delete(each.id)

    for _ in _deaths(create_and_delete):
        for extension in storage.list():
            assert replace(extension, version="", source="") == replace(
                SAMPLE, id=extension.id, version="", source=""
            )
            storage.delete(extension.id)
        storage.create(SAMPLE)
        assert list(contents(directory)) == ["1000.xml"]
        storage.delete("1000")


def _changes(storage: XmlDirectory) -> tuple[Callable[[], object], ...]:
    return (
        lambda: storage.create(replace(SAMPLE, id="1001")),
        lambda: storage.update("1000", {"caller_id_name": "New"}),
        storage.check,
    )


# Several at once


def test_waiting_for_the_lock_times_out(
    storage: XmlDirectory, directory: Path, monkeypatch: pytest.MonkeyPatch
):
    storage.create(SAMPLE)
    monkeypatch.setattr(file_lock, "LOCK_TIMEOUT_S", 0.05)
    holder = os.open(directory, os.O_RDONLY)
    fcntl.flock(holder, fcntl.LOCK_EX)
    with pytest.raises(StorageUnavailable, match="Another process has been changing"):
        storage.update("1000", {"caller_id_name": "New"})
    assert storage.get("1000").caller_id_name == SAMPLE.caller_id_name
    os.close(holder)
    assert storage.update("1000", {"caller_id_name": "New"}).caller_id_name == "New"


def test_lock_leaves_nothing_behind(storage: XmlDirectory, directory: Path):
    storage.create(SAMPLE)
    storage.update("1000", {"caller_id_name": "New"})
    storage.check()
    assert list(contents(directory)) == ["1000.xml"]
    storage.delete("1000")
    assert contents(directory) == {}


def _in_processes(tasks: list[Callable[[], None]]) -> list[int | None]:
    processes = [FORK.Process(target=task) for task in tasks]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    return [process.exitcode for process in processes]


def test_no_update_is_lost_between_processes(storage: XmlDirectory, directory: Path):
    storage.create(replace(SAMPLE, caller_id_number="0"))

    def add_ten() -> None:
        own = XmlDirectory(directory=directory, create=False)
        for _ in range(10):
            _add_one(own)

    assert _in_processes([add_ten] * 4) == [0] * 4
    assert storage.get("1000").caller_id_number == "40"


def _add_one(storage: XmlDirectory) -> None:
    while True:
        old = storage.get("1000")
        number = str(int(old.caller_id_number) + 1)
        try:
            storage.update("1000", {"caller_id_number": number}, version=old.version)
        except VersionConflict:
            continue
        return


def test_one_of_several_creating_processes_wins(directory: Path):
    barrier = FORK.Barrier(6)

    def creator(number: int) -> Callable[[], None]:
        def create() -> None:
            storage = XmlDirectory(directory=directory, create=False)
            barrier.wait(timeout=30)
            try:
                storage.create(replace(SAMPLE, password=f"password-{number}"))
            except ExtensionExists:
                os._exit(7)

        return create

    codes = _in_processes([creator(number) for number in range(6)])
    assert sorted(codes, key=str) == [0] + [7] * 5
    storage = XmlDirectory(directory=directory, create=False)
    assert storage.get("1000").password == f"password-{codes.index(0)}"
    assert list(contents(directory)) == ["1000.xml"]


def test_hand_that_was_faster_than_the_replacement_wins(directory: Path):
    file = directory / "1000.xml"
    file.write_bytes(b"as it was read")
    descriptor = os.open(directory, os.O_RDONLY)
    _, state = read_file(descriptor, "1000.xml")
    file.write_bytes(b"by hand, later")
    assert not atomic_files.replace_file(descriptor, "1000.xml", b"ours", state)
    assert contents(directory) == {"1000.xml": b"by hand, later"}
    file.unlink()
    file.write_bytes(b"another file")
    _, state = read_file(descriptor, "1000.xml")
    file.unlink()
    file.symlink_to("elsewhere")
    assert not atomic_files.replace_file(descriptor, "1000.xml", b"ours", state)
    assert file.is_symlink()
    os.close(descriptor)


def test_file_that_a_hand_takes_away_meanwhile(
    storage: XmlDirectory, directory: Path, monkeypatch: pytest.MonkeyPatch
):
    storage.create(SAMPLE)
    version = storage.get("1000").version
    real = atomic_files.replace_file

    def later(directory_fd: int, name: str, *more: object) -> bool:
        (directory / name).write_bytes((directory / name).read_bytes() + b"<!-- mine -->\n")
        return real(directory_fd, name, *more)

    monkeypatch.setattr("sipapp_xmldir.change.replace_file", later)
    with pytest.raises(VersionConflict):
        storage.update("1000", {"caller_id_name": "New"}, version=version)
    assert (directory / "1000.xml").read_bytes().endswith(b"<!-- mine -->\n")


# Crashes


def _deaths(act: Callable[[], object]) -> Iterator[None]:
    """Let processes begin to act, each of which is killed one line of the plugin later."""
    for line in count(1):
        process = FORK.Process(target=_die, args=(line, act))
        process.start()
        process.join()
        if process.exitcode == 0:
            return
        assert process.exitcode == -signal.SIGKILL
        yield


def _die(line: int, act: Callable[[], object]) -> None:
    left = line

    def trace(frame: FrameType, event: str, _arg: object) -> Callable[..., object] | None:
        nonlocal left
        if frame.f_code.co_filename not in WRITERS:
            return None
        left -= event == "line"
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)
        return trace

    sys.settrace(trace)
    act()
    sys.settrace(None)
    os._exit(0)


def test_killed_writer_leaves_the_old_file_or_the_new_one(storage: XmlDirectory, directory: Path):
    storage.create(SAMPLE)
    left_behind = 0

    def change() -> None:
        own = XmlDirectory(directory=directory, create=False)
        own.update("1000", {"caller_id_name": "New"})
        own.create(replace(SAMPLE, id="1001"))
        own.delete("1001")

    for _ in _deaths(change):
        left_behind += _assert_sound(storage, directory)
    storage.update("1000", {"caller_id_name": "Afterwards"})
    assert {path.name for path in directory.iterdir()} <= {"1000.xml", "1001.xml"}
    assert left_behind > 0, "no writer was met while it wrote; the test shows nothing"


def _assert_sound(storage: XmlDirectory, directory: Path) -> bool:
    found: dict[str, Extension] = {each.id: each for each in storage.list()}
    assert set(found) in ({"1000"}, {"1000", "1001"})
    for extension in found.values():
        assert not extension.read_only
        assert extension.password == SAMPLE.password
    name = found["1000"].caller_id_name
    assert name in (SAMPLE.caller_id_name, "New")
    visible = {path.name for path in directory.glob("*.xml") if not path.name.startswith(".")}
    assert visible == {f"{extension_id}.xml" for extension_id in found}
    if "1001" in found:
        storage.delete("1001")
        return False
    return any(path.name.endswith(".tmp") for path in directory.iterdir())
