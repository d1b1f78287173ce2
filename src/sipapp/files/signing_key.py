"""The key of an installation, from which the keys of all signatures are derived."""

import hmac
import secrets
import stat
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from sipapp.files.atomic_write import create_file
from sipapp.files.write_access import explain, open_to_others
from sipapp.model.errors import SettingsError

MIN_CHARACTERS: Final = 32


@dataclass(frozen=True)
class SigningKey:
    """Servers with the same secret accept each other's signatures."""

    secret: bytes = field(repr=False)

    def derive(self, purpose: str) -> bytes:
        """The key for one purpose: a signature for one is worth nothing for another."""
        return hmac.digest(self.secret, f"sipapp {purpose}".encode(), "sha256")


def load_signing_key(file: Path | None) -> SigningKey:
    """Read the secret file, or create it; without a file, the key ends with the process.

    Raises ``SettingsError`` if the file can be neither read nor created, is open to others, or
    is too short to be a secret.
    """
    if file is None:
        return SigningKey(secrets.token_bytes(32))
    try:
        if not file.exists():
            _create(file)
        mode = stat.S_IMODE(file.stat().st_mode)
        secret = file.read_bytes().strip()
    except OSError as error:
        raise _unusable(explain(file, error)) from error
    if mode & 0o077:
        raise _unusable(open_to_others(file))
    if len(secret) < MIN_CHARACTERS:
        raise _unusable(
            f"{file} has fewer than {MIN_CHARACTERS} characters. Remove it: the server makes it."
        )
    return SigningKey(secret)


def _create(file: Path) -> None:
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Another server that starts at the same moment may be first: its secret is ours then.
    with suppress(FileExistsError):
        create_file(file, f"{secrets.token_hex(32)}\n".encode())


def _unusable(why: str) -> SettingsError:
    return SettingsError(f"The secret file (sipapp.secret_file) cannot be used. {why}")
