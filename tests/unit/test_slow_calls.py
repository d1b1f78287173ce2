"""Calls of plugins that take long are warned of, while they run."""

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from sipapp.api import hookimpl
from sipapp.hooks.manager import Plugins
from sipapp.hooks.slow_calls import WARNING_PAUSE_S, SlowCalls

WORDS = "Plugin acme takes longer than 0 s in sipapp_extension_changed"


@pytest.fixture
def warned(monkeypatch, caplog):
    """Say how many warnings there are, as soon as there is one more than was known."""
    monkeypatch.setattr("sipapp.hooks.slow_calls.SLOW_CALL_S", 0.01)

    def wait_for(count, words="takes longer than"):
        deadline = time.monotonic() + 30
        while caplog.text.count(words) < count:
            assert time.monotonic() < deadline
            time.sleep(0.005)
        return caplog.text.count(words)

    return wait_for


def test_a_call_is_warned_of_while_it_runs_and_once_a_minute(warned, caplog):
    now = [0.0]
    calls = SlowCalls(lambda: now[0])

    def call_again(other):
        """Call once more, and until the call of another plugin after it has been warned of."""
        with (
            calls.watch("acme", "sipapp_extension_changed"),
            calls.watch(other, "sipapp_extension_changed"),
        ):
            warned(1, f"Plugin {other}")

    with calls.watch("acme", "sipapp_extension_changed"):
        warned(1, WORDS)
    call_again("second")
    now[0] += WARNING_PAUSE_S
    with calls.watch("acme", "sipapp_extension_changed"):
        warned(2, WORDS)
    call_again("third")
    assert caplog.text.count(WORDS) == 2


def test_a_quick_call_is_not(caplog):
    with SlowCalls().watch("acme", "sipapp_extension_changed"):
        pass
    assert not caplog.text


@pytest.mark.parametrize("call", ["notify", "require_each", "first_result"])
def test_hooks_are_watched(warned, call):
    is_warned = Event()

    class Slow:
        __name__ = "acme"

        @hookimpl
        def sipapp_extension_changed(self):
            assert is_warned.wait(30)

    plugins = Plugins.load([Slow()])
    arguments = [] if call == "notify" else [bool]
    with ThreadPoolExecutor(1) as pool:
        pool.submit(getattr(plugins, call), "sipapp_extension_changed", *arguments)
        try:
            warned(1, WORDS)
        finally:
            is_warned.set()
