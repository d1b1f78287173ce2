"""Values of a user that are no fields of an extension: alias, other params and variables."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sipapp.api import fold_id, names_secret
from sipapp_xmldir.parse.fields import FIELDS_BY_PLACE, SettingKey, key_of
from sipapp_xmldir.parse.inclusions import Surroundings
from sipapp_xmldir.parse.reader import decode, read
from sipapp_xmldir.parse.user import SECTIONS, Section, Setting
from sipapp_xmldir.parse.xml_elements import Unreadable

ALIAS: Final = "number-alias"
_SECTIONS: Final[Mapping[str, Section]] = {tag: section for section, tag in SECTIONS.items()}


@dataclass(frozen=True)
class OtherChanges:
    """New values of a user: of params and variables by their place, and of the alias."""

    settings: Mapping[SettingKey, str]
    alias: str | None = None

    @classmethod
    def of(cls, values: Mapping[str, str]) -> "OtherChanges":
        """Of values by the names that :func:`other_values` gives."""
        settings = {_key(name): value for name, value in values.items() if name != ALIAS}
        return cls(settings, values.get(ALIAS))


NO_OTHERS: Final = OtherChanges({})


def other_values(
    data: bytes, user_id: str, around: Surroundings | None = None
) -> Mapping[str, str]:
    """The values of the user in a file that are no fields and no secrets.

    ``around`` is where the file stands.  Without those that have a variable ``$${name}`` in them
    or stand in an included file.  Of one name that is there twice,
    the last counts, as for FreeSWITCH.  Their names are such as ``variable directory_full_name``.
    """
    text, _ = decode(data)
    try:
        users = read(text, around)
    except Unreadable:
        return {}
    user = next((each for each in users if _is(each.attributes.get("id"), user_id)), None)
    if user is None:
        return {}
    found = {f"{SECTIONS[each.section]} {key_of(each)[1]}": each for each in user.settings}
    values = {name: each.value for name, each in found.items() if _is_shown(each)}
    alias = user.attributes.get(ALIAS, "")
    return values if not alias or "$${" in alias else {ALIAS: alias, **values}


def _is(given: str | None, user_id: str) -> bool:
    return given is not None and fold_id(given) == fold_id(user_id)


def _is_shown(setting: Setting) -> bool:
    key = key_of(setting)
    is_left_out = key in FIELDS_BY_PLACE or names_secret(key[1])
    return not (setting.reference or setting.origin or is_left_out)


def _key(name: str) -> SettingKey:
    tag, _, setting = name.partition(" ")
    return _SECTIONS[tag], setting
