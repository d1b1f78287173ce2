"""Descriptors: what hooks return, and what observers are told."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Literal, TypeVar

from sipapp.model.account import Permission
from sipapp.model.apply import Apply
from sipapp.model.change import Actor, FieldChange
from sipapp.model.extension import Extension
from sipapp.model.type_checks import check_types
from sipapp.settings.options import Option

T = TypeVar("T")

Action = Literal[
    "created",
    "updated",
    "password",
    "renamed",
    "disabled",
    "enabled",
    "deleted",
    "mended",
    "undone",
]


@dataclass(frozen=True)
class Backend(Generic[T]):
    """An offer to make a storage or a reload strategy.

    ``factory`` is called with the parsed ``options`` as keyword arguments, once
    for each instance that the ini names.  It raises ``SettingsError`` if they do
    not fit together, and must not fail because a switch or a disk is down.
    """

    name: str
    factory: Callable[..., T]
    description: str
    options: Sequence[Option] = ()


@dataclass(frozen=True)
class AdminColumn:
    """A column of the list of extensions.

    ``cells`` gets the extensions of the page that is shown (without passwords)
    and returns text by extension id; a missing id is an empty cell.
    """

    id: str
    title: str
    cells: Callable[[Sequence[Extension]], Mapping[str, str]]


@dataclass(frozen=True)
class AdminLink:
    """A link to a page of the plugin, above the list of extensions.

    ``route`` is the name of the page's route, which has no placeholder.  The link is shown to
    accounts with ``permission``, which is that of the page's view: ``view``, ``operate`` or
    ``admin``.
    """

    title: str
    route: str
    permission: str = Permission.ADMIN

    def __post_init__(self) -> None:
        check_types(self)
        if self.permission not in tuple(Permission):
            known = ", ".join(Permission)
            raise ValueError(f"{self.permission!r} is no permission. Permissions: {known}.")


@dataclass(frozen=True)
class HealthCheck:
    """A line of ``/sip/health`` and of the health page: ``check`` raises if something is not well.

    What it returns is shown on the page, which asks for a log-in, and not in ``/sip/health``,
    which is public.  What it raises goes to the log.
    """

    name: str
    check: Callable[[], str]


@dataclass(frozen=True)
class ProposedChange:
    """A change that plugins may refuse: the extension as it would be, and as it is.

    ``old`` is ``None`` for a new extension.  Both carry their passwords: never log them.
    """

    new: Extension
    old: Extension | None = None


@dataclass(frozen=True)
class ExtensionChanged:
    """A stored change, for observers: the extension, the action, and what the switches answered.

    ``extension`` is as stored after the change (as before it for ``deleted``),
    without passwords.  ``fields`` names what changed, secrets by name only.
    ``old_id`` is the id that it had before, if that is another one (``renamed``).
    ``actor`` is who did it, and ``changes`` is from what to what.  ``at`` is when (UTC),
    ``entry_id`` the entry of the history, ``undoes`` the entry that the change took back, empty
    if none.  ``exists`` says whether there is such an extension now: not after ``deleted``, nor
    if the creation was undone.
    """

    action: Action
    extension: Extension
    fields: tuple[str, ...]
    apply: Apply
    actor: Actor
    changes: tuple[FieldChange, ...]
    old_id: str
    at: datetime
    entry_id: str
    undoes: str
    exists: bool
