"""Whether sipapp may change a user: only a plain extension, which can be read in one way."""

from collections import Counter
from collections.abc import Iterator

from sipapp.api import USER_RULE, is_user
from sipapp_xmldir.parse.authentication import ACCESS_PARAMS
from sipapp_xmldir.parse.fields import FIELDS_BY_PLACE, HASH, SettingKey, key_of
from sipapp_xmldir.parse.user import SECTIONS, User


def read_only_reason(user: User, name: str) -> str:
    """Why a user is not a plain extension that sipapp can edit; empty if it is one."""
    if user.origin:
        return f"{name} includes this user; edit it by hand in {user.origin}."
    return f"{user.unknown}." if user.unknown else _own_reason(user, name)


def _own_reason(user: User, name: str) -> str:
    extension_id = user.attributes.get("id")
    if not extension_id:
        return f"{name} has a user without an id."
    if "$${" in extension_id:
        return f"{name} takes the user's id from a variable."
    if not is_user(extension_id):
        return f"{name} has a user whose id is not of the form that can be managed: {USER_RULE}."
    features = [*_features(user)]
    if features:
        listed = ", ".join(features[:-1])
        return f"{name} has {f'{listed} and ' if listed else ''}{features[-1]}."
    places = {key_of(setting) for setting in user.settings}
    access: set[SettingKey] = {("params", each) for each in ACCESS_PARAMS}
    if not (places & {HASH, *FIELDS_BY_PLACE, *access} or "cidr" in user.attributes):
        return f"{name} has no password and none of the other values of an extension."
    return ""


def _features(user: User) -> Iterator[str]:
    # A wildcard hides all later users, and a pointer cannot register.
    if "type" in user.attributes:
        yield f'type="{user.attributes["type"]}"'
    for tag in dict.fromkeys(user.others):
        if tag in SECTIONS:
            yield f"two sections of {tag}"
        elif tag == "user":
            yield "a user in it"
    for key, count in _counts(user).items():
        if count > 1 and key in FIELDS_BY_PLACE:
            yield f"{count} times {key[1]}"


def _counts(user: User) -> Counter[SettingKey]:
    """How often each setting is there, behind the last one of its name that is included.

    An own value that an inclusion hides has to be given again behind that.
    """
    found: Counter[SettingKey] = Counter()
    for setting in user.settings:
        if setting.origin:
            found.pop(key_of(setting), None)
        else:
            found[key_of(setting)] += 1
    return found
