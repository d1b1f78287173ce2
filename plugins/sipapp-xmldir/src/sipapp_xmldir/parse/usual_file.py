"""The usual file, read in one step.

Nearly all files of a directory have the form of FreeSWITCH's own examples: ``<include>``
and ``</include>`` alone on their lines, one user with nothing but an id, and in it only
params and variables with plain values.  Nothing in such a file can be read in two ways, so
that one pattern reads it.  All others are for :mod:`sipapp_xmldir.parse.reader`, which takes ten
times as long; the tests show that both say the same.
"""

import re
from typing import Final, NamedTuple

from sipapp_xmldir.emulation.lines import DIRECTIVE

_MAX_LENGTH: Final = 16 * 1024
_SPACE: Final = r"[ \t\r\n]*+"
# Text without markup, control characters and noncharacters, or one variable and nothing else.
_VALUE: Final = r"(?:[^\x00-\x1f\x7f\"&<$\ufdd0\ufffe\uffff]{0,256}+|\$\$\{[A-Za-z0-9_.-]{1,64}+\})"


def _section(name: str, tag: str) -> str:
    setting = rf'{_SPACE}<{tag} name="[A-Za-z0-9_.-]++" value="{_VALUE}" ?/>'
    return rf"(?:{_SPACE}<{name}>((?:{setting})*+){_SPACE}</{name}>)?+"


_PLAIN: Final = re.compile(
    rf'<include>[ \t]*+\r?\n{_SPACE}<user id="([A-Za-z0-9][A-Za-z0-9._-]*+)">'
    rf"{_section('params', 'param')}{_section('variables', 'variable')}"
    rf"{_SPACE}</user>(?:[ \t]*+\r?\n)++[ \t]*+</include>{_SPACE}"
)


class Plain(NamedTuple):
    """The one user of a file: its id, the names of its params and variables, and all values.

    ``line``, from 1, is where the user begins; ``inherits`` tells that a value with a ``$``,
    the name of a variable, is among the values.
    """

    id: str
    line: int
    params: tuple[str, ...]
    variables: tuple[str, ...]
    values: list[str]
    inherits: bool


def read_plain(text: str) -> Plain | None:
    """Read a file if it has the usual form."""
    match = _PLAIN.fullmatch(text)
    # FreeSWITCH takes away lines with this in them (switch_xml.c:1487).
    if match is None or len(text) > _MAX_LENGTH or DIRECTIVE in text.lower():
        return None
    extension_id, params, variables = match.groups("")
    # Before, name, between, value, after, name, between, value, ...
    in_params, in_variables = params.split('"'), variables.split('"')
    values = in_params[3::4] + in_variables[3::4]
    line = text.count("\n", 0, match.start(1)) + 1
    names = tuple(in_params[1::4]), tuple(in_variables[1::4])
    return Plain(extension_id, line, *names, values, "$" in text)
