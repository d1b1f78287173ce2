"""The contract of reload strategies holds for a good one, and catches bad ones."""

from contextlib import contextmanager

import pytest

from sipapp.model.errors import SwitchRefused, SwitchUnreachable
from sipapp.switches.strategy import ReloadStrategy
from sipapp.testing.memory import ScriptedSwitch
from sipapp.testing.reload_contract import ReloadContract

pytest_plugins = "pytester"


class TestScriptedSwitch(ReloadContract):
    can_hang = False

    @pytest.fixture
    def made(self):
        return []

    @pytest.fixture
    def make_strategy(self, made):
        def make():
            made.append(ScriptedSwitch())
            return made[-1]

        return make

    @staticmethod
    def faulty(made, fault):
        @contextmanager
        def faulty():
            for each in made:
                each.fault = fault
            yield
            for each in made:
                each.fault = None

        return faulty

    @pytest.fixture
    def broken_directory(self, made):
        return self.faulty(made, SwitchRefused("error near line 3"))

    @pytest.fixture
    def switched_off(self, made):
        return self.faulty(made, SwitchUnreachable("nothing listens"))


class Least(ReloadStrategy):
    """The least that a strategy can be."""

    def reload(self, *, timeout):
        return "done"

    def ping(self, *, timeout):
        return "here"


class TestLeastStrategy(ReloadContract):
    verifies = False
    refuses = False
    can_be_off = False
    can_hang = False

    @pytest.fixture
    def make_strategy(self):
        return Least


HEADER = """
import time
from contextlib import nullcontext

import pytest

from sipapp.api import ReloadStrategy
from sipapp.testing.memory import ScriptedSwitch
from sipapp.testing.reload_contract import ReloadContract
"""
BAD = """
class Bad{number}(ScriptedSwitch):
    {body}

class TestBad{number}(ReloadContract):
    secrets = ("s3cret",)

    @pytest.fixture
    def make_strategy(self):
        return Bad{number}

    @pytest.fixture
    def broken_directory(self):
        return nullcontext

    @pytest.fixture
    def switched_off(self):
        return nullcontext

    @pytest.fixture
    def hanging(self):
        return nullcontext
"""
NOT_TAKEN_OVER = "test_an_edit_that_the_switch_did_not_take_over_is_reported"
WORDS = "test_reload_and_ping_return_a_line_of_words"
FAULTS = [
    ("timeout = 0.0", "test_it_has_a_time_limit"),
    ("def ping(self, *, timeout): return ''", WORDS),
    ("def ping(self, *, timeout): return 'two\\nlines'", WORDS),
    ("def ping(self, *, timeout): return 's3cret'", WORDS),
    ("timeout = 0.1\n    def reload(self, *, timeout): time.sleep(1.2); return 'ok'", WORDS),
    (
        "def knows(self, *_, timeout): return True",
        "test_it_knows_what_was_there_at_the_last_reload",
    ),
    ("def knows(self, *_, timeout): return True", "test_odd_ids_are_nobody"),
    ("differences = ReloadStrategy.differences", NOT_TAKEN_OVER),
    (
        "def differences(self, ids, values, *, timeout): return {each: ['id'] for each in ids}",
        NOT_TAKEN_OVER,
    ),
    (
        "def explain(self, *_, timeout): return 's3cret'",
        "test_why_it_has_not_taken_over_a_change_is_reported_in_words",
    ),
    ("pass", "test_a_refusal_is_reported_in_words"),
    ("pass", "test_a_switch_that_is_down_is_unreachable_and_comes_back"),
    ("pass", "test_it_starts_while_the_switch_is_down"),
    ("pass", "test_it_does_not_wait_for_ever"),
    ("def stop(self): del self.reloads", "test_starting_and_stopping_twice_is_harmless"),
    ("def stop(self): self._context.domain", "test_it_can_be_stopped_without_a_start"),
    ("def stop(self): self.reloads = None", "test_it_starts_again_after_a_stop"),
    ("def knows(self, *_, timeout): return None", "test_several_threads_may_use_it_at_once"),
    ("def __repr__(self): return 's3cret'", "test_no_secret_shows"),
]


def test_a_bad_strategy_fails(pytester):
    """Each fault alone makes the test fail that is there for it."""
    classes = (BAD.format(number=number, body=body) for number, (body, _) in enumerate(FAULTS))
    module = pytester.makepyfile(HEADER + "".join(classes))
    chosen = (f"{module.name}::TestBad{number}::{test}" for number, (_, test) in enumerate(FAULTS))
    passed, skipped, failed = pytester.inline_run(*chosen).listoutcomes()
    assert [report.nodeid for report in passed + skipped] == []
    assert {report.nodeid.split("[")[0] for report in failed} == {
        f"{module.name}::TestBad{number}::{test}" for number, (_, test) in enumerate(FAULTS)
    }
