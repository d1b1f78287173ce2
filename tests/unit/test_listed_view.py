"""The view of a storage for tests of reload strategies."""

import pytest

from sipapp.api import Extension, ExtensionNotFound, Query, Secret
from sipapp.testing.listed_view import ListedView

STORED = [
    Extension("b", password="secret"),
    Extension("A", password="other", enabled=False),
    Extension("c"),
]
VIEW = ListedView(lambda: STORED)


def test_it_reads_as_a_storage_does():
    assert [each.id for each in VIEW.iterate()] == ["A", "b", "c"]
    assert [each.id for each in VIEW.iterate(after="A")] == ["b", "c"]
    assert VIEW.get_many(["B", "nobody"]) == {"B": STORED[0]}
    page = VIEW.find(Query("b"))
    assert [(each.id, each.password) for each in page.items] == [("b", "")]


def test_it_returns_the_secrets_of_phones():
    assert VIEW.secret("b") == Secret("secret")
    assert VIEW.secret("a") is None
    assert VIEW.secret("c") is None
    with pytest.raises(ExtensionNotFound):
        VIEW.secret("nobody")


def test_what_it_lists_may_have_changed_at_any_time():
    assert VIEW.revision() != VIEW.revision()
