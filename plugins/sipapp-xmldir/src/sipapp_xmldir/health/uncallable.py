"""Findings about extensions that cannot be called, because the dialplan does not lead to them."""

from collections.abc import Iterable, Iterator

from sipapp.api import Finding
from sipapp_xmldir.health.dialplan import Dialplan
from sipapp_xmldir.health.user_findings import User, about


def uncallable_users(users: Iterable[User], dialplan: Dialplan) -> Iterator[Finding]:
    """Users that cannot be called; none if the dialplan was not fully read."""
    if dialplan.gaps:
        return
    for user in users:
        if not user.phone:
            continue
        route = dialplan.route(user.id)
        if route.rings or (user.alias and dialplan.route(user.alias).rings):
            continue
        if route.taken_by:
            yield _taken(user, route.taken_by, dialplan)
        else:
            yield _no_match(user, dialplan)


def _taken(user: User, by: str, dialplan: Dialplan) -> Finding:
    return about(
        user,
        code="taken-by-dialplan",
        severity="warning",
        title=f"Its number leads to “{by}” in the dialplan",
        meaning="It can register and make calls, but who dials its number does not reach it: "
        f"in {dialplan.name}, another extension of the dialplan takes the call, and does not "
        "bridge it to the user.",
        remedy="Give it a number that the dialplan leaves to users (1000 to 1019 as FreeSWITCH "
        "is delivered), or change the dialplan.",
    )


def _no_match(user: User, dialplan: Dialplan) -> Finding:
    return about(
        user,
        code="not-in-dialplan",
        severity="warning",
        title="The dialplan does not lead to it",
        meaning="It can register and make calls, but nobody can call it: no extension of the "
        f"dialplan {dialplan.name} that could lead to it matches its number.",
        remedy="Widen the expression of the dialplan's extension that calls users: "
        "“Local_Extension” as FreeSWITCH is delivered, which takes only 1000 to 1019.",
    )
