"""Escaping of values in attributes."""

import re
from typing import Final

# Numeric references pass FreeSWITCH's preprocessor untouched and are decoded by its parser
# (measured). "$" as a reference keeps "$${name}" and "${name}" from being expanded. With "<"
# gone there is no "<?", "<include>", "</include>" or "<!--#" either, for which the preprocessor
# drops or rewrites whole lines even inside quotes. Tab and line ends would arrive as spaces.
_REPLACEMENTS: Final = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
    "'": "&apos;",
    "$": "&#36;",
    "\t": "&#9;",
    "\n": "&#10;",
    "\r": "&#13;",
}
_TABLE: Final = str.maketrans(_REPLACEMENTS)
# A line with this word in it, in any case, is dropped whole (switch_xml.c:1487).
_DROPS_LINE: Final = re.compile("(x)-(pre-process)", re.IGNORECASE | re.ASCII)
# What no XML document can hold, not even as a reference (XML 1.0, section 2.2), and the
# noncharacters, which mean nothing.
_FORBIDDEN: Final = re.compile(
    "[^\t\n\r\x20-\ud7ff\ue000-\ufdcf\ufdf0-\ufffd\U00010000-\U0010ffff]"
)


def escape(value: str, *, ascii_only: bool = False) -> str:
    """Write ``value`` for an attribute, so that FreeSWITCH and every XML reader get exactly it.

    With ``ascii_only``, other characters become numeric references, which mean
    the same in every encoding; otherwise they stay as they are.  Raises
    ``ValueError``, with a sentence, for characters that XML cannot carry.
    """
    found = _FORBIDDEN.search(value)
    if found:
        raise ValueError(f"The character U+{ord(found[0]):04X} cannot be written. Remove it.")
    escaped = _DROPS_LINE.sub(r"\1&#45;\2", value.translate(_TABLE))
    if ascii_only:
        return escaped.encode("ascii", "xmlcharrefreplace").decode("ascii")
    return escaped
