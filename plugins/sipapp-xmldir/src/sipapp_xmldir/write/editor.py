"""Changes of values in the text of a file, which leave every other character as it is."""

import re
from collections.abc import Callable, Mapping
from typing import Final

from sipapp_xmldir.parse.blanking import preprocess
from sipapp_xmldir.parse.fields import SettingKey
from sipapp_xmldir.parse.markup import Element, locate
from sipapp_xmldir.parse.reader import Unreadable, read
from sipapp_xmldir.parse.user import SECTIONS, Setting, User
from sipapp_xmldir.write.escape import escape

_LINE_END: Final = re.compile(r"\r\n|\r|\n")
_DEFAULT_UNIT: Final = "  "
# What may follow an element on its line without belonging to another.
_REST_OF_LINE: Final = re.compile(r"[ \t]*(?:<!--[^\r\n]*?-->[ \t]*)*(?=[\r\n]|\Z)")
_EMPTY_REST: Final = re.compile(r"[ \t]*(?:\r\n|\r|\n)")
_OTHER_ENCODING: Final = re.compile(
    r"\A\ufeff?<\?xml[^>]*?encoding\s*=\s*[\"'](?!utf-?8[\"'])", re.IGNORECASE
)


class EditFailed(Exception):
    """The new text would not say what it should; nothing of it may be written."""


def change(
    text: str,
    changes: Mapping[SettingKey, str],
    *,
    utf8: bool = True,
    removed: SettingKey | None = None,
    new_id: str | None = None,
) -> str:
    """Set params and variables of the one user in ``text``, which :func:`read` accepts.

    What is there keeps its place; what is missing is added after its neighbours,
    in their manner.  A setting to be ``removed`` goes with its line, if it has one to
    itself.  With ``new_id`` the user gets that id.  ``utf8`` tells whether the text came
    from UTF-8.  Raises :class:`EditFailed` unless the result, read again, differs from ``text`` in
    these values and nothing else; ``ValueError`` for a value that XML cannot carry.
    """
    ascii_only = not utf8 or _OTHER_ENCODING.match(text) is not None
    new = text
    try:
        for key, value in changes.items():
            new = _set(new, key, escape(value, ascii_only=ascii_only))
        if removed:
            new = _remove(new, removed)
        if new_id:
            new = _set_id(new, escape(new_id))
        before, after = read(text), read(new)
    except Unreadable as error:
        raise EditFailed(f"The changed file would not be as it should: it {error}.") from error
    if [_changed(user, changes, removed, new_id) for user in before] != [
        _comparable(user) for user in after
    ]:
        raise EditFailed("The changed file would say something else than it should.")
    return new


def _set(text: str, key: SettingKey, escaped: str) -> str:
    section, name = key
    user = _only_user(text)
    container = user.find(section)
    found = container and _find_setting(text, container, name)
    if found:
        return _set_value(text, found, escaped)
    markup = f'<{SECTIONS[section]} name="{name}" value="{escaped}"'
    if container:
        return _append(text, container, user, lambda _: markup + _tail(text, container))
    return _append(
        text,
        user,
        user,
        lambda layout: layout.block(f"<{section}>", markup + "/>", f"</{section}>"),
        after=[child for child in user.children if child.tag in SECTIONS],
    )


def _set_id(text: str, escaped: str) -> str:
    span = _only_user(text).values.get("id")
    if span is None:
        raise EditFailed("The user in the file has no id.")
    return text[: span[0]] + escaped + text[span[1] :]


def _only_user(text: str) -> Element:
    # In the text without the lines that FreeSWITCH drops; positions are the same.
    try:
        root = locate(preprocess(text).text)
    except ValueError as error:
        raise EditFailed(f"The place of the value was not found: {error}.") from error
    users = [child for child in root.children if child.tag == "user"]
    if len(users) != 1:
        raise EditFailed(f"There are {len(users)} users in the file, not one.")
    return users[0]


def _find_setting(text: str, container: Element, name: str) -> Element | None:
    """The last one of that name, in any case: FreeSWITCH takes that."""
    found = None
    for child in container.children:
        span = child.values.get("name")
        if span and text[slice(*span)].lower() == name and child.tag == SECTIONS[container.tag]:
            found = child
    return found


def _remove(text: str, key: SettingKey) -> str:
    section, name = key
    container = _only_user(text).find(section)
    while container and (found := _find_setting(text, container, name)):
        start, end = found.start, found.end
        indent = _indent(text, start)
        rest = _EMPTY_REST.match(text, end)
        if indent is not None and rest:
            start, end = start - len(indent), rest.end()
        text = text[:start] + text[end:]
        container = _only_user(text).find(section)
    return text


