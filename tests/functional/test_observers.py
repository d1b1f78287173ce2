"""What observers of changes are told of an entry of the history."""

from datetime import UTC, datetime, timedelta

import pytest

from sipapp.api import hookimpl


class Observer:
    def __init__(self):
        self.events = []

    @hookimpl
    def sipapp_extension_changed(self, event):
        self.events.append(event)


@pytest.fixture
def observer():
    return Observer()


@pytest.fixture
def call(make_app, make_api, memory, observer):
    return make_api(make_app({"sipapp.storage": "memory"}, plugins=[memory, observer]))


def entries(call):
    return call("GET /history").json["entries"]


def test_an_event_names_its_entry_of_the_history_and_when(call, observer):
    call("POST /extensions", given={"id": "1000"}, status=201)
    (event,) = observer.events
    (entry,) = entries(call)
    assert event.entry_id == entry["id"]
    assert datetime.now(UTC) - event.at < timedelta(minutes=5)
    assert (event.undoes, event.exists) == ("", True)


def test_an_extension_that_was_deleted_does_not_exist_and_one_that_came_back_does(call, observer):
    call("POST /extensions", given={"id": "1000"}, status=201)
    call("DELETE /extensions/1000")
    deleted = observer.events[-1]
    assert not deleted.exists
    call(f"POST /history/{deleted.entry_id}/undo", status=200)
    undone = observer.events[-1]
    assert (undone.action, undone.undoes, undone.exists) == ("undone", deleted.entry_id, True)


def test_an_extension_whose_creation_was_undone_does_not_exist(call, observer):
    call("POST /extensions", given={"id": "1000"}, status=201)
    created = observer.events[-1]
    call(f"POST /history/{created.entry_id}/undo", status=200)
    undone = observer.events[-1]
    assert (undone.undoes, undone.exists) == (created.entry_id, False)
