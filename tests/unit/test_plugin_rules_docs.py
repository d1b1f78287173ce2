"""The documentation has each rule for plugins, as the code has it, and no other."""

import re
from pathlib import Path

import pytest

from sipapp.plugin_check.check import RULES, what_it_asks

DOCS = Path(__file__).parents[2] / "docs"
PAGES = {page.stem: page for page in (DOCS / "plugin-rules").iterdir()}


def test_every_rule_has_its_page_and_every_page_its_rule():
    assert PAGES.keys() == RULES.keys()


def test_the_list_has_all_rules_in_their_order():
    listed = re.findall(
        r"^- \[(.+)\]\(plugin-rules/(.+)\.md\): (.+)$",
        (DOCS / "plugin-rules.md").read_text(encoding="utf-8"),
        re.MULTILINE,
    )
    assert listed == [(name, name, what_it_asks(rule)) for name, rule in RULES.items()]


@pytest.mark.parametrize("name", RULES)
def test_a_page_says_what_why_how_and_when_not(name):
    text = PAGES[name].read_text(encoding="utf-8")
    assert text.startswith(f"# {name}\n\n{what_it_asks(RULES[name])}\n\n")
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == [
        "Why",
        "How",
        "When an exemption is right",
    ]
