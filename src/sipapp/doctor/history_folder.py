"""The folder of the history: without it, nothing can be changed."""

import os
from collections.abc import Iterator
from typing import Final

from sipapp.doctor.target import DiagnosisTarget
from sipapp.files.write_access import existing, explain, owner, user_name
from sipapp.history.sqlite_store import check_usable
from sipapp.history.store import HistoryStoreError
from sipapp.model.diagnosis import Diagnosis, fault, ok, warning

_CHECK: Final = "history.writable"


def examine(target: DiagnosisTarget) -> Iterator[Diagnosis]:
    """Whether a change could be recorded.  Creates nothing: this may be another user."""
    folder = target.settings.history
    if folder is None:
        yield ok(_CHECK, "The history is kept in memory, and ends with the server.")
        return
    try:
        check_usable(folder)
        whose = owner(existing(folder))
    except (OSError, HistoryStoreError) as error:
        why = explain(folder, error) if isinstance(error, OSError) else str(error)
        yield fault(
            _CHECK,
            f"The history (sipapp.history) cannot be written. {why}",
            "Until then no extension can be changed. See docs/history.md.",
        )
        return
    user = user_name(os.geteuid())
    if folder.exists():
        yield ok(_CHECK, f"The history is kept in a folder of its own: {whose}; this is {user}.")
    elif os.geteuid() == 0 and not target.running:
        yield warning(
            _CHECK,
            f"{folder} is not there yet. The server makes it if its user may, and that cannot be "
            "seen as root.",
            "Run the doctor as the server's user.",
        )
    else:
        yield ok(_CHECK, f"{folder} is not there yet, and {user} can make it: {whose}.")
