import pytest


class Clock:
    """A clock that stands still until the test sets it."""

    now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()
