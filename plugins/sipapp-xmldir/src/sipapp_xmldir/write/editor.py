"""Edits of values in the text of a file that leave every other character as it is."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from sipapp_xmldir.emulation.tree import Element
from sipapp_xmldir.parse.blanking import blank
from sipapp_xmldir.parse.fields import SettingKey, key_of
from sipapp_xmldir.parse.inclusions import Surroundings
from sipapp_xmldir.parse.reader import read, span_of, user_elements
from sipapp_xmldir.parse.user import SECTIONS, Setting, User
from sipapp_xmldir.parse.xml_elements import Unreadable
from sipapp_xmldir.write.escape import escape

_LINE_END: Final = re.compile(rb"\r\n|\r|\n")
_DEFAULT_UNIT: Final = b"  "
_LEADING: Final = re.compile(rb"[ \t]*")
# What may follow an element on its line without belonging to another.
_REST_OF_LINE: Final = re.compile(rb"[ \t]*(?:<!--[^\r\n]*?-->[ \t]*)*(?=[\r\n]|\Z)")
_EMPTY_REST: Final = re.compile(rb"[ \t]*(?:\r\n|\r|\n)")
_OTHER_ENCODING: Final = re.compile(
    r"\A\ufeff?<\?xml[^>]*?encoding\s*=\s*[\"'](?!utf-?8[\"'])", re.IGNORECASE
)


class EditFailed(Exception):
    """An edited text does not say what it should, and must not be written."""


def change(
    text: str,
    changes: Mapping[SettingKey, str],
    around: Surroundings | None = None,
    *,
    utf8: bool = True,
    removed: SettingKey | None = None,
    new_id: str | None = None,
    new_alias: str | None = None,
) -> str:
    """Set params and variables of the one user in ``text``, which :func:`read` accepts.

    What is there keeps its place; what is missing is added after its neighbours,
    in their manner, and what an inclusion brings is given anew behind that.  ``around`` is
    where the file stands.  A setting to be ``removed`` goes with its line, if it has one to
    itself.  With ``new_id`` the user gets that id, with ``new_alias`` that ``number-alias``.
    ``utf8`` tells whether the text came from UTF-8.  Raises :class:`EditFailed` unless the
    result, read again, differs from ``text`` in these values and nothing else; ``ValueError``
    for a value that XML cannot carry.
    """
    ascii_only = not utf8 or _OTHER_ENCODING.match(text) is not None
    data = text.encode()
    try:
        for key, value in changes.items():
            data = _set(data, key, escape(value, ascii_only=ascii_only).encode(), around)
        if removed:
            data = _remove(data, removed)
        if new_id:
            data = _set_attribute(data, b"id", escape(new_id).encode())
        if new_alias:
            data = _set_attribute(data, b"number-alias", escape(new_alias).encode())
        new = data.decode()
        before, after = read(text, around), read(new, around)
    except Unreadable as error:
        raise EditFailed(f"The changed file would not be as it should: it {error}.") from error
    attributes = {"id": new_id, "number-alias": new_alias}
    if [_changed(user, changes, removed, attributes) for user in before] != [
        _comparable(user) for user in after
    ]:
        raise EditFailed("The changed file would say something else than it should.")
    return new


def _set(data: bytes, key: SettingKey, escaped: bytes, around: Surroundings | None) -> bytes:
    section, _ = key
    user = _only_user(data)
    container = user.first(section.encode())
    line = _hiding_line(data, key, around)
    if container and line:
        opened = _opened(key, escaped)
        return _insert_behind_line(data, line, opened + _tail(data, container))
    found = container and _find_setting(container, key)
    if found:
        return _set_value(data, found, escaped)
    opened = _opened(key, escaped)
    if container:
        return _append(data, container, user, lambda _: opened + _tail(data, container))
    tag = section.encode()
    return _append(
        data,
        user,
        user,
        lambda layout: layout.block(b"<%s>" % tag, opened + b"/>", b"</%s>" % tag),
        after=[child for child in user.children if child.name.decode() in SECTIONS],
    )


def _opened(key: SettingKey, escaped: bytes) -> bytes:
    section, name = key
    return b'<%s name="%s" value="%s"' % (SECTIONS[section].encode(), name.encode(), escaped)


def _hiding_line(data: bytes, key: SettingKey, around: Surroundings | None) -> int:
    """The line of the directive that brings the value that counts; 0 if none does."""
    same = [
        each
        for user in read(data.decode(), around)
        for each in user.settings
        if key_of(each) == key
    ]
    return same[-1].line if same else 0


def _insert_behind_line(data: bytes, number: int, markup: bytes) -> bytes:
    """Insert a line behind a directive, which takes all of its own line."""
    place = next(each.end for each in blank(data).directives if each.number == number)
    start = max(data.rfind(b"\n", 0, place), data.rfind(b"\r", 0, place)) + 1
    indent = _LEADING.match(data, start)
    return data[:place] + _line_end(data) + (indent[0] if indent else b"") + markup + data[place:]


def _set_attribute(data: bytes, name: bytes, escaped: bytes) -> bytes:
    span = span_of(_only_user(data), name)
    if span is None:
        raise EditFailed(f"The user in the file has no {name.decode()}.")
    return data[: span[0]] + escaped + data[span[1] :]


def _only_user(data: bytes) -> Element:
    users = user_elements(data)
    if len(users) != 1:
        raise EditFailed(f"There are {len(users)} users in the file, not one.")
    return users[0]


def _find_setting(container: Element, key: SettingKey) -> Element | None:
    """The last one of that name, in any case: FreeSWITCH takes that."""
    section, name = key
    found = None
    for child in container.named(SECTIONS[section].encode()):
        if (child.attribute(b"name") or b"").lower() == name.encode():
            found = child
    return found


def _remove(data: bytes, key: SettingKey) -> bytes:
    container = _only_user(data).first(key[0].encode())
    while container and (found := _find_setting(container, key)):
        start, end = found.markup.start, found.markup.end
        indent = _indent(data, start)
        rest = _EMPTY_REST.match(data, end)
        if indent is not None and rest:
            start, end = start - len(indent), rest.end()
        data = data[:start] + data[end:]
        container = _only_user(data).first(key[0].encode())
    return data


def _set_value(data: bytes, element: Element, escaped: bytes) -> bytes:
    span = span_of(element, b"value")
    if span:
        return data[: span[0]] + escaped + data[span[1] :]
    place = _attributes_end(element)
    return data[:place] + b' value="%s"' % escaped + data[place:]


def _attributes_end(element: Element) -> int:
    """The place behind the last attribute of an opening tag, or behind its name."""
    markup = element.markup
    return markup.values[-1][1] + 1 if markup.values else markup.start + 1 + len(element.name)


def _tail(data: bytes, container: Element) -> bytes:
    """How the neighbours close their tags: ``/>``, perhaps after a space."""
    last = container.children[-1] if container.children else None
    if last and last.markup.is_empty_tag:
        return data[_attributes_end(last) : last.markup.end]
    return b"/>"


class _Layout:
    """How lines begin and end around a new element."""

    def __init__(self, line_end: bytes, indent: bytes, unit: bytes) -> None:
        self.line_end = line_end
        self.indent = indent
        self.unit = unit

    def block(self, opening: bytes, content: bytes, closing: bytes) -> bytes:
        if not self.line_end:
            return opening + content + closing
        line = self.line_end + self.indent
        return opening + line + self.unit + content + line + closing


def _append(
    data: bytes,
    parent: Element,
    user: Element,
    markup: Callable[[_Layout], bytes],
    *,
    after: list[Element] | None = None,
) -> bytes:
    """Put a new element into ``parent``, after the last of its children (or of ``after``)."""
    neighbours = parent.children if after is None else after
    if neighbours:
        return _insert_after(data, neighbours[-1], parent, markup)
    place = parent.markup
    outer, user_indent = _indent(data, place.start), _indent(data, user.markup.start)
    line_end = b"" if outer is None else _line_end(data)
    unit = _DEFAULT_UNIT
    if outer and user_indent and outer != user_indent and outer.startswith(user_indent):
        unit = outer.removeprefix(user_indent)
    elif outer and outer.startswith(b"\t"):
        unit = b"\t"
    indent = (outer or b"") + unit
    new = line_end + indent * bool(line_end) + markup(_Layout(line_end, indent, unit))
    if place.is_empty_tag:
        opening = data[place.start : _attributes_end(parent)] + b">"
        closing = line_end + (outer or b"") * bool(line_end) + b"</%s>" % parent.name
        return data[: place.start] + opening + new + closing + data[place.end :]
    if line_end and not _LINE_END.search(data, place.tag_end, place.inner_end):
        new += line_end + (outer or b"")
    return data[: place.tag_end] + new + data[place.tag_end :]


def _insert_after(
    data: bytes, neighbour: Element, parent: Element, markup: Callable[[_Layout], bytes]
) -> bytes:
    indent = _indent(data, neighbour.markup.start)
    place = neighbour.markup.end
    if indent is None:
        return data[:place] + markup(_Layout(b"", b"", b"")) + data[place:]
    rest = _REST_OF_LINE.match(data, place)
    place = rest.end() if rest else place
    outer = _indent(data, parent.markup.start) or b""
    unit = indent.removeprefix(outer) or _DEFAULT_UNIT
    line_end = _line_end(data)
    new = line_end + indent + markup(_Layout(line_end, indent, unit))
    return data[:place] + new + data[place:]


def _indent(data: bytes, place: int) -> bytes | None:
    """What stands before ``place`` on its line, if that is white space only."""
    start = max(data.rfind(b"\n", 0, place), data.rfind(b"\r", 0, place)) + 1
    before = data[start:place]
    return before if not before.strip(b" \t") else None


def _line_end(data: bytes) -> bytes:
    found = _LINE_END.search(data)
    return found[0] if found else b""


def _comparable(user: User) -> tuple[object, ...]:
    # In any order between those of different names: a new one stands where it fits, or counts.
    settings: dict[SettingKey, list[Setting]] = {}
    for each in user.settings:
        settings.setdefault(key_of(each), []).append(each._replace(line=0, known=None))
    return dict(user.attributes), settings, user.others, user.included_sections


def _changed(
    user: User,
    changes: Mapping[SettingKey, str],
    removed: SettingKey | None,
    new_attributes: Mapping[str, str | None],
) -> tuple[object, ...]:
    """What the user should be after ``changes``, found without the text."""
    settings = list(user.settings)
    for (section, name), value in changes.items():
        same = [index for index, each in enumerate(settings) if key_of(each) == (section, name)]
        if same and not settings[same[-1]].origin:
            settings[same[-1]] = settings[same[-1]]._replace(value=value, reference=False)
        else:
            settings.append(Setting(section, name, value, reference=False))
    if removed:
        settings = [each for each in settings if key_of(each) != removed]
    given = {name: value for name, value in new_attributes.items() if value}
    attributes = {**user.attributes, **given}
    return _comparable(replace(user, attributes=attributes, settings=tuple(settings)))
