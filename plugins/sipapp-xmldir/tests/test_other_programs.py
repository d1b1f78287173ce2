"""Other programs work in the directory meanwhile: git, rsync, sed, editors."""

import shutil
import subprocess
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from sipapp.api import (
    ExtensionExists,
    ExtensionNotFound,
    ReadOnlyExtension,
    StorageUnavailable,
    VersionConflict,
    exchange_files,
)
from sipapp.testing.storage_contract import SAMPLE
from sipapp_xmldir.files import atomic_files
from sipapp_xmldir.storage import XmlDirectory

IDS = [str(1000 + each) for each in range(40)]
ROUNDS = 12
RSYNC_FILES_VANISHED = 24
LEFT = (
    ".1000.xml.swp",
    ".1000.xml.swo",
    "1000.xml~",
    "4913",
    "#1000.xml#",
    "1000.xml.bak",
    "1000.xml.orig",
    "1000.xml.rej",
    "1000.xml.dpkg-dist",
    "1000.xml.rpmnew",
    ".1000.xml.Xa7f9Q",
    "sedAb12Cd",
    ".fuse_hidden0000000100000001",
    ".nfs000000000000000100000001",
)
"""What editors, patch, packages, rsync, sed and file systems leave or make for a moment."""


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    place = tmp_path / "default"
    place.mkdir()
    storage = XmlDirectory(directory=place, create=False)
    storage.create_many([replace(SAMPLE, id=each) for each in IDS])
    return place


@pytest.fixture
def storage(directory: Path) -> XmlDirectory:
    return XmlDirectory(directory=directory, create=False)


def run(*command: object, cwd: Path | None = None) -> str:
    words = [str(each) for each in command]
    if shutil.which(words[0]) is None:
        pytest.skip(f"there is no {words[0]} here")
    done = subprocess.run(words, check=True, capture_output=True, text=True, cwd=cwd)
    return done.stdout


def mirror_once(source: Path, directory: Path) -> None:
    """Run rsync while others write: it ends with 24 if a file has vanished that it had listed."""
    try:
        run("rsync", "--archive", "--checksum", "--delete", f"{source}/", f"{directory}/")
    except subprocess.CalledProcessError as error:
        if error.returncode != RSYNC_FILES_VANISHED:
            raise


def git(directory: Path, *command: object) -> str:
    who = ("-c", "user.name=Ada", "-c", "user.email=ada@example.com")
    return run("git", *who, *command, cwd=directory)


def contents(directory: Path) -> dict[str, bytes]:
    return {each.name: each.read_bytes() for each in directory.glob("*.xml")}


def left_behind(directory: Path) -> list[str]:
    return [each.name for each in directory.iterdir() if each.name.endswith(".tmp")]


def changing_while(storage: XmlDirectory, program: Callable[[], None]) -> Counter[str]:
    """Make changes of all kinds while a program runs; how many were ``made`` and ``refused``."""
    made: Counter[str] = Counter()
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(program)
        while not running.done():
            for each in IDS[:8]:
                for change in changes(storage, each, str(made.total())):
                    made["made" if is_made(change) else "refused"] += 1
        running.result()
    return made


def changes(storage: XmlDirectory, id_: str, count: str) -> list[Callable[[], object]]:
    return [
        lambda: storage.update(id_, {"caller_id_name": f"N{count}"}),
        lambda: storage.set_enabled(id_, enabled=False),
        lambda: storage.set_enabled(id_, enabled=True),
        storage.examine,
        storage.list,
    ]


def is_made(change: Callable[[], object]) -> bool:
    try:
        change()
    except (ExtensionExists, ExtensionNotFound, VersionConflict, ReadOnlyExtension):
        return False
    except StorageUnavailable as error:
        if "in the same moment: try again" not in str(error):
            raise
        return False
    return True


