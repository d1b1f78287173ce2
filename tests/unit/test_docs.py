"""The documentation says what the code does."""

import inspect
import re
import subprocess
import sys
from pathlib import Path

import pluggy
import pytest
from tests.documented.examples import load_example, sections

from sipapp.hooks import specs

ROOT = Path(__file__).parents[2]
DOCS = sorted(
    [ROOT / "README.md", *(ROOT / "docs").rglob("*.md"), *ROOT.glob("plugins/*/README.md")]
)
HOOKS = {
    name: function
    for name, function in vars(specs).items()
    if name.startswith("sipapp_") and callable(function)
}


@pytest.mark.parametrize("name", ["document_settings.py", "document_api.py"])
def test_what_is_written_from_the_code_is_as_the_code_is(name):
    script = ROOT / "scripts" / name
    done = subprocess.run(
        [sys.executable, script, "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_hook_is_documented_and_no_other():
    assert list(sections()) == list(HOOKS)


@pytest.mark.parametrize("name", HOOKS)
def test_a_hook_is_documented_with_its_signature(name):
    signature = inspect.signature(HOOKS[name])
    plain = str(signature).replace("'", "").replace('"', "")
    assert f"```python\ndef {name}{plain}\n```" in sections()[name]


@pytest.mark.parametrize("name", HOOKS)
def test_the_example_of_a_hook_can_be_registered(name):
    plugin = load_example(name)

    manager = pluggy.PluginManager("sipapp")
    manager.add_hookspecs(specs)
    manager.register(plugin)

    manager.check_pending()
    assert name in [caller.name for caller in manager.get_hookcallers(plugin)]


def anchor(heading):
    """The anchor of a heading, as GitHub makes it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


@pytest.mark.parametrize("document", DOCS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_inside_the_repository_lead_somewhere(document):
    text = document.read_text(encoding="utf-8")
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, fragment = link.partition("#")
        target = (document.parent / path) if path else document
        assert target.exists(), f"{document.name} links to {link}"
        if fragment:
            headings = re.findall(r"^#+ (.*)$", target.read_text(encoding="utf-8"), re.MULTILINE)
            assert fragment in map(anchor, headings), f"{document.name} links to {link}"


def test_every_make_target_of_the_contract_is_there():
    done = subprocess.run(
        ["make", "--no-print-directory", "-C", ROOT], capture_output=True, text=True, check=True
    )
    targets = "help install run test lint live bench wheels audit lock"
    for target in targets.split():
        assert re.search(rf"^  make {target}\s", done.stdout, re.MULTILINE), target
