"""The file of users: one line for each, ``NAME:ROLE:HASH``, the hash by argon2id (RFC 9106).

Lines that begin with ``#`` are comments.
"""

import re
import stat
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from sipapp.files.atomic_write import replace_file
from sipapp.files.file_lock import file_lock
from sipapp.files.write_access import open_to_others
from sipapp.model.account import Role
from sipapp.model.errors import SettingsError, SipappError
from sipapp.model.text import invisible_error

MIN_LENGTH: Final = 12
"""Minimum length of a user's password: it is exposed to guessing by anyone who reaches the page."""

_HASHER: Final = PasswordHasher()
_NAME: Final = re.compile(r"[^#\s:\x00-\x1f\x7f][^:\x00-\x1f\x7f]{0,63}")


class UserRefused(SipappError):
    """A user cannot be added, changed or removed; the text says why."""


@dataclass(frozen=True)
class User:
    """A line of the file."""

    name: str
    role: Role
    hash: str = field(repr=False)


class UserFile:
    """Reads the file again when it has changed.  For several threads."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = Lock()
        self._seen: tuple[int, int, int] | None = None
        self._users: Mapping[str, User] = {}

    def users(self) -> Mapping[str, User]:
        """All users by name.  Raises ``SettingsError`` if the file cannot be read or understood."""
        try:
            state = self._path.stat()
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise SettingsError(f"The file of users cannot be read: {error}.") from error
        seen = (state.st_mtime_ns, state.st_size, state.st_ino)
        with self._lock:
            if seen != self._seen:
                self._users, self._seen = self._parse(self._lines()), seen
            return self._users

    def has_administrator(self) -> bool:
        """Whether one of its users is an administrator.  Raises as :meth:`users` does."""
        return any(user.role is Role.ADMINISTRATOR for user in self.users().values())

    def put(self, name: str, role: Role, password: str) -> None:
        """Add a user, or give one another role and password.  Raises ``UserRefused``."""
        if not _NAME.fullmatch(name) or name.strip() != name:
            raise UserRefused(
                "A name has 1 to 64 characters, no colon, no spaces around it, and no # before it."
            )
        if invisible := invisible_error(name):
            raise UserRefused(f"The name: {invisible}")
        if len(password) < MIN_LENGTH:
            raise UserRefused(f"A password needs at least {MIN_LENGTH} characters.")
        line = f"{name}:{role}:{_HASHER.hash(password)}"

        def with_user(lines: Sequence[str]) -> Sequence[str]:
            places = [place for place, each in enumerate(lines) if _name_in(each) == name]
            if not places:
                return [*lines, line]
            # Where a name stands twice, the last line counts.
            changed = [line if place == places[-1] else each for place, each in enumerate(lines)]
            return [each for place, each in enumerate(changed) if place not in places[:-1]]

        self._change(with_user)

    def remove(self, name: str) -> None:
        """Remove a user.  Raises ``UserRefused`` if there is none of that name."""

        def without(lines: Sequence[str]) -> Sequence[str]:
            left = [each for each in lines if _name_in(each) != name]
            if len(left) == len(lines):
                raise UserRefused(f"There is no user {name!r} in {self._path}.")
            return left

        self._change(without)

    def _lines(self) -> Sequence[str]:
        """The lines of the file.  Raises ``SettingsError``, also if others can read it."""
        try:
            text = self._path.read_text(encoding="utf-8")
            mode = self._path.stat().st_mode
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError(f"The file of users cannot be read: {error}.") from error
        if stat.S_IMODE(mode) & 0o077:
            raise SettingsError(open_to_others(self._path))
        # Not splitlines(): a name may contain what that takes for the end of a line.
        return text.removesuffix("\n").split("\n") if text else []

    def _parse(self, lines: Sequence[str]) -> Mapping[str, User]:
        users = {}
        for number, line in enumerate(lines, 1):
            if _name_in(line) is not None:
                user = self._parse_line(line, number)
                users[user.name] = user
        return users

    def _parse_line(self, line: str, number: int) -> User:
        try:
            name, role, hashed = line.split(":", 2)
            return User(name, Role(role), hashed)
        except ValueError as error:
            # Not the line itself: it may hold a password that was typed there.
            raise SettingsError(
                f"{self._path}, line {number}: not NAME:ROLE:HASH. Write it by `sipapp user add`."
            ) from error

    def _change(self, change: Callable[[Sequence[str]], Sequence[str]]) -> None:
        """Change lines, under a lock; comments, blank lines and the order stay."""
        with file_lock(self._path):
            lines = self._lines() if self._path.exists() else []
            self._parse(lines)  # so that no change is made of what cannot be read
            replace_file(self._path, "".join(f"{each}\n" for each in change(lines)).encode())


def _name_in(line: str) -> str | None:
    """The name that a line is about; ``None`` for a comment or a blank line."""
    is_user = line.strip() and not line.startswith("#")
    return line.partition(":")[0] if is_user else None


def matches(user: User, password: str) -> bool:
    """Whether the password is the user's.  Slow on purpose: some 50 ms and 64 MiB."""
    try:
        return _HASHER.verify(user.hash, password.encode("utf-8", "surrogatepass"))
    except (VerificationError, InvalidHashError):
        return False


def equalize_timing() -> None:
    """Take as long as :func:`matches` does, which is one hash, for a name that does not exist."""
    _HASHER.hash(b"")
