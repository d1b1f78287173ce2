"""Who is at the other end, and tones before the answer, on a FreeSWITCH with vanilla settings."""

import re

import pytest
from playwright.sync_api import expect
from tests.browser.phone import Phone, connect, expect_talk
from tests.browser.test_lines import hand_over
from tests.browser.test_survival import broken_phone, cut, way  # noqa: F401
from tests.browser.wire import Wire

NAMES = ("Ann Aster", "Bob Birch", "Carol Cedar")

# A menu before the answer: it calls the extension whose digits it hears.
EARLY_MENU = """
<include>
  <extension name="early_menu">
    <condition field="destination_number" expression="^7710$">
      <action application="pre_answer"/>
      <action application="read" data="6 6 tone_stream://%(20000,0,440) typed 20000 #"/>
      <action application="transfer" data="${typed} XML default"/>
    </condition>
  </extension>
</include>
"""


@pytest.fixture
def office(registered_phone):
    """Three phones, and their numbers."""
    return [registered_phone(caller_id_name=name) for name in NAMES]


@pytest.fixture
def early_menu(freeswitch):
    file = freeswitch.configuration / "dialplan" / "default" / "00_early_menu.xml"
    file.write_text(EARLY_MENU, encoding="utf-8")
    assert freeswitch.command("reloadxml") == "+OK [Success]"
    yield "7710"
    file.unlink()
    assert freeswitch.command("reloadxml") == "+OK [Success]"


def expect_talks_to(phone, number, name):
    """The phone shows who is there; a name as far as FreeSWITCH or the directory has it."""
    phone.expect_in_call()
    title = phone.page.locator("h2.who-name")
    expect(title).to_have_text(re.compile(rf"^({number}|{name}|Extension {number})$"))


def expect_in_history(phone, at_the_end, first):
    """The newest call names who was there at the end, and who was at first: by number or name."""
    row = phone.page.get_by_role("button", name=re.compile("^Call back")).first
    expect(row).to_contain_text(re.compile("|".join(at_the_end)))
    expect(row).to_contain_text(re.compile(rf"First (to|from) ({'|'.join(map(re.escape, first))})"))


def hang_up(phone, *others):
    phone.button("Hang up").click()
    for each in (phone, *others):
        each.expect_idle()


def test_a_blind_transfer_shows_the_new_other_side_to_both(office):
    (a, ann), (b, bob), (c, carol) = office
    # By the phone that was called, then by the caller.
    for caller, callee, called in ((ann, bob, b), (bob, ann, a)):
        connect(caller, callee, called)
        expect_talks_to(ann, b, NAMES[1])
        hand_over(bob, c)
        bob.button("Transfer now").click()
        carol.button("Answer").click()

        expect_talks_to(ann, c, NAMES[2])
        expect_talks_to(carol, a, NAMES[0])
        bob.expect_idle()
        hang_up(carol, ann)
        expect_in_history(ann, (c, NAMES[2]), (b, NAMES[1]))


def test_an_attended_transfer_shows_the_new_other_side_to_both(office):
    (a, ann), (b, bob), (c, carol) = office
    for caller, callee, called in ((ann, bob, b), (bob, ann, a)):
        connect(caller, callee, called)
        hand_over(bob, c)
        bob.button("Ask first").click()
        carol.button("Answer").click()
        expect_talks_to(carol, b, NAMES[1])
        bob.button("Complete transfer").click()

        expect_talks_to(ann, c, NAMES[2])
        expect_talks_to(carol, a, NAMES[0])
        bob.expect_idle()
        hang_up(ann, carol)
        expect_in_history(ann, (c, NAMES[2]), (b, NAMES[1]))
        expect_in_history(carol, (a, NAMES[0]), (b, NAMES[1]))


def test_a_call_that_is_picked_up_shows_who_calls_and_who_has_picked_it_up(office):
    (a, ann), (b, bob), (c, carol) = office
    ann.call(b)
    expect(bob.button("Answer")).to_be_visible()

    carol.call(f"**{b}")

    expect_talks_to(carol, a, NAMES[0])
    expect_talks_to(ann, c, NAMES[2])
    bob.expect_idle()
    hang_up(carol, ann)
    expect_in_history(carol, (a, NAMES[0]), (f"**{b}",))


