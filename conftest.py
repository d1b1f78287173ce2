"""What goes for all tests: how much Hypothesis tries, and which worker has which, and when."""

import gc
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path

import coverage
import pytest
from argon2 import PasswordHasher
from hypothesis import HealthCheck, settings
from pyramid.config import Configurator
from pyramid.router import Router
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling

from sipapp.accounts import user_file

# Little in each run of the tests, much by `make fuzz`. What is slow may be so by the machine.
SLOW = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("usual", SLOW)
settings.register_profile("fuzz", SLOW, max_examples=10_000)
settings.load_profile("usual")

# Allocations between two rounds of the collector. Python's 700 made it a third of the time that
# an application takes to be made; this many objects are some ten megabytes.
gc.set_threshold(100_000, 10, 10)

BROWSER_TESTS = Path(__file__).parent / "tests" / "browser"

# Browser tests take long: they begin within this part of a run, so that short ones end it.
EARLY = 0.75

# These begin before the others (`make slow` lists the slowest).
LONG = {
    "test_network.py",
    "test_states.py",
    "test_survival.py",
    "test_hostile.py",
    "test_phone_app.py",
    "test_distributions.py",
    "test_forms.py",
    "test_api.py",
    "test_addresses.py",
    "test_another_directory.py",
    "test_files.py",
}
# Their tests share nothing that is made for the file, so that each goes to the next free worker.
# Of all others a worker has the whole file.
SHARED_OUT = {
    str(Path("tests", "browser", name))
    for name in (
        "test_admin.py",
        "test_calls.py",
        "test_lines.py",
        "test_survival.py",
        "test_tabs.py",
    )
}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Pictures of all states are for people who look at them."""
    parser.addoption("--pictures", action="store_true", help="take pictures of the phone's states")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mix browser tests, which wait most of the time, with the others, which compute."""
    files = [list(tests) for _path, tests in groupby(items, key=lambda item: item.path)]
    files.sort(key=lambda file: file[0].path.name not in LONG)
    waiting = [file for file in files if file[0].path.is_relative_to(BROWSER_TESTS)]
    computing = [file for file in files if file not in waiting]
    places = [*_spread(waiting, EARLY), *_spread(computing, 1)]
    places.sort(key=lambda place: place[0])
    items[:] = [item for _place, file in places for item in file]


class Scheduling(LoadFileScheduling):
    """Gives out whole files, but for those whose tests are shared out."""

    def _split_scope(self, nodeid: str) -> str:
        file = super()._split_scope(nodeid)
        return nodeid if file in SHARED_OUT else file


@pytest.hookimpl(tryfirst=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Scheduling | None:
    """Stand in for `--dist loadfile`."""
    return Scheduling(config, log) if config.getoption("dist") == "loadfile" else None


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Measure it in one worker: all import the same, and coverage doubles what it takes."""
    if os.environ.get("PYTEST_XDIST_WORKER", "gw0") == "gw0":
        return (yield)
    with _without_coverage():
        return (yield)


def pytest_collection_finish() -> None:
    """Keep the collector off some thousand tests: each of its rounds would look at them again."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish() -> None:
    """Save what a worker has measured: one that takes ten seconds to exit is killed by xdist."""
    measuring = coverage.Coverage.current()
    if measuring is not None and "PYTEST_XDIST_WORKER" in os.environ:
        measuring.stop()
        measuring.save()


@pytest.fixture(scope="module")
def unmeasured() -> Iterator[None]:
    """Without coverage: for tests that take a way again and again which others measure."""
    with _without_coverage():
        yield


@pytest.fixture(scope="module")
def quick_hashes() -> Iterator[None]:
    """Hash passwords of users in no time: a hash takes a fifth of a second on purpose."""
    with pytest.MonkeyPatch.context() as patch:
        quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
        patch.setattr(user_file, "_HASHER", quick)
        yield


@pytest.fixture(scope="session", autouse=True)
def _first_router_measured() -> Iterator[None]:
    """Measure how Pyramid sets up the first application, and not some thousand more."""
    make_wsgi_app = Configurator.make_wsgi_app
    measured = False

    def make(config: Configurator) -> Router:
        nonlocal measured
        if not measured:
            measured = True
            return make_wsgi_app(config)
        # Only for this call: coverage still measures the caller, and threads.
        trace = sys.gettrace()
        sys.settrace(None)
        try:
            return make_wsgi_app(config)
        finally:
            sys.settrace(trace)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Configurator, "make_wsgi_app", make)
        yield


@pytest.fixture(scope="session", autouse=True)
def _no_waiting_for_the_disk() -> Iterator[None]:
    """Let the system write files when it likes: what fsync is for, a power cut, no test has."""

    def fsync(file: int) -> None:
        os.fstat(file)  # fails for what is not open, as fsync does

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", fsync)
        yield


@contextmanager
def _without_coverage() -> Iterator[None]:
    measuring = coverage.Coverage.current()
    if measuring is None:
        yield
        return
    measuring.stop()
    try:
        yield
    finally:
        measuring.start()


def _spread(
    files: list[list[pytest.Item]], over: float
) -> Iterator[tuple[float, list[pytest.Item]]]:
    for number, file in enumerate(files):
        yield over * number / len(files), file
