"""A history on disk and changes of it, for tests."""

from sipapp.history.history import History
from sipapp.history.sqlite_store import sqlite_store
from sipapp.model.apply import Apply, SwitchOutcome
from sipapp.model.change import Actor
from sipapp.model.extension import Extension
from sipapp.testing.memory import MemoryStorage

ANN = Actor("ann", "192.0.2.1")
APPLIED = Apply((SwitchOutcome("local", "applied", "+OK", 0.25),))


class Recorded:
    """A storage with extension 1000, and its history in a folder."""

    def __init__(self, folder):
        self.storage = MemoryStorage()
        self.storage.create(Extension("1000", password="secret-one", caller_id_name="Old"))
        self.folder = folder
        self.open()

    def open(self):
        """Open the history, as a start of the server does."""
        self.history = History(sqlite_store(self.folder), self.storage)

    def change(self, name):
        with self.history.recording(ANN, self.storage.get("1000")) as recording:
            stored = self.storage.update("1000", {"caller_id_name": name})
            recording.stored([stored])
            recording.made("updated", [stored], APPLIED)
        return recording

    def names(self):
        """The caller ID that each change set, the newest first."""
        return [
            change.new
            for entry in self.history.find().entries
            for change in entry.changes
            if change.field == "caller_id_name"
        ]
