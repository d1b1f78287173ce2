"""The password or hash with which a phone registers: from its file, inclusions and vars.xml."""

from typing import Final

from sipapp.api import Extension, Secret
from sipapp_xmldir.health.variables import Variables
from sipapp_xmldir.parse.blanking import REFERENCE
from sipapp_xmldir.parse.fields import HASH, SettingKey, key_of
from sipapp_xmldir.parse.inclusions import Surroundings
from sipapp_xmldir.parse.reader import decode, read_file
from sipapp_xmldir.parse.user import Setting
from sipapp_xmldir.parse.xml_elements import Unreadable

_PASSWORD: Final[SettingKey] = ("params", "password")


def inherited_secret(
    extension: Extension, data: bytes, around: Surroundings, variables: Variables
) -> Secret | None:
    """The secret of an extension that does not have it as a plain password in its file.

    ``None`` if it cannot be read, or a variable is not known.
    """
    hashed = _setting(extension, data, around, HASH)
    if hashed:
        value = hashed.value if hashed.known is None else hashed.known
        return Secret(ha1="" if REFERENCE.search(value) else value) or None
    setting = _setting(extension, data, around, _PASSWORD)
    if setting is None:
        return None
    if setting.known is not None:
        return Secret(setting.known) or None
    return inherited_password(setting.value, variables)


def _setting(
    extension: Extension, data: bytes, around: Surroundings, key: SettingKey
) -> Setting | None:
    """The setting that counts: of several with one name, the last."""
    try:
        contents = read_file(decode(data)[0], around)
    except Unreadable:
        return None
    users = (*contents.users, *contents.included)
    same = (each for each in users if each.attributes.get("id") == extension.id)
    found = [each for user in same for each in user.settings if key_of(each) == key]
    return found[-1] if found else None


def inherited_password(reference: str, variables: Variables) -> Secret | None:
    """The password with its ``$${name}`` expanded; ``None`` if a variable is not known."""
    values = [variables.resolve(each) for each in REFERENCE.findall(reference)]
    if None in values:
        return None
    password = REFERENCE.sub(lambda found: variables.resolve(found[0]) or "", reference)
    return Secret(password) if password else None
