"""Reloads are one at a time, and shared; nobody gets the answer of one that began too early."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from sipapp.changes.service import ExtensionService
from sipapp.history.history import History
from sipapp.history.shelf import MemoryShelf
from sipapp.hooks.manager import Plugins
from sipapp.model.errors import ChangeRefused, SwitchRefused, SwitchTimeout
from sipapp.model.extension import Extension
from sipapp.switches.fleet import Switches
from sipapp.switches.reload_queue import QUESTIONS, ReloadQueue, Storing
from sipapp.switches.strategy import ReloadStrategy, SwitchContext
from sipapp.testing.memory import MemoryStorage
from sipapp.testing.waiting import eventually


class Reader(ReloadStrategy):
    """Knows what was stored when its last reload began, as FreeSWITCH does."""

    timeout = 10.0

    def __init__(self, seconds=0.03):
        self.reloads = 0
        self.at_once = 0
        self._seconds = seconds
        self._reading = threading.Semaphore()
        self.may_end = threading.Event()
        self.may_end.set()

    def start(self, context):
        self._extensions = context.extensions
        self.known = {}

    def reload(self, *, timeout):
        if not self._reading.acquire(blocking=False):
            self.at_once += 1
        self.reloads += 1
        read = {each.id: each.caller_id_name for each in self._extensions()}
        time.sleep(self._seconds)
        assert self.may_end.wait(60)
        self.known = read
        self._reading.release()
        return "+OK [Success]"

    def knows(self, extension_id, *, timeout):
        return extension_id in self.known

    def ping(self, *, timeout):
        return "here"


class SlowStorage(MemoryStorage):
    """Writes one after the other, and takes as long as a disk does."""

    written = 0

    def _put(self, extension):
        time.sleep(0.004)
        self.written += 1
        return super()._put(extension)


@pytest.fixture
def storage():
    return SlowStorage()


@pytest.fixture
def readers():
    return {"a": Reader(), "b": Reader(0.05)}


@pytest.fixture
def service(storage, readers):
    switches = Switches(readers)
    switches.start(SwitchContext("", storage.list))
    yield ExtensionService(storage, switches, Plugins.load([]), History(MemoryShelf(), storage))
    switches.stop()


def test_twenty_saves_at_once_cost_three_reloads_at_most(service, storage, readers):
    for number in range(10):
        storage.create(Extension(f"10{number}", password="x"))
    together = threading.Barrier(20, timeout=60)
    for reader in readers.values():
        reader.may_end.clear()

    def save(number):
        together.wait()
        if number % 2:
            saved = service.update(f"10{number // 2}", {"caller_id_name": f"New {number}"})
        else:
            saved = service.create(f"20{number}", {})
        names = [reader.known.get(saved.extension.id) for reader in readers.values()]
        return saved, names

    with ThreadPoolExecutor(20) as pool:
        saves = [pool.submit(save, number) for number in range(20)]
        # However slow the machine is: all come while the first reload goes on.
        eventually(lambda: storage.written == 30)
        for reader in readers.values():
            reader.may_end.set()
        done = [each.result(60) for each in saves]
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


class Gate:
    """A reload that can be held up, and says its number."""

    def __init__(self):
        self.begun = 0
        self.begins = threading.Semaphore(0)
        self.goes_on = threading.Semaphore(0)

    def __call__(self, timeout):
        self.begun += 1
        number = self.begun
        self.begins.release()
        assert self.goes_on.acquire(timeout=min(timeout, 5))
        return f"reload {number}"


@pytest.fixture
def pool():
    with ThreadPoolExecutor(8) as pool:
        yield pool


def take(pool, queue, seconds=5.0):
    turn = queue.join()
    return pool.submit(lambda: turn.wait(deadline=time.monotonic() + seconds))


def test_whoever_comes_during_a_reload_gets_the_next_one(pool):
    gate = Gate()
    queue = ReloadQueue(gate, Storing())
    first = take(pool, queue)
    assert gate.begins.acquire(timeout=5)
    others = [take(pool, queue) for _ in range(5)]
    gate.goes_on.release(2)
    assert first.result(5) == "reload 1"
    assert [each.result(5) for each in others] == ["reload 2"] * 5
    assert gate.begun == 2


def test_a_reload_waits_for_what_is_being_stored_but_not_for_long(pool):
    gate, storing = Gate(), Storing()
    queue = ReloadQueue(gate, storing)
    gate.goes_on.release(2)
    storing.begin()
    # Whoever waits goes on when it is stored, not when the time is over.
    waiting = pool.submit(storing.wait, 60.0)
    storing.end()
    waiting.result(30)
    storing.begin()
    waiting = take(pool, queue)
    assert not gate.begins.acquire(timeout=0.05)
    storing.end()
    assert waiting.result(5) == "reload 1"
    storing.begin()  # and never ends
    assert take(pool, queue).result(5) == "reload 2"


def test_all_who_share_a_reload_hear_why_it_failed():
    def refuse(_):
        raise SwitchRefused("no")

    queue = ReloadQueue(refuse, Storing())
    turns = [queue.join() for _ in range(3)]
    for turn in turns:
        with pytest.raises(SwitchRefused, match="no"):
            turn.wait(deadline=time.monotonic() + 5)


def test_nobody_waits_longer_than_his_deadline(pool):
    gate = Gate()
    queue = ReloadQueue(gate, Storing())
    first = take(pool, queue)
    assert gate.begins.acquire(timeout=5)
    leader, follower = take(pool, queue, 0.1), take(pool, queue, 0.1)
    for late in leader, follower:
        with pytest.raises(SwitchTimeout):
            late.result(5)
    gate.goes_on.release(2)
    assert first.result(5) == "reload 1"
    # The one that gave up does not keep a place.
    assert take(pool, queue).result(5) == "reload 2"


def test_few_ask_a_switch_at_the_same_time():
    queue = ReloadQueue(lambda _: "", Storing())
    inside, most = [], []

    def ask(number):
        with queue.questions(deadline=time.monotonic() + 10):
            inside.append(number)
            most.append(len(inside))
            time.sleep(0.01)
            inside.remove(number)

    with ThreadPoolExecutor(20) as many:
        list(many.map(ask, range(20)))
    assert max(most) <= QUESTIONS


def test_who_cannot_ask_in_time_is_told():
    queue = ReloadQueue(lambda _: "", Storing())
    with ExitStack() as stack:
        for _ in range(QUESTIONS):
            stack.enter_context(queue.questions(deadline=time.monotonic() + 5))
        with pytest.raises(SwitchTimeout, match="too busy"), queue.questions(deadline=0.0):
            pass
    with queue.questions(deadline=time.monotonic() + 5):
        pass
