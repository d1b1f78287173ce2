"""A phone's proof that it knows its extension's password, which is not sent.

As in RFC 7616 both sides know HA1; other than there, the answer is an HMAC (RFC 2104) under
it, of a text that SIP's digests never have: what is seen of one is of no use for the other.
"""

import base64
import hashlib
import hmac
import secrets
import time
from collections.abc import Callable
from typing import Final

from sipapp.files.signing_key import SigningKey
from sipapp.model.secret import Secret
from sipapp.state.shared import ClaimSet, SharedState

NONCE_LIFETIME_S: Final = 60
MAX_USED_NONCES: Final = 50_000
"""Used nonces that are remembered until they have expired; at so many, further ones are refused."""
_USED: Final = ClaimSet("used nonces of phones", NONCE_LIFETIME_S, MAX_USED_NONCES)
_PURPOSE: Final = "sipapp-phone-1"
_UNKNOWN_EXTENSION: Final = Secret(password=secrets.token_urlsafe())


def proof_of(ha1: str, extension: str, realm: str, nonce: str) -> str:
    """The proof: HMAC-SHA256, in lower-case hex, under HA1 as text."""
    text = f"{_PURPOSE}\n{extension}\n{realm}\n{nonce}"
    return hmac.digest(_bytes(ha1), _bytes(text), "sha256").hex()


def is_valid(secret: Secret | None, extension: str, realm: str, nonce: str, proof: str) -> bool:
    """Whether a proof was made with the secret; without a secret ``False``, after the same time."""
    ha1 = (secret or _UNKNOWN_EXTENSION).ha1_of(extension, realm)
    wanted = proof_of(ha1, extension, realm, nonce)
    right = hmac.compare_digest(_bytes(wanted), _bytes(proof))
    return right and secret is not None


class Nonces:
    """Makes nonces, each of which can be used once.  For several threads and processes.

    They are signed, and remembered only when they were used: asking for many costs no memory.
    Servers with the same key accept each other's; with the same state, each only once among all.
    """

    def __init__(
        self, key: SigningKey, state: SharedState, clock: Callable[[], float] = time.time
    ) -> None:
        self._key = key.derive("nonce")
        self._state = state
        self._clock = clock

    def make(self, extension: str) -> str:
        """A nonce for one extension, whether there is such a one or not."""
        issued = str(int(self._clock() * 1000))
        random = secrets.token_urlsafe(16)
        return f"{issued}.{random}.{self._mark(issued, random, extension)}"

    def use(self, nonce: str, extension: str) -> bool:
        """Whether it is one of ours for this extension, still good, and not used before."""
        parts = nonce.split(".")
        if len(parts) != 3:
            return False
        issued, random, mark = parts
        if not hmac.compare_digest(_bytes(self._mark(issued, random, extension)), _bytes(mark)):
            return False
        # Ours, so what stands in it is a number.
        if self._clock() >= int(issued) / 1000 + NONCE_LIFETIME_S:
            return False
        # Remembered from now on, which lasts longer than the nonce.
        return self._state.claim(_USED, [nonce]) is not None

    def _mark(self, issued: str, random: str, extension: str) -> str:
        text = f"{issued}\n{random}\n{extension}"
        digest = hmac.digest(self._key, _bytes(text), hashlib.sha256)
        return base64.urlsafe_b64encode(digest[:18]).decode()


def _bytes(text: str) -> bytes:
    # JSON can carry lone surrogates.
    return text.encode("utf-8", "surrogatepass")
