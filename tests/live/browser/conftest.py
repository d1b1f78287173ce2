"""The fixtures of tests/browser, with a real FreeSWITCH in the place of the demo switch."""

import pytest

# Fixtures, found by their names.
from tests.browser.conftest import (  # noqa: F401
    browser_context_args,
    browser_type_launch_args,
    faults,
    make_extension,
    open_admin,
    open_page,
    open_phone,
    registered_phone,
    speaking_phone,
    unused_number,
)
from tests.browser.server import Application
from tests.live.private import switch_of


@pytest.fixture(scope="session")
def freeswitch_in_use(freeswitch):
    """How a server uses this FreeSWITCH."""
    return switch_of(freeswitch)


@pytest.fixture(scope="session")
def application(freeswitch_in_use, tmp_path_factory):
    """The server beside this FreeSWITCH."""
    with Application(tmp_path_factory.mktemp("application"), freeswitch_in_use) as running:
        yield running
