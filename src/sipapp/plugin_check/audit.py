"""What a plugin does to the machine while it is imported: found out in a process of its own.

``python -m sipapp.plugin_check.audit NAME`` prints it as JSON, on the last line.
"""

import json
import os
import subprocess
import sys
from contextlib import redirect_stdout
from typing import Any, Final

from sipapp.hooks.manager import Plugins
from sipapp.model.errors import SettingsError

TIME_LIMIT_SECONDS: Final = 60.0

_WRITING: Final = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_PREFIXES: Final = (
    *("socket.", "shutil.", "tempfile.", "sqlite3.connect", "subprocess."),
    *("os.exec", "os.spawn", "os.posix_spawn", "os.fork", "os.system"),
)
_CHANGES: Final = frozenset(
    f"os.{name}"
    for name in (
        *("chmod", "chown", "link", "mkdir", "remove", "removexattr", "rename", "rmdir"),
        *("setxattr", "symlink", "truncate", "utime"),
    )
)


def audit(name: str) -> list[str]:
    """Import a plugin anew and ask for its back ends; returns each I/O that was seen.

    Raises ``SettingsError`` if that cannot be done.
    """
    environ = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command = [sys.executable, "-P", "-B", "-m", "sipapp.plugin_check.audit", name]
    try:
        done = subprocess.run(
            command,
            env=environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=TIME_LIMIT_SECONDS,
            check=True,
        )
    except subprocess.TimeoutExpired as error:
        raise SettingsError(
            f"Plugin {name!r} was not imported within {TIME_LIMIT_SECONDS:g} s."
        ) from error
    except subprocess.CalledProcessError as error:
        last = (error.stderr.strip().splitlines() or [f"status {error.returncode}"])[-1]
        raise SettingsError(
            f"Plugin {name!r} cannot be imported in a new process: {last}"
        ) from error
    seen: list[str] = json.loads(done.stdout.splitlines()[-1])
    return seen


def main(name: str) -> None:
    """Load the plugin, and print what was seen meanwhile."""
    events: list[tuple[str, tuple[Any, ...]]] = []
    sys.addaudithook(lambda event, arguments: events.append((event, arguments)))
    try:
        with redirect_stdout(sys.stderr):
            Plugins.load_only(name)
    except SettingsError as error:
        raise SystemExit(str(error)) from error
    seen = [
        " ".join([event, *map(str, arguments[:1])])
        for event, arguments in tuple(events)
        if is_io(event, arguments)
    ]
    sys.stdout.write(json.dumps(list(dict.fromkeys(seen))) + "\n")


def is_io(event: str, arguments: tuple[Any, ...]) -> bool:
    """Whether an event of Python's audit is a write, a socket or a program."""
    if event == "open":
        return bool((arguments[2] or 0) & _WRITING)
    return event in _CHANGES or event.startswith(_PREFIXES)


if __name__ == "__main__":
    main(sys.argv[1])
