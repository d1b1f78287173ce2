"""Versions: the same wherever they are made, and no help to who wants to know a password."""

import hashlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sipapp_xmldir.files import versions
from sipapp_xmldir.files.versions import version_of

DATA = b'<include>\n<user id="1000">...</user>\n</include>\n'
IN_ANOTHER_PROCESS = "from sipapp_xmldir.files.versions import version_of as v; print(v({!r}))"


@pytest.fixture(autouse=True)
def fresh_key() -> Iterator[None]:
    versions.version_key.cache_clear()
    yield
    versions.version_key.cache_clear()


def test_all_processes_of_a_machine_make_the_same_version():
    program = IN_ANOTHER_PROCESS.format(DATA)
    said = subprocess.check_output([sys.executable, "-c", program], text=True)
    assert said.strip() == version_of(DATA)
    assert version_of(DATA) != version_of(DATA + b" ")


def test_a_plain_hash_of_a_guess_is_not_the_version():
    for name in hashlib.algorithms_guaranteed - {"shake_128", "shake_256"}:
        assert hashlib.new(name, DATA).hexdigest()[:32] != version_of(DATA)
    assert hashlib.blake2b(DATA, digest_size=16).hexdigest() != version_of(DATA)


def test_another_machine_makes_another_version(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    found = set()
    for content in ("uninitialized\n", f"{'1' * 32}\n", f"{'2' * 32}\n"):
        (tmp_path / "machine-id").write_text(content)
        (tmp_path / "boot_id").write_text(f"{'3' * 36}\n")
        identities = tmp_path / "machine-id", tmp_path / "none", tmp_path / "boot_id"
        monkeypatch.setattr(versions, "KEY_SOURCES", identities)
        versions.version_key.cache_clear()
        found.add(version_of(DATA))
    assert len(found) == 3
