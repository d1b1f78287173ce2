"""What keeps strangers out of a user without a password, by its params.

As FreeSWITCH 1.10.12 decides it in ``sofia_reg_parse_auth`` (sofia_reg.c:2970), for REGISTER
and for INVITE alike.  A request without credentials is answered by a challenge (401 or 407); of
one with credentials, whatever they are, it looks in this order at the params of the user merged
with those of its group and domain, names in any case, the last of one name:

1. No ``<params>`` at all: let in (3231).
2. ``sip-forbid-register`` that is true: refused, INVITE too (3239).
3. ``auth-acl``: refused unless the address is in that access list (3264).  It is asked for as
   well as the password, not in its place.  An empty or unknown list has no address in it
   (switch_core.c:1402).  Behind a profile with ``apply-proxy-acl``, an address that is
   neither in the list nor a proxy's is not refused here (3283); the password decides then.
4. Neither ``password`` nor ``a1-hash``, where an empty one is none: refused if
   ``allow-empty-password`` is there and is not true (3327), else let in (3333).
5. The response must fit ``a1-hash``, else the ``password`` (3338).

The attribute ``cidr`` keeps nobody out: an address in it is in the list of a node ``domain`` of
acl.conf.xml (switch_core.c:1656), by which a profile's ``apply-inbound-acl`` lets calls in
without a challenge (sofia.c:10586), and ``apply-register-acl`` registrations (sofia_reg.c:2397).
All other addresses are challenged as above.
"""

import re
from collections.abc import Mapping
from typing import Final

from sipapp.api import WithoutPassword, fold_id
from sipapp.freeswitch.api import is_true
from sipapp_xmldir.parse.blanking import REFERENCE
from sipapp_xmldir.parse.user import User

ACCESS_PARAMS: Final = frozenset({"auth-acl", "allow-empty-password", "sip-forbid-register"})
"""The params that tell whether a user without a password is meant to be so."""

# Of an address with a mask of no bits (switch_utils.c:741).
_ALL_ADDRESSES: Final = re.compile(r"/[ +-]*0*(?![0-9])")
# Of switch_core.c:1516: lists that hold all addresses, or all of the internet.
_EVERYWHERE: Final = frozenset(
    {"any_v4.auto", "any_v6.auto", "any.auto", "wan.auto", "wan_v4.auto", "wan_v6.auto"}
)


def without_password(params: Mapping[str, str]) -> WithoutPassword:
    """What keeps strangers out, by the params of a user that has neither password nor hash.

    Names are in lower case.  A value with a ``$${variable}`` may be anything.
    """
    if is_true(params.get("sip-forbid-register", "")):
        return "refused"
    if "allow-empty-password" in params:
        value = params["allow-empty-password"]
        if not (is_true(value) or REFERENCE.search(value)):
            return "refused"
    if "auth-acl" in params and not _has_everybody(params["auth-acl"]):
        return "addresses"
    return ""


def params_of(user: User) -> Mapping[str, str]:
    """The params of a user by name in lower case: the last of one name counts."""
    return {fold_id(each.name): each.value for each in user.settings if each.section == "params"}


def _has_everybody(access_list: str) -> bool:
    parts = access_list.split(",") if "/" in access_list else [access_list]
    return any(part in _EVERYWHERE or _ALL_ADDRESSES.search(part) for part in parts)
