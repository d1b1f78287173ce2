"""How easily the administrator's password of the environment is guessed."""

from typing import Final, Literal

from sipapp.freeswitch.vanilla import GUESSED_PASSWORDS
from sipapp.settings.ini import AdminAccount

MIN_LENGTH: Final = 12
"""Characters below which a password is a warning; below two thirds of it, a fault."""

Weakness = Literal["", "short", "very short", "guessed"]


def admin_password_weakness(admin: AdminAccount) -> Weakness:
    """Why the password is weak; empty if it is not, or if there is none."""
    if admin.password is None:
        return ""
    length, lower = len(admin.password), admin.password.casefold()
    if lower in GUESSED_PASSWORDS or lower == admin.user.casefold() or len(set(lower)) < 3:
        return "guessed"
    if length < MIN_LENGTH * 2 // 3:
        return "very short"
    return "short" if length < MIN_LENGTH else ""
