"""FreeSWITCH's words for a fault, without the pieces of files that it quotes in them.

A file with a quote too few makes tags of what was a value, and a value may be a password.
"""

import re
from typing import Final

# switch_xml.c:573 to 1202 of FreeSWITCH 1.10.12: what it has to say, and what it quotes.
_QUOTED: Final = re.compile(
    r"(?P<before>unexpected closing tag </|unclosed tag <|circular entity declaration &)"
    r"(?P<name>.*?)(?P<after>>|$)",
    re.DOTALL,
)
_ELEMENTS: Final = frozenset(
    {
        "action",
        "alias",
        "anti-action",
        "cidr",
        "condition",
        "configuration",
        "configurations",
        "context",
        "descriptors",
        "document",
        "domain",
        "domains",
        "extension",
        "gateway",
        "gateways",
        "global_settings",
        "group",
        "groups",
        "include",
        "language",
        "languages",
        "list",
        "load",
        "macro",
        "match",
        "menu",
        "modules",
        "node",
        "param",
        "params",
        "phrases",
        "pre-process",
        "profile",
        "profiles",
        "regex",
        "section",
        "settings",
        "user",
        "users",
        "variable",
        "variables",
        "vcard",
        "x-pre-process",
    }
)
"""Elements of FreeSWITCH's configuration, which anybody may read."""


def without_quotes(words: str) -> str:
    """The same, with an ellipsis for each quoted name that is no element of FreeSWITCH's."""
    return _QUOTED.sub(_masked, words)


def _masked(quoted: re.Match[str]) -> str:
    name = quoted["name"] if quoted["name"].casefold() in _ELEMENTS else "…"
    return f"{quoted['before']}{name}{quoted['after']}"
