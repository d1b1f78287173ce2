"""Findings about ids and aliases that several users have, and pointers without a user."""

import os
from collections.abc import Container, Iterator, Sequence

from sipapp.api import Finding, fold_id
from sipapp_xmldir.health.domain import Domain
from sipapp_xmldir.health.user_findings import User, about


def users_by_id(users: Sequence[User]) -> dict[str, User]:
    """The user that FreeSWITCH finds by each folded id, in its order."""
    first: dict[str, User] = {}
    for user in users:
        if not user.is_pointer and user.id:
            first.setdefault(fold_id(user.id), user)
    return first


def conflicting_users(users: Sequence[User]) -> Iterator[Finding]:
    """Users that are hidden by others; ``users`` are in FreeSWITCH's order.

    Ids are compared without regard to case, and the first match counts
    (switch_xml.c:408-462), be it of an id or of a ``number-alias`` (1906).
    """
    first: dict[str, User] = {}
    aliased: list[User] = []
    for user in users:
        if user.is_pointer or not user.id:
            continue
        key = fold_id(user.id)
        found = first.setdefault(key, user)
        if found is not user:
            yield _hidden(user, found)
        if user.alias and fold_id(user.alias) != key:
            aliased.append(user)
    # Aliases are rare.
    if aliased:
        yield from _alias_clashes(users, first, aliased)


def _hidden(user: User, first: User) -> Finding:
    return about(
        user,
        code="duplicate-id",
        severity="warning",
        title=f"Hidden by {_place(first)}",
        meaning="FreeSWITCH takes the first user of an id, in the order of the bytes of the "
        "files' names; capital and small letters are the same. This one has no effect: its "
        "password is not the one that counts.",
        remedy="Compare both files, and delete the one that is not wanted.",
    )


def _alias_clashes(
    users: Sequence[User], first: dict[str, User], aliased: Sequence[User]
) -> Iterator[Finding]:
    order = {id(user): place for place, user in enumerate(users)}
    by_alias: dict[str, User] = {}
    for user in aliased:
        alias = fold_id(user.alias)
        other = first.get(alias) or by_alias.setdefault(alias, user)
        if other is user:
            continue
        if order[id(user)] < order[id(other)]:
            yield about(
                user,
                code="alias-takes-id",
                severity="critical",
                title=f"Its number-alias is the id of {_place(other)}",
                meaning="FreeSWITCH finds this user when it looks for the other one: the other's "
                "phones cannot register with their own password, and its calls ring here.",
                remedy="Choose another number-alias, or remove it.",
            )
        else:
            yield about(
                user,
                code="alias-without-effect",
                severity="warning",
                title=f"Its number-alias already belongs to {_place(other)}",
                meaning="FreeSWITCH takes the first user with an id or number-alias. This alias "
                "has no effect: phones that register by it are the other user's.",
                remedy="Choose another number-alias, or remove it.",
            )


def lost_pointers(
    users: Sequence[User], domain: Domain, disabled: Container[str]
) -> Iterator[Finding]:
    """Pointers that lead to a user who is not there, or is one of the ``disabled`` ids."""
    known = {fold_id(user.id) for user in users if not user.is_pointer} | domain.users
    meaning = (
        "The group calls somebody who is not there. After an extension is deleted or disabled, "
        "FreeSWITCH still says that the user exists because of this line, and a phone that is "
        "registered goes on ringing."
    )
    for pointer in domain.pointers:
        if fold_id(pointer.id) not in known:
            yield Finding(
                code="lost-pointer",
                severity="warning",
                source=pointer.place.file,
                line=pointer.place.line,
                title=f"Group “{pointer.group}” has user {pointer.id}, "
                f"who is {'disabled' if fold_id(pointer.id) in disabled else 'not there'}",
                meaning=meaning,
                remedy="Remove the line from the file, or create or enable the extension.",
            )
    for user in users:
        if user.is_pointer and fold_id(user.id) not in known:
            yield about(
                user,
                code="lost-pointer",
                severity="warning",
                title="A pointer to a user who is not there",
                meaning=meaning,
                remedy="Remove the line from the file, or create or enable the extension.",
            )


def _place(user: User) -> str:
    return f"{os.path.basename(user.source)}:{user.line}"  # noqa: PTH119  (a text, not a path)
