"""What FreeSWITCH checks a phone against that registers, as far as file and vars.xml tell."""

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
    # The last of one name counts, as everywhere.
    return hashes[-1] if hashes else ""


def inherited_password(reference: str, variables: Variables) -> Secret | None:
    """The password that a text with ``$${name}`` in it comes to; ``None`` if that is not known."""
    values = [variables.resolve(each) for each in REFERENCE.findall(reference)]
    if None in values:
        return None
    password = REFERENCE.sub(lambda found: variables.resolve(found[0]) or "", reference)
    return Secret(password) if password else None
