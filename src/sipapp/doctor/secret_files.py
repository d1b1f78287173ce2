"""Modes of the files that hold a secret."""

import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from sipapp.model.diagnosis import Diagnosis, fault, ok
from sipapp.settings.ini import Settings, variable

_SECRET: Final = ("password_file", "secret_file")
_CHECK: Final = "password.files"


def examine(settings: Settings, environ: Mapping[str, str]) -> Iterator[Diagnosis]:
    """Look at the modes of all files with a secret that ini and environment name."""
    found = dict.fromkeys(_files(settings, environ))
    made_later = {settings.users: "`sipapp user add`", settings.secret_file: "the server's start"}
    safe = []
    for path in found:
        if path in made_later and not os.path.lexists(path):
            yield ok(_CHECK, f"{path} is not written yet: {made_later[path]} does that.")
            continue
        try:
            mode = stat.S_IMODE(path.stat().st_mode)
        except OSError as error:
            problem = f"{path} cannot be looked at: {error.strerror}."
            yield fault(_CHECK, problem, "Correct the path.")
            continue
        if mode & (stat.S_IROTH | stat.S_IWOTH):
            yield fault(
                _CHECK,
                f"{path} holds a secret, and everybody with an account on this machine can "
                f"{'change' if mode & stat.S_IWOTH else 'read'} it (mode {mode:04o}).",
                f"chmod o= {path}; a container's secret gets its mode where it is named "
                "(mode: 0400, defaultMode: 0400). Change the secret, if others have been here.",
            )
        else:
            safe.append(f"{path} ({mode:04o})")
    if safe:
        yield ok(_CHECK, f"Closed to others: {', '.join(safe)}.")


def _files(settings: Settings, environ: Mapping[str, str]) -> Iterator[Path]:
    for backend in (settings.storage, *settings.reloaders):
        for name, value in backend.options.items():
            if name.endswith(_SECRET) and value.strip():
                yield Path(value.strip()).expanduser().absolute()
    for file in (settings.users, settings.secret_file, settings.phone.turn_secret_file):
        if file is not None:
            yield file
    if admin := variable(environ, "SIP_ADMIN_PASS_FILE"):
        yield Path(admin).expanduser().absolute()
