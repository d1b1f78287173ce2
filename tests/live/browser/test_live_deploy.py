"""tests/browser/test_deploy.py on a real FreeSWITCH: its ws-binding behind nginx."""

import pytest
from tests.browser.test_deploy import *  # noqa: F403


@pytest.fixture(scope="module")
def switch_behind_proxy(freeswitch_in_use):
    return freeswitch_in_use
