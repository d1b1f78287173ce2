"""The certificate that a port presents, and whether a browser would accept it."""

import socket
import ssl
import time
from dataclasses import dataclass
from typing import Any, Final

from sipapp.model.diagnosis import Diagnosis, fault, ok, warning
from sipapp.model.text import one_line

SOON: Final = 14 * 86400.0
"""Seconds before its end from which a certificate is a warning."""
TIMEOUT: Final = 4.0

# OpenSSL's x509_vfy.h; ssl.VerifyFlags has no name for it.
_NO_CHECK_TIME: Final = 0x200000
_RENEW: Final = (
    "Renew it (certbot renew), write key and full chain into wss.pem or the proxy's files, and "
    "restart the profile or the proxy."
)
_TRUSTED: Final = (
    "Get one from an authority that browsers know (Let's Encrypt), with its full chain: "
    "docs/freeswitch.md, section 1. Or put a proxy with the page's own certificate before it."
)


def unverified_context() -> ssl.SSLContext:
    """A TLS context that accepts any certificate: to read it, never to send a secret."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


@dataclass(frozen=True)
class Certificate:
    """What a certificate says, and why it is not trusted, if it is not."""

    names: tuple[str, ...]
    issuer: str
    self_signed: bool
    """It is self-signed."""
    ends: float
    distrust: str

    def describe(self) -> str:
        """Its names, issuer and end in a few words."""
        names = one_line(", ".join(self.names[:5])) or "no host name"
        issuer = "by itself" if self.self_signed else f"by {self.issuer}"
        day = time.strftime("%Y-%m-%d", time.gmtime(self.ends))
        return f"for {names}, issued {issuer}, valid until {day}"


def look(address: str, port: int, host: str, *, timeout: float = TIMEOUT) -> Certificate:
    """Fetch the certificate that is presented for ``host`` (empty: without a host name).

    Raises ``OSError``, ``ssl.SSLError`` among them.
    """
    with (
        socket.create_connection((address, port), timeout) as plain,
        unverified_context().wrap_socket(plain, server_hostname=host or address) as connection,
    ):
        der = connection.getpeercert(binary_form=True) or b""
    said = _decode(address, port, host, der, timeout)
    return Certificate(
        names=tuple(value for _, value in said.get("subjectAltName", ())),
        issuer=_name(said["issuer"]),
        self_signed=said["subject"] == said["issuer"],
        ends=float(ssl.cert_time_to_seconds(said["notAfter"])),
        distrust=_distrust(address, port, host, timeout),
    )


def judge(check: str, where: str, certificate: Certificate, host: str) -> Diagnosis:
    """Say whether a browser would accept it at ``host`` (empty: the name is not looked at)."""
    found = f"{where} presents a certificate {certificate.describe()}"
    left = certificate.ends - time.time()
    if left < 0:
        return fault(check, f"{found}: it has expired, and browsers refuse it.", _RENEW)
    if certificate.distrust:
        return fault(
            check,
            f"{found}: browsers refuse it ({certificate.distrust}), without asking anybody.",
            _TRUSTED,
        )
    if left < SOON:
        return warning(check, f"{found}: that is in {left / 86400:.0f} days.", _RENEW)
    if not host:
        return ok(
            check,
            f"{found}: browsers accept it under these names (set sipapp.hosts, or say --host NAME, "
            "to have one tried).",
        )
    return ok(check, f"{found}: browsers accept it for {host}, as far as this machine knows.")


def _decode(address: str, port: int, host: str, der: bytes, timeout: float) -> dict[str, Any]:
    """What stands in a certificate: Python decodes only those that it has verified.

    So it is trusted for once, itself alone and whenever it was valid.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.load_verify_locations(cadata=ssl.DER_cert_to_PEM_cert(der))
    context.verify_flags = ssl.VerifyFlags(
        context.verify_flags | ssl.VerifyFlags.VERIFY_X509_PARTIAL_CHAIN | _NO_CHECK_TIME
    )
    with (
        socket.create_connection((address, port), timeout) as plain,
        context.wrap_socket(plain, server_hostname=host or address) as connection,
    ):
        return dict(connection.getpeercert() or {})


def _distrust(address: str, port: int, host: str, timeout: float) -> str:
    """Why a careful client turns away; empty if it does not."""
    context = ssl.create_default_context()
    context.check_hostname = bool(host)
    try:
        with (
            socket.create_connection((address, port), timeout) as plain,
            context.wrap_socket(plain, server_hostname=host or address),
        ):
            return ""
    except ssl.SSLCertVerificationError as error:
        return error.verify_message.rstrip(".")


def _name(parts: Any) -> str:
    """A distinguished name, in short."""
    fields = {key: value for part in parts for key, value in part}
    return one_line(str(fields.get("commonName") or fields.get("organizationName") or "somebody"))
