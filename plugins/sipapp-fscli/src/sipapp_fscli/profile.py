"""The configuration file that hands fs_cli a password.

fs_cli takes a password as an argument, which ``ps`` shows to everyone, or from
``~/.fs_cli_conf`` (fs_cli.c:1513 of FreeSWITCH 1.10.12).  So it gets a home of its
own with such a file, for one run.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

MAX_PASSWORD: Final = 127
"""Bytes; fs_cli.c:57 cuts what is longer."""
# esl_config.c: a line ends there, spaces before a value are skipped, two semicolons begin a
# comment. fs_cli sends what is left as one line.
_FITS: Final = re.compile(r"(?![ \t])(?!.*;;)[^\r\n\0]+")


def fits(password: str) -> bool:
    """Whether the file can carry this password."""
    return bool(_FITS.fullmatch(password)) and len(password.encode()) <= MAX_PASSWORD


@contextmanager
def home_with(password: str) -> Iterator[Path]:
    """A directory for ``HOME`` where only we can read the password; gone afterwards.

    Raises ``OSError`` if it cannot be made.
    """
    with TemporaryDirectory(prefix="sipapp-fs_cli-") as directory:
        profile = Path(directory, ".fs_cli_conf")
        profile.touch(mode=0o600)
        profile.write_text(f"[default]\npassword => {password}\n", encoding="utf-8")
        yield Path(directory)
