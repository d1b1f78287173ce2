"""The variables that ``vars.xml`` sets, as far as it alone tells."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from sipapp.api import Extension, Finding, fold_id
from sipapp.freeswitch.api import DEFAULT_PASSWORD
from sipapp_xmldir.emulation.merged_text import Hang
from sipapp_xmldir.emulation.tracked_files import Stamps, TrackingPreprocessor

_VARIABLE: Final = "default_password"


@dataclass(frozen=True)
class Variables:
    """Names (in lower case) and values.

    ``lines`` has the line of each name that is set in any way, also by a command
    whose value only FreeSWITCH knows.  ``fault`` says why there are none, ``hang`` is
    where FreeSWITCH blocks for ever.
    """

    file: str = ""
    values: Mapping[str, str] = field(default_factory=dict, repr=False)
    lines: Mapping[str, int] = field(default_factory=dict)
    fault: str = ""
    hang: Hang | None = None

    @property
    def are_known(self) -> bool:
        """Whether a file was read at all."""
        return bool(self.file) and not self.fault

    def resolve(self, reference: str) -> str | None:
        """What ``$${name}`` stands for; ``None`` if that is not known."""
        return self.values.get(_name(reference))

    def lacks(self, reference: str) -> bool:
        """Whether the file surely does not set ``$${name}``."""
        return self.are_known and _name(reference) not in self.lines


def load_variables(path: Path | None) -> tuple[Variables, Stamps]:
    """Read ``vars.xml``, if there is one.

    Beside ``freeswitch.xml`` it is in ``conf_dir``, which FreeSWITCH sets by itself.
    """
    if path is None:
        return Variables(), {}
    name = str(path)
    folder = path.parent.absolute()
    is_root = (folder / "freeswitch.xml").is_file()
    tracked = TrackingPreprocessor({"conf_dir": str(folder)} if is_root else None)
    try:
        tracked.open(name)
    except OSError as error:
        fault = f"{name} cannot be read: {error.strerror}"
        return Variables(name, fault=fault, hang=tracked.merged.hang), tracked.stamps
    if tracked.merged.unread:
        fault = tracked.merged.unread[0].reason
        return Variables(name, fault=fault, hang=tracked.merged.hang), tracked.stamps
    lines = {
        directive.data.partition(b"=")[0].strip().lower().decode("utf-8", "replace"): (
            directive.place.line
        )
        for directive in tracked.merged.directives
        if directive.command != b"include"
    }
    return Variables(name, tracked.settled(), lines, hang=tracked.merged.hang), tracked.stamps


def _name(reference: str) -> str:
    return fold_id(reference.removeprefix("$${").removesuffix("}"))


def default_password(variables: Variables, extensions: Iterable[Extension]) -> Iterator[Finding]:
    """Whether ``default_password`` is the one that FreeSWITCH is delivered with."""
    if variables.values.get(_VARIABLE) != DEFAULT_PASSWORD:
        return
    reference = f"$${{{_VARIABLE}}}"
    users = sum(each.inherited.get("password") == reference for each in extensions)
    who = "1 extension has" if users == 1 else f"{users} extensions have"
    yield Finding(
        code="default-password",
        severity="critical" if users else "warning",
        source=variables.file,
        line=variables.lines.get(_VARIABLE),
        title="default_password is still the one that FreeSWITCH is delivered with",
        meaning=f"Everybody knows it, and {who} it: anyone who reaches FreeSWITCH can register "
        "as them. The dialplan that FreeSWITCH is delivered with also waits 10 seconds at the "
        "beginning of every call as long as it is so.",
        remedy="Change it in vars.xml and reload; then the phones of these extensions need the "
        "new one. Better still, give each extension a password of its own.",
    )
