"""Extensions without a password: whether strangers get in, and the words for it."""

from collections.abc import Iterable
from typing import Final

from sipapp.model.extension import Authentication, Extension
from sipapp.model.findings import NO_PASSWORD_ON_PURPOSE, Finding
from sipapp.web.admin.findings import Found

REMARKS: Final[dict[Authentication, str]] = {
    "addresses": "No password, on purpose: certain addresses only",
    "refused": "No password, on purpose: nobody can register",
}
"""The words in the list of extensions."""

NOTES: Final[dict[Authentication, str]] = {
    "addresses": "No password, on purpose: FreeSWITCH lets it in from certain addresses only "
    "(auth-acl). With a password, a phone needs both.",
    "refused": "No password, on purpose: nobody can register or call as this extension. "
    "Set a password to use it with a phone.",
}
"""What stands at the field of the password."""


def is_open(extension: Extension, findings: Iterable[Finding | Found]) -> bool:
    """Whether a page has to say that anyone can register as this extension.

    Of one that cannot be changed here, it does not.  ``findings`` are those about it: one that is
    critical says it already, and the examination may know of the domain that it refuses empty
    passwords.
    """
    if extension.read_only or extension.authentication != "none":
        return False
    return not any(
        each.severity == "critical" or each.code == NO_PASSWORD_ON_PURPOSE for each in findings
    )
