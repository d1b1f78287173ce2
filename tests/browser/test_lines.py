"""Several calls at once, held, swapped and handed over. Who hears whom is told by tones."""

from playwright.sync_api import expect
from tests.browser.phone import connect
from tests.browser.tones import ANN, BOB, CAROL, expect_hears


def add_call(phone, number):
    """Call somebody else from a phone in a call."""
    phone.button("Add call").click()
    phone.call(number)


def test_a_held_call_is_silent_both_ways_and_goes_on_when_resumed(speaking_phone):
    _, ann = speaking_phone(ANN)
    number, bob = speaking_phone(BOB)
    connect(ann, bob, number)
    expect_hears(ann, bob)
    expect_hears(bob, ann)

    for phone, far in ((ann, bob), (bob, ann)):
        phone.button("Hold").click()
        expect(phone.button("Resume")).to_be_enabled()
        expect(phone.page.get_by_text("On hold")).to_be_visible()
        expect_hears(phone)
        expect_hears(far)

        phone.button("Resume").click()
        expect(phone.button("Hold")).to_be_enabled()
        expect_hears(phone, far)
        expect_hears(far, phone)


def test_of_two_calls_only_the_open_one_is_heard(speaking_phone):
    _, ann = speaking_phone(ANN)
    number, bob = speaking_phone(BOB)
    other, carol = speaking_phone(CAROL)
    connect(ann, bob, number)
    add_call(ann, other)
    carol.button("Answer").click()
    carol.expect_in_call()
    expect(ann.button("Swap")).to_be_enabled()

    for open_one, held in ((carol, bob), (bob, carol)):
        expect(ann.page.get_by_role("list", name="Other calls")).to_contain_text("On hold")
        expect_hears(ann, open_one)
        expect_hears(open_one, ann)
        expect_hears(held)
        ann.button("Swap").click()

    # Back at the first one: it is left, and the other is taken up.
    expect(ann.page.get_by_role("heading", name=other)).to_be_visible()
    expect_hears(ann, carol)
    carol.button("Hang up").click()
    expect(ann.page.get_by_role("heading", name=number)).to_be_visible()
    ann.button("Resume").click()
    expect_hears(ann, bob)
    expect_hears(bob, ann)


def test_a_second_call_is_answered_beside_the_first_or_in_its_place(speaking_phone):
    ann_number, ann = speaking_phone(ANN)
    number, bob = speaking_phone(BOB)
    _, carol = speaking_phone(CAROL)
    connect(ann, bob, number)

    carol.call(ann_number)
    ann.button("Answer").click()

    carol.expect_in_call()
    expect_hears(ann, carol)
    expect_hears(carol, ann)
    expect_hears(bob)
    carol.button("Hang up").click()
    expect(ann.button("Swap")).to_have_count(0)
    ann.button("Resume").click()
    expect_hears(ann, bob)

    carol.call(ann_number)
    ann.button("End and answer").click()

    bob.expect_idle()
    carol.expect_in_call()
    expect_hears(ann, carol)
    expect_hears(carol, ann)


def hand_over(phone, number):
    """Say whom the call is to be handed over to."""
    phone.button("Transfer").click()
    phone.field("Transfer to").fill(number)


def test_a_switch_that_does_not_hand_over_leaves_the_call_as_it_was(speaking_phone):
    # Kamailio passes the REFER on; the phone at the other end calls nobody because of it.
    _, ann = speaking_phone(ANN)
    number, bob = speaking_phone(BOB)
    other, carol = speaking_phone(CAROL)
    connect(ann, bob, number)

    hand_over(ann, other)
    ann.button("Transfer now").click()

    expect(ann.page.get_by_text("Declined")).to_be_visible()
    carol.expect_idle()
    ann.expect_in_call()
    bob.expect_in_call()
