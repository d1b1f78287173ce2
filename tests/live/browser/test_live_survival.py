"""tests/browser/test_survival.py on a real FreeSWITCH."""

from tests.browser.test_survival import *  # noqa: F403