def test_git_checks_out_other_states_meanwhile(storage: XmlDirectory, directory: Path):
    git(directory, "init", "--quiet", "--initial-branch=main", ".")
    git(directory, "add", ".")
    git(directory, "commit", "--quiet", "--message=one")
    git(directory, "checkout", "--quiet", "-b", "other")
    for each in IDS:
        storage.update(each, {"caller_id_name": "Other"})
    git(directory, "commit", "--quiet", "--all", "--message=two")
    other = contents(directory)

    def check_out() -> None:
        for _ in range(ROUNDS):
            git(directory, "checkout", "--quiet", "--force", "main")
            git(directory, "checkout", "--quiet", "--force", "other")

    made = changing_while(storage, check_out)
    assert made["made"]
    git(directory, "clean", "--quiet", "--force")  # files of disabled extensions
    git(directory, "checkout", "--quiet", "--force", "other")
    assert contents(directory) == other
    assert {each.caller_id_name for each in storage.list()} == {"Other"}
    assert [each.id for each in storage.list()] == IDS
    assert git(directory, "status", "--porcelain") == ""
    assert left_behind(directory) == []
    assert {each.code for each in storage.examine().findings} == set()


def test_rsync_mirrors_another_folder_meanwhile(
    storage: XmlDirectory, directory: Path, tmp_path: Path
):
    source = tmp_path / "source"
    shutil.copytree(directory, source)
    (source / "1039.xml").unlink()

    def mirror() -> None:
        for number in range(ROUNDS):
            for name in ("1000.xml", "1001.xml", "1020.xml"):
                with (source / name).open("a") as file:
                    file.write(f"<!-- {number} -->\n")
            mirror_once(source, directory)

    made = changing_while(storage, mirror)
    assert made["made"]
    run("rsync", "--archive", "--checksum", "--delete", f"{source}/", f"{directory}/")
    assert contents(directory) == contents(source)
    assert [each.id for each in storage.list()] == IDS[:-1]
    assert {each.caller_id_name for each in storage.list()} == {SAMPLE.caller_id_name}
    storage.update("1000", {"caller_id_name": "Zoë"})
    assert left_behind(directory) == []


def test_sed_changes_the_files_meanwhile(storage: XmlDirectory, directory: Path):
    """What sed wrote is never replaced by what was read before."""

    def append() -> None:
        for number in range(ROUNDS):
            run("sed", "-i", f"$a<!-- {number} -->", *sorted(directory.glob("*.xml")))

    updates = 0
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(append)
        while not running.done():
            for each in IDS:
                with suppress(VersionConflict):
                    storage.update(each, {"caller_id_name": f"N{updates}"})
                    updates += 1
        running.result()
    assert updates
    assert [each.id for each in storage.list()] == IDS
    written = [f"<!-- {number} -->".encode() for number in range(ROUNDS)]
    for data in contents(directory).values():
        assert [each in data for each in written] == [True] * ROUNDS
    assert left_behind(directory) == []


def test_vim_changes_a_file_meanwhile(storage: XmlDirectory, directory: Path):
    def edit() -> None:
        for number in range(ROUNDS):
            with suppress(subprocess.CalledProcessError):  # a disabled one is a new file to it
                script = (f"$s/$/<!-- {number} -->/", "wq!")
                commands = [word for each in script for word in ("-c", each)]
                run("vim", "-u", "NONE", "-N", "-es", *commands, directory / "1000.xml")

    made = changing_while(storage, edit)
    assert made["made"]
    assert len({each.id for each in storage.list() if not each.read_only}) >= len(IDS) - 1
    assert left_behind(directory) == []


def test_what_programs_leave_is_no_extension_and_no_finding(storage: XmlDirectory, directory: Path):
    for name in LEFT:
        shutil.copyfile(directory / "1000.xml", directory / name)
    (directory / ".#1000.xml").symlink_to("ada@host.1234:1700000000")  # as Emacs locks a file
    (directory / ".git").mkdir()
    (directory / ".git" / "1000.xml").write_text("not an extension")
    before = {each.name for each in directory.iterdir()}
    assert [each.id for each in storage.list()] == IDS
    assert list(storage.examine().findings) == []
    assert storage.find_fault(thorough=True) == ""
    storage.update("1000", {"caller_id_name": "Zoë"})
    disabled = storage.set_enabled("1000", enabled=False)
    storage.set_enabled("1000", enabled=True, version=disabled.version)
    storage.rename("1000", "1999", {})
    assert {each.name for each in directory.iterdir()} == (before - {"1000.xml"}) | {"1999.xml"}


