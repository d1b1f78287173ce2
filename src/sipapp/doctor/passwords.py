"""The administrator's password.  Those of users are in the directory's health."""

from collections.abc import Iterator
from typing import Final

from sipapp.diagnosis import Diagnosis, fault, ok, warning
from sipapp.doctor.patient import Patient

MIN_LENGTH: Final = 12
"""Characters below which a password is a warning; below two thirds of it, a fault."""

_GUESSED: Final = frozenset({"1234", "12345678", "123456789", "password", "cluecon", "freeswitch"})
_HOW: Final = (
    "Set SIP_ADMIN_PASS, or SIP_ADMIN_PASS_FILE with a path, in the server's environment: "
    f"{MIN_LENGTH} characters or more that nobody guesses. Then start the server again."
)


def examine(patient: Patient) -> Iterator[Diagnosis]:
    """Whether the admin pages ask for a password, and for one worth the name."""
    check = "password.admin"
    account = patient.settings.admin
    if account.password is None:
        yield _none(patient)
        return
    length, lower = len(account.password), account.password.casefold()
    if lower in _GUESSED or lower == account.user.casefold() or len(set(lower)) < 3:
        yield fault(check, "The administrator's password is one of the first to be tried.", _HOW)
    elif length < MIN_LENGTH * 2 // 3:
        yield fault(check, "The administrator's password is very short.", _HOW)
    elif length < MIN_LENGTH:
        yield warning(check, f"The administrator's password is below {MIN_LENGTH} long.", _HOW)
    else:
        yield ok(check, f"There is an administrator's password, {MIN_LENGTH} or longer.")


def _none(patient: Patient) -> Diagnosis:
    check = "password.admin"
    if patient.must_have_password:
        return warning(
            check,
            "This environment has no administrator's password. The server would not start "
            "without one (sipapp.require_admin_password), so it has it from elsewhere.",
            "To have it looked at, use the page, or give this command the server's environment.",
        )
    if patient.settings.demo:
        return warning(
            check, "The admin pages are open to everyone who reaches this server (a demo).", _HOW
        )
    return fault(check, "The admin pages are open to everyone who reaches this server.", _HOW)
