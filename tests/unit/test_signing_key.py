"""The secret file of an installation, and files that are written atomically."""

import os
import stat
from concurrent.futures import ThreadPoolExecutor

import pytest

from sipapp.api import SettingsError
from sipapp.files.atomic_write import create_file, replace_file
from sipapp.files.signing_key import load_signing_key


@pytest.fixture
def file(tmp_path):
    return tmp_path / "state" / "secret"


def test_the_file_is_made_once_for_its_owner_alone(file):
    key = load_signing_key(file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert len(file.read_text().strip()) == 64
    assert load_signing_key(file) == key
    assert [each.name for each in file.parent.iterdir()] == ["secret"]


def test_servers_that_start_at_the_same_moment_get_the_same_key(file):
    with ThreadPoolExecutor(8) as pool:
        keys = list(pool.map(load_signing_key, [file] * 32))
    assert len(set(keys)) == 1
    assert [each.name for each in file.parent.iterdir()] == ["secret"]


def test_without_a_file_each_start_has_a_key_of_its_own():
    assert load_signing_key(None) != load_signing_key(None)


def test_each_purpose_has_a_key_of_its_own(file):
    key = load_signing_key(file)
    assert key.derive("nonce") == load_signing_key(file).derive("nonce")
    assert key.derive("nonce") != key.derive("session cookie")


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o602])
def test_a_file_that_is_open_to_others_is_refused(file, mode):
    load_signing_key(file)
    file.chmod(mode)
    with pytest.raises(SettingsError, match=f"chmod 600 {file}"):
        load_signing_key(file)


@pytest.mark.parametrize("text", ["", "\n", "too-short"])
def test_a_secret_that_can_be_guessed_is_refused(file, text):
    load_signing_key(file)
    file.write_text(text)
    with pytest.raises(SettingsError, match=r"sipapp.secret_file.*fewer than 32 characters"):
        load_signing_key(file)


def test_a_place_that_cannot_be_used_is_named(tmp_path):
    (tmp_path / "state").touch()
    with pytest.raises(SettingsError, match=rf"sipapp.secret_file.*{tmp_path}/state"):
        load_signing_key(tmp_path / "state" / "secret")


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path, monkeypatch):
    file = tmp_path / "list"
    replace_file(file, b"old", 0o640)
    assert stat.S_IMODE(file.stat().st_mode) == 0o640

    def fail(_):
        raise OSError("full")

    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", fail)
        with pytest.raises(OSError, match="full"):
            replace_file(file, b"new")
    assert file.read_bytes() == b"old"
    replace_file(file, b"new")
    assert file.read_bytes() == b"new"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [each.name for each in tmp_path.iterdir()] == ["list"]


def test_a_new_file_takes_the_place_of_none(tmp_path):
    file = tmp_path / "secret"
    create_file(file, b"first")
    with pytest.raises(FileExistsError):
        create_file(file, b"second")
    assert file.read_bytes() == b"first"
    assert [each.name for each in tmp_path.iterdir()] == ["secret"]


def test_what_killed_writers_left_is_removed_and_what_is_being_written_is_not(tmp_path):
    file = tmp_path / "secret"
    left, writing, another = (
        tmp_path / name for name in (".secret.abcd1234", ".secret.zzzz9999", ".secret2.abcd1234")
    )
    for each in (left, writing, another):
        each.write_bytes(b"s3cret")
    for each in (left, another):
        os.utime(each, (0, 0))
    replace_file(file, b"new")
    assert {*tmp_path.iterdir()} == {file, writing, another}