def _set_value(text: str, element: Element, escaped: str) -> str:
    if "value" in element.values:
        start, end = element.values["value"]
        return text[:start] + escaped + text[end:]
    place = element.attributes_end
    return f'{text[:place]} value="{escaped}"{text[place:]}'


def _tail(text: str, container: Element) -> str:
    """How the neighbours close their tags: ``/>``, perhaps after a space."""
    last = container.children[-1] if container.children else None
    return text[last.attributes_end : last.end] if last and last.empty else "/>"


class _Layout:
    """How lines begin and end around a new element."""

    def __init__(self, line_end: str, indent: str, unit: str) -> None:
        self.line_end = line_end
        self.indent = indent
        self.unit = unit

    def block(self, opening: str, content: str, closing: str) -> str:
        if not self.line_end:
            return opening + content + closing
        line = self.line_end + self.indent
        return f"{opening}{line}{self.unit}{content}{line}{closing}"


def _append(
    text: str,
    parent: Element,
    user: Element,
    markup: Callable[[_Layout], str],
    *,
    after: list[Element] | None = None,
) -> str:
    """Put a new element into ``parent``, after the last of its children (or of ``after``)."""
    neighbours = parent.children if after is None else after
    if neighbours:
        return _insert_after(text, neighbours[-1], parent, markup)
    outer, user_indent = _indent(text, parent.start), _indent(text, user.start)
    line_end = "" if outer is None else _line_end(text)
    unit = _DEFAULT_UNIT
    if outer and user_indent and outer != user_indent and outer.startswith(user_indent):
        unit = outer.removeprefix(user_indent)
    elif outer and outer[0] == "\t":
        unit = "\t"
    indent = (outer or "") + unit
    new = line_end + indent * bool(line_end) + markup(_Layout(line_end, indent, unit))
    if parent.empty:
        opening = text[parent.start : parent.attributes_end] + ">"
        closing = f"{line_end}{(outer or '') * bool(line_end)}</{parent.tag}>"
        return text[: parent.start] + opening + new + closing + text[parent.end :]
    if line_end and not _LINE_END.search(text, parent.inner_start, parent.inner_end):
        new += line_end + (outer or "")
    return text[: parent.inner_start] + new + text[parent.inner_start :]


def _insert_after(
    text: str, neighbour: Element, parent: Element, markup: Callable[[_Layout], str]
) -> str:
    indent = _indent(text, neighbour.start)
    if indent is None:
        place = neighbour.end
        return text[:place] + markup(_Layout("", "", "")) + text[place:]
    rest = _REST_OF_LINE.match(text, neighbour.end)
    place = rest.end() if rest else neighbour.end
    outer = _indent(text, parent.start) or ""
    unit = indent.removeprefix(outer) or _DEFAULT_UNIT
    line_end = _line_end(text)
    new = line_end + indent + markup(_Layout(line_end, indent, unit))
    return text[:place] + new + text[place:]


def _indent(text: str, place: int) -> str | None:
    """What stands before ``place`` on its line, if that is white space only."""
    start = max(text.rfind("\n", 0, place), text.rfind("\r", 0, place)) + 1
    before = text[start:place]
    return before if not before.strip(" \t") else None


def _line_end(text: str) -> str:
    found = _LINE_END.search(text)
    return found[0] if found else ""


def _comparable(user: User) -> tuple[object, ...]:
    # In any order between the sections: a new section stands where it fits.
    sections = [[each for each in user.settings if each.section == name] for name in SECTIONS]
    return dict(user.attributes), sections, user.others


def _changed(
    user: User,
    changes: Mapping[SettingKey, str],
    removed: SettingKey | None,
    new_id: str | None,
) -> tuple[object, ...]:
    """What the user should be after ``changes``, found without the text."""
    settings = list(user.settings)
    for (section, name), value in changes.items():
        same = [
            index
            for index, each in enumerate(settings)
            if each.section == section and each.name.lower() == name
        ]
        if same:
            settings[same[-1]] = settings[same[-1]]._replace(value=value, reference=False)
        else:
            settings.append(Setting(section, name, value, reference=False))
    if removed:
        settings = [each for each in settings if (each.section, each.name.lower()) != removed]
    attributes = {**user.attributes, "id": new_id} if new_id else user.attributes
    return _comparable(User(attributes, tuple(settings), user.others))
