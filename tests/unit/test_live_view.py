"""Pages and counts of what a switch tells all at once."""

import pytest

from sipapp.api import Call, InvalidCursor, ListedLive, LiveStatus, Registration
from sipapp.switches.live_view import LiveOverview


def registration(extension, call_id="", **values):
    given = {
        "domain": "phone.test",
        "address": "192.0.2.7:5060",
        "transport": "WSS",
        "user_agent": "JsSIP",
        "since": 1.0,
        "expires": 2.0,
        "call_id": call_id or f"call-id-of-{extension}",
    }
    return Registration(extension, **given | values)


def call(call_id, since, *extensions):
    return Call(call_id, "1000", "Ada", "1001", "active", since, "opus", extensions)


def listed(registrations=(), calls=()):
    return ListedLive(
        LiveStatus("test", 1.0, registrations=tuple(registrations), calls=tuple(calls))
    )


def ids(page):
    return [getattr(each, "extension", "") or each.id for each in page.items]


def test_pages_are_in_the_order_of_numbers_and_hold_each_once():
    view = listed([registration(str(each)) for each in (1000, 9, 10, 100, 1)])
    first = view.registrations(limit=2)
    assert (ids(first), first.total) == (["1", "9"], 5)
    second = view.registrations(limit=2, after=first.after)
    assert ids(second) == ["10", "100"]
    last = view.registrations(limit=2, after=second.after)
    assert (ids(last), last.after) == (["1000"], "")


def test_a_cursor_stays_good_when_its_own_entry_is_gone():
    after = listed([registration(str(each)) for each in (1, 2, 3)]).registrations(limit=2).after
    assert ids(listed([registration("1"), registration("3")]).registrations(after=after)) == ["3"]


def test_the_oldest_call_is_first_and_all_are_returned_page_by_page():
    view = listed(calls=[call(str(each), float(2000 - each)) for each in range(1100)])
    assert ids(view.calls(limit=2)) == ["1099", "1098"]
    assert [each.id for each in view.all_calls()] == [str(each) for each in range(1099, -1, -1)]


def test_a_search_looks_at_all_texts():
    view = listed([registration("1"), registration("2", user_agent="Yealink")], [call("a", 1.0)])
    assert ids(view.registrations("yea")) == ["2"]
    assert view.registrations("yea").total == 1
    assert ids(view.calls("ADA")) == ["a"]
    assert ids(view.calls("nobody")) == []


def test_what_is_no_cursor_is_refused():
    with pytest.raises(InvalidCursor):
        listed([registration("1")]).registrations(after="!")


def test_what_is_not_known_is_not_counted():
    view = ListedLive(LiveStatus("test", 1.0, fresh=False, fault="Away."))
    assert (view.summary.registrations, view.summary.calls) == (None, None)
    assert (ids(view.registrations()), view.calls_of(["1"])) == ([], {})


def test_what_several_names_of_one_switch_tell_is_there_once():
    views = [listed([registration("ada")], [call("a", 1.0, "ada", "bob")]) for _ in range(2)]
    overview = LiveOverview([("one", views[0]), ("two", views[1]), ("three", None)])
    assert overview.registrations_of(["Ada", "bob"]) == {"Ada": [registration("ada")]}
    assert list(overview.calls_of(["bob", "ada", "carl"])) == ["bob", "ada"]
    assert (overview.has_registrations, overview.lost) == (True, [])
    assert overview.version.endswith("-none")
