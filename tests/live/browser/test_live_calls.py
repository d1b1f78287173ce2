"""tests/browser/test_calls.py on a real FreeSWITCH."""

from tests.browser.test_calls import *  # noqa: F403
