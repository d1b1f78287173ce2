"""A TCP proxy between browser and switch that can cut, refuse and stall what goes through it."""

import selectors
import socket
import threading
from contextlib import suppress
from types import TracebackType
from typing import Final, Self

_CHUNK: Final = 65536


class Cuttable:
    """A context manager; listens on a free port of the loopback unless given a listener."""

    def __init__(self, target: tuple[str, int], listener: socket.socket | None = None) -> None:
        self._target = target
        self._listener = listener or socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._lock = threading.Lock()
        self._pairs: set[tuple[socket.socket, socket.socket]] = set()
        self._stalled: set[socket.socket] = set()
        self._refusing = False
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> Self:
        self._run(self._accept)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # A thread that waits in accept() wakes up by this, not by close().
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()
        for thread in self._threads:
            thread.join(timeout=10)

    def cut(self) -> None:
        """End every connection at once, for both sides."""
        with self._lock:
            for pair in self._pairs:
                for each in pair:
                    with suppress(OSError):
                        each.shutdown(socket.SHUT_RDWR)

    def refuse(self, *, on: bool) -> None:
        """Take no new connections, or take them again."""
        self._refusing = on

    def stall(self) -> None:
        """Let nothing through any more on what is connected now, and close nothing."""
        with self._lock:
            self._stalled |= {each for pair in self._pairs for each in pair}

    def _run(self, what: object, *given: object) -> None:
        thread = threading.Thread(target=what, args=given, daemon=True)  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            if self._refusing:
                client.close()
                continue
            try:
                server = socket.create_connection(self._target)
            except OSError:
                client.close()
                continue
            self._run(self._forward, client, server)

    def _forward(self, client: socket.socket, server: socket.socket) -> None:
        pair = (client, server)
        with self._lock:
            self._pairs.add(pair)
        with client, server, selectors.DefaultSelector() as selector, suppress(OSError):
            selector.register(client, selectors.EVENT_READ, server)
            selector.register(server, selectors.EVENT_READ, client)
            while self._pass_on(selector):
                pass
        with self._lock:
            self._pairs.discard(pair)
            self._stalled -= set(pair)

    def _pass_on(self, selector: selectors.BaseSelector) -> bool:
        for key, _ in selector.select():
            source, sink = key.fileobj, key.data
            assert isinstance(source, socket.socket)
            data = source.recv(_CHUNK)
            if not data:
                return False
            if source not in self._stalled:
                sink.sendall(data)
        return True
