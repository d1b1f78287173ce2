"""Roles, and what each may do.  Every view names a permission; none names a role."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from sipapp.model.type_checks import check_types

OPERATOR_FIELDS: Final = frozenset(
    {
        "password",
        "vm_password",
        "caller_id_name",
        "caller_id_number",
        "outbound_caller_id_name",
        "outbound_caller_id_number",
    }
)
"""The fields of an extension that :data:`Permission.OPERATE` is enough for."""


class Permission(StrEnum):
    """What a view asks for."""

    VIEW = "view"
    """See extensions, health and live status."""
    OPERATE = "operate"
    """Change passwords and caller IDs, and make the switches reload."""
    ADMIN = "admin"
    """Everything."""


class Role(StrEnum):
    """The role of an account; each has the permissions of those before it."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    ADMINISTRATOR = "administrator"

    def may(self, permission: str) -> bool:
        """Whether the role has a permission; an unknown one is of administrators only."""
        return permission in _PERMISSIONS[self] or self is Role.ADMINISTRATOR


_PERMISSIONS: Final[Mapping[Role, frozenset[str]]] = {
    Role.VIEWER: frozenset({Permission.VIEW}),
    Role.OPERATOR: frozenset({Permission.VIEW, Permission.OPERATE}),
    Role.ADMINISTRATOR: frozenset(Permission),
}


@dataclass(frozen=True)
class Account:
    """A logged-in user."""

    name: str
    role: Role

    def __post_init__(self) -> None:
        check_types(self)
