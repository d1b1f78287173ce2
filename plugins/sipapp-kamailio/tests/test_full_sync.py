"""A table that takes longer than a change may: the server starts, and changes are taken over."""

import logging
import re
import sqlite3
import threading
from contextlib import closing
from itertools import count

import pytest

from sipapp.api import (
    ChangeSet,
    Extension,
    StorageUnavailable,
    SwitchContext,
    SwitchTimeout,
    SwitchUnreachable,
)
from sipapp.testing.listed_view import ListedView
from sipapp.testing.waiting import eventually
from sipapp_kamailio import full_sync, strategy

DOMAIN = "phone.test"


class SlowStorage(ListedView):
    """Reading it from end to end goes on when the test says so, with what was there before."""

    def __init__(self, directory):
        super().__init__(lambda: list(directory.extensions.values()))
        self.begun = 0
        self.may_end = 0
        self.changed = threading.Condition()

    def iterate(self, *, after=""):
        found = list(super().iterate())
        with self.changed:
            self.begun += 1
            mine = self.begun
            self.changed.notify_all()
            self.changed.wait_for(lambda: self.may_end >= mine, 60)
        yield from found

    def let_end(self, number):
        """Let the first so many end."""
        with self.changed:
            self.may_end = number
            self.changed.notify_all()

    def wait_for(self, number):
        """Wait until so many have begun."""
        with self.changed:
            assert self.changed.wait_for(lambda: self.begun >= number, 60)


@pytest.fixture
def slow(directory):
    slow = SlowStorage(directory)
    yield slow
    slow.let_end(1000)


@pytest.fixture
def start(slow, make_switch, monkeypatch):
    """Start a switch that does not wait for its table."""
    monkeypatch.setattr(strategy, "START_WAIT_S", 0.0)

    def start(*, spawn=False):
        switch = make_switch(spawn=spawn)
        switch.start(SwitchContext(DOMAIN, slow))
        slow.wait_for(1)
        return switch

    return start


def names(home):
    with closing(sqlite3.connect(home / "subscribers.db")) as database:
        return [row[0] for row in database.execute("SELECT username FROM subscriber ORDER BY 1")]


def test_a_change_is_taken_over_at_once_while_all_are_read(start, slow, home, directory):
    switch = start()
    directory.put("1002", "secret-1002")
    del directory.extensions["1001"]
    said = switch.apply(ChangeSet(present=["1002"], absent=["1001"]), timeout=60)
    assert said == "2 extensions taken over into Kamailio's table"
    assert names(home) == ["1002"]
    slow.let_end(1)
    # What was read before that change does not undo it.
    eventually(lambda: names(home) == ["1000", "1002"])
    directory.put("1003", "secret-1003")
    slow.let_end(1000)
    assert switch.reload(timeout=60) == "3 extensions in Kamailio's table"
    assert names(home) == ["1000", "1002", "1003"]


def test_a_reload_that_gave_up_waiting_gets_the_end_of_its_own(start, slow, home, directory):
    slow.let_end(1)
    switch = start()
    directory.put("1002", "secret-1002")
    with pytest.raises(SwitchTimeout, match="That goes on in the background"):
        switch.reload(timeout=0.05)
    slow.wait_for(2)
    slow.let_end(2)
    # Though the storage has another revision each time, and a third would not end.
    assert switch.reload(timeout=60) == "3 extensions in Kamailio's table"
    slow.wait_for(3)
    directory.put("1003", "secret-1003")
    slow.let_end(1000)
    eventually(lambda: names(home) == ["1000", "1001", "1002"])
    assert switch.reload(timeout=60) == "4 extensions in Kamailio's table"


def test_the_first_reload_takes_what_the_start_has_begun(start, slow, monkeypatch, directory):
    monkeypatch.setattr(slow, "revision", lambda: "the same")
    switch = start()
    slow.let_end(1)
    everything = ChangeSet(present=["1002"], everything=True)
    directory.put("1002", "written after the start")
    assert switch.apply(everything, timeout=60) == "2 extensions in Kamailio's table"
    assert switch.knows("1002", timeout=60)
    assert slow.begun == 1


def test_the_switch_is_said_to_be_starting_until_its_table_is_made(
    start, slow, directory, open_phone, monkeypatch
):
    monkeypatch.setattr(full_sync, "COUNTED", 2)
    switch = start(spawn=True)
    with pytest.raises(SwitchUnreachable, match=r"has not been started yet: .*in the background"):
        switch.ping(timeout=5)
    directory.put("1002", "secret-1002")
    with pytest.raises(SwitchTimeout, match="some 0 so far"):
        switch.apply(ChangeSet(present=["1002"]), timeout=0.05)
    slow.let_end(1)
    # The change has come again meanwhile, with those that were made since.
    switch.apply(ChangeSet(present=["1002"]), timeout=60)
    assert slow.begun == 1
    assert open_phone("1002").register().status == 200


def test_a_start_that_takes_long_says_so(start, caplog):
    with caplog.at_level(logging.INFO):
        start()
    assert "goes on in the background" in caplog.text


def test_a_stop_ends_what_reads_for_long(make_switch, monkeypatch, home):
    class Endless(ListedView):
        def iterate(self, *, after=""):
            return (Extension(str(each), password="s3cret") for each in count(1000))

        def revision(self):
            return "the same"

    monkeypatch.setattr(strategy, "START_WAIT_S", 0.0)
    switch = make_switch(spawn=False)
    switch.start(SwitchContext(DOMAIN, Endless(list)))

    def told():
        with pytest.raises(SwitchTimeout) as caught:
            switch.reload(timeout=0.01)
        return str(caught.value)

    eventually(lambda: re.search(r"some [1-9][0-9]*,000 so far", told()))
    switch.stop()
    eventually(lambda: "kamailio-sync" not in {each.name for each in threading.enumerate()})
    assert names(home) == []


def test_a_failed_one_is_not_taken_again(make_switch, directory, home):
    broken = True

    def stored():
        if broken:
            raise StorageUnavailable("The disk is gone.")
        return list(directory.extensions.values())

    class Unknown(ListedView):
        def revision(self):
            raise StorageUnavailable("The disk is gone.")

    switch = make_switch(spawn=False)
    switch.start(SwitchContext(DOMAIN, Unknown(stored)))
    with pytest.raises(SwitchUnreachable, match="The disk is gone"):
        switch.reload(timeout=60)
    broken = False
    assert switch.reload(timeout=60) == "2 extensions in Kamailio's table"
