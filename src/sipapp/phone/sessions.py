"""Sessions of phones that have proved their extension's password: signed tokens.

The server keeps nothing of a session, so that every server with the same key accepts it.
"""

import base64
import hmac
import time
from collections.abc import Callable
from typing import Final

from sipapp.files.signing_key import SigningKey
from sipapp.model.errors import ExtensionNotFound
from sipapp.model.secret import Secret

SESSION_LIFETIME_S: Final = 900


class Sessions:
    """Makes and checks tokens: ``EXTENSION.ISSUED.MARK.SIGNATURE``.  For several threads.

    ``secret`` tells an extension's secret now; ``None`` if it has none, or is disabled, and
    ``ExtensionNotFound`` if it is gone.  It is asked whenever a token is used: the token carries
    a mark of the secret that was proved, and ends when the stored secret is another one.
    """

    def __init__(
        self,
        secret: Callable[[str], Secret | None],
        key: SigningKey,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._secret = secret
        self._signature_key = key.derive("phone session")
        self._mark_key = key.derive("phone session, mark of the password")
        self._clock = clock

    def start(self, extension: str, secret: Secret) -> str:
        """A new token for an extension, whose secret was proved to be this one."""
        name = base64.urlsafe_b64encode(_bytes(extension)).decode().rstrip("=")
        signed = f"{name}.{int(self._clock())}.{self._mark(extension, secret)}"
        return f"{signed}.{_digest(self._signature_key, signed)}"

    def extension_of(self, token: str) -> str | None:
        """The extension of a token that is good; ``None`` for any other.

        Raises what the storage raises if it cannot be asked, which only a signed token causes.
        """
        signed, _, signature = token.rpartition(".")
        if not _same(_digest(self._signature_key, signed), signature):
            return None
        # Signed by us, so it has the parts that start() gave it.
        name, issued, mark = signed.split(".")
        # Also none from the future: a clock that was wrong would make it last for long.
        if abs(self._clock() - int(issued)) >= SESSION_LIFETIME_S:
            return None
        extension = base64.urlsafe_b64decode(name + "=" * (-len(name) % 4))
        return self._checked(extension.decode("utf-8", "surrogatepass"), mark)

    def _checked(self, extension: str, mark: str) -> str | None:
        try:
            secret = self._secret(extension)
        except ExtensionNotFound:
            return None
        is_same = secret is not None and _same(self._mark(extension, secret), mark)
        return extension if is_same else None

    def _mark(self, extension: str, secret: Secret) -> str:
        return _digest(self._mark_key, f"{extension}\n{secret.ha1}\n{secret.password}")


def _digest(key: bytes, text: str) -> str:
    return hmac.digest(key, _bytes(text), "sha256").hex()


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(_bytes(one), _bytes(other))


def _bytes(text: str) -> bytes:
    # JSON can carry lone surrogates.
    return text.encode("utf-8", "surrogatepass")
