"""Whether a FreeSWITCH of some conf_dir reads a directory, as far as paths tell."""

import os
import shutil

import pytest

from sipapp.freeswitch.conf_dir import has_file, is_part_of


@pytest.fixture
def conf(tmp_path):
    """A configuration with a directory."""
    conf = tmp_path / "conf"
    (conf / "directory" / "default").mkdir(parents=True)
    (conf / "freeswitch.xml").write_text("<document/>\n")
    (conf / "directory" / "default.xml").write_text("<include/>\n")
    (conf / "directory" / "default" / "1000.xml").write_text("<include/>\n")
    return conf


def test_its_own(conf):
    assert is_part_of(conf / "directory" / "default", str(conf)) is True


@pytest.mark.parametrize("linked", ["written", "conf_dir"])
def test_by_a_symbolic_link(conf, tmp_path, linked):
    (tmp_path / "link").symlink_to(conf)
    written, told = (tmp_path / "link", conf) if linked == "written" else (conf, tmp_path / "link")
    assert is_part_of(written / "directory" / "default", str(told)) is True


def test_a_copy(conf, tmp_path):
    copy = shutil.copytree(conf, tmp_path / "copy")
    assert is_part_of(copy / "directory" / "default", str(conf)) is False


def test_a_configuration_with_a_pipe_and_a_huge_file(conf, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    os.mkfifo(conf / "directory" / "pipe.xml")
    assert is_part_of(other, str(conf)) is False
    with (conf / "directory" / "log.xml").open("wb") as log:
        log.truncate(1 << 40)
    assert is_part_of(other, str(conf)) is None
    (conf / "zz.xml").write_text(f'<X-PRE-PROCESS cmd="include" data="{other}/*.xml"/>\n')
    assert is_part_of(other, str(conf)) is True


def test_the_same_folder_by_another_path(conf, tmp_path, monkeypatch):
    # A bind mount: another path that no resolving brings together, and one inode.
    mounted = tmp_path / "mounted"
    mounted.mkdir()
    (conf / "directory" / "default" / "1000.xml").unlink()
    (conf / "directory" / "default").rmdir()
    (conf / "directory" / "default").symlink_to(mounted)
    assert is_part_of(mounted, str(conf)) is True


def test_one_that_it_includes(conf, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    assert is_part_of(elsewhere, str(conf)) is False
    (conf / "directory" / "default.xml").write_text(
        f'<include>\n<X-PRE-PROCESS cmd="include" data="{elsewhere}/*.xml"/>\n</include>\n'
    )
    assert is_part_of(elsewhere, str(conf)) is True


def test_a_path_that_is_no_configuration_here_says_nothing(tmp_path):
    # FreeSWITCH in a container, or on another machine.
    assert is_part_of(tmp_path, "/nowhere/etc/freeswitch") is None


def test_a_directory_that_is_not_there_says_nothing(conf, tmp_path):
    assert is_part_of(tmp_path / "missing", str(conf)) is None


def test_a_file_of_that_name(conf):
    assert has_file(str(conf), "1000.xml")
    assert not has_file(str(conf), "1001.xml")
    assert not has_file(str(conf), "*.xml")
    assert not has_file("/nowhere", "1000.xml")
