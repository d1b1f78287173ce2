"""Evaluates the extensions of a dialplan for one call, as far as that can be known.

``mod_dialplan_xml.c`` takes the extensions of a context in their order, and of each the
conditions; it executes those that match until one has no ``continue="true"``.  What a
condition depends on is not always known here, and Python's ``re`` does not take all patterns
of PCRE: so each answer is one of three, and what an unknown one means is for the caller.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from math import prod
from typing import Final, NamedTuple
from xml.etree import ElementTree as ET

MAX_TEXT: Final = 64
"""Characters of a text that patterns are tried on: no pattern may keep the server busy."""

_MAX_PATTERN: Final = 1000
# With n of them, the time grows with the length of the text to the power of n.
_MAX_QUANTIFIERS: Final = 4
# Alternatives in groups one behind the other multiply. Each quantifier counts as eight of them.
_MAX_BRANCHES: Final = 4 * 8**_MAX_QUANTIFIERS
_QUANTIFIER: Final = re.compile(r"(?<!\\)[*+]|\{\d*,\d*\}|(?<![(*+?}\\])\?")
_REPEATED_GROUP: Final = re.compile(r"\)(?:[*+]|\{\d*,?\d*\})")
_KNOWN_ATTRIBUTES: Final = frozenset({"field", "expression", "break"})


class Match(Enum):
    """Whether something matches."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


ValueOf = Callable[[str], str | None]
"""The value of a condition's field in a call, by its name in lower case; ``None``: not known."""


class Action(NamedTuple):
    """An application that the dialplan executes, in lower case, and its argument."""

    application: str
    data: str


@dataclass(frozen=True)
class Pattern:
    """The regular expression of a condition; without ``regex``, one that cannot be tried here."""

    regex: re.Pattern[str] | None

    @classmethod
    def read(cls, expression: str) -> "Pattern":
        """Compile an expression, unless it may take for ever or Python does not know it."""
        if len(expression) > _MAX_PATTERN or not _has_few_branches(expression):
            return cls(None)
        bare, repeated = _REPEATED_GROUP.subn(")", expression)
        if repeated and ("|" in bare or _QUANTIFIER.search(bare)):
            return cls(None)
        try:
            return cls(re.compile(expression, re.ASCII))
        except (re.error, OverflowError, RecursionError):
            return cls(None)

    def test(self, text: str) -> Match:
        """Whether it is found in a text."""
        if self.regex is None or len(text) > MAX_TEXT:
            return Match.UNKNOWN
        return Match.YES if self.regex.search(text) else Match.NO


def _has_few_branches(expression: str) -> bool:
    """Whether backtracking through the quantifiers and alternatives ends soon."""
    quantifiers = len(_QUANTIFIER.findall(expression))
    alternatives = prod(1 + part.count("|") for part in expression.split(")"))
    return quantifiers <= _MAX_QUANTIFIERS and alternatives * 8**quantifiers <= _MAX_BRANCHES


@dataclass(frozen=True)
class Condition:
    """A condition of an extension, and what is executed if it is met and if it is not.

    ``field`` is in lower case.  One that is not ``is_complete`` depends on something else as
    well, such as the time.  ``stops`` is its ``break``, in lower case.
    """

    field: str = ""
    pattern: Pattern = Pattern(None)
    is_complete: bool = True
    stops: str = "on-false"
    actions: Sequence[Action] = ()
    anti_actions: Sequence[Action] = ()

    def test(self, value_of: ValueOf) -> Match:
        """Whether it is met in a call."""
        match = Match.YES
        if self.field:
            value = value_of(self.field)
            match = Match.UNKNOWN if value is None else self.pattern.test(value)
        return match if self.is_complete or match is Match.NO else Match.UNKNOWN


@dataclass(frozen=True)
class DialplanExtension:
    """An extension of a dialplan; ``goes_on`` is its ``continue``."""

    name: str
    conditions: Sequence[Condition]
    goes_on: bool = False

    def evaluate(self, value_of: ValueOf) -> "Outcome":
        """What it does with a call."""
        match, executed = Match.YES, list[Action]()
        for condition in self.conditions:
            met = condition.test(value_of)
            if met is not Match.NO:
                executed += condition.actions
            if met is not Match.YES:
                executed += condition.anti_actions
            if met is Match.UNKNOWN:
                match = Match.UNKNOWN
            elif met is Match.NO and condition.stops in {"on-false", "always"}:
                return Outcome(Match.NO, executed)
            elif met is Match.YES and condition.stops in {"on-true", "always"}:
                break
        return Outcome(match if self.conditions else Match.NO, executed)


@dataclass(frozen=True)
class Outcome:
    """Whether an extension matches a call, and the actions that it executes.

    If any of its conditions is unknown, both their actions and anti-actions are among them.
    """

    match: Match
    actions: Sequence[Action]


def read_extensions(context: ET.Element) -> Iterator[DialplanExtension]:
    """The extensions of a context, as FreeSWITCH prints it."""
    for extension in context.iter("extension"):
        yield DialplanExtension(
            extension.get("name", ""),
            [_condition(each) for each in extension.iter("condition")],
            goes_on=extension.get("continue", "").lower() == "true",
        )


def _condition(element: ET.Element) -> Condition:
    child = element.find("expression")
    expression = element.get("expression", "") if child is None else child.text or ""
    return Condition(
        field=element.get("field", "").lower(),
        pattern=Pattern.read(expression),
        is_complete=_KNOWN_ATTRIBUTES.issuperset(element.attrib),
        stops=element.get("break", "").lower() or "on-false",
        actions=[*_actions(element, "action")],
        anti_actions=[*_actions(element, "anti-action")],
    )


def _actions(condition: ET.Element, tag: str) -> Iterator[Action]:
    for each in condition.iterfind(tag):
        yield Action(each.get("application", "").lower(), each.get("data") or each.text or "")
