"""An extension to test with, what of it is compared, and how many values are tried."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Final

from sipapp.api import FIELD_NAMES, Extension, ExtensionStorage, ha1, split_id

REALM: Final = "sip.example"
"""The realm of the default domain: a storage that keeps hashes makes them for it."""

MakeStorage = Callable[[], ExtensionStorage]

SAMPLE: Final = Extension(
    "1000",
    password="Sd7-first-password",
    vm_password="4711",
    caller_id_name="Ada Lovelace",
    caller_id_number="1000",
    outbound_caller_id_name="Analytical Engines",
    outbound_caller_id_number="+4930123456",
    user_context="default",
    toll_allow="domestic,international,local",
    callgroup="sales",
    accountcode="1000",
)


def without_version(extension: Extension) -> Extension:
    """The extension itself: what a storage brings back may have a new version and place."""
    return replace(extension, version="", source="")


def values_of(extension: Extension) -> dict[str, str]:
    """Its fields but the password, which a storage may keep as a hash only."""
    return {name: getattr(extension, name) for name in FIELD_NAMES if name != "password"}


def has_password(storage: ExtensionStorage, extension_id: str, password: str) -> bool:
    """Whether a phone of the extension registers with this password in its domain's realm."""
    user, domain = split_id(extension_id)
    realm = domain or REALM
    secret = storage.secret(extension_id)
    return secret is not None and secret.ha1_of(user, realm) == ha1(user, realm, password)


def check_each(cases: Iterable[tuple[int, str]], check: Callable[[int, str], None]) -> None:
    """Call a check with each case, then raise all that failed in one ``ExceptionGroup``."""
    failures = []
    for case in cases:
        try:
            check(*case)
        except Exception as failure:  # noqa: BLE001  (raised below)
            failure.add_note(f"with {case!r}")
            failures.append(failure)
    if failures:
        raise ExceptionGroup("Some cases failed", failures)