def test_left_copies_with_passwords_count_for_the_doctor(storage: XmlDirectory, directory: Path):
    directory.chmod(0o755)
    copy = directory / "1000.xml~"
    shutil.copyfile(directory / "1000.xml", copy)
    copy.chmod(0o644)
    (line,) = [each for each in storage.diagnose() if each.check == "directory.modes"]
    assert "in 1 files" in line.found
    copy.unlink()
    storage.set_enabled("1000", enabled=False)
    (directory / "1000.xml.disabled").chmod(0o644)
    (line,) = [each for each in storage.diagnose() if each.check == "directory.modes"]
    assert "in 1 files" in line.found


# In the very moment, which real programs meet by luck only


def replaced_by(directory: Path, name: str, data: bytes) -> None:
    (directory / "theirs").write_bytes(data)
    (directory / "theirs").rename(directory / name)


@pytest.mark.parametrize("times", [1, 2])
def test_a_file_that_is_replaced_in_the_moment_of_ours_stays(
    storage: XmlDirectory, directory: Path, monkeypatch: pytest.MonkeyPatch, times: int
):
    """Also if it is replaced once more while ours is taken away again."""
    theirs = [b"first of theirs", b"second of theirs"][:times]
    left = list(theirs)

    def exchange(name: str, other: str, *, directory: int) -> bool:
        if left:
            replaced_by(folder, "1000.xml", left.pop(0))
        return exchange_files(name, other, directory=directory)

    folder = directory
    monkeypatch.setattr(atomic_files, "exchange_files", exchange)
    with pytest.raises(VersionConflict):
        storage.update("1000", {"caller_id_name": "New"})
    assert (directory / "1000.xml").read_bytes() == theirs[-1]
    assert left_behind(directory) == []


def test_a_file_that_is_removed_in_the_moment_of_ours_stays_away(
    storage: XmlDirectory, directory: Path, monkeypatch: pytest.MonkeyPatch
):
    folder = directory

    def exchange(name: str, other: str, *, directory: int) -> bool:
        (folder / "1000.xml").unlink()
        return exchange_files(name, other, directory=directory)

    monkeypatch.setattr(atomic_files, "exchange_files", exchange)
    with pytest.raises(VersionConflict):
        storage.update("1000", {"caller_id_name": "New"})
    assert not (directory / "1000.xml").exists()
    assert left_behind(directory) == []


def test_a_temporary_file_that_is_removed_is_told_as_such(
    storage: XmlDirectory, directory: Path, monkeypatch: pytest.MonkeyPatch
):
    """As ``rsync --delete`` and ``git clean`` do."""
    before = contents(directory)
    real = atomic_files.apply_ownership

    def apply(descriptor: int, *arguments: object, **more: bool) -> None:
        real(descriptor, *arguments, **more)
        for name in left_behind(directory):
            (directory / name).unlink()

    monkeypatch.setattr(atomic_files, "apply_ownership", apply)
    for change in (
        lambda: storage.update("1000", {"caller_id_name": "New"}),
        lambda: storage.create_many([replace(SAMPLE, id=each) for each in ("2000", "2001")]),
    ):
        with pytest.raises(StorageUnavailable, match="Another program removed a file there"):
            change()
    assert contents(directory) == before


def test_a_file_that_is_changed_in_the_moment_of_its_deletion_stays(
    storage: XmlDirectory, directory: Path, monkeypatch: pytest.MonkeyPatch
):
    real = atomic_files.rename_exclusively

    def rename(name: str, new: str, *, directory: int) -> bool:
        if name == "1000.xml":
            replaced_by(folder, name, b"theirs")
        return real(name, new, directory=directory)

    folder = directory
    monkeypatch.setattr(atomic_files, "rename_exclusively", rename)
    with pytest.raises(VersionConflict):
        storage.delete("1000")
    assert (directory / "1000.xml").read_bytes() == b"theirs"
    assert left_behind(directory) == []
