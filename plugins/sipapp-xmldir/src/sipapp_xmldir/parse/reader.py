"""What FreeSWITCH reads from one file, and whether a person or an XML tool would read the same."""

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

from lxml import etree

from sipapp_xmldir.emulation.lines import COMMAND_COMMENT, DIRECTIVE, DROPPING
from sipapp_xmldir.emulation.stripping import without, without_comments
from sipapp_xmldir.parse.blanking import REFERENCE, Preprocessed, preprocess
from sipapp_xmldir.parse.user import SECTIONS, Setting, User

# Stands for "$$" of a reference while lxml reads, because a "$${name}" that was written as
# "&#36;&#36;{name}" looks the same afterwards. U+FDD0 is no character and never will be.
_MARK: Final = "\ufdd0"
_MARK_REFERENCE: Final = re.compile(r"&#(0*64976|x0*fdd0);", re.IGNORECASE)

# The usual file: nothing that the preprocessor minds but the two lines around it.
_PLAIN: Final = re.compile(r"\ufeff?\s*<include>[ \t]*\r?\n(.*\n)?[ \t]*</include>\s*", re.DOTALL)
_HARMLESS: Final = re.compile(r"\s|\ufeff|</?include>|^.*?-->|<!--.*$")


class Unreadable(Exception):
    """The file is not one that FreeSWITCH and everybody else read alike; says why."""


def decode(data: bytes) -> tuple[str, bool]:
    """Text of a file, and whether it is UTF-8; otherwise each byte is one character.

    FreeSWITCH does not look at the encoding: it hands on the bytes.
    """
    try:
        return data.decode("utf-8"), True
    except UnicodeDecodeError:
        return data.decode("latin-1"), False


def read(text: str) -> tuple[User, ...]:
    """The users that FreeSWITCH reads from a file of the directory.

    Raises :class:`Unreadable`, with a reason that contains no value of the file.
    """
    _refuse_the_unusual(text)
    root = _parse(text) if _is_plain(text) else _visible(text)
    if "xmlns" in text and any("{" in each.tag for each in root.iter()):
        raise Unreadable("uses XML namespaces, which FreeSWITCH does not know")
    users = tuple(_user(each) for each in root if each.tag == "user")
    _refuse_loose_references(text, users)
    return users


def _is_plain(text: str) -> bool:
    plain = _PLAIN.fullmatch(text)
    if plain is None or DIRECTIVE in text.lower():
        return False
    inner = plain[1] or ""
    return not any(special in inner for special in (*DROPPING, COMMAND_COMMENT))


def _refuse_the_unusual(text: str) -> None:
    if "\0" in text:
        raise Unreadable("has NUL bytes, as UTF-16 has; FreeSWITCH cannot read them")
    if _MARK in text or ("&#" in text and _MARK_REFERENCE.search(text)):
        raise Unreadable("has the noncharacter U+FDD0 in it")
    if "<!DOCTYPE" in text:
        raise Unreadable("has a DOCTYPE")
    if text.count("$${") != len(REFERENCE.findall(text)):
        raise Unreadable("has “$${” without the “}” that ends a variable")


def _parse(text: str) -> Any:
    # A parser of its own for each call: they are cheap, and not made for several threads.
    # The encoding overrides what a declaration says, because the text is decoded already.
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        remove_comments=True,
        remove_pis=True,
    )
    marked = text.replace("$${", _MARK + "{")
    try:
        return etree.fromstring(marked.encode(), parser)
    except etree.XMLSyntaxError as error:
        # Not libxml2's words: they can quote a piece of a password.
        kind = parser.error_log[0].type_name.removeprefix("ERR_").replace("_", " ").lower()
        raise Unreadable(f"is not well-formed XML: line {error.lineno}: {kind}") from None


def _visible(text: str) -> Any:
    """Root of what FreeSWITCH sees; only if an XML reader sees the same in the whole text."""
    whole = _parse(text)
    preprocessed = preprocess(text)
    if preprocessed.directives:
        line = preprocessed.directives[0]
        raise Unreadable(f"has a preprocessor directive (X-PRE-PROCESS or <!--#) in line {line}")
    try:
        seen = _parse(f"<users>{preprocessed.text}</users>")
    except Unreadable:
        raise Unreadable(_misread(text, preprocessed)) from None
    expected = whole if whole.tag == "include" else [whole]
    if [_shape(each) for each in expected if each.tag.lower() != DIRECTIVE] != [
        _shape(each) for each in seen
    ]:
        raise Unreadable(_misread(text, preprocessed))
    return seen


def _misread(text: str, preprocessed: Preprocessed) -> str:
    lines = re.split(r"\r\n|\r|\n", text)
    for number in preprocessed.dropped:
        line = without_comments(without(lines[number - 1], "<?", "?>"))
        if _HARMLESS.sub("", line):
            return (
                f"is misread by FreeSWITCH: it drops the whole line {number}, because "
                "<include>, </include>, <? or x-pre-process stands in it"
            )
    return (
        "is misread by FreeSWITCH: it drops every line with <include>, </include>, <? or "
        "x-pre-process in it, and something else is left than the XML says"
    )


def _shape(element: Any) -> tuple[Any, ...]:
    return (
        element.tag,
        sorted(element.attrib.items()),
        (element.text or "").split(),
        [_shape(child) for child in element if child.tag.lower() != DIRECTIVE],
    )


def _user(element: Any) -> User:
    settings: list[Setting] = []
    others: list[str] = []
    sections: set[str] = set()
    for child in element:
        if child.tag in SECTIONS and child.tag not in sections:
            sections.add(child.tag)
            settings.extend(_settings(child))
        else:
            others.append(child.tag)
    attributes = {name: _unmarked(value) for name, value in element.attrib.items()}
    return User(attributes, tuple(settings), tuple(others))


def _settings(section: Any) -> Iterator[Setting]:
    tag = SECTIONS[section.tag]
    for element in section:
        name = element.get("name")
        if element.tag == tag and name is not None:
            value = element.get("value", "")
            yield Setting(section.tag, _unmarked(name), _unmarked(value), _MARK in value)


def _unmarked(value: str) -> str:
    return value.replace(_MARK, "$$")


def _refuse_loose_references(text: str, users: Sequence[User]) -> None:
    """Refuse ``$${name}`` where its value could be anything, such as more elements."""
    texts = [setting.value for user in users for setting in user.settings if setting.reference]
    texts += [value for user in users for value in user.attributes.values()]
    known = sum(value.count("$${") for value in texts)
    if text.count("$${") == known:
        return
    outside = re.sub(r"<[^<>]*>", "", without_comments(text))
    if "$${" in outside:
        raise Unreadable("has a variable “$${...}” outside of any value")
