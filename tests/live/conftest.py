"""What live tests share: one private FreeSWITCH for all."""

import os
from pathlib import Path

import pytest
from tests.live.private import VARIABLE, kept, private_freeswitch


def pytest_collection_modifyitems(config, items):
    """Without a FreeSWITCH, one skip tells for all."""
    here = Path(__file__).parent
    live = [item for item in items if item.path.is_relative_to(here)]
    if os.environ.get(VARIABLE) or not live:
        return
    reason = (
        f"NOT RUN: {len(live)} tests need a real FreeSWITCH. Name its prefix: "
        f"make live {VARIABLE}=/usr/local/freeswitch"
    )
    live[0].add_marker(pytest.mark.skip(reason=reason))
    config.hook.pytest_deselected(items=live[1:])
    items[:] = [item for item in items if item not in live[1:]]


@pytest.fixture(scope="session")
def freeswitch(tmp_path_factory):
    """A real FreeSWITCH of this test session."""
    prefix = Path(os.environ[VARIABLE])
    with private_freeswitch(prefix, tmp_path_factory.mktemp("freeswitch")) as instance:
        yield instance


@pytest.fixture
def restored(freeswitch):
    """The instance, whose directory is afterwards as it was."""
    with kept(freeswitch.directory):
        yield freeswitch
    assert freeswitch.command("reloadxml") == "+OK [Success]"
