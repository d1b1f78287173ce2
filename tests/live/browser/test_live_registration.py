"""tests/browser/test_registration.py on a real FreeSWITCH."""

from tests.browser.test_registration import *  # noqa: F403
