"""A catalogue finds and sorts as a plain look at every extension would."""

from functools import cmp_to_key
from itertools import zip_longest

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipapp.model.extension import Extension
from sipapp.storages.catalog import Catalog
from sipapp.storages.query import SORT_KEYS, Query

TEXTS = st.text("aAbß12\u0664 ", max_size=6)
EXTENSIONS = st.lists(
    st.builds(Extension, id=TEXTS, caller_id_name=TEXTS, caller_id_number=TEXTS), max_size=30
).map(tuple)


def ids(found):
    return [each.id for each in found]


def runs(text):
    """A text as numbers and single other characters."""
    parts, rest = [], text.casefold()
    while rest:
        length = next((at for at, char in enumerate(rest) if not char.isdecimal()), len(rest))
        parts.append(int(rest[:length]) if length else rest[0])
        rest = rest[length or 1 :]
    return parts


def compare(one, other):
    """Below zero if one text comes before the other: numbers by their value, before all else."""
    for a, b in zip_longest(runs(one), runs(other)):
        if a != b:
            order = [(each is not None, isinstance(each, str), each) for each in (a, b)]
            return -1 if order[0] < order[1] else 1
    return 0


def expected(extensions, search, key, *, descending):
    """What should be found, one comparison after the other."""

    def order(one, other):
        values = [getattr(each, key) for each in (one, other)]
        if not all(values):
            by_value = bool(values[1]) - bool(values[0])
        else:
            by_value = (-1 if descending else 1) * compare(*values)
        by_id = (one.id > other.id) - (one.id < other.id)
        return by_value or (-by_id if descending else by_id)

    found = [
        each
        for each in extensions
        if any(
            search.casefold() in text.casefold()
            for text in (each.id, each.caller_id_name, each.caller_id_number)
        )
    ]
    return sorted(found, key=cmp_to_key(order))


@given(EXTENSIONS, TEXTS, st.sampled_from(SORT_KEYS), st.booleans())
def test_search_and_order(extensions, search, key, descending):
    catalog = Catalog(extensions)
    for text in ("", search, search):
        found = catalog.find(Query(text, key, descending))
        wanted = expected(extensions, text, key, descending=descending)
        # Extensions of the same id and value may stand either way.
        assert [(each.id, getattr(each, key)) for each in found] == [
            (each.id, getattr(each, key)) for each in wanted
        ]
        assert sorted(map(repr, found)) == sorted(map(repr, wanted))


@pytest.mark.parametrize(
    ("descending", "ordered"),
    [(False, ["Ada", "Bob", "", ""]), (True, ["Bob", "Ada", "", ""])],
)
def test_what_has_no_value_comes_last_in_both_directions(descending, ordered):
    names = ["", "Bob", "", "Ada"]
    catalog = Catalog([Extension(str(at), caller_id_name=name) for at, name in enumerate(names)])
    found = catalog.find(Query("", "caller_id_name", descending))
    assert [each.caller_id_name for each in found] == ordered
    assert ids(found)[2:] == (["2", "0"] if descending else ["0", "2"])


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


def test_the_order_by_id_is_made_once():
    comparisons = []

    class Id(str):
        __slots__ = ()

        def __lt__(self, other):
            comparisons.append(other)
            return super().__lt__(other)

    catalog = Catalog(tuple(Extension(Id(number)) for number in range(20)))
    assert len(list(catalog.iterate(""))) == 20
    comparisons.clear()
    assert ids(catalog.iterate("7")) == ["8", "9"]
    assert len(comparisons) < 10
