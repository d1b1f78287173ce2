"""Whether an extension still is the one that an entry of the history is about: ids change hands."""

from collections.abc import Iterable

from sipapp.history.entry import Entry


def is_same(entry: Entry, later: Iterable[Entry]) -> bool:
    """Whether the entry's id belongs to the extension that had it after the entry.

    ``later`` are all entries since, the oldest first.  What was changed elsewhere they do not
    tell, but for an id that was created again.
    """
    extension_id = _id_after(entry)
    own = {entry.id}
    for each in later:
        if each.action == "created":
            if each.extension.casefold() == extension_id:
                extension_id = ""
        elif _id_before(each) == extension_id if extension_id else each.undoes in own:
            extension_id = _id_after(each)
            own.add(each.id)
    return extension_id == entry.extension.casefold()


def _id_before(entry: Entry) -> str:
    renamed = (change.old for change in entry.changes if change.field == "id")
    return (next(renamed, None) or entry.extension).casefold()


def _id_after(entry: Entry) -> str:
    """Empty if there was no such extension any more."""
    return entry.extension.casefold() if entry.digest else ""
