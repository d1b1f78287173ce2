"""The file and line that make FreeSWITCH refuse a reload.

FreeSWITCH tells a line of the file in which it has merged all others, and counts too few
where a value has a line end in it.  So its configuration is merged here in the same way,
with the place of every piece.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from sipapp_xmldir.emulation.directory import FRAME, Directory, Source
from sipapp_xmldir.emulation.merged_text import Place
from sipapp_xmldir.emulation.parser import parse
from sipapp_xmldir.emulation.preprocessor import Preprocessor

_ROOT: Final = "freeswitch.xml"


def breaks_reload(source: Source) -> bool:
    """Whether this file alone makes a reload fail."""
    return Directory([source]).fault is not None


def first_error(directory: Path, sources: Iterable[Source]) -> Place | None:
    """The place of the first error of a reload; ``None`` if FreeSWITCH can read everything.

    Where FreeSWITCH's ``freeswitch.xml`` is two folders above ``directory``, as its own
    installation has it, everything that it includes is looked at, the dialplan too;
    otherwise the ``sources`` alone, which are the files of the directory.
    """
    configuration = directory.absolute().parent.parent
    if not (configuration / _ROOT).is_file():
        return Directory(sources).fault_place()
    preprocessor = Preprocessor()
    preprocessor.include(_ROOT.encode(), Place(str(configuration / _ROOT), 1))
    merged = preprocessor.merged
    if merged.hang:
        return merged.hang.place
    _, fault = parse(bytes(merged.text))
    if fault is None:
        return None
    place = merged.place(fault.position)
    if fault.open is None:
        return place
    # An element that is not closed is noticed in the file that comes after it.
    opened = merged.place(fault.open)
    return place if place.file == opened.file else opened


def shown(place: Place) -> str:
    """A place as people read it, such as ``/etc/freeswitch/directory/default/zz.xml, line 4``."""
    file = place.file.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return f"{file}, line {place.line}" if file != FRAME else ""
