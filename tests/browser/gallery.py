"""What is looked for in every state of a page."""

from collections.abc import Sequence

from playwright.sync_api import Page
from tests.browser.server import ROOT

AXE = ROOT / "src" / "web" / "node_modules" / "axe-core" / "axe.min.js"

# What WCAG 2.2 AA asks for as far as a program can tell, and what is wise besides.
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

# What may differ between two themes and sizes of the same page.
RULES_OF_LOOKS = ["color-contrast", "target-size"]

FIND = """async (rules) => {
  const { violations } = await axe.run(document, { runOnly: rules, resultTypes: ['violations'] });
  return violations.map(({ id, help, nodes }) =>
    `${id}: ${help}: ${nodes.map(({ target }) => target.join(' ')).join(', ')}`);
}"""


def faults_of(page: Page, rules: Sequence[str]) -> list[str]:
    """What axe finds in a page, and whether it sticks out sideways."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    found: list[str] = page.evaluate(FIND, rules)
    size = page.viewport_size
    if size and page.evaluate("document.documentElement.scrollWidth") > size["width"]:
        found.append("it scrolls sideways")
    return found
