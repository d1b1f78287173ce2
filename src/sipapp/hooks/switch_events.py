"""Events of switches, delivered to plugins in order by a thread of their own."""

from queue import SimpleQueue
from threading import Thread
from typing import Final

from sipapp.hooks.manager import Plugins
from sipapp.model.switch_changed import SwitchChanged

STOP_TIMEOUT_S: Final = 1.0
"""Seconds that the end of the application waits for an observer."""
_HOOK: Final = "sipapp_switch_changed"


class SwitchEvents:
    """A queue of events: an observer that hangs delays later events, and no change or retry."""

    def __init__(self, plugins: Plugins) -> None:
        self._plugins = plugins
        self._is_observed = bool(plugins.implementers(_HOOK))
        self._queue: SimpleQueue[SwitchChanged | None] = SimpleQueue()
        self._thread: Thread | None = None

    def start(self) -> None:
        """Start the thread, if a plugin observes switches."""
        if self._is_observed:
            self._thread = Thread(target=self._run, name="switch-events", daemon=True)
            self._thread.start()

    def put(self, event: SwitchChanged) -> None:
        """Add an event to the queue; returns at once."""
        if self._is_observed:
            self._queue.put(event)

    def stop(self) -> None:
        """Deliver the events that are in the queue, at most for :data:`STOP_TIMEOUT_S`."""
        self._queue.put(None)
        if self._thread is not None:
            self._thread.join(STOP_TIMEOUT_S)

    def _run(self) -> None:
        while (event := self._queue.get()) is not None:
            self._plugins.notify(_HOOK, event=event)
