import errno
import os
from pathlib import Path

from tests.unprivileged import only_root

from sipapp.files.write_access import existing, explain, owner


def test_a_fault_without_advice_is_reported_as_it_is(tmp_path):
    error = OSError(errno.EIO, "Input/output error")
    assert explain(tmp_path, error) == f"{tmp_path}: Input/output error."


def test_the_nearest_folder_that_is_there(tmp_path):
    assert existing(tmp_path / "a" / "b") == tmp_path
    assert existing(Path("/no-such-folder/a")) == Path("/")


@only_root
def test_users_without_a_name_are_numbers(tmp_path):
    os.chown(tmp_path, 54321, 54322)
    assert owner(tmp_path).startswith(f"{tmp_path} belongs to user 54321 and group 54322, mode 07")
