"""Temporary credentials for a TURN server (coturn's use-auth-secret).

draft-uberti-behave-turn-rest-00: the user name is the time when they expire, and whose they
are; the password is an HMAC-SHA1 of it under a secret that coturn knows too.
"""

import base64
import hmac
import time
from collections.abc import Callable, Mapping
from typing import Any

from sipapp.settings.options import secret_file
from sipapp.settings.phone import PhoneSettings


def ice_servers(
    settings: PhoneSettings, extension: str, clock: Callable[[], float] = time.time
) -> list[Mapping[str, Any]]:
    """The static servers, and the TURN server with credentials for one extension.

    Raises ``ValueError`` that says why, if the secret cannot be read.
    """
    servers = list(settings.ice_servers)
    if settings.turn_secret_file is not None:
        secret = secret_file(str(settings.turn_secret_file))
        username = f"{int(clock()) + settings.turn_lifetime}:{extension}"
        digest = hmac.digest(secret.encode(), username.encode(), "sha1")
        servers.append(
            {
                "urls": list(settings.turn_urls),
                "username": username,
                "credential": base64.b64encode(digest).decode(),
            }
        )
    return servers