def test_a_parked_call_shows_who_has_taken_it(office):
    (a, ann), (b, bob), (c, carol) = office
    connect(ann, bob, b)
    hand_over(bob, "6001")
    bob.button("Transfer now").click()
    bob.expect_idle()

    carol.call("6001")

    expect_talks_to(carol, a, NAMES[0])
    expect_talks_to(ann, c, NAMES[2])
    hang_up(ann, carol)
    expect_in_history(carol, (a, NAMES[0]), ("6001",))


def test_a_room_and_a_menu_show_their_number(registered_phone):
    _, phone = registered_phone()
    for number in ("3000", "5000"):
        phone.call(number)
        expect_talks_to(phone, number, number)
        hang_up(phone)


def test_the_name_is_that_of_a_contact_or_of_the_directory(office):
    (_, ann), (b, bob), (c, carol) = office
    carol_at_home = "Carol from the choir"
    ann.button("Add contact").click()
    ann.field("Name").fill(carol_at_home)
    ann.field("Number").fill(c)
    ann.button("Save contact").click()
    connect(ann, bob, b)
    hand_over(bob, c)
    bob.button("Transfer now").click()
    carol.button("Answer").click()

    expect(ann.page.get_by_role("heading", name=carol_at_home)).to_be_visible()
    hang_up(ann, carol)


def test_an_update_to_a_phone_that_freeswitch_knows_is_understood(
    registered_phone, make_extension, open_page, application
):
    (b, bob), (c, carol) = registered_phone(), registered_phone()
    page = open_page("about:blank")
    wire = Wire(page)
    # FreeSWITCH sends UPDATE to those that it knows, and INFO to those that ask for it.
    wire.change(
        lambda message: message.replace("X-FS-Support: ", "X-Unknown: ").replace(
            "User-Agent: sipapp", "User-Agent: Yealink SIP-T46S"
        )
    )
    page.goto(application.url)
    phone = Phone(page)
    number, password = make_extension()
    phone.register(number, password)
    connect(phone, bob, b)
    hand_over(bob, c)
    bob.button("Transfer now").click()
    carol.button("Answer").click()

    expect_talks_to(phone, c, c)
    (update,) = [each for each in wire.received if each.startswith("UPDATE") and c in each]
    assert re.search(rf"\r?\nP-Asserted-Identity: .*<sip:{c}@", update)
    # It has an offer, of the same session.
    assert re.search(r"\r?\n\r?\nv=0", update)
    hang_up(phone, carol)


@pytest.mark.parametrize("calls", ["caller", "callee"])
def test_a_call_that_is_taken_over_after_a_cut_shows_the_same_other_side(
    broken_phone,  # noqa: F811
    registered_phone,
    way,  # noqa: F811
    calls,
):
    number, phone = broken_phone()
    other, far = registered_phone(caller_id_name=NAMES[1])
    third, carol = registered_phone(caller_id_name=NAMES[2])
    if calls == "caller":
        connect(phone, far, other)
    else:
        connect(far, phone, number)
    cut(way, phone)
    expect_talk(phone, far)
    expect_talks_to(phone, other, NAMES[1])
    expect_talks_to(far, number, f"Extension {number}")

    hand_over(far, third)
    far.button("Transfer now").click()
    carol.button("Answer").click()
    expect_talks_to(phone, third, NAMES[2])
    hang_up(phone, carol)


def test_tones_go_out_before_the_answer(registered_phone, early_menu):
    _, caller = registered_phone()
    number, callee = registered_phone()
    caller.call(early_menu)
    # Not answered: there is no timer, and nothing to mute.
    expect(caller.button("1")).to_be_enabled()
    expect(caller.page.get_by_role("timer")).to_have_count(0)
    expect(caller.button("Mute")).to_be_disabled()

    for digit in number:
        caller.button(digit).click()

    expect(caller.page.get_by_role("log", name="Digits sent")).to_have_text(number)
    callee.button("Answer").click()
    caller.expect_in_call()
    expect(caller.page.get_by_role("timer")).to_be_visible()
    hang_up(caller, callee)
