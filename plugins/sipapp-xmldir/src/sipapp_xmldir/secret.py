"""The password or hash with which a phone registers, from the file and vars.xml."""

from sipapp.api import Extension, Secret
from sipapp_xmldir.health.variables import Variables
from sipapp_xmldir.parse.blanking import REFERENCE
from sipapp_xmldir.parse.fields import HASH, key_of
from sipapp_xmldir.parse.reader import decode, read
from sipapp_xmldir.parse.xml_elements import Unreadable


def hash_of(extension: Extension, data: bytes) -> str:
    """The ``a1-hash`` that the extension's file gives; empty if none can be read."""
    try:
        users = read(decode(data)[0])
    except Unreadable:
        return ""
    hashes = [
        "" if setting.reference else setting.value
        for user in users
        if user.attributes.get("id") == extension.id
        for setting in user.settings
        if key_of(setting) == HASH
    ]
    # Of several params with one name, the last counts.
    return hashes[-1] if hashes else ""


def inherited_password(reference: str, variables: Variables) -> Secret | None:
    """The password with its ``$${name}`` expanded; ``None`` if a variable is not known."""
    values = [variables.resolve(each) for each in REFERENCE.findall(reference)]
    if None in values:
        return None
    password = REFERENCE.sub(lambda found: variables.resolve(found[0]) or "", reference)
    return Secret(password) if password else None
