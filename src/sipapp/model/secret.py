"""What a switch checks a phone against that registers."""

import hashlib
from dataclasses import dataclass, field

from sipapp.model.type_checks import check_types


@dataclass(frozen=True)
class Secret:
    """A password, or a hash of it in its place (``a1-hash``; sofia_reg.c:3338: it wins)."""

    password: str = field(default="", repr=False)
    ha1: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        check_types(self)

    def __bool__(self) -> bool:
        """Whether there is a password or hash: without one, no phone may log in to sipapp."""
        return bool(self.password or self.ha1)

    def ha1_of(self, user: str, realm: str) -> str:
        """HA1 (RFC 7616, 3.4.2) in lower-case hex; a hash is of the realm it was made for."""
        if self.ha1:
            return self.ha1.lower()
        return ha1(user, realm, self.password)


def ha1(user: str, realm: str, password: str) -> str:
    """HA1 of SIP's digest (RFC 7616, 3.4.2), in lower-case hex."""
    text = f"{user}:{realm}:{password}".encode("utf-8", "surrogatepass")
    # MD5 is what SIP's digest has, and what phones can.
    return hashlib.md5(text, usedforsecurity=False).hexdigest()
