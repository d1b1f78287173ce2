"""``sipapp history forget``: removing the secrets of an extension from the history."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from sipapp.history.sqlite_store import DiskStore, check_usable
from sipapp.model.errors import SettingsError
from sipapp.settings.ini import parse_settings

Subparsers = Any  # argparse's own name for them is private


def add_to(commands: Subparsers, read: Callable[[str], Mapping[str, str]]) -> None:
    """Add the command; ``read`` reads an ini, given its path."""
    history = commands.add_parser("history", help="remove old passwords from the history")
    actions = history.add_subparsers(required=True)
    forget = actions.add_parser(
        "forget",
        help="remove what an extension was before its changes, with passwords; the entries stay, "
        "and cannot be taken back any more",
    )
    forget.add_argument("extension", metavar="ID", help="the extension, also a deleted one")
    forget.add_argument("ini", help="an ini file with sipapp.history")
    forget.set_defaults(run=lambda parsed: _forget(parsed.extension, _folder(read(parsed.ini))))


def _folder(ini: Mapping[str, str]) -> Path:
    path = parse_settings({**ini, "sipapp.require_admin_password": "false"}, os.environ).history
    if path is None:
        raise SettingsError("The ini names no history on disk: one in memory ends with the server.")
    if not path.exists():
        raise SettingsError(f"There is no history at {path} (sipapp.history).")
    return path


def _forget(extension_id: str, folder: Path) -> None:
    check_usable(folder)
    store = DiskStore(folder)
    store.import_old_files()
    forgotten = store.forget(extension_id)
    print(f"Extension {extension_id}: {forgotten.snapshots} changes cannot be taken back any more.")
    if forgotten.other_ids:
        others = ", ".join(forgotten.other_ids)
        print(f"It also had the id {others}: forget that too, unless another extension has it now.")
