"""How the list of extensions grows: its time at 100 and at 1,000 extensions, and the ratio.

Times of two machines, or of two minutes on one machine, say little; the ratio of both in one
run says how it grows. bench/README.md has what was measured.
"""

import logging
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from webtest import TestApp

from sipapp import make_app
from sipapp.testing.memory import MemoryPlugin

SIZES = (100, 1000)
ROUNDS = 15


def main() -> None:
    """Measure, and print a table."""
    logging.disable(logging.WARNING)
    os.environ.pop("SIP_ADMIN_PASS", None)
    os.environ.pop("SIP_ADMIN_PASS_FILE", None)
    requests: dict[str, Callable[[TestApp], object]] = {
        "admin page": lambda app: app.get("/sip/admin"),
        "admin page, search": lambda app: app.get("/sip/admin?search=1099"),
        "API, 50 items": lambda app: app.get("/sip/api/v1/extensions?limit=50"),
        "API, one extension": lambda app: app.get("/sip/api/v1/extensions/1050"),
    }
    with application(SIZES[0]) as small, application(SIZES[1]) as large:
        print(f"{'median of ' + str(ROUNDS):22}{SIZES[0]:>10}{SIZES[1]:>10}{'ratio':>8}")
        for name, request in requests.items():
            few, many = measure(request, small, large)
            print(f"{name:22}{few * 1000:>7.1f} ms{many * 1000:>7.1f} ms{many / few:>8.1f}")


def measure(request: Callable[[TestApp], object], *apps: TestApp) -> list[float]:
    """Median seconds of a request on each application, taken in turns."""
    taken: list[list[float]] = [[] for _ in apps]
    for _ in range(ROUNDS + 1):
        for app, times in zip(apps, taken, strict=True):
            begin = time.perf_counter()
            request(app)
            times.append(time.perf_counter() - begin)
    # The first round fills caches.
    return [statistics.median(times[1:]) for times in taken]


@contextmanager
def application(size: int) -> Iterator[TestApp]:
    """An application with a directory of that many extensions, and a switch that says yes."""
    with tempfile.TemporaryDirectory() as folder:
        ini = {
            "sipapp.storage": "xmldir",
            "sipapp.storage.xmldir.directory": str(Path(folder, "directory")),
            "sipapp.storage.xmldir.create": "true",
            "sipapp.reloaders": "switch",
            "sipapp.reloader.switch.use": "scripted",
        }
        app = TestApp(make_app(ini, [MemoryPlugin()]))
        for number in range(size):
            app.post_json("/sip/api/v1/extensions", {"id": str(1000 + number)}, status=201)
        yield app
        app.app.registry.close()


if __name__ == "__main__":
    main()
