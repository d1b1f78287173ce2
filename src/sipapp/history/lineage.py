"""Whether an id still belongs to the extension that an entry of the history is about."""

from collections.abc import Iterable

from sipapp.history.entry import Entry
from sipapp.model.extension import fold_id


def is_same(entry: Entry, later: Iterable[Entry]) -> bool:
    """Whether the entry's id belongs to the extension that had it after the entry.

    ``later`` are the entries since about any id that the extension has had, the oldest first.
    Changes that were made elsewhere are not among them, but for an id that was created again.
    """
    extension_id = _id_after(entry)
    own = {entry.id}
    for each in later:
        if each.action == "created":
            if fold_id(each.extension) == extension_id:
                extension_id = ""
        elif _id_before(each) == extension_id if extension_id else each.undoes in own:
            extension_id = _id_after(each)
            own.add(each.id)
    return extension_id == fold_id(entry.extension)


def _id_before(entry: Entry) -> str:
    return fold_id(entry.old_extension)


def _id_after(entry: Entry) -> str:
    """Empty if there was no such extension any more."""
    return fold_id(entry.extension) if entry.digest else ""
