"""Names by which switches find extensions, and values that hold them."""

from dataclasses import replace

import pytest

from sipapp.api import NO_ALIASES, Aliases, Extension
from sipapp.model.mentions import find_mentions
from sipapp.storages.catalog import Catalog


def test_an_id_that_is_anothers_alias_leads_to_that_one():
    aliases = Aliases({"1000": "desk", "Front": "desk"})
    assert aliases.id_of("FRONT") == aliases.id_of("1000") == "desk"
    assert aliases.names_of("DESK") == ("DESK", "1000", "Front")
    assert aliases.names_of("1000") == ()
    assert dict(aliases.items()) == {"1000": "desk", "Front": "desk"}


def test_a_version_is_of_the_content():
    one, other = Aliases({"1": "a", "2": "b"}), Aliases({"2": "b", "1": "a"})
    assert one.version == other.version != Aliases({"1": "b", "2": "a"}).version


def test_a_list_takes_ids_before_aliases_and_the_first_of_two_aliases():
    extensions = [
        Extension("a", aliases=("1000", "1", "2")),
        Extension("b", aliases=("1", "off")),
        Extension("c", aliases=("3",), enabled=False),
        Extension("1000"),
        Extension("off", enabled=False),
    ]
    aliases = Catalog(extensions).aliases
    assert dict(aliases.items()) == {"1": "a", "2": "a", "off": "b"}
    assert Catalog(extensions[3:]).aliases is NO_ALIASES


DESK = Extension("1001", aliases=("desk",))


@pytest.mark.parametrize(
    ("value", "new"),
    [
        ("1001", "2001"),
        ("Room 1001, 1001", "Room 2001, 2001"),
        ("1001@pbx.test", "2001@pbx.test"),
        ("sip:1001", "sip:2001"),
        ("ext_1001", "ext_2001"),
        ("Desk", "2001"),
        ("desk-1001", "2001-2001"),
        ("$1\\1 1001", "$1\\1 2001"),
    ],
)
def test_the_number_is_a_word_of_a_value(value, new):
    (found,) = find_mentions(DESK, "2001", {"mailbox": value})
    assert (found.old, found.new, found.is_whole) == (value, new, value == "1001")


@pytest.mark.parametrize("value", ["", "11001", "10011", "a1001", "+1001", "ü1001", "desktop"])
def test_a_part_of_a_word_is_no_number(value):
    assert find_mentions(DESK, "2001", {"mailbox": value}) == []


@pytest.mark.parametrize(
    ("name", "value", "hidden"),
    [
        ("mailbox", "1001", False),
        ("dial", "{sip_auth_password=x,user=1001}", True),
        ("vm-notify", "1001 secret", True),
        ("url", "https://1001:x@pbx.test/", True),
        ("url", "https://pbx.test/1001", False),
        ("x-token", "1001", True),
        ("pin", "1001", True),
        ("spinner", "1001", False),
    ],
)
def test_what_may_have_a_secret_in_it_is_not_shown(name, value, hidden):
    (found,) = find_mentions(DESK, "2001", {name: value})
    assert found.is_hidden is hidden
    assert value not in repr(found) or value == "1001"


def test_secrets_are_no_mentions_and_what_is_made_of_the_id_follows():
    extension = replace(
        DESK,
        password="1001",
        vm_password="1001",
        caller_id_name="Extension 1001",
        callgroup="1001",
        accountcode="1001",
    )
    found = {each.name: each.follows for each in find_mentions(extension, "2001", {})}
    assert found == {"caller_id_name": True, "callgroup": False, "accountcode": True}


def test_an_extension_of_another_domain_gets_the_user_alone():
    extension = Extension("1001@branch.example", accountcode="1001@branch.example")
    (found,) = find_mentions(extension, "2001@branch.example", {})
    assert found.new == "2001@branch.example"
