"""The elements that an XML parser reads from a file, to be compared with FreeSWITCH's.

The parser is expat.  It is strict about what FreeSWITCH lets pass, and so reads as a person
and an editor for XML do.  It takes names with a colon as they are written: FreeSWITCH has no
namespaces either.
"""

from collections.abc import Collection, Mapping
from typing import Final, NamedTuple
from xml.parsers import expat

from sipapp_xmldir.emulation.lines import DIRECTIVE

_FRAME: Final = "include"


class Unreadable(Exception):
    """A file that an XML parser refuses or reads in another way than FreeSWITCH; says why."""


class XmlElement(NamedTuple):
    """One element; a list of all, in the order of the text, tells all of the document.

    ``words`` are those of its text, without the elements in it.
    """

    depth: int
    tag: str
    attributes: Mapping[str, str]
    words: list[str]


def xml_elements(text: str, directives: Collection[int] = ()) -> list[XmlElement]:
    """What an XML parser reads from a file, less ``<include>`` and the lines of ``directives``.

    ``text`` must have no DOCTYPE with declarations in it.  Raises :class:`Unreadable`, with a
    reason that contains no value of the file.
    """
    # The encoding overrides what a declaration says, because the text is decoded already.
    parser = expat.ParserCreate("utf-8")
    reader = _Reader(parser, directives)
    parser.buffer_text = True
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    try:
        parser.Parse(text.encode(), True)
    except expat.ExpatError as error:
        # Expat's words for a code never quote the text.
        reason = f"is not well-formed XML: line {error.lineno}: {expat.ErrorString(error.code)}"
        raise Unreadable(reason) from None
    return reader.elements()


class _Reader:
    """The handlers of expat, which collect the elements."""

    def __init__(self, parser: expat.XMLParserType, directives: Collection[int]) -> None:
        self._parser = parser
        self._directives = directives
        self._found: list[tuple[int, str, Mapping[str, str], list[str]]] = []
        self._open: list[list[str]] = []
        self._ignored = 0
        self._has_frame = False

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """An element begins."""
        is_dropped = self._parser.CurrentLineNumber in self._directives
        if self._ignored or is_dropped or tag.lower() == DIRECTIVE:
            self._ignored += 1
            return
        texts: list[str] = []
        if not self._open and tag == _FRAME:
            self._has_frame = True
        else:
            self._found.append((len(self._open) - self._has_frame, tag, attributes, texts))
        self._open.append(texts)

    def end(self, _tag: str) -> None:
        """An element ends."""
        if self._ignored:
            self._ignored -= 1
        else:
            self._open.pop()

    def text(self, data: str) -> None:
        """Text of the innermost element."""
        if not self._ignored:
            self._open[-1].append(data)

    def elements(self) -> list[XmlElement]:
        """All elements of the document."""
        return [
            XmlElement(depth, tag, attributes, "".join(texts).split())
            for depth, tag, attributes, texts in self._found
        ]
