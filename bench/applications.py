"""sipapp served by waitress on loopback, with views to compare with."""

import http.client
import json
import logging
import multiprocessing
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final

from pyramid.config import Configurator
from pyramid.request import Request
from waitress.server import create_server

from sipapp.api import hookimpl
from sipapp.app import make_app
from sipapp.testing.memory import MemoryPlugin
from sipapp.web.admin.extension_list import listing

FORK: Final = multiprocessing.get_context("fork")


class ConstantList:
    """A view ``/floor`` that renders the list's template from what never changes."""

    def __init__(self) -> None:
        self._pages: dict[str, Mapping[str, Any]] = {}

    @hookimpl
    def sipapp_configure(self, config: Configurator) -> None:
        config.add_route("floor", "/floor")
        template = "sipapp:web/templates/admin_list.pt"
        config.add_view(self._view, route_name="floor", renderer=template)

    def _view(self, request: Request) -> Mapping[str, Any]:
        query = request.query_string
        if query not in self._pages:
            self._pages[query] = listing(request)
        return self._pages[query]


class Client:
    """One connection that is kept open, and the cookie of the forms, as a browser's."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port)
        self._headers: dict[str, str] = {}
        self.server_id = 0
        """The process id of the server."""

    def get(self, path: str) -> bytes:
        """What the server answers, which must be 200."""
        return self._asked("GET", path)

    def post(self, path: str, given: object) -> Any:
        """Send JSON; the JSON that the server answers, which must be 200 or 201."""
        return json.loads(self._asked("POST", path, json.dumps(given)))

    def patch(self, path: str, given: object) -> Any:
        """As :meth:`post`, to change something."""
        return json.loads(self._asked("PATCH", path, json.dumps(given)))

    def another(self) -> "Client":
        """One more connection to the same server."""
        return Client(self._connection.port)

    def close(self) -> None:
        """End the connection."""
        self._connection.close()

    def _asked(self, method: str, path: str, body: str | None = None) -> bytes:
        headers = {**self._headers, "Content-Type": "application/json"} if body else self._headers
        self._connection.request(method, path, body, headers)
        response = self._connection.getresponse()
        answer = response.read()
        if response.status not in {200, 201}:
            raise RuntimeError(f"{method} {path}: {response.status} {answer.decode()}")
        if cookie := response.headers.get("Set-Cookie"):
            self._headers["Cookie"] = cookie.split(";")[0]
        return answer


@contextmanager
def served(
    directory: Path, *, switch: str = "", options: Mapping[str, str] | None = None
) -> Iterator[Client]:
    """An application on a directory, in a process of its own, with a ``switch`` of that kind.

    One that is ``scripted`` says yes at once.
    """
    ini = {"sipapp.storage": "xmldir", "sipapp.storage.xmldir.directory": str(directory)}
    if switch:
        ini |= {"sipapp.reloaders": "switch", "sipapp.reloader.switch.use": switch}
        ini |= {f"sipapp.reloader.switch.{name}": value for name, value in (options or {}).items()}
    with serving(ini, [MemoryPlugin(), ConstantList()]) as client:
        yield client


@contextmanager
def serving(ini: Mapping[str, str], plugins: Sequence[object]) -> Iterator[Client]:
    """An application in a process of its own."""
    receiver, sender = FORK.Pipe(duplex=False)
    process = FORK.Process(target=_serve, args=(ini, plugins, sender))
    process.start()
    client = Client(receiver.recv())
    client.server_id = process.pid or 0
    try:
        yield client
    finally:
        client.close()
        process.terminate()
        process.join()


def _serve(ini: Mapping[str, str], plugins: Sequence[object], port: Connection) -> None:
    logging.disable(logging.WARNING)
    os.environ.pop("SIP_ADMIN_PASS", None)
    os.environ.pop("SIP_ADMIN_PASS_FILE", None)
    server = create_server(make_app(ini, plugins), host="127.0.0.1", port=0, threads=32)
    port.send(server.effective_port)
    server.run()
