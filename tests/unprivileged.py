"""Being a user who may not write everything, for tests of what such a user is told."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

NOBODY = 65534

only_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root may become another user")


@contextmanager
def unprivileged() -> Iterator[None]:
    """Be user nobody for a while."""
    before = os.getgroups()
    os.setgroups([])
    os.setegid(NOBODY)
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)
        os.setgroups(before)


def let_in(folder: Path) -> None:
    """Let other users get to a folder of pytest's, which are private."""
    for parent in (folder, *folder.parents):
        if "pytest" in str(parent):
            parent.chmod(0o755)
