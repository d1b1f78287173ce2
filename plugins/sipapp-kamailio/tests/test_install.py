"""Getting Kamailio: with apt-get in the part that each machine may play.

That the real apt-get brings a Kamailio that works is shown by every other test here:
their fixture ``kamailio_root`` runs the installer.
"""

import os
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor

import pytest

from sipapp_kamailio.install import main
from sipapp_kamailio.program import Program, unpacked_program

APT = """#!/bin/sh
# An apt-get that has packages in {shelf}; its own lists are {lists}.
echo "$*" >> {log}
private=no
case "$*" in *Dir::State=*) private=yes;; esac
case "$*" in
    *--simulate*) echo "Inst libpcre3 (2:8.39 Debian [amd64])"; echo "Inst adduser (3 [all])"
                  echo "Inst libc6 [2.35] (2.36 Debian [amd64])";;
    *update*) echo "W: a hook failed" >&2; exit 100;;
    *) if [ {lists} = fresh ] || [ "$private {lists}" = "yes stale" ]
       then cp {shelf}/*.deb .
       else echo "E: Failed to fetch kamailio: 404" >&2; exit 100
       fi;;
esac
"""


@pytest.fixture
def shelf(tmp_path, kamailio_root):
    """A Debian package with a Kamailio that works."""
    if not kamailio_root.exists():
        pytest.skip("the Kamailio here is the machine's: there are no packages to unpack")
    tree, shelf = tmp_path / "tree", tmp_path / "shelf"
    shutil.copytree(kamailio_root, tree, symlinks=True)
    build(tree, shelf)
    return shelf


def build(tree, shelf):
    (tree / "DEBIAN").mkdir(parents=True)
    (tree / "DEBIAN/control").write_text(
        "Package: kamailio\nVersion: 5\nArchitecture: all\n"
        "Maintainer: Nobody <nobody@example.org>\nDescription: for a test\n"
    )
    shelf.mkdir()
    subprocess.run(
        ["dpkg-deb", "-Znone", "--build", tree, shelf / "kamailio.deb"],
        check=True,
        capture_output=True,
    )


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """Make this a machine without Kamailio, whose apt-get's lists are fresh, stale or useless."""
    monkeypatch.setattr("sipapp_kamailio.install.machine_program", lambda: None)
    calls = tmp_path / "calls"
    calls.touch()

    def be(lists, shelf):
        folder = tmp_path / "bin"
        folder.mkdir()
        apt = folder / "apt-get"
        apt.write_text(APT.format(shelf=shelf, lists=lists, log=calls))
        apt.chmod(0o755)
        monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
        return calls

    return be


def test_it_is_fetched_with_the_libraries_that_are_missing(shelf, machine, tmp_path, capsys):
    calls = machine("fresh", shelf)
    target = tmp_path / "var/kamailio"

    assert main([str(target)]) == 0

    assert f"is ready: {target}/root/usr/sbin/kamailio" in capsys.readouterr().out
    assert unpacked_program(target / "root").fault(target) == ""
    assert [each.name for each in target.iterdir()] == ["root"]  # nothing half done
    assert (
        calls.read_text()
        .splitlines()[-1]
        .endswith("download kamailio kamailio-websocket-modules kamailio-sqlite-modules libpcre3")
    )


def test_what_is_there_is_left_alone(kamailio_root, tmp_path, monkeypatch):
    (tmp_path / "root").symlink_to(kamailio_root)
    monkeypatch.setenv("PATH", "")

    assert main([str(tmp_path)]) == 0


def test_a_kamailio_of_the_machine_serves(kamailio_root, tmp_path, monkeypatch, capsys):
    unpacked = unpacked_program(kamailio_root)
    monkeypatch.setattr("sipapp_kamailio.install.machine_program", lambda: unpacked)
    monkeypatch.setenv("PATH", "")

    assert main([str(tmp_path)]) == 0
    assert str(unpacked.binary) in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []


def test_a_kamailio_without_the_modules_does_not_serve(shelf, machine, tmp_path, monkeypatch):
    poor = Program(shelf.parent / "tree/usr/sbin/kamailio", ("-L", str(tmp_path)))
    machine("fresh", shelf)
    monkeypatch.setattr("sipapp_kamailio.install.machine_program", lambda: poor)
    target = tmp_path / "kamailio"

    assert main([str(target)]) == 0
    assert (target / "root").is_dir()


def test_several_at_once_fetch_it_once(shelf, machine, tmp_path):
    calls = machine("fresh", shelf)
    target = tmp_path / "kamailio"

    with ThreadPoolExecutor(3) as pool:
        assert list(pool.map(main, [[str(target)]] * 3)) == [0, 0, 0]

    assert calls.read_text().count(" download ") == 1
    assert [each.name for each in target.iterdir()] == ["root"]


def test_a_damaged_one_is_replaced(shelf, machine, tmp_path):
    machine("fresh", shelf)
    target = tmp_path / "kamailio"
    assert main([str(target)]) == 0
    next(target.glob("root/usr/lib/*/kamailio/modules/websocket.so")).unlink()

    assert main([str(target)]) == 0
    assert list(target.glob("root/usr/lib/*/kamailio/modules/websocket.so"))


def test_old_lists_are_renewed_in_a_place_of_our_own(shelf, machine, tmp_path, capsys):
    calls = machine("stale", shelf)
    target = tmp_path / "kamailio"

    assert main([str(target)]) == 0
    assert "missing or old" in capsys.readouterr().err
    update = next(line for line in calls.read_text().splitlines() if line.endswith("update"))
    assert f"Dir::State={target}/install-" in update
    assert [each.name for each in target.iterdir()] == ["root"]


def test_what_apt_says_is_passed_on(shelf, machine, tmp_path, capsys):
    machine("useless", shelf)
    target = tmp_path / "kamailio"

    assert main([str(target)]) == 1
    said = capsys.readouterr().err
    assert "E: Failed to fetch kamailio: 404" in said
    assert "W: a hook failed" in said
    assert list(target.iterdir()) == []


def test_without_apt_the_needed_packages_are_reported(machine, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("PATH", str(tmp_path))

    assert main([str(tmp_path / "kamailio")]) == 1
    said = capsys.readouterr().err
    assert "Install Kamailio 5.6 or later with its websocket and sqlite modules" in said


def test_packages_of_something_else_are_refused(machine, tmp_path, capsys):
    build(tmp_path / "tree", tmp_path / "shelf")
    machine("fresh", tmp_path / "shelf")

    assert main([str(tmp_path / "kamailio")]) == 1
    assert "does not work: its packages do not hold it" in capsys.readouterr().err


def test_a_damaged_package_is_refused(machine, tmp_path, capsys):
    (tmp_path / "shelf").mkdir()
    (tmp_path / "shelf/kamailio.deb").write_text("not a package")
    machine("fresh", tmp_path / "shelf")

    assert main([str(tmp_path / "kamailio")]) == 1
    assert "dpkg-deb failed: " in capsys.readouterr().err


def test_a_place_that_cannot_be_written_is_reported(tmp_path, capsys):
    (tmp_path / "file").touch()

    assert main([str(tmp_path / "file/kamailio")]) == 1
    assert "Not a directory" in capsys.readouterr().err
