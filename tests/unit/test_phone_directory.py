"""Whom phones find in the directory."""

import json

from sipapp.model.aliases import Aliases
from sipapp.model.extension import Extension
from sipapp.phone.directory import LISTED, Directory
from sipapp.testing.memory import MemoryStorage


def test_accounts_of_gateways_and_files_without_a_user_are_not_listed():
    class Some(MemoryStorage):
        def list(self):
            return [
                Extension("1000", caller_id_name="Ann"),
                Extension("1001"),
                Extension("1002", user_context="default", read_only="It is a symbolic link."),
                Extension("$${default_provider}", user_context="public", read_only="A gateway's."),
                Extension("skinny-example", read_only="It has no user."),
                Extension("1003", enabled=False),
            ]

    listing = json.loads(Directory(Some(), "").search("", "", LISTED).body)
    assert [each["extension"] for each in listing["extensions"]] == ["1000", "1001", "1002"]
    assert listing["complete"] is True


def test_the_aliases_are_read_once_for_all_numbers():
    read = []

    class Some(MemoryStorage):
        def aliases(self):
            read.append("aliases")
            return Aliases({"1000": "ann"})

    storage = Some()
    storage.create_many([Extension("ann"), Extension("1001")])
    numbers = [str(number) for number in range(1000, 1050)]
    assert Directory(storage, "").ids(numbers, "") == {"1000": "ann", "1001": "1001"}
    assert read == ["aliases"]
