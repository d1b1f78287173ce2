"""The browser tests' fixtures, with a real FreeSWITCH in the place of the demo switch."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

# Fixtures, found by their names.
from tests.browser.conftest import (  # noqa: F401
    browser_type_launch_args,
    faults,
    make_extension,
    open_admin,
    open_page,
    open_phone,
    registered_phone,
    unused_number,
)
from tests.browser.server import Application
from tests.live.freeswitch import FreeSwitch


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if "SIPAPP_LIVE_FREESWITCH" in os.environ:
        return
    reason = "SIPAPP_LIVE_FREESWITCH does not name the prefix of a FreeSWITCH (make live)"
    for item in items:
        if "tests/live/" in item.path.as_posix():
            item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(scope="session")
def application(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Application]:
    """The server beside a FreeSWITCH of its own, which it reloads by fs_cli and by ESL."""
    folder = tmp_path_factory.mktemp("freeswitch")
    prefix = Path(os.environ["SIPAPP_LIVE_FREESWITCH"])
    with (
        FreeSwitch(prefix, folder) as freeswitch,
        Application(folder, freeswitch.switch()) as running,
    ):
        yield running
