"""Roles, and the permission that each effect of a request needs.

Every view names an effect; none names a role.  An effect that a part of a request has, such as the
end of calls with a new password, is asked for where that part is read.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from sipapp.model.type_checks import check_types


class Role(StrEnum):
    """The role of an account; each has the permissions of those before it."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    ADMINISTRATOR = "administrator"

    def may(self, permission: str) -> bool:
        """Whether the role has the permission for an effect, or one of :class:`Permission`.

        An unknown one is of administrators only.
        """
        roles = tuple(Role)
        return roles.index(self) >= roles.index(_LEAST.get(permission, Role.ADMINISTRATOR))


class Permission(StrEnum):
    """What a page of a plugin asks for."""

    VIEW = "view"
    """What a viewer has."""
    OPERATE = "operate"
    """What an operator has."""
    ADMIN = "admin"
    """What an administrator has."""


class Effect(StrEnum):
    """What a request of the manager or its API does."""

    SEE = "see"
    SEE_HISTORY = "see_history"
    SEE_REPORTS = "see_reports"
    CHANGE_CALLER_ID = "change_caller_id"
    SET_PASSWORD = "set_password"  # noqa: S105
    RELOAD = "reload"
    RUN_DOCTOR = "run_doctor"
    CREATE = "create"
    CHANGE_FIELDS = "change_fields"
    RENAME = "rename"
    ENABLE = "enable"
    DISABLE = "disable"
    DELETE = "delete"
    MEND = "mend"
    UNDO = "undo"
    END_CALLS = "end_calls"
    DROP_REGISTRATION = "drop_registration"
    DELETE_REPORT = "delete_report"


@dataclass(frozen=True)
class EffectRule:
    """The least role that may have an effect, and the effect in words."""

    role: Role
    words: str


EFFECTS: Final[Mapping[Effect, EffectRule]] = {
    Effect.SEE: EffectRule(
        Role.VIEWER,
        "see extensions without their passwords, directory health, the doctor's last report, "
        "registered phones and calls",
    ),
    Effect.SEE_HISTORY: EffectRule(
        Role.OPERATOR,
        "see the history: old values, and names and addresses of those who changed something",
    ),
    Effect.SEE_REPORTS: EffectRule(Role.OPERATOR, "see fault reports of phones"),
    Effect.CHANGE_CALLER_ID: EffectRule(Role.OPERATOR, "change caller IDs, outbound ones too"),
    Effect.SET_PASSWORD: EffectRule(
        Role.OPERATOR,
        "set passwords and voicemail PINs; a new password drops the registrations of its extension",
    ),
    Effect.RELOAD: EffectRule(Role.OPERATOR, "make the switches reload"),
    Effect.RUN_DOCTOR: EffectRule(Role.OPERATOR, "run the doctor"),
    Effect.CREATE: EffectRule(Role.ADMINISTRATOR, "create extensions"),
    Effect.CHANGE_FIELDS: EffectRule(
        Role.ADMINISTRATOR, "change the other fields, such as context and toll allow"
    ),
    Effect.RENAME: EffectRule(Role.ADMINISTRATOR, "give an extension another id"),
    Effect.ENABLE: EffectRule(Role.ADMINISTRATOR, "enable extensions"),
    Effect.DISABLE: EffectRule(Role.ADMINISTRATOR, "disable extensions"),
    Effect.DELETE: EffectRule(Role.ADMINISTRATOR, "delete extensions"),
    Effect.MEND: EffectRule(Role.ADMINISTRATOR, "mend what directory health finds"),
    Effect.UNDO: EffectRule(Role.ADMINISTRATOR, "take changes of the history back"),
    Effect.END_CALLS: EffectRule(
        Role.ADMINISTRATOR, "end calls, also with a new password or another change"
    ),
    Effect.DROP_REGISTRATION: EffectRule(Role.ADMINISTRATOR, "drop single registrations"),
    Effect.DELETE_REPORT: EffectRule(Role.ADMINISTRATOR, "delete reports of phones"),
}
"""The table of docs/accounts.md is made of this."""

_LEAST: Final[Mapping[str, Role]] = {
    Permission.VIEW: Role.VIEWER,
    Permission.OPERATE: Role.OPERATOR,
    Permission.ADMIN: Role.ADMINISTRATOR,
    **{effect: rule.role for effect, rule in EFFECTS.items()},
}

_EFFECTS_OF_FIELDS: Final[Mapping[str, Effect]] = {
    "password": Effect.SET_PASSWORD,
    "vm_password": Effect.SET_PASSWORD,
    "caller_id_name": Effect.CHANGE_CALLER_ID,
    "caller_id_number": Effect.CHANGE_CALLER_ID,
    "outbound_caller_id_name": Effect.CHANGE_CALLER_ID,
    "outbound_caller_id_number": Effect.CHANGE_CALLER_ID,
}


def effect_of_field(name: str) -> Effect:
    """The effect of a change of this field of an extension."""
    return _EFFECTS_OF_FIELDS.get(name, Effect.CHANGE_FIELDS)


@dataclass(frozen=True)
class Account:
    """A logged-in user."""

    name: str
    role: Role

    def __post_init__(self) -> None:
        check_types(self)
