"""An entry of the history: one change of one extension, without its secrets."""

import json
import re
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from sipapp.extension import FIELDS, Extension
from sipapp.reload import SwitchOutcome

_ID: Final = re.compile(r"[0-9]{8}T[0-9]{12}-[0-9a-f]{8}")


@dataclass(frozen=True)
class Actor:
    """Who changed something: the account's name, and the address that the request came from."""

    name: str
    address: str = ""


NOBODY: Final = Actor("sipapp")
"""The program itself."""


@dataclass(frozen=True)
class FieldChange:
    """A field that changed; of a secret, both values are ``None``."""

    field: str
    old: str | None
    new: str | None


@dataclass(frozen=True)
class Entry:
    """One change.  ``at`` is UTC.

    ``digest`` stands for what was stored after it (:meth:`History.digest`), empty if
    nothing was.  ``undoes`` is the entry that the change took back, empty if none.
    """

    id: str
    at: datetime
    actor: Actor
    action: str
    extension: str
    changes: Sequence[FieldChange]
    switches: Sequence[SwitchOutcome]
    digest: str
    undoes: str = ""

    def to_json(self) -> str:
        """The entry as one line."""
        # Not asdict(), which copies each text: a thousand of these are written at once.
        document = vars(self) | {
            "at": self.at.isoformat(timespec="microseconds"),
            "actor": vars(self.actor),
            "changes": [vars(each) for each in self.changes],
            "switches": [vars(each) for each in self.switches],
        }
        # A lone surrogate can stand in a name that a plugin gave, and not in UTF-8.
        return json.dumps(document, ensure_ascii=True, separators=(",", ":"))

    @classmethod
    def from_json(cls, line: str) -> "Entry":
        """Read a line.  Raises ``ValueError`` for what is no entry."""
        try:
            given: dict[str, Any] = json.loads(line)
            return cls(
                **given
                | {
                    "at": datetime.fromisoformat(given["at"]),
                    "actor": Actor(**given["actor"]),
                    "changes": tuple(FieldChange(**each) for each in given["changes"]),
                    "switches": tuple(SwitchOutcome(**each) for each in given["switches"]),
                }
            )
        except (KeyError, TypeError) as error:
            raise ValueError("not an entry of the history") from error


def new_id(now: datetime) -> str:
    """An id that sorts by time."""
    return f"{now.astimezone(UTC):%Y%m%dT%H%M%S%f}-{secrets.token_hex(4)}"


def is_id(text: str) -> bool:
    """Whether the text can be the id of an entry: it becomes the name of a file."""
    return _ID.fullmatch(text) is not None


def field_changes(before: Extension | None, after: Extension | None) -> Iterator[FieldChange]:
    """What differs between two states of an extension, secrets by name only.

    Both with their secrets: that one changed can be told, and nothing more.
    """
    for field in FIELDS:
        old, new = (_value(state, field.name) for state in (before, after))
        if old == new:
            continue
        if field.secret:
            yield FieldChange(field.name, None, None)
        else:
            yield FieldChange(field.name, old, new)


def _value(state: Extension | None, name: str) -> str:
    if state is None:
        return ""
    inherited: Mapping[str, str] = state.inherited
    return inherited.get(name) or str(getattr(state, name))
