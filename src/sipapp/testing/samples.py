"""An extension to test with, and what of it is compared."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from sipapp.api import FIELD_NAMES, Extension, ExtensionStorage

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
    """The extension itself: a storage may give what it brings back a new version."""
    return replace(extension, version="")


def values_of(extension: Extension) -> dict[str, str]:
    """Its fields, secrets too."""
    return {name: getattr(extension, name) for name in FIELD_NAMES}
