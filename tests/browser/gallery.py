"""The page with every state of the phone, built and served for the tests only."""

import functools
import http.server
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Page
from tests.browser.server import ROOT

BUILT = ROOT / "var" / "gallery"
AXE = ROOT / "src" / "web" / "node_modules" / "axe-core" / "axe.min.js"

# What WCAG 2.2 AA asks for as far as a program can tell, and what is wise besides.
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

FIND = """async (rules) => {
  const { violations } = await axe.run(document, { runOnly: rules, resultTypes: ['violations'] });
  return violations.map(({ id, help, nodes }) =>
    `${id}: ${help}: ${nodes.map(({ target }) => target.join(' ')).join(', ')}`);
}"""


def faults_of(page: Page) -> list[str]:
    """What axe finds in a page, and whether it sticks out sideways."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    found: list[str] = page.evaluate(FIND, RULES)
    size = page.viewport_size
    if size and page.evaluate("document.documentElement.scrollWidth") > size["width"]:
        found.append("it scrolls sideways")
    return found


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_arguments: object) -> None:
        """Say nothing of every request."""


@contextmanager
def serve() -> Iterator[str]:
    """Build the gallery and serve it on a free port; returns its address."""
    subprocess.run([ROOT / "scripts" / "npm", "run", "gallery"], check=True, capture_output=True)
    handler = functools.partial(_Quiet, directory=str(BUILT))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/index.html"
        finally:
            server.shutdown()
            thread.join()
