"""Findings about a configuration that makes a reload block or loop for ever."""

from collections.abc import Iterable, Iterator

from sipapp.api import Finding
from sipapp_xmldir.emulation.merged_text import Hang


def endless_reloads(hangs: Iterable[Hang | None]) -> Iterator[Finding]:
    """One finding for each hang: several readers may have found the same."""
    for hang in dict.fromkeys(each for each in hangs if each):
        yield Finding(
            code="hang",
            severity="critical",
            source=hang.place.file,
            line=hang.place.line,
            title=hang.reason,
            meaning="A reload never ends: no change of any extension arrives any more, what else "
            "waits for the configuration stands still, and FreeSWITCH will not start again.",
            remedy="Let it include only files, or move away what is none. If a reload is under "
            "way already, FreeSWITCH has to be started anew.",
        )
