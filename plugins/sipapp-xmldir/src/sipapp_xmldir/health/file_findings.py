"""Findings about one file: what FreeSWITCH drops of it, and what it breaks."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, NamedTuple

from sipapp.api import Finding, Severity, fold_id
from sipapp_xmldir.directory.snapshot import ListedEntry
from sipapp_xmldir.emulation.errors import without_quoted
from sipapp_xmldir.emulation.stripping import without
from sipapp_xmldir.health.file_description import describe
from sipapp_xmldir.health.user_findings import User, described_user, plain_user
from sipapp_xmldir.health.variables import Variables
from sipapp_xmldir.parse.division import Division

_EXECUTED: Final = "is not done here"
_UNREAD: Final = "sipapp did not read it"

_OBEYED: Final = re.compile(r"<!--#(?:set|include) ", re.IGNORECASE)

_NOT_THERE: Final = (
    "FreeSWITCH says “Success” when it reloads, and does as if this were not in the file."
)


class FileFacts(NamedTuple):
    """The users of one file, and what is wrong with the file itself."""

    users: tuple[User, ...] = ()
    findings: tuple[Finding, ...] = ()


def file_facts(group: Sequence[ListedEntry], data: bytes | None, variables: Variables) -> FileFacts:
    """Look at a file by its entries in the list.

    ``data`` is only needed where the entries do not say all: see :func:`needs_data`.
    """
    first = group[0]
    if not needs_data(group) and first.line:
        return FileFacts(tuple(plain_user(each, variables) for each in group))
    if data is None:
        return FileFacts(findings=tuple(_unread(first)))
    described = describe(first.extension.source, data, variables)
    users = tuple(
        described_user(each, _entry_of(each, group, described["users"]), variables)
        for each in described["users"]
    )
    return FileFacts(users, tuple(_findings(first, data, described)))


def domain_file_facts(
    group: Sequence[ListedEntry],
    division: Division | None,
    data: bytes | None,
    variables: Variables,
) -> FileFacts:
    """Look at a file with a whole domain in it: at each user by itself.

    Without a ``division`` it cannot be read, and only ``data`` tells whether it breaks a reload.
    """
    if division:
        found = (_user_alone(each, division, variables) for each in group)
        return FileFacts(tuple(each for each in found if each))
    if data is None:
        return FileFacts(findings=tuple(_unread(group[0])))
    described = describe(group[0].extension.source, data, variables)
    codes = ("breaks-reload", "swallows-next")
    findings = _findings(group[0], data, described)
    return FileFacts(findings=tuple(each for each in findings if each.code in codes))


def _user_alone(listed: ListedEntry, division: Division, variables: Variables) -> User | None:
    if listed.line and listed.extension.has_password:
        return plain_user(listed, variables)
    number = listed.number or 0
    described = describe(listed.extension.source, division.alone(number), variables)
    if len(described["users"]) != 1:
        return None
    user = described_user(described["users"][0], listed, variables)
    return replace(user, line=division.line(number))


def needs_data(group: Sequence[ListedEntry]) -> bool:
    """Whether the file has to be read to know what FreeSWITCH makes of it."""
    # Without a password, params that are no field of an extension decide.
    is_known = all(each.line and each.extension.has_password for each in group)
    has_twins = len({fold_id(each.extension.id) for each in group}) < len(group)
    return bool(group[0].extension.version) and (has_twins or not is_known)


def _entry_of(
    described: Mapping[str, Any], group: Sequence[ListedEntry], users: Sequence[object]
) -> ListedEntry:
    """The entry of the list that stands for a user of the file."""
    if len(group) == len(users) == 1:
        return group[0]
    same = (each for each in group if each.extension.id == described["id"])
    return next(same, None) or _with_id(group[0], described["id"] or "")


def _with_id(listed: ListedEntry, extension_id: str) -> ListedEntry:
    reason = listed.extension.read_only or "FreeSWITCH reads another id than stands in the file."
    return listed._replace(extension=replace(listed.extension, id=extension_id, read_only=reason))


def _findings(listed: ListedEntry, data: bytes, described: Mapping[str, Any]) -> Iterator[Finding]:
    breaks_reload = described["breaks_reload"]
    if described["swallows"]:
        yield _swallows(listed)
    elif breaks_reload:
        yield _breaks(listed, breaks_reload["line"], breaks_reload["error"])
    if breaks_reload or described["swallows"]:
        return
    if not described["users"]:
        yield _no_users(listed, data)
    for dropped in described["dropped"]:
        if _OBEYED.match(dropped["text"]):
            continue  # It is taken away because it is done.
        yield _dropped(listed, dropped["line"], dropped["reason"])


def _breaks(listed: ListedEntry, line: int | None, error: str) -> Finding:
    return _about(
        listed,
        line,
        code="breaks-reload",
        severity="critical",
        title=f"FreeSWITCH cannot read it: {without_quoted(error)}",
        meaning="FreeSWITCH refuses its whole configuration because of this file: it keeps "
        "what it had, no change of any extension arrives any more, and it will not start again.",
        remedy="Correct the file at this line, or move it out of the directory.",
    )


def _swallows(listed: ListedEntry) -> Finding:
    return _about(
        listed,
        None,
        code="swallows-next",
        severity="critical",
        title="Something is not closed, and swallows what follows",
        meaning="FreeSWITCH takes the beginning of the next file as a part of this one, and its "
        "users are lost. It says “Success” all the same.",
        remedy="Look for a quote, a comment or an element without its end, and close it.",
    )


def _no_users(listed: ListedEntry, data: bytes) -> Finding:
    is_meant = b"<user" in without(data, b"<!--", b"-->")
    severity: Severity = "critical" if is_meant else "note"
    return _about(
        listed,
        None,
        code="no-user",
        severity=severity,
        title="FreeSWITCH reads no user from it",
        meaning=_NOT_THERE
        if is_meant
        else "The file has no effect, and nothing is wrong with that.",
        remedy="Write <include> and </include> each on a line of its own, and between them the "
        "user as in FreeSWITCH's own files."
        if is_meant
        else "Delete the file if it is not needed.",
    )


def _dropped(listed: ListedEntry, line: int, reason: str) -> Finding:
    if _EXECUTED in reason:
        return _about(
            listed,
            line,
            code="command",
            severity="note",
            title="A command that FreeSWITCH executes",
            meaning="What becomes of the file depends on a command or a server, which sipapp "
            "does not ask: what is said here about this file may be wrong.",
            remedy="Nothing, if that is wanted.",
        )
    if _UNREAD in reason:
        return _about(
            listed,
            line,
            code="too-large",
            severity="warning",
            title=reason,
            meaning="FreeSWITCH reads it at each reload. What is said here about this file may "
            "be wrong.",
            remedy="If it is no part of the configuration, such as a log, remove the line.",
        )
    return _about(
        listed,
        line,
        code="dropped",
        severity="warning",
        title=f"FreeSWITCH drops this: {reason}",
        meaning=_NOT_THERE,
        remedy="Correct or remove the line. In a value, write &lt; for <, and &#45; for the first "
        "hyphen of x-pre-process.",
    )


def _unread(listed: ListedEntry) -> Iterator[Finding]:
    reason = listed.extension.read_only.removeprefix(f"{listed.name} ")
    yield _about(
        listed,
        None,
        code="not-a-file",
        severity="warning",
        title=f"It {reason.removesuffix('.')}",
        meaning="sipapp did not look into it. FreeSWITCH skips what it cannot read, and says "
        "“Success” all the same; for a named pipe it waits without an end.",
        remedy="Put a readable file in its place, or move it out of the directory.",
    )


def _about(listed: ListedEntry, line: int | None, **more: Any) -> Finding:
    extension = listed.extension
    return Finding(
        source=extension.source,
        line=line,
        extension=listed.known_id,
        version=extension.version,
        **more,
    )
