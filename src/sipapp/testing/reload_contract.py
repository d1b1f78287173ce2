"""What every reload strategy must do: inherit :class:`ReloadContract` and give its fixtures."""

import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from typing import Any, Final

import pytest

from sipapp.api import (
    UNKNOWN,
    ChangeSet,
    Extension,
    ListedLive,
    LiveStatus,
    LiveView,
    ReloadStrategy,
    SwitchContext,
    SwitchError,
    SwitchRefused,
    SwitchUnreachable,
    Values,
)
from sipapp.testing.listed_view import ListedView

BUSY_MACHINE_S: Final = 20.0
"""Seconds that a busy machine may add to a time limit; what ignores its limit takes longer."""

PASSWORD: Final = "Contract-Pass-1"
NEW_PASSWORD: Final = "Contract-Pass-2"

ODD_IDS: Final = (
    "",
    " ",
    "a b",
    "1000 phone.test",
    "1000\napi version",
    "1000\r\n\r\napi version",
    "1000;;version",
    "1000\0",
    "../1000",
    "@",
    "Zoë",
    "x" * 5000,
    "\ud800",
)
"""Ids that no extension made here can have, but files of others can."""

Faults = Callable[[], AbstractContextManager[Any]]
Act = Callable[[ReloadStrategy], object]


