"""Reloads are one at a time, and shared; a ticket is never for a reload that began before it."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from sipapp.changes.service import ExtensionService, ServiceParts
from sipapp.history.history import History
from sipapp.history.sqlite_store import sqlite_store
from sipapp.hooks.manager import Plugins
from sipapp.model.errors import ChangeRefused, SwitchRefused, SwitchTimeout
from sipapp.model.extension import Extension
from sipapp.state.memory import MemoryState
from sipapp.switches.change_set import MAX_CHANGED, ChangeSet
from sipapp.switches.fleet import SwitchFleet
from sipapp.switches.reload_queue import PendingWrites, ReloadQueue
from sipapp.switches.strategy import ReloadStrategy, SwitchContext
from sipapp.switches.timing import Timing
from sipapp.testing.memory import MemoryStorage


class Reader(ReloadStrategy):
    """Knows what was stored when its last reload began, as FreeSWITCH does."""

    timeout = 60.0

    def __init__(self, seconds=0.03):
        self.reloads = 0
        self.at_once = 0
        self._seconds = seconds
        self._reading = threading.Semaphore()
        self._may_end = lambda: True

    def start(self, context):
        self._extensions = context.extensions
        self.known = {}

    def reload(self, *, timeout):
        if not self._reading.acquire(blocking=False):
            self.at_once += 1
        self.reloads += 1
        read = {each.id: each.caller_id_name for each in self._extensions()}
        time.sleep(self._seconds)
        while not self._may_end():
            time.sleep(0.001)
        self.known = read
        self._reading.release()
        return "+OK [Success]"

    def hold_until(self, condition):
        """Let no reload end before that is true."""
        self._may_end = condition

    def knows(self, extension_id, *, timeout):
        return extension_id in self.known

    def ping(self, *, timeout):
        return "here"


class SlowStorage(MemoryStorage):
    """Writes one after the other, and takes as long as a disk does."""

    writes = 0

    def _put(self, extension):
        time.sleep(0.004)
        self.writes += 1
        return super()._put(extension)


@pytest.fixture
def storage():
    return SlowStorage()


@pytest.fixture
def readers():
    return {"a": Reader(), "b": Reader(0.05)}


@pytest.fixture
def service(storage, readers):
    switches = SwitchFleet(readers, MemoryState(), Timing(start_reload_s=600.0))
    switches.start(SwitchContext("", storage))
    yield ExtensionService(
        ServiceParts.make(
            storage, switches, Plugins.load([]), History(sqlite_store(None), storage), MemoryState()
        )
    )
    switches.stop()


def test_twenty_saves_at_once_cost_three_reloads_at_most(service, storage, readers):
    for number in range(10):
        storage.create(Extension(f"10{number}", password="x"))
    earlier = storage.writes
    for reader in readers.values():
        # The first reload ends when all changes have been stored: those share the next one.
        reader.hold_until(lambda: storage.writes == earlier + 20)

    def save(number):
        if number % 2:
            saved = service.update(f"10{number // 2}", {"caller_id_name": f"New {number}"})
        else:
            saved = service.create(f"20{number}", {})
        names = [reader.known.get(saved.extension.id) for reader in readers.values()]
        return saved, names

    with ThreadPoolExecutor(20) as pool:
        done = list(pool.map(save, range(20)))
    for saved, names in done:
        assert saved.apply.state == "applied"
        assert names == [saved.extension.caller_id_name] * 2
    for reader in readers.values():
        assert 1 <= reader.reloads <= 3
        assert reader.at_once == 0


def test_each_of_those_who_share_a_reload_is_verified(service, readers):
    lost = "2003"
    known = Reader.knows

    def knows(extension_id, *, timeout):
        return extension_id != lost and known(readers["a"], extension_id, timeout=timeout)

    readers["a"].knows = knows

    def create(extension_id):
        try:
            return service.create(extension_id, {}).apply.state
        except ChangeRefused as error:
            return error.apply.state

    ids = [f"200{number}" for number in range(8)]
    with ThreadPoolExecutor(8) as pool:
        states = dict(zip(ids, pool.map(create, ids), strict=True))
    assert [each for each in ids if states[each] != "applied"] == [lost]


CHANGES = ChangeSet(present=["1000"])


class HeldReload:
    """A reload that the test holds up, and that says its number."""

    def __init__(self):
        self.begun = 0
        self.begins = threading.Semaphore(0)
        self.goes_on = threading.Semaphore(0)

    def __call__(self, changes, timeout):
        self.begun += 1
        number = self.begun
        self.begins.release()
        assert self.goes_on.acquire(timeout=60)
        return f"reload {number}"


def after(seconds):
    return time.monotonic() + seconds


@pytest.fixture
def reload():
    made = HeldReload()
    yield made
    made.goes_on.release(100)


@pytest.fixture
def writes():
    return PendingWrites()


@pytest.fixture
def queue(reload, writes):
    made = ReloadQueue("fs", reload, writes)
    yield made
    made.close()


def test_tickets_that_are_given_during_a_reload_share_the_next_one(queue, reload):
    first = queue.enqueue(CHANGES, deadline=after(60))
    assert reload.begins.acquire(timeout=30)
    others = [queue.enqueue(CHANGES, deadline=after(60)) for _ in range(5)]
    reload.goes_on.release(2)
    assert first.wait(deadline=after(30)) == "reload 1"
    assert [each.wait(deadline=after(30)) for each in others] == ["reload 2"] * 5
    assert reload.begun == 2


def test_a_later_ticket_has_a_higher_number(queue):
    numbers = [queue.enqueue(CHANGES, deadline=after(60)).number for _ in range(5)]
    assert numbers == sorted(set(numbers))


def test_a_ticket_that_is_not_waited_for_stops_no_other(queue, reload):
    reload.goes_on.release(2)
    queue.enqueue(CHANGES, deadline=after(60))
    assert reload.begins.acquire(timeout=30)
    ticket = queue.enqueue(CHANGES, deadline=after(60))
    assert ticket.wait(deadline=after(30)).startswith("reload")


def test_a_reload_is_held_back_for_writes_in_progress(queue, reload, writes, monkeypatch):
    monkeypatch.setattr("sipapp.switches.reload_queue.MAX_HOLD_BACK_S", 60.0)
    reload.goes_on.release()
    writes.begin()
    first = queue.enqueue(CHANGES, deadline=after(60))
    assert not reload.begins.acquire(timeout=0.05)
    # Another ticket of that time is for the same reload.
    second = queue.enqueue(CHANGES, deadline=after(60))
    writes.end()
    assert first.wait(deadline=after(30)) == second.wait(deadline=after(30)) == "reload 1"


def test_a_reload_is_not_held_back_for_long(queue, reload, writes):
    reload.goes_on.release()
    writes.begin()  # and never ends
    assert queue.enqueue(CHANGES, deadline=after(60)).wait(deadline=after(30)) == "reload 1"


def test_all_tickets_of_a_reload_raise_its_error(writes):
    def refuse(_, timeout):
        raise SwitchRefused("no")

    queue = ReloadQueue("fs", refuse, writes)
    writes.begin()
    tickets = [queue.enqueue(CHANGES, deadline=after(60)) for _ in range(3)]
    writes.end()
    for ticket in tickets:
        with pytest.raises(SwitchRefused, match="no"):
            ticket.wait(deadline=after(30))
    queue.close()


def test_the_wait_for_a_reload_that_hangs_has_a_limit(queue, reload):
    first = queue.enqueue(CHANGES, deadline=after(60))
    assert reload.begins.acquire(timeout=30)
    with pytest.raises(SwitchTimeout, match="No answer"):
        first.wait(deadline=after(0.01))
    for _ in range(2):
        with pytest.raises(SwitchTimeout, match="earlier reload"):
            queue.enqueue(CHANGES, deadline=after(0.01)).wait(deadline=after(0.01))
    reload.goes_on.release(2)
    assert first.wait(deadline=after(30)) == "reload 1"
    assert queue.enqueue(CHANGES, deadline=after(60)).wait(deadline=after(30)) == "reload 2"


def test_a_reload_whose_tickets_are_all_too_late_does_not_begin(queue, reload):
    queue.enqueue(CHANGES, deadline=after(60))
    assert reload.begins.acquire(timeout=30)
    late = queue.enqueue(CHANGES, deadline=after(0))
    reload.goes_on.release(2)
    with pytest.raises(SwitchTimeout, match="earlier reload"):
        late.wait(deadline=after(30))
    assert reload.begun == 1


def test_a_reload_has_the_time_of_its_latest_ticket(writes):
    limits = []
    queue = ReloadQueue("fs", lambda _, limit: limits.append(limit) or "+OK", writes)
    writes.begin()
    early, late = (
        queue.enqueue(CHANGES, deadline=after(0)),
        queue.enqueue(CHANGES, deadline=after(60)),
    )
    writes.end()
    assert early.wait(deadline=after(30)) == late.wait(deadline=after(30)) == "+OK"
    assert 0 < limits[0] <= 60
    queue.close()


class TestChangesOfAReload:
    @pytest.fixture
    def applied(self):
        return []

    @pytest.fixture
    def queue(self, applied, writes):
        def apply(changes, timeout):
            applied.append(changes)
            if "fault" in changes.present:
                raise SwitchRefused("no")
            return "+OK"

        made = ReloadQueue("fs", apply, writes)
        made.enqueue(ChangeSet(), deadline=after(60)).wait(deadline=after(30))
        yield made
        made.close()

    def test_the_first_is_about_everything(self, queue, applied):
        assert applied == [ChangeSet(everything=True)]

    def test_changes_that_share_a_reload_are_one_set(self, queue, writes, applied):
        writes.begin()
        tickets = [
            queue.enqueue(each, deadline=after(60))
            for each in (
                ChangeSet(present=["1000", "1001"]),
                ChangeSet(absent=["1001"], forget=["1001"], end_calls=["1001"]),
                ChangeSet(present=["1002", "1000"]),
            )
        ]
        writes.end()
        for each in tickets:
            each.wait(deadline=after(30))
        assert applied[1] == ChangeSet(
            ("1000", "1002"), ("1001",), forget=("1001",), end_calls=("1001",)
        )

    def test_what_failed_comes_again_with_the_next(self, queue, applied):
        with pytest.raises(SwitchRefused):
            queue.enqueue(ChangeSet(present=["fault", "1000"]), deadline=after(60)).wait(
                deadline=after(30)
            )
        queue.enqueue(ChangeSet(absent=["fault"]), deadline=after(60)).wait(deadline=after(30))
        assert applied[2] == ChangeSet(("1000",), ("fault",))
        queue.enqueue(ChangeSet(), deadline=after(60)).wait(deadline=after(30))
        assert applied[3] == ChangeSet()


def test_a_set_of_very_many_changes_is_about_everything():
    many = ChangeSet(present=[str(each) for each in range(MAX_CHANGED)])
    assert not many.merged_with(ChangeSet(present=["0"])).everything
    assert many.merged_with(ChangeSet(absent=["another"])) == ChangeSet(everything=True)
