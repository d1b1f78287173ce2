"""A live view by extension, where phones have registered by aliases."""

import pytest
from tests.functional.test_live import call, fresh, registration

from sipapp.api import Aliases, ListedLive
from sipapp.switches.aliased_live import AliasedLive

PHONES = [registration("2501"), registration("desk"), registration("1000")]
CALLS = [
    call("a", extensions=("2501", "desk")),
    call("b", extensions=("1000", "DESK")),
    call("c", extensions=("1000",)),
]


@pytest.fixture
def view():
    live = ListedLive(fresh(*PHONES, calls=CALLS))
    return AliasedLive(live, Aliases({"2501": "desk"}))


def test_each_is_found_by_its_own_id(view):
    phone = view.registration(PHONES[0].id)
    assert (phone.extension, phone.alias, phone.id) == ("desk", "2501", PHONES[0].id)
    assert view.registration(PHONES[2].id) == PHONES[2]
    assert view.call("a").extensions == ("desk",)
    assert view.call("c") == CALLS[2]
    assert (view.registration("x"), view.call("x")) == (None, None)


def test_an_extension_has_those_of_all_its_names_once(view):
    found = view.registrations_of(["desk", "1000", "2501", "1001"])
    aliases = {name: [each.alias for each in phones] for name, phones in found.items()}
    assert aliases == {"desk": ["", "2501"], "1000": [""]}
    calls = view.calls_of(["desk", "1000"])
    assert {name: [each.id for each in found] for name, found in calls.items()} == {
        "desk": ["a", "b"],
        "1000": ["b", "c"],
    }


def test_pages_and_counts_are_those_of_the_switch(view):
    page = view.registrations(limit=2)
    assert [each.extension for each in page.items] == ["1000", "desk"]
    assert page.total == 3
    (last,) = view.registrations(after=page.after).items
    assert (last.extension, last.alias) == ("desk", "")
    assert view.summary.registrations == 3
    assert [each.id for each in view.all_calls()] == ["a", "b", "c"]


def test_the_version_changes_with_view_and_aliases(view):
    live = ListedLive(fresh(*PHONES))
    one, same = (AliasedLive(live, Aliases({"2501": "desk"})) for _ in range(2))
    assert one.version == same.version != view.version
    assert one.version != AliasedLive(live, Aliases({"2501": "1000"})).version


def test_a_search_for_nobody_finds_nothing(view):
    assert view.registrations("nobody").total == view.calls("nobody").total == 0