class ReloadContract:
    """Tests that a reload strategy must pass.

    A plugin's test module subclasses it as ``class TestMine(ReloadContract)`` and
    overrides the fixtures: ``make_strategy``, ``publish`` if the switch reads the directory
    itself, ``broken_directory``, ``switched_off`` and ``hanging``, and ``taken_over`` if
    ``verifies`` is ``False``.  An ability that the
    switch does not have is declared by a class flag of ``False``; its tests are then skipped
    and say so.
    """

    domain = ""
    """The SIP domain that strategies get (``sipapp.domain``)."""
    secrets: Sequence[str] = ()
    """Texts, beside the passwords here, that no answer and no error may contain."""

    verifies = True
    """``knows`` returns ``True`` or ``False``; else it always says ``None``."""
    compares = True
    """``differences`` reports a password that the switch has not taken over."""
    refuses = True
    """The switch can refuse what the storage holds: give ``broken_directory``."""
    can_be_off = True
    """A test can take the switch away and bring it back: give ``switched_off``."""
    can_hang = True
    """A test can make the switch accept questions and not answer: give ``hanging``."""

    @pytest.fixture
    def make_strategy(self) -> Callable[[], ReloadStrategy]:
        """Make a new strategy for the switch under test, which works; not started."""
        raise NotImplementedError("Give the fixture `make_strategy`.")

    @pytest.fixture
    def publish(self) -> Callable[[Sequence[Extension]], None]:
        """Put these extensions, and no others, where the switch reads on its next reload.

        Nothing to do for a strategy that hands over what is in ``context.storage`` itself.
        """
        return lambda _: None

    @pytest.fixture
    def broken_directory(self) -> Faults:
        """Make a context manager; inside it the switch refuses to reload."""
        raise NotImplementedError("Give the fixture `broken_directory`, or set `refuses = False`.")

    @pytest.fixture
    def switched_off(self) -> Faults:
        """Make a context manager; inside it the switch is down, afterwards up again."""
        raise NotImplementedError("Give the fixture `switched_off`, or set `can_be_off = False`.")

    @pytest.fixture
    def hanging(self) -> Faults:
        """Make a context manager; inside it the switch takes questions and never answers."""
        raise NotImplementedError("Give the fixture `hanging`, or set `can_hang = False`.")

    @pytest.fixture
    def taken_over(self) -> Callable[[], Collection[str]] | None:
        """Return a function that gives the ids that the switch has now.

        For a strategy whose ``knows`` is always ``None``, and whose test can look.
        """
        return None

    @pytest.fixture
    def stored(self) -> list[Extension]:
        """What the storage holds now."""
        return []

    @pytest.fixture
    def store(
        self, stored: list[Extension], publish: Callable[[Sequence[Extension]], None]
    ) -> Callable[..., None]:
        """Let the storage hold extensions of these ids, and no others."""

        def change(*ids: str) -> None:
            stored[:] = [Extension(each, password=PASSWORD) for each in ids]
            publish(tuple(stored))

        return change

    @pytest.fixture
    def switch_context(self, stored: list[Extension]) -> SwitchContext:
        """What the strategy is started with."""
        return SwitchContext(domain=self.domain, storage=ListedView(lambda: tuple(stored)))

    @pytest.fixture
    def strategy(
        self,
        make_strategy: Callable[[], ReloadStrategy],
        switch_context: SwitchContext,
        store: Callable[..., None],
    ) -> Iterator[ReloadStrategy]:
        """A started strategy, with extension 1000 stored."""
        store("1000")
        strategy = make_strategy()
        strategy.start(switch_context)
        yield strategy
        strategy.stop()

    def test_it_has_a_time_limit(self, strategy: ReloadStrategy) -> None:
        assert 0 < strategy.timeout <= 300

    def test_reload_and_ping_return_a_line_of_words(self, strategy: ReloadStrategy) -> None:
        for said in _within_limit(strategy, _reload), _within_limit(strategy, _ping):
            assert isinstance(said, str)
            assert said.strip()
            assert said.isprintable()
            self._assert_discreet(said)

    def test_it_knows_what_was_there_at_the_last_reload(
        self, strategy: ReloadStrategy, store: Callable[..., None]
    ) -> None:
        if not self.verifies:
            assert _knows(strategy, "1000", "1001") == [None, None]
            return
        strategy.reload(timeout=strategy.timeout)
        assert _knows(strategy, "1000", "1001") == [True, False]
        store("1000", "1001")
        strategy.reload(timeout=strategy.timeout)
        assert _knows(strategy, "1000", "1001") == [True, True]
        store("1001")
        strategy.reload(timeout=strategy.timeout)
        assert _knows(strategy, "1000", "1001") == [False, True]

    def test_it_takes_over_the_changes_that_it_is_given(
        self,
        strategy: ReloadStrategy,
        store: Callable[..., None],
        taken_over: Callable[[], Collection[str]] | None,
    ) -> None:
        strategy.apply(ChangeSet(everything=True), timeout=strategy.timeout)
        store("1001", "1002")
        said = strategy.apply(
            ChangeSet(present=["1001", "1002"], absent=["1000"], forget=["1000"]),
            timeout=strategy.timeout,
        )
        assert said.strip()
        assert said.isprintable()
        self._assert_discreet(said)
        held = self._holding(strategy, taken_over)
        assert held() == {"1001", "1002"}
        # The storage counts, should it have been changed again.
        store("1000", "1001")
        strategy.apply(ChangeSet(present=["1002"], absent=["1000"]), timeout=strategy.timeout)
        assert held() == {"1000", "1001"}

    def test_an_edit_that_the_switch_did_not_take_over_is_reported(
        self,
        strategy: ReloadStrategy,
        stored: list[Extension],
        publish: Callable[[Sequence[Extension]], None],
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        strategy.reload(timeout=strategy.timeout)
        if not self.verifies:
            assert _differences(strategy, {"1000": Values()}) == {"1000": None}
            return
        assert _differences(strategy, {"1000": Values(), "1001": Values()}) == {
            "1000": (),
            "1001": (UNKNOWN,),
        }
        if not self.compares:
            pytest.skip("this switch does not tell values (class flag `compares`)")
        edit = Values(now={"password": NEW_PASSWORD}, before={"password": PASSWORD})
        back = Values(now={"password": PASSWORD}, before={"password": NEW_PASSWORD})
        assert _differences(strategy, {"1000": edit}) == {"1000": ("password",)}
        assert _differences(strategy, {"1000": back}) == {"1000": ()}
        stored[:] = [Extension("1000", password=NEW_PASSWORD)]
        publish(tuple(stored))
        strategy.reload(timeout=strategy.timeout)
        assert _differences(strategy, {"1000": edit}) == {"1000": ()}
        assert _differences(strategy, {"1000": back}) == {"1000": ("password",)}
        for secret in PASSWORD, NEW_PASSWORD:
            assert secret not in caplog.text
            assert secret not in repr(edit)

    def test_why_it_has_not_taken_over_a_change_is_reported_in_words(
        self, strategy: ReloadStrategy
    ) -> None:
        said = strategy.explain("1000", timeout=strategy.timeout)
        assert said.isprintable()
        self._assert_discreet(said)

    @pytest.mark.parametrize("extension_id", ["1000", *ODD_IDS], ids=ascii)
    def test_what_became_of_a_pin_that_was_set_by_phone_is_reported_in_words(
        self, strategy: ReloadStrategy, extension_id: str
    ) -> None:
        said = strategy.drop_own_pins([extension_id], timeout=strategy.timeout)
        assert said.isprintable()
        self._assert_discreet(said)

    @pytest.mark.parametrize("extension_id", ODD_IDS, ids=ascii)
    def test_odd_ids_are_nobody(self, strategy: ReloadStrategy, extension_id: str) -> None:
        assert strategy.knows(extension_id, timeout=strategy.timeout) is not True
        strategy.reload(timeout=strategy.timeout)

    def test_a_refusal_is_reported_in_words(
        self, strategy: ReloadStrategy, request: pytest.FixtureRequest
    ) -> None:
        broken_directory = self._fault(request, "broken_directory", flag="refuses")
        with broken_directory(), pytest.raises(SwitchRefused) as caught:
            _within_limit(strategy, _reload)
        self._assert_readable(caught.value)
        _within_limit(strategy, _reload)

    def test_a_switch_that_is_down_is_unreachable_and_comes_back(
        self, strategy: ReloadStrategy, request: pytest.FixtureRequest
    ) -> None:
        switched_off = self._fault(request, "switched_off", flag="can_be_off")
        with switched_off():
            self._assert_unreachable(strategy, _reload, _ping)
        _within_limit(strategy, _reload)
        _within_limit(strategy, _ping)

    def test_it_starts_while_the_switch_is_down(
        self,
        make_strategy: Callable[[], ReloadStrategy],
        switch_context: SwitchContext,
        store: Callable[..., None],
        request: pytest.FixtureRequest,
    ) -> None:
        switched_off = self._fault(request, "switched_off", flag="can_be_off")
        store("1000")
        strategy = make_strategy()
        try:
            with switched_off():
                strategy.start(switch_context)
                self._assert_unreachable(strategy, _reload)
            _within_limit(strategy, _reload)
        finally:
            strategy.stop()

    def test_it_does_not_wait_for_ever(
        self, strategy: ReloadStrategy, request: pytest.FixtureRequest
    ) -> None:
        hanging = self._fault(request, "hanging", flag="can_hang")
        with hanging():
            for act in _reload, _ping:
                began = time.monotonic()
                with pytest.raises(SwitchUnreachable) as caught:
                    act(strategy, 0.3)
                assert time.monotonic() - began < 0.3 + BUSY_MACHINE_S
                self._assert_readable(caught.value)
        _within_limit(strategy, _reload)

    def test_starting_and_stopping_twice_is_harmless(
        self, strategy: ReloadStrategy, switch_context: SwitchContext
    ) -> None:
        strategy.start(switch_context)
        _within_limit(strategy, _reload)
        strategy.stop()
        strategy.stop()

    def test_it_can_be_stopped_without_a_start(
        self, make_strategy: Callable[[], ReloadStrategy]
    ) -> None:
        make_strategy().stop()

    def test_it_starts_again_after_a_stop(
        self, strategy: ReloadStrategy, switch_context: SwitchContext
    ) -> None:
        strategy.stop()
        strategy.start(switch_context)
        _within_limit(strategy, _reload)

    def test_live_status_is_reported_at_once_and_only_while_it_is_current(
        self, strategy: ReloadStrategy, request: pytest.FixtureRequest
    ) -> None:
        if _look(strategy) is None:
            return
        status = _look_until(strategy, fresh=True)
        self._assert_discreet(repr(status.summary))
        if not self.can_be_off:
            return
        switched_off = self._fault(request, "switched_off", flag="can_be_off")
        with switched_off():
            status = _look_until(strategy, fresh=False)
            summary = status.summary
            assert (summary.registrations, summary.calls) == (None, None)
            assert summary.fault
            self._assert_discreet(repr(summary))
        # What the strategy itself runs comes up with that.
        _within_limit(strategy, _reload)
        _look_until(strategy, fresh=True)

    def test_several_threads_may_use_it_at_once(self, strategy: ReloadStrategy) -> None:
        strategy.reload(timeout=strategy.timeout)
        acts: list[Act] = [
            lambda each: each.reload(timeout=each.timeout),
            lambda each: each.ping(timeout=each.timeout),
            lambda each: each.knows("1000", timeout=each.timeout),
        ] * 4
        with ThreadPoolExecutor(len(acts)) as pool:
            answers = list(pool.map(lambda act: act(strategy), acts))
        assert all(isinstance(each, str) and each for each in answers[0::3] + answers[1::3])
        assert set(answers[2::3]) == {True if self.verifies else None}

    def test_no_secret_shows(self, strategy: ReloadStrategy) -> None:
        self._assert_discreet(repr(strategy) + repr(getattr(strategy, "__dict__", {})))

    def _fault(self, request: pytest.FixtureRequest, name: str, *, flag: str) -> Faults:
        if not getattr(self, flag):
            pytest.skip(f"this switch does not do that in tests (class flag `{flag}`)")
        fault: Faults = request.getfixturevalue(name)
        return fault

    def _assert_unreachable(self, strategy: ReloadStrategy, *acts: "Timed") -> None:
        for act in acts:
            with pytest.raises(SwitchUnreachable) as caught:
                _within_limit(strategy, act)
            self._assert_readable(caught.value)

    def _assert_readable(self, error: SwitchError) -> None:
        assert str(error).strip(), "an error must say what happened"
        assert str(error).isprintable()
        self._assert_discreet(str(error))

    def _holding(
        self, strategy: ReloadStrategy, taken_over: Callable[[], Collection[str]] | None
    ) -> Callable[[], set[str]]:
        """Return a function that gives the ids that the switch has, of those tried here."""
        if self.verifies:
            ids = "1000", "1001", "1002"
            return lambda: {each for each in ids if _knows(strategy, each) == [True]}
        if taken_over is None:
            pytest.skip(
                "`verifies = False`: what the switch has is seen by the fixture `taken_over`"
            )
        return lambda: set(taken_over())

    def _assert_discreet(self, text: str) -> None:
        for secret in (*self.secrets, PASSWORD, NEW_PASSWORD):
            assert secret not in text


Timed = Callable[[ReloadStrategy, float], object]


def _reload(strategy: ReloadStrategy, timeout: float) -> object:
    return strategy.reload(timeout=timeout)


def _look(strategy: ReloadStrategy) -> LiveView | None:
    began = time.monotonic()
    status = strategy.live()
    assert time.monotonic() - began < BUSY_MACHINE_S
    return ListedLive(status) if isinstance(status, LiveStatus) else status


def _look_until(strategy: ReloadStrategy, *, fresh: bool) -> LiveView:
    deadline = time.monotonic() + 60
    while (status := _look(strategy)) is None or status.summary.fresh is not fresh:
        assert time.monotonic() < deadline, status
        time.sleep(0.05)
    return status


def _ping(strategy: ReloadStrategy, timeout: float) -> object:
    return strategy.ping(timeout=timeout)


def _knows(strategy: ReloadStrategy, *ids: str) -> list[bool | None]:
    return [strategy.knows(each, timeout=strategy.timeout) for each in ids]


def _differences(
    strategy: ReloadStrategy, values: Mapping[str, Values]
) -> Mapping[str, Sequence[str] | None]:
    found = strategy.differences(list(values), values, timeout=strategy.timeout)
    return {each: None if names is None else tuple(names) for each, names in found.items()}


def _within_limit(strategy: ReloadStrategy, act: Timed) -> object:
    """Act with the strategy's own time limit, and check that it is kept, also by an error."""
    began = time.monotonic()
    try:
        return act(strategy, strategy.timeout)
    finally:
        assert time.monotonic() - began < strategy.timeout + BUSY_MACHINE_S
