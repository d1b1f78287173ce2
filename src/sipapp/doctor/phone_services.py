"""The services for phones: TURN credentials, and the folder of reports."""

from collections.abc import Iterator
from pathlib import Path

from sipapp.doctor.target import DiagnosisTarget
from sipapp.files.write_access import existing, explain, try_to_write
from sipapp.model.diagnosis import Diagnosis, fault, ok
from sipapp.settings.options import secret_file


def examine(target: DiagnosisTarget) -> Iterator[Diagnosis]:
    """Look at the files that the ini names."""
    phone = target.settings.phone
    if phone.turn_secret_file is not None:
        yield _turn_secret(phone.turn_secret_file)
    if phone.reports and phone.reports_directory is not None:
        yield _reports(phone.reports_directory)


def _turn_secret(file: Path) -> Diagnosis:
    check = "phone.turn"
    try:
        secret_file(str(file))
    except ValueError as error:
        return fault(
            check,
            f"No phone gets credentials for TURN: {error}",
            "Put coturn's static-auth-secret on its first line, and let the server's user read it.",
        )
    return ok(check, "The secret of the TURN server can be read here.")


def _reports(directory: Path) -> Diagnosis:
    check = "phone.reports"
    try:
        # The server makes it at its start.
        try_to_write(existing(directory))
    except OSError as error:
        return fault(
            check,
            f"Reports of phones cannot be kept. {explain(directory, error)}",
            "The server does not start without that folder: give it to the server's user.",
        )
    return ok(check, f"Reports of phones are kept in {directory}.")
