"""Which param or variable of a file is which field of an extension."""

from typing import Final

from sipapp.api import fold_id
from sipapp.freeswitch.api import PLACES
from sipapp_xmldir.parse.user import Section, Setting

SettingKey = tuple[Section, str]
"""Section and lower-case name of a param or variable."""

FIELDS_BY_PLACE: Final = {place: field for field, place in PLACES.items()}

HASH: Final[SettingKey] = ("params", "a1-hash")
"""A hash of the password: it wins over "password" (sofia_reg.c:3338)."""


def key_of(setting: Setting) -> SettingKey:
    """Section and name of a setting, in the case in which FreeSWITCH compares names."""
    # sofia_reg.c and mod_commands.c:1350 ignore case.
    return setting.section, fold_id(setting.name)
