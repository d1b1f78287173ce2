"""An entry of the history: a change of an extension, without its secrets, or another action."""

import json
import re
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Literal, get_args

from sipapp.model.apply import Outcome, SwitchOutcome
from sipapp.model.change import Actor, FieldChange
from sipapp.model.extension import FIELDS, Extension

Operation = Literal[
    "call_ended", "registration_dropped", "report_deleted", "reloaded", "mended_elsewhere"
]
"""An action that changes no extension: it has no snapshot, and no undo."""
_OPERATIONS: Final[frozenset[str]] = frozenset(get_args(Operation))

_ID: Final = re.compile(r"[0-9]{8}T[0-9]{12}-[0-9a-f]{8}")
_STAMP: Final = "%Y%m%dT%H%M%S%f"


@dataclass(frozen=True)
class Entry:
    """One change, or an :data:`Operation`, of which ``detail`` tells more.  ``at`` is UTC.

    ``digest`` stands for what was stored after it (:mod:`sipapp.history.digest`), empty if
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
    detail: str = ""

    @property
    def is_change(self) -> bool:
        """Whether it is a change of an extension, and no :data:`Operation`."""
        return self.action not in _OPERATIONS

    @property
    def old_extension(self) -> str:
        """The id before the change: another one for a rename."""
        renamed = (change.old for change in self.changes if change.field == "id")
        return next(renamed, None) or self.extension

    def to_json(self) -> str:
        """The entry as JSON, in ASCII."""
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
    def from_json(cls, text: str) -> "Entry":
        """Parse :meth:`to_json`.  Raises ``ValueError`` for what is no entry.

        A value of a wrong type, as a plugin may once have given it, is made text, so that the
        rest of the entry can be read.
        """
        try:
            given: dict[str, Any] = json.loads(text)
            entry_id, at = given["id"], datetime.fromisoformat(given["at"])
            actor = _object(given.get("actor"))
        except (KeyError, TypeError, AttributeError, RecursionError) as error:
            raise ValueError("not an entry of the history") from error
        if not is_id(_text(entry_id)):
            raise ValueError("an entry without an id")
        undoes = _text(given.get("undoes"))
        return cls(
            id=entry_id,
            at=at,
            actor=Actor(_text(actor.get("name")), _text(actor.get("address"))),
            action=_text(given.get("action")),
            extension=_text(given.get("extension")),
            changes=tuple(map(_field_change, _objects(given.get("changes")))),
            switches=tuple(map(_outcome, _objects(given.get("switches")))),
            digest=_text(given.get("digest")),
            undoes=undoes if is_id(undoes) else "",
            detail=_text(given.get("detail")),
        )


def new_id(now: datetime) -> str:
    """An id that sorts by time."""
    return f"{now.astimezone(UTC):{_STAMP}}-{secrets.token_hex(4)}"


def is_id(text: str) -> bool:
    """Whether the text can be the id of an entry."""
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


def _text(value: object) -> str:
    return value if isinstance(value, str) else "" if value is None else str(value)


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _objects(value: object) -> Iterator[Mapping[str, Any]]:
    return map(_object, value if isinstance(value, list) else [])


def _field_change(given: Mapping[str, Any]) -> FieldChange:
    old, new = (None if given.get(name) is None else _text(given[name]) for name in ("old", "new"))
    return FieldChange(_text(given.get("field")), old, new)


def _outcome(given: Mapping[str, Any]) -> SwitchOutcome:
    seconds = given.get("seconds")
    known: Sequence[Outcome] = get_args(Outcome)
    return SwitchOutcome(
        name=_text(given.get("name")),
        outcome=next((each for each in known if each == given.get("outcome")), "pending"),
        detail=_text(given.get("detail")),
        seconds=seconds if isinstance(seconds, float | int) and 0 <= seconds < 1e9 else 0.0,
        forgotten=_text(given.get("forgotten")),
    )


def _value(state: Extension | None, name: str) -> str:
    if state is None:
        return ""
    inherited: Mapping[str, str] = state.inherited
    return inherited.get(name) or str(getattr(state, name))
