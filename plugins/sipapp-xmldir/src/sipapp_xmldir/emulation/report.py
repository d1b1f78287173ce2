"""A report of what FreeSWITCH reads from files and what it drops, as plain values for JSON."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from sipapp_xmldir.emulation.copying import copy
from sipapp_xmldir.emulation.directory import (
    FRAME,
    SECTIONS,
    Directory,
    Source,
    is_wildcard,
    settings,
)
from sipapp_xmldir.emulation.merged_text import Dropped, Place
from sipapp_xmldir.emulation.tree import Element

SECRET_NAMES: Final = frozenset({"password", "a1-hash", "vm-password", "esl-password"})
"""Params that ``redact`` hides, in lower case."""

_HIDDEN: Final = "***"


def report(
    sources: Sequence[Source], variables: Mapping[str, str] | None = None, *, redact: bool = False
) -> dict[str, Any]:
    """What FreeSWITCH reads from ``sources`` as one directory, in their order.

    If the reload fails, FreeSWITCH keeps what it had: the users are then those of
    the files that would be read without the broken ones.
    """
    whole = Directory(sources, variables)
    broken = _broken(whole, sources, variables)
    read = whole
    if broken:
        read = Directory([each for each in sources if each.file not in broken], variables)
    report_of = _Report(read, redact=redact)
    files = [report_of.file(source.file, broken.get(source.file)) for source in sources]
    fault = whole.fault
    place = whole.fault_place()
    return {
        "reload": {
            "ok": fault is None,
            "error": fault.message if fault else None,
            "file": place.file if place else None,
            "line": place.line if place else None,
        },
        "files": files,
    }


def _broken(
    whole: Directory, sources: Sequence[Source], variables: Mapping[str, str] | None
) -> dict[str, dict[str, Any]]:
    """Which files make the reload fail, and why: by themselves, or else all together."""
    if whole.fault is None:
        return {}
    broken = {}
    for source in sources:
        alone = Directory([source], variables)
        if alone.fault:
            place = alone.fault_place()
            broken[source.file] = {
                "error": alone.fault.message,
                "line": place.line if place else None,
            }
    place = whole.fault_place()
    if not broken and place:
        broken[place.file] = {"error": whole.fault.message, "line": place.line}
    return broken


class _Report:
    def __init__(self, directory: Directory, *, redact: bool) -> None:
        self._directory = directory
        self._redact = redact
        self._users = self._by_file(directory.users)
        self._strays = self._by_file(directory.strays())
        self._texts: dict[str, list[Dropped]] = defaultdict(list)
        for dropped in (*directory.merged.dropped, *directory.merged.unread):
            self._texts[dropped.place.file].append(dropped)
        self._unknown: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for place, name in directory.merged.undefined:
            self._unknown[place.file].append({"line": place.line, "name": name})

    def file(self, file: str, breaks_reload: Mapping[str, Any] | None) -> dict[str, Any]:
        users = self._users[file]
        found = [each for each in users if self._is_found(each)]
        dropped = [
            *self._dropped_text(file),
            *self._dropped_users(users),
            *self._dropped_elements(file),
        ]
        for user in found:
            dropped += self._dropped_settings(user)
        return {
            "file": file,
            "users": [self._user(each) for each in found],
            "breaks_reload": breaks_reload,
            "dropped": sorted(dropped, key=lambda each: each["line"]),
            "unknown_variables": self._unknown[file],
        }

    def _by_file(self, elements: Iterable[Element]) -> dict[str, list[Element]]:
        found: dict[str, list[Element]] = defaultdict(list)
        for element in elements:
            found[self._place(element).file].append(element)
        return found

    def _place(self, element: Element) -> Place:
        return self._directory.source_of(element)

    def _is_found(self, user: Element) -> bool:
        names = (user.attribute(b"id"), user.attribute(b"number-alias"))
        return is_wildcard(user) or any(
            self._directory.find(name) is user for name in names if name is not None
        )

    def _user(self, user: Element) -> dict[str, Any]:
        copied = copy(user)
        attributes: dict[str, str] = {}
        for name, value in copied.attributes:
            attributes.setdefault(_text(name), _text(value))
        described: dict[str, Any] = {
            "id": attributes.get("id"),
            "line": self._place(user).line,
            "attributes": attributes,
        }
        for section in SECTIONS:
            described[section] = {
                _text(name): self._value(name, value)
                for name, value, effective in settings(copied, section)
                if effective
            }
        described["other_elements"] = list(
            dict.fromkeys(_text(each.name) for each in user.children if each.name not in _KNOWN)
        )
        return described

    def _value(self, name: bytes, value: bytes) -> str:
        if self._redact and name.lower().decode("latin-1") in SECRET_NAMES:
            return _HIDDEN
        return _text(value)

    def _dropped_text(self, file: str) -> Iterator[dict[str, Any]]:
        for place, reason, text in self._texts[file]:
            yield {
                "line": place.line,
                "reason": reason,
                "text": _HIDDEN if self._redact else _text(text),
            }

    def _dropped_users(self, users: Iterable[Element]) -> Iterator[dict[str, Any]]:
        for user in users:
            if self._is_found(user):
                continue
            name = user.attribute(b"id")
            if name is None:
                yield self._dropped(user, "a user without an id is never found")
                continue
            first = self._directory.find(name)
            at = self._place(first) if first else Place(FRAME, 0)
            reason = f"user {_text(name)}: the one in {at.file}, line {at.line}, is found first"
            if first and is_wildcard(first):
                reason += ", because it has a type that is not “pointer”"
            yield self._dropped(user, reason)

    def _dropped_settings(self, user: Element) -> Iterator[dict[str, Any]]:
        yield from self._double_attributes(user)
        for section, tag in SECTIONS.items():
            containers = user.named(section.encode())
            for other in containers[1:]:
                yield self._dropped(other, f"only the first <{section}> of a user counts")
            if not containers:
                continue
            last: dict[bytes, Element] = {}
            for each in containers[0].children:
                name = each.attribute(b"name")
                if each.name != tag:
                    yield self._dropped(each, f"<{_text(each.name)}> means nothing in <{section}>")
                elif name is None:
                    yield self._dropped(each, f"<{_text(tag)}> without a name")
                elif each.attribute(b"value") is None:
                    # user_data_function skips it; sofia_reg_parse_auth has it empty (3236).
                    reason = f"{_text(name)} without a value: empty for a registration"
                    yield self._dropped(each, reason)
                else:
                    if name.lower() in last:
                        reason = f"{_text(name)}: the last of this name counts"
                        yield self._dropped(last[name.lower()], reason)
                    last[name.lower()] = each
                    yield from self._double_attributes(each)

    def _double_attributes(self, element: Element) -> Iterator[dict[str, Any]]:
        seen: set[bytes] = set()
        for name, _ in element.attributes:
            if name in seen:
                yield self._dropped(element, f"attribute {_text(name)}: the first one counts")
            seen.add(name)

    def _dropped_elements(self, file: str) -> Iterator[dict[str, Any]]:
        for element in self._strays[file]:
            reason = f"<{_text(element.name)}> stands where no user is looked for"
            yield self._dropped(element, reason)

    def _dropped(self, element: Element, reason: str) -> dict[str, Any]:
        return {"line": self._place(element).line, "reason": reason, "text": ""}


_KNOWN: Final = frozenset(section.encode() for section in SECTIONS)


def _text(value: bytes) -> str:
    """Bytes that are no UTF-8 become lone surrogates, which JSON can carry."""
    return value.decode("utf-8", "surrogateescape")
