"""What an examination of the stored extensions found, and how it can be mended."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Literal

from sipapp.model.extension import Extension, fold_id
from sipapp.model.type_checks import check_types

Severity = Literal["critical", "warning", "note"]

SEVERITIES: Final[tuple[Severity, ...]] = ("critical", "warning", "note")
"""From the worst on.

``critical``: somebody gets in who should not, or FreeSWITCH does not read what is there.
``warning``: something does not work as it looks.  ``note``: worth knowing.
"""


@dataclass(frozen=True)
class Mending:
    """A safe way to mend a finding: its name, and the words of the button."""

    name: str
    label: str

    def __post_init__(self) -> None:
        check_types(self)


NEW_PASSWORD: Final = Mending("new-password", "Set a new password")
"""sipapp makes a password for the finding's extension, and shows it once."""

DEFAULT_CONTEXT: Final = Mending("default-context", "Set context “default”")
"""sipapp sets the context of the finding's extension to ``default``."""

NO_PASSWORD_ON_PURPOSE: Final = "no-password-on-purpose"  # noqa: S105  (no secret)
"""The code of a finding about an extension without a password that strangers are kept out of."""


@dataclass(frozen=True)
class Finding:
    """One thing that is not as it should be.  No text of it may contain a secret.

    ``code`` names the kind of finding, for programs.  ``source`` is the file (or
    what the storage has instead), with ``line`` from 1 where there is one.
    ``extension`` is the id of the extension concerned, empty if it is none or
    several; ``version`` is the version of it that was examined.  ``title`` says in
    a few words what is so, without naming the extension; ``meaning`` what follows from
    it, ``remedy`` what to do, both in sentences.  Findings that share ``code``,
    ``meaning`` and ``remedy`` are shown together.  ``mending`` is what sipapp can do by
    itself: one of the constants of this module, or one of the storage's own.
    """

    code: str
    severity: Severity
    source: str
    line: int | None
    title: str
    meaning: str
    remedy: str
    extension: str = ""
    version: str = ""
    mending: Mending | None = None

    def __post_init__(self) -> None:
        check_types(self)

    @cached_property
    def key(self) -> str:
        """Names this finding as long as it is the same one."""
        parts = (self.code, self.source, str(self.line), self.extension, self.title)
        text = "\0".join(parts).encode("utf-8", "surrogatepass")
        return hashlib.sha256(text).hexdigest()[:32]


@dataclass(frozen=True)
class Examination:
    """All findings, and what they were looked for in.

    ``looked_at`` and ``not_looked_at`` are phrases such as “24 files of /etc/...”
    and “the dialplan: the ini does not name it”.
    """

    findings: tuple[Finding, ...] = ()
    looked_at: tuple[str, ...] = ()
    not_looked_at: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_types(self)

    @cached_property
    def counts(self) -> dict[Severity, int]:
        """How many findings of each severity there are."""
        counts = dict.fromkeys(SEVERITIES, 0)
        for finding in self.findings:
            counts[finding.severity] += 1
        return counts

    @cached_property
    def _by_place(self) -> dict[tuple[str, str], list[Finding]]:
        found: dict[tuple[str, str], list[Finding]] = {}
        for finding in self.findings:
            place = finding.source, fold_id(finding.extension)
            found.setdefault(place, []).append(finding)
        return found

    def of(self, extension: Extension) -> Sequence[Finding]:
        """The findings about an extension, and about all of its source, the worst first."""
        ids = dict.fromkeys((fold_id(extension.id), ""))
        found = [each for name in ids for each in self._by_place.get((extension.source, name), ())]
        return sorted(found, key=lambda each: SEVERITIES.index(each.severity))
