"""The administrator's password.  Those of users are in the directory's health."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from sipapp.accounts.admin_password import MIN_LENGTH, admin_password_weakness
from sipapp.accounts.user_file import UserFile
from sipapp.doctor.target import DiagnosisTarget
from sipapp.model.diagnosis import Diagnosis, fault, ok, warning
from sipapp.model.errors import SettingsError

_CHECK: Final = "password.admin"
_ELSEWHERE: Final = (
    "To have it looked at, use the page, or give this command the server's environment."
)
_HOW: Final = (
    "Set SIP_ADMIN_PASS, or SIP_ADMIN_PASS_FILE with a path, in the server's environment: "
    f"{MIN_LENGTH} characters or more that nobody guesses. Then start the server again."
)


def examine(target: DiagnosisTarget) -> Iterator[Diagnosis]:
    """Whether the admin pages ask for a password, and for one worth the name."""
    check = _CHECK
    account = target.settings.admin
    if account.password is None:
        users = target.settings.users
        yield _none(target) if users is None else _of_file(target, users)
        return
    weakness = admin_password_weakness(account)
    if weakness == "guessed":
        yield fault(check, "The administrator's password is one of the first to be tried.", _HOW)
    elif weakness == "very short":
        yield fault(check, "The administrator's password is very short.", _HOW)
    elif weakness == "short":
        yield warning(check, f"The administrator's password is below {MIN_LENGTH} long.", _HOW)
    else:
        yield ok(check, f"There is an administrator's password, {MIN_LENGTH} or longer.")


def _of_file(target: DiagnosisTarget, users: Path) -> Diagnosis:
    """Whether the file of users has an administrator."""
    try:
        found = UserFile(users).has_administrator()
    except SettingsError as error:
        return fault(_CHECK, f"Nobody of the file of users can log in. {error}", "Mend that file.")
    if found:
        return ok(_CHECK, f"{users} has an administrator.")
    if not target.running:
        return warning(
            _CHECK,
            f"This environment has no administrator's password, and {users} has no administrator.",
            f"Without either, nobody can create extensions. {_ELSEWHERE}",
        )
    return fault(
        _CHECK,
        f"There is no administrator: the server's environment has no password, and {users} nobody "
        "of that role.",
        f"sipapp user add INI NAME --role administrator. Or: {_HOW}",
    )


def _none(target: DiagnosisTarget) -> Diagnosis:
    check = _CHECK
    if target.account_plugins:
        names = ", ".join(target.account_plugins)
        return ok(check, f"The admin pages take the accounts of plugins: {names}.")
    if target.must_have_password:
        return warning(
            check,
            "This environment has no administrator's password. The server would not start "
            "without one (sipapp.require_admin_password), so it has it from elsewhere.",
            _ELSEWHERE,
        )
    if target.settings.demo:
        return warning(
            check, "The admin pages are open to everyone who reaches this server (a demo).", _HOW
        )
    return fault(check, "The admin pages are open to everyone who reaches this server.", _HOW)
