"""Graceful shutdown: active requests are answered before the process ends."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Condition
from typing import Any, Final

from pyramid.config import Configurator
from pyramid.request import Request
from pyramid.response import Response

SHUTDOWN_TIMEOUT_S: Final = 15.0
"""How long active requests may take to end; TimeoutStopSec of deploy/sipapp.service is longer."""


class ActiveRequests:
    """The number of requests that are being answered.  For several threads."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._count = 0

    @contextmanager
    def counted(self) -> Iterator[None]:
        """Count a request while the block runs."""
        with self._changed:
            self._count += 1
        try:
            yield
        finally:
            with self._changed:
                self._count -= 1
                self._changed.notify_all()

    def wait_for_all(self, timeout: float) -> bool:
        """Wait until no request is active; returns ``False`` after ``timeout`` seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._count, timeout)


def count_tween_factory(
    handler: Callable[[Request], Response], registry: Any
) -> Callable[[Request], Response]:
    """Count requests."""

    def tween(request: Request) -> Response:
        with registry.active_requests.counted():
            return handler(request)

    return tween


def end_on_sigterm(requests: ActiveRequests) -> None:
    """Make SIGTERM end the process as soon as no request is active.

    By default it would end Python at once, and leave behind what the plugins started.
    waitress ends on ``SystemExit``, and waits for its threads to send what they have, but five
    seconds only: a change that waits for a switch may need more.  Signals are handled by the
    thread that accepts connections, so that no request begins meanwhile.
    """

    def end(signum: int, _frame: object) -> None:
        requests.wait_for_all(SHUTDOWN_TIMEOUT_S)
        raise SystemExit(128 + signum)

    signal.signal(signal.SIGTERM, end)


def includeme(config: Configurator) -> None:
    """Install the count of requests, over all other tweens."""
    config.registry.active_requests = ActiveRequests()
    config.add_tween("sipapp.web.shutdown.count_tween_factory")
