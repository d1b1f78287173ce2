"""A catalogue finds and sorts as a plain look at every extension would."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipapp.model.extension import Extension
from sipapp.storages.catalog import Catalog
from sipapp.storages.query import SORT_KEYS, Query

TEXTS = st.text("aAbß1\u0664 ", max_size=6)
EXTENSIONS = st.lists(
    st.builds(Extension, id=TEXTS, caller_id_name=TEXTS, caller_id_number=TEXTS), max_size=130
).map(tuple)


def ids(found):
    return [each.id for each in found]


@given(EXTENSIONS, TEXTS, st.sampled_from(SORT_KEYS), st.booleans())
def test_search_finds_what_has_the_text(extensions, search, key, descending):
    catalog = Catalog(extensions)
    everything = catalog.find(Query("", key, descending))
    for _ in range(2):
        found = catalog.find(Query(search, key, descending))
        assert found == [
            each
            for each in everything
            if any(
                search.casefold() in text.casefold()
                for text in (each.id, each.caller_id_name, each.caller_id_number)
            )
        ]


def test_search_that_finds_many_finds_them_all():
    extensions = tuple(Extension(f"{number}", caller_id_name="Ada") for number in range(1000))
    catalog = Catalog(extensions)
    assert catalog.find(Query("ADA", "id", False)) == list(extensions)
    assert ids(catalog.find(Query("99", "id", True))) == [
        *map(str, range(999, 989, -1)),
        *("899", "799", "699", "599", "499", "399", "299", "199", "99"),
    ]


def test_many_searches_are_not_all_remembered():
    catalog = Catalog(tuple(Extension(str(number)) for number in range(100)))
    for number in range(100):
        assert str(number) in ids(catalog.find(Query(str(number), "id", False)))
    assert ids(catalog.find(Query("42", "id", False))) == ["42"]


@pytest.mark.parametrize(
    "ordered",
    [
        ["2", "10", "100", "a1", "a2", "a10", "b"],
        ["1", "01", "2"],
        ["a", "a1", "a b", "ab"],
        ["9" * 5000, "1" + "0" * 5000],
        ["x", ""],
    ],
)
def test_numbers_count_as_numbers(ordered):
    ids_of = {text: str(place) for place, text in enumerate(ordered)}
    extensions = [Extension(ids_of[text], caller_id_name=text) for text in sorted(ordered)]
    found = Catalog(extensions).find(Query("", "caller_id_name"))
    assert [each.caller_id_name for each in found] == ordered


def test_what_is_shown_has_no_secrets_and_is_made_once():
    extension = Extension("1000", password="s3cret")
    catalog = Catalog((extension,))
    shown = catalog.without_secrets(extension)
    assert shown == extension.without_secrets()
    assert catalog.without_secrets(extension) is shown
