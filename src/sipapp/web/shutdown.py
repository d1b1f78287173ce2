"""How the server ends: what is on its way is finished first."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Condition
from typing import Any, Final

from pyramid.config import Configurator
from pyramid.request import Request
from pyramid.response import Response

PATIENCE: Final = 15.0
"""Seconds that requests get to be finished in; deploy/sipapp.service allows some more."""


class Progress:
    """Counts the requests that are being answered.  For several threads."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._count = 0

    @contextmanager
    def one_more(self) -> Iterator[None]:
        """A request is being answered inside."""
        with self._changed:
            self._count += 1
        try:
            yield
        finally:
            with self._changed:
                self._count -= 1
                self._changed.notify_all()

    def finish(self, patience: float) -> bool:
        """Wait for all of them; says whether ``patience`` seconds were enough."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._count, patience)


def progress_tween_factory(
    handler: Callable[[Request], Response], registry: Any
) -> Callable[[Request], Response]:
    """Count requests."""

    def tween(request: Request) -> Response:
        with registry.sipapp_progress.one_more():
            return handler(request)

    return tween


def end_on_sigterm(progress: Progress) -> None:
    """Make SIGTERM end the process cleanly, as soon as nothing is on its way.

    By default it would end Python at once, and leave behind what the plugins started.
    waitress ends on ``SystemExit``, and waits for its threads to send what they have, but five
    seconds only: a change that waits for a switch may need more.  Signals are handled by the
    thread that takes requests in, so that none comes meanwhile.
    """

    def end(signum: int, _frame: object) -> None:
        progress.finish(PATIENCE)
        raise SystemExit(128 + signum)

    signal.signal(signal.SIGTERM, end)


def includeme(config: Configurator) -> None:
    """Install the count, over everything else."""
    config.registry.sipapp_progress = Progress()
    config.add_tween("sipapp.web.shutdown.progress_tween_factory")
