"""README.md and docs/freeswitch.md, followed to the letter up to the first extension.

And the page of the example in docs/hooks.md.
"""

import re
import sys
from pathlib import Path
from types import ModuleType

import pytest
from tests.documented.blocks import shell_blocks
from tests.documented.machine import refusal, run
from tests.documented.steps import STEPS

from sipapp.api import Extension


@pytest.mark.parametrize("document", STEPS)
def test_every_block_of_commands_is_run_or_has_its_reason(document):
    blocks, steps = shell_blocks(document), STEPS[document]
    new = f"{document} has blocks of commands that tests/documented/steps.py does not know, or less"
    assert len(blocks) == len(steps), new
    for block, (part, _) in zip(blocks, steps, strict=True):
        assert part in block, new


@pytest.mark.skipif(bool(refusal()), reason=refusal())
@pytest.mark.parametrize(
    ("document", "user"), [("README.md", "root"), ("docs/freeswitch.md", "freeswitch")]
)
def test_the_commands_lead_to_an_extension_that_freeswitch_reads(document, user, tmp_path):
    told = run("tests.documented.first_extension", tmp_path, document, user)

    status, health = told["health"]
    assert (status, health["status"]) == (200, "ok")
    status, made = told["made"]
    assert (status, made["apply"]["state"]) == (201, "applied"), made
    assert told["read"]["1050"] == made["password"]
    assert "unrecorded" not in made
    for what in ("changed", "disabled", "enabled", "deleted"):
        status, answer = told[what]
        assert (status, answer["apply"]["state"]) == (200, "applied"), answer
    assert set(told["read at last"]) == {"1000", "1050"}
    status, page = told["page"]
    assert status == 200
    assert "Nothing can be saved now" not in page
    *_, doctor, server = (each["output"] for each in told["done"])
    assert "ok directory.writable" in doctor
    assert "ok history.writable" in doctor
    assert "/var/lib/sipapp/history belongs to user sipapp and group sipapp, mode 0700" in doctor
    assert made["password"] not in doctor + server


def test_the_page_of_the_example_counts_extensions(make_app, memory, monkeypatch):
    text = (Path(__file__).parents[2] / "docs" / "hooks.md").read_text("utf-8")
    section = text.split("## sipapp_configure\n")[1]
    example = re.search(r"```python\n# example\n(.*?)```", section, re.DOTALL)
    plugin = ModuleType("example")
    monkeypatch.setitem(sys.modules, "example", plugin)  # as if it were installed
    exec(compile(example[1], "docs/hooks.md", "exec"), plugin.__dict__)  # noqa: S102
    memory.storage.create(Extension("1000", password="x"))
    app = make_app({"sipapp.storage": "memory"}, plugins=[memory, plugin])
    assert app.get("/sip/ext/mine/count").json == {"extensions": 1}
