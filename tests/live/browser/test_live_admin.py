"""tests/browser/test_admin.py on a real FreeSWITCH."""

from tests.browser.test_admin import *  # noqa: F403
