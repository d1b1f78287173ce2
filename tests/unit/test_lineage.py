"""Whose an id is after all that the history says of it."""

from datetime import UTC, datetime

import pytest

from sipapp.history.entry import Entry
from sipapp.history.lineage import is_same
from sipapp.model.change import SYSTEM, FieldChange


def entry(entry_id, what):
    """An entry in one word: ``update 1000``, ``rename 1000 2000``, ``undo 3 deleted 1000``, ..."""
    verb, *given = what.split()
    undoes = ""
    if verb == "undo":
        undoes, verb, *given = given
    changes = [FieldChange("id", *given)] if verb == "rename" else []
    digest = "" if verb == "delete" else "some"
    at = datetime(2026, 11, 25, tzinfo=UTC)
    return Entry(entry_id, at, SYSTEM, _ACTIONS[verb], given[-1], changes, [], digest, undoes)


_ACTIONS = {"create": "created", "update": "updated", "rename": "renamed", "delete": "deleted"}
_ACTIONS["restore"] = "undone"
SAME = [
    ["update 1000"],
    ["update 1000", "update 1000", "create 2000", "delete 2000", "rename 3000 4000"],
    ["update 1000", "rename 1000 2000", "rename 2000 1000"],
    ["update 1000", "rename 1000 2000", "undo 1 rename 2000 1000"],
    ["update 1000", "delete 1000", "undo 1 restore 1000"],
    [
        "update 1000",
        "delete 1000",
        "undo 1 restore 1000",
        "undo 2 delete 1000",
        "undo 3 restore 1000",
    ],
    [
        "update 1000",
        "delete 1000",
        "undo 1 restore 1000",
        "undo 2 delete 1000",
        "undo 1 restore 1000",
    ],
    ["update Ada", "rename ada Ada"],
    ["delete 1000", "undo 0 restore 1000"],
    ["create 1000", "undo 0 delete 1000", "undo 1 restore 1000"],
    ["rename 1000 2000", "delete 2000", "undo 0 restore 1000", "rename 1000 2000"],
]
ANOTHER = [
    ["delete 1000"],
    ["delete 1000", "create 1000"],
    ["update 1000", "delete 1000", "create 1000"],
    ["update 1000", "delete 1000", "create 1000", "update 1000"],
    ["update 1000", "create 1000"],
    ["update Ada", "delete ADA", "create aDA"],
    ["update 1000", "rename 1000 2000", "create 1000"],
    ["update 1000", "rename 1000 2000", "rename 3000 1000"],
    ["update 1000", "delete 1000", "create 1000", "undo 2 delete 1000", "undo 3 restore 1000"],
    ["rename 1000 2000", "undo 0 rename 2000 1000", "create 2000"],
    ["create 1000", "undo 0 delete 1000", "create 1000"],
]


@pytest.mark.parametrize("story", SAME, ids=", ".join)
def test_it_is_still_the_one(story):
    first, *later = [entry(str(number), what) for number, what in enumerate(story)]
    assert is_same(first, later)


@pytest.mark.parametrize("story", ANOTHER, ids=", ".join)
def test_it_is_another_one(story):
    first, *later = [entry(str(number), what) for number, what in enumerate(story)]
    assert not is_same(first, later)
