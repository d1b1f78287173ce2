"""Pages that are built and served for tests and measurements only."""

import functools
import http.server
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryDirectory

from tests.browser.server import ROOT


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_arguments: object) -> None:
        """Say nothing of every request."""


@contextmanager
def serve(name: str) -> Iterator[str]:
    """Build the page that ``npm run NAME`` builds, and serve it on a free port: its address.

    Into a folder of its own: another process may build the same page meanwhile.
    """
    with TemporaryDirectory(prefix=f"sipapp-{name}-") as folder:
        subprocess.run(
            [ROOT / "scripts" / "npm", "run", name, "--", "--outDir", folder, "--emptyOutDir"],
            check=True,
            capture_output=True,
        )
        handler = functools.partial(_Quiet, directory=folder)
        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
            thread = threading.Thread(target=server.serve_forever)
            thread.start()
            try:
                yield f"http://127.0.0.1:{server.server_port}/index.html"
            finally:
                server.shutdown()
                thread.join()
