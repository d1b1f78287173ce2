"""Tables of registrations and calls: what is changed in one is as if it was made anew."""

import pytest
from tests.counted_steps import steps
from tests.unit.test_live_view import call, registration

from sipapp.api import LiveTable


def items(table):
    return table.page("", "", 1000).items


def many(count):
    return [registration(str(each)) for each in range(1000, 1000 + count)]


def test_a_changed_table_is_as_one_that_is_made_anew_and_the_old_one_stays():
    before = many(4)
    table = LiveTable.of(before)
    renewed, new = registration("1001", expires=9.0), registration("999")
    changed = table.changed([renewed, new], [before[2].id])
    wanted = [new, before[0], renewed, before[3]]
    assert items(changed) == items(LiveTable.of(wanted)) == wanted
    assert items(table) == before
    assert changed.of_extensions(["999", "1001", "1002"]) == {"999": [new], "1001": [renewed]}
    assert list(table.of_extensions(["999", "1002"])) == ["1002"]
    assert changed.get(before[2].id) is None
    assert changed.page("999", "", 10).total == 1
    assert items(table.replaced(wanted)) == wanted


def test_one_phone_of_several_goes_and_an_item_changes_its_place():
    first, second = registration("Ada", "one"), registration("ada", "two")
    table = LiveTable.of([first, second])
    assert table.of_extensions(["ADA"]) == {"ADA": [first, second]}
    assert table.changed([], [first.id]).of_extensions(["ADA"]) == {"ADA": [second]}
    moved = registration("bob", "one")
    changed = table.changed([moved])
    assert items(changed) == [second, moved]
    assert changed.of_extensions(["ada", "bob"]) == {"ada": [second], "bob": [moved]}


@pytest.mark.parametrize("made", [many, lambda count: [call(str(n), n) for n in range(count)]])
def test_a_table_of_which_nothing_differs_is_the_same_object(made):
    table = LiveTable.of(made(3))
    assert table.replaced(made(3)) is table
    assert table.changed([], ["gone"]) is table
    assert table.replaced(made(2)) is not table


def test_one_renewal_costs_the_same_at_any_number():
    def renew(table):
        table.changed([registration("1001", expires=9.0)])

    few, large = (LiveTable.of(many(count)) for count in (50, 5000))
    assert steps(lambda: renew(large)) == steps(lambda: renew(few))


def test_phones_of_one_extension_cost_as_much_as_those_of_many():
    def come_and_go(extensions):
        phones = [registration(each, f"phone {n}") for n, each in enumerate(extensions)]
        LiveTable.of(phones).replaced([])

    one, several = ["1000"] * 300, [str(1000 + each) for each in range(300)]
    assert steps(lambda: come_and_go(one)) < 2 * steps(lambda: come_and_go(several))
