"""What the extensions of a dialplan do with a number.

The core evaluates the conditions.  Here only ``destination_number`` is known: whether any other
condition is met is unknown, and so is a pattern that Python's ``re`` does not take.  In doubt
an extension is reached.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from sipapp.freeswitch.api import Action, Condition, DialplanExtension, Match, Pattern
from sipapp_xmldir.emulation.tree import Element

MAX_LENGTH: Final = 32
"""Longer ids are not tried: no pattern may keep the server busy."""

_REFERS: Final = re.compile(r"\\[1-9]|\(\?[^:=!<]|\(\?<[^=!]")
_DESTINATION: Final = "destination_number"
_PROBES: Final = ("5", "48151623", "no-such.name_x")


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
# Applications that cannot ring the extension whose number was dialled.
_HARMLESS: Final = _words(
    """answer pre_answer ring_ready acknowledge_call sleep playback endless_playback say phrase
    speak gentones displace_session conference conference_set_auto_outcall voicemail echo
    delay_echo hangup set unset export push multiset eval log info hash db bind_meta_app
    record record_session stop_record_session record_fsv play_fsv eavesdrop intercept ivr
    play_and_get_digits read valet_park fifo park group esf_page_group rxfax txfax t38_gateway
    spandsp_start_dtmf start_dtmf stop_dtmf tone_detect send_display send_info presence
    deflect redirect event sched_api system curl
    limit limit_execute sched_hangup privacy verbose_events set_user set_name ladspa_run
    respond"""
)
_BRIDGES: Final = frozenset({"bridge", "att_xfer"})
# The data of these is where the call continues; others may do anything with theirs.
_GO_ON: Final = frozenset({"transfer", "execute_extension"})
# The second word of their data is a dialplan: this one looks the number up by DNS (mod_enum).
_ENUM: Final = re.compile(r"\S+ +enum\b", re.IGNORECASE)
# Variables that never hold the dialled number.
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


class Context:
    """The extensions of a context, or of anything else that has some."""

    def __init__(self, element: Element) -> None:
        found = (_Extension(each) for each in element.named(b"extension"))
        self._extensions = [each for each in found if not each.is_inert]
        # Nearly all numbers match none of nearly all patterns: one search finds that out.
        guarded = [each for each in self._extensions if each.guard]
        self._others = [each for each in self._extensions if not each.guard]
        self._any = re.compile("|".join(f"(?:{each.guard})" for each in guarded), re.ASCII)
        self._has_guards = bool(guarded)

    def __bool__(self) -> bool:
        return bool(self._extensions)

    def route(self, number: str) -> Route:
        """Where a number leads in this context."""
        all_of_them = self._has_guards and self._any.search(number)
        for extension in self._extensions if all_of_them else self._others:
            rings, takes = extension.evaluate(number)
            if rings:
                return Route(rings=True)
            if takes:
                return Route(rings=False, taken_by=extension.name if extension.is_specific else "")
        return Route(rings=False)


class _Extension:
    """An extension of the dialplan, and what it means for a dialled number."""

    def __init__(self, element: Element) -> None:
        self._conditions = [_read_condition(each) for each in descendants(element, b"condition")]
        self._evaluated = DialplanExtension(
            _text(element.attribute(b"name")),
            self._conditions,
            goes_on=_text(element.attribute(b"continue")).lower() == "true",
        )
        patterns = [each.pattern for each in self._conditions if each.field == _DESTINATION]
        self.is_specific = any(not _takes_everything(each) for each in patterns)
        """Whether it takes some numbers only."""

    @property
    def name(self) -> str:
        """Its name in the dialplan."""
        return self._evaluated.name

    @property
    def is_inert(self) -> bool:
        """Whether it never rings an extension nor ends the search, whatever the number."""
        is_passed = self._evaluated.goes_on or any(
            each.field != _DESTINATION and each.test(_no_value) is Match.UNKNOWN
            for each in self._conditions
        )
        actions = (
            action for each in self._conditions for action in (*each.actions, *each.anti_actions)
        )
        return is_passed and all(each.application in _HARMLESS for each in actions)

    @property
    def guard(self) -> str:
        """A pattern without which the extension does nothing; empty if there is none."""
        first = next(iter(self._conditions), None)
        if first is None or first.field != _DESTINATION or first.pattern.regex is None:
            return ""
        if first.anti_actions or not self.is_specific:
            return ""
        pattern = first.pattern.regex.pattern
        # In a pattern of several, what refers to a group would mean another one.
        is_alone = first.stops in {"on-false", "always"} and not _REFERS.search(pattern)
        return pattern if is_alone else ""

    def evaluate(self, number: str) -> tuple[bool, bool]:
        """Whether the number may ring its extension here, and whether it surely ends here."""
        outcome = self._evaluated.evaluate(lambda field: number if field == _DESTINATION else None)
        if any(_may_ring(each, number) for each in outcome.actions):
            return True, False
        return False, outcome.match is Match.YES and not self._evaluated.goes_on


def _no_value(_field: str) -> None:
    return None


def _takes_everything(pattern: Pattern) -> bool:
    return all(pattern.test(probe) is Match.YES for probe in _PROBES)


def _read_condition(element: Element) -> Condition:
    is_timed = any(element.attribute(name) is not None for name in _TIMES)
    inner = element.named(b"regex") if element.attribute(b"regex") else []
    field = _DESTINATION if is_destination(element) else _text(element.attribute(b"field"))
    return Condition(
        # With regexes inside, they and not its own field decide.
        field="" if inner else field.lower(),
        pattern=Pattern.read(_expression(element)),
        is_complete=not is_timed and not inner,
        stops=_text(element.attribute(b"break")).lower() or "on-false",
        actions=[*_actions(element, b"action")],
        anti_actions=[*_actions(element, b"anti-action")],
    )


def descendants(element: Element, name: bytes) -> Iterator[Element]:
    """All elements of that name in an element, in the order of the text."""
    return (each for each in element.descendants() if each.name == name)


def is_destination(condition: Element) -> bool:
    """Whether a condition is on the number that was dialled."""
    name = _text(condition.attribute(b"field")).lower()
    return name in {"destination_number", "${destination_number}"}


def _expression(condition: Element) -> str:
    child = condition.first(b"expression")
    return _text(child.text if child else condition.attribute(b"expression"))


def _actions(condition: Element, name: bytes) -> Iterator[Action]:
    for each in condition.named(name):
        application = _text(each.attribute(b"application")).lower()
        yield Action(application, _text(each.attribute(b"data")) or _text(each.text))


def _may_ring(action: Action, number: str) -> bool:
    application, data = action
    if application in _HARMLESS or not application:
        return False
    if application in _BRIDGES:
        return _names(_NEVER_LOCAL.sub("", _OWN_VARIABLES.sub("", data)), number)
    if application in _GO_ON:
        return _names(data, number) and not _ENUM.match(data)
    # Any other application, such as a script, may ring the extension.
    return True


def _names(data: str, number: str) -> bool:
    """Whether ``data`` has the number in it, or something that may stand for it."""
    if any(name not in _UNRELATED for name in _REFERENCE.findall(data)):
        return True
    return re.search(rf"(?<![\w.-]){re.escape(number)}(?![\w.-])", data) is not None


def _text(value: bytes | bytearray | None) -> str:
    return (value or b"").decode("utf-8", "replace")
