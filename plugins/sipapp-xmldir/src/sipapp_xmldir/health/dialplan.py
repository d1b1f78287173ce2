"""Whether the dialplan can ring an extension.

``mod_dialplan_xml.c`` takes the extensions of a context in their order, and of each
the conditions; it executes those that match until one has no ``continue="true"``.
Here only ``destination_number`` is known: any other condition may hold or not, and so
may a pattern that Python's ``re`` does not take.  In doubt an extension is reached.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from sipapp_xmldir.emulation.parser import Element, parse
from sipapp_xmldir.emulation.preprocessor import Place
from sipapp_xmldir.health.surroundings import Stamps, Tracked, stamp

MAX_LENGTH: Final = 32
"""Longer ids are not tried: no pattern may keep the server busy."""

_MAX_PATTERN: Final = 1000
# With n of them, the time grows with the length of the number to the power of n.
_MAX_QUANTIFIERS: Final = 4
_UNBOUNDED: Final = re.compile(r"(?<!\\)[*+]|\{\d*,\d*\}")
_REPEATED_GROUP: Final = re.compile(r"\)(?:[*+]|\{\d*,?\d*\})")
_PROBES: Final = ("5", "48151623", "no-such.name_x")
_UNSEEN_COMMANDS: Final = frozenset({b"exec", b"exec-set", b"stun-set", b"env-set"})


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_TIMES: Final = (
    b"year",
    b"yday",
    b"mon",
    b"mday",
    b"week",
    b"mweek",
    b"wday",
    b"hour",
    b"minute",
    b"minute-of-day",
    b"time-of-day",
    b"date-time",
)
# What these do cannot ring the extension whose number was dialled.
_HARMLESS: Final = _words(
    """answer pre_answer ring_ready acknowledge_call sleep playback endless_playback say phrase
    speak gentones displace_session conference conference_set_auto_outcall voicemail echo
    delay_echo hangup set unset export push multiset eval log info hash db bind_meta_app
    record record_session stop_record_session record_fsv play_fsv eavesdrop intercept ivr
    play_and_get_digits read valet_park fifo park group esf_page_group rxfax txfax t38_gateway
    spandsp_start_dtmf start_dtmf stop_dtmf tone_detect send_display send_info presence
    limit limit_execute sched_hangup privacy verbose_events set_user set_name ladspa_run
    respond"""
)
_BRIDGES: Final = frozenset({"bridge", "att_xfer"})
# Data of these says where the call goes on; all others may do anything with it.
_GO_ON: Final = frozenset({"transfer", "execute_extension", "deflect", "redirect"})
# What stands for something else than the number that was dialled.
_UNRELATED: Final = _words(
    """domain_name domain use_profile default_gateway default_areacode network_addr uuid
    caller_id_name caller_id_number effective_caller_id_number sip_from_user sip_from_host
    sofia_profile_name hold_music group_call sofia_contact verto_contact"""
)
_REFERENCE: Final = re.compile(r"\$(?:\d|\{([A-Za-z0-9_.-]*))")
_NEVER_LOCAL: Final = re.compile(r"(?:sofia/gateway/|loopback/app=)[^,|]*")
_OWN_VARIABLES: Final = re.compile(r"^(?:[{<\[](?:[^{}<>\[\]]|\$\{[^{}]*\})*[}>\]])+")


@dataclass(frozen=True)
class Route:
    """Where a number leads: whether it may ring its extension, else what takes the call."""

    rings: bool
    taken_by: str = ""


@dataclass
class Dialplan:
    """The contexts of a dialplan; ``gaps`` says what of it could not be read."""

    name: str
    contexts: Sequence[Sequence["_Extension"]] = ()
    gaps: tuple[str, ...] = ()
    _routes: dict[str, Route] = field(default_factory=dict)

    def route(self, number: str) -> Route:
        """Where a number leads, in the context where it leads furthest."""
        known = self._routes.get(number)
        if known is None:
            known = self._routes[number] = self._find(number)
        return known

    def _find(self, number: str) -> Route:
        if len(number) > MAX_LENGTH:
            return Route(rings=True)
        routes = [_in_context(extensions, number) for extensions in self.contexts]
        best = next((route for route in routes if route.rings), None)
        taken = next((route for route in routes if route.taken_by), None)
        return best or taken or Route(rings=False)


def load_dialplan(path: Path, variables: Mapping[str, str]) -> tuple[Dialplan, Stamps]:
    """Read a file of a dialplan with what it includes, or all files of a folder."""
    tracked = Tracked(variables)
    tracked.merged.write(b"<section>", Place(str(path), 1))
    gaps: list[str] = []
    files = sorted(path.glob("*.xml")) if path.is_dir() else [path]
    tracked.stamps[str(path)] = stamp(str(path))
    for file in files:
        try:
            tracked.file(str(file), file.read_bytes())
        except OSError as error:
            gaps.append(f"{file} cannot be read: {error.strerror}")
    tracked.merged.write(b"</section>\n", Place(str(path), 1))
    root, fault = parse(bytes(tracked.merged.text))
    if fault or root is None:
        place = tracked.merged.place(fault.position) if fault else Place(str(path), 1)
        gaps.append(f"{place.file} is not well-formed, near line {place.line}")
        return Dialplan(str(path), (), tuple(gaps)), tracked.stamps
    gaps += _gaps(root, tracked)
    contexts = [_extensions(root), *(_extensions(each) for each in _all(root, b"context"))]
    return Dialplan(str(path), [each for each in contexts if each], tuple(gaps)), tracked.stamps


def _gaps(root: Element, tracked: Tracked) -> Iterator[str]:
    merged = tracked.merged
    for directive in merged.directives:
        if directive.command in _UNSEEN_COMMANDS:
            yield f"{directive.place.file}:{directive.place.line} runs a command"
    for dropped in merged.dropped:
        if dropped.reason.startswith("FreeSWITCH skips the file"):
            yield f"{dropped.place.file} cannot be read"
    undefined = {place for place, _ in merged.undefined}
    decisive = {directive.place for directive in merged.directives}
    for condition in _all(root, b"condition"):
        if _is_destination(condition):
            decisive.add(merged.place(condition.start))
    for place in sorted(undefined & decisive):
        yield f"{place.file}:{place.line} has a variable whose value is not known here"


def _all(element: Element, name: bytes) -> Iterator[Element]:
    for child in element.children:
        if child.name == name:
            yield child
        yield from _all(child, name)


def _extensions(context: Element) -> list["_Extension"]:
    return [_Extension.read(each) for each in context.named(b"extension")]


def _in_context(extensions: Sequence["_Extension"], number: str) -> Route:
    for extension in extensions:
        rings, takes = extension.look(number)
        if rings:
            return Route(rings=True)
        if takes:
            return Route(rings=False, taken_by=extension.name if extension.is_specific else "")
    return Route(rings=False)


@dataclass(frozen=True)
class _Pattern:
    """An expression on the number; without ``regex``, one that cannot be tried here."""

    regex: re.Pattern[str] | None

    @classmethod
    def read(cls, expression: str) -> "_Pattern":
        groups_repeated = _REPEATED_GROUP.search(expression)
        quantifiers = len(_UNBOUNDED.findall(expression))
        if len(expression) > _MAX_PATTERN or quantifiers > _MAX_QUANTIFIERS:
            return cls(None)
        if groups_repeated and quantifiers > 1:
            return cls(None)
        try:
            return cls(re.compile(expression, re.ASCII))
        except (re.error, OverflowError, RecursionError):
            return cls(None)

    def test(self, number: str) -> bool | None:
        return None if self.regex is None else self.regex.search(number) is not None

    @property
    def takes_everything(self) -> bool:
        return all(self.test(probe) for probe in _PROBES)


@dataclass(frozen=True)
class _Condition:
    pattern: _Pattern | None
    is_sure: bool
    stops: str
    actions: Sequence[tuple[str, str]]
    anti_actions: Sequence[tuple[str, str]]

    def test(self, number: str) -> bool | None:
        """Whether the condition holds; ``None`` if that depends on something else."""
        held = self.pattern.test(number) if self.pattern else True
        return held if self.is_sure or held is False else None


@dataclass(frozen=True)
class _Extension:
    name: str
    goes_on: bool
    conditions: Sequence[_Condition]
    is_specific: bool

    @classmethod
    def read(cls, element: Element) -> "_Extension":
        conditions = [_read_condition(each) for each in _all(element, b"condition")]
        patterns = [each.pattern for each in conditions if each.pattern]
        return cls(
            _text(element.attribute(b"name")),
            _text(element.attribute(b"continue")).lower() == "true",
            conditions,
            any(not pattern.takes_everything for pattern in patterns),
        )

    def look(self, number: str) -> tuple[bool, bool]:
        """Whether the number may ring its extension here, and whether it surely ends here."""
        sure = True
        for condition in self.conditions:
            held = condition.test(number)
            run = [*(condition.actions if held is not False else ())]
            run += condition.anti_actions if held is not True else ()
            if any(_may_ring(app, data, number, specific=self.is_specific) for app, data in run):
                return True, False
            if held is None:
                sure = False
            elif not held and condition.stops in {"on-false", "always"}:
                return False, False
            elif held and condition.stops in {"on-true", "always"}:
                break
        return False, sure and bool(self.conditions) and not self.goes_on


def _read_condition(element: Element) -> _Condition:
    is_timed = any(element.attribute(name) is not None for name in _TIMES)
    field_name = element.attribute(b"field")
    inner = element.named(b"regex") if element.attribute(b"regex") else []
    pattern = None
    if _is_destination(element) and not inner:
        pattern = _Pattern.read(_expression(element))
    return _Condition(
        pattern=pattern,
        is_sure=not is_timed and not inner and (pattern is not None or field_name is None),
        stops=_text(element.attribute(b"break")).lower() or "on-false",
        actions=[*_actions(element, b"action")],
        anti_actions=[*_actions(element, b"anti-action")],
    )


def _is_destination(condition: Element) -> bool:
    name = _text(condition.attribute(b"field")).lower()
    return name in {"destination_number", "${destination_number}"}


def _expression(condition: Element) -> str:
    child = condition.first(b"expression")
    return _text(child.text if child else condition.attribute(b"expression"))


def _actions(condition: Element, name: bytes) -> Iterator[tuple[str, str]]:
    for each in condition.named(name):
        application = _text(each.attribute(b"application")).lower()
        yield application, _text(each.attribute(b"data")) or _text(each.text)


def _may_ring(application: str, data: str, number: str, *, specific: bool) -> bool:
    if application in _HARMLESS or not application:
        return False
    if application in _BRIDGES:
        targets = _NEVER_LOCAL.sub("", _OWN_VARIABLES.sub("", data))
        return _names(targets, number)
    # An extension for every number, with a transfer or a script, says nothing about this one.
    return specific and (application not in _GO_ON or _names(data, number))


def _names(data: str, number: str) -> bool:
    """Whether ``data`` has the number in it, or something that may stand for it."""
    if any(name not in _UNRELATED for name in _REFERENCE.findall(data)):
        return True
    return re.search(rf"(?<![\w.-]){re.escape(number)}(?![\w.-])", data) is not None


def _text(value: bytes | None) -> str:
    return (value or b"").decode("utf-8", "replace")
