"""Phones of two domains on one FreeSWITCH: each registers, calls and is seen in its own."""

import re

import pytest
from playwright.sync_api import expect
from tests.browser.phone import connect, expect_talk
from tests.browser.server import Application
from tests.live.domains import BRANCH, folders_of, two_domain_freeswitch
from tests.live.private import switch_of


@pytest.fixture(scope="module")
def freeswitch(tmp_path_factory):
    """A FreeSWITCH with a second domain."""
    with two_domain_freeswitch(tmp_path_factory.mktemp("two-domains")) as instance:
        yield instance


@pytest.fixture(scope="module")
def application(freeswitch, tmp_path_factory):
    """A server that manages both domains."""
    switch = switch_of(freeswitch, folders_of(freeswitch))
    with Application(tmp_path_factory.mktemp("application"), switch) as running:
        yield running


@pytest.fixture
def branch_phone(application, open_phone):
    """Create an extension of a number in the second domain, and register a phone as it."""
    made = []

    def register(number):
        extension = f"{number}@{BRANCH}"
        answer = application.api("POST", "/extensions", {"id": extension})
        assert answer.status == 201, answer
        made.append(extension)
        phone = open_phone()
        phone.submit(extension, answer.body["password"])
        expect(phone.status(re.compile(rf"^Registered as {number}(@{BRANCH})?$"))).to_be_visible()
        return phone

    yield register
    for extension in made:
        assert application.api("DELETE", f"/extensions/{extension}").status in {200, 404}


def test_a_call_stays_in_its_domain(branch_phone, registered_phone, open_admin):
    number, same_number = registered_phone()
    other, _ = registered_phone()
    callee = branch_phone(number)
    caller = branch_phone(other)

    connect(caller, callee, number)
    expect_talk(caller, callee)
    same_number.expect_idle()
    live = open_admin("/live").get_by_role("region", name="Switch socket")
    calls = live.get_by_role("table", name="Calls that are up")
    expect(calls).to_contain_text(f"{other}@{BRANCH}")
    expect(calls).to_contain_text(f"{number}@{BRANCH}")
    caller.button("Hang up").click()
    callee.expect_idle()


def test_a_call_to_the_other_domain_rings_there(branch_phone, registered_phone):
    number, same_number = registered_phone()
    _, caller = registered_phone()
    callee = branch_phone(number)

    connect(caller, callee, f"{number}@{BRANCH}")
    expect_talk(caller, callee)
    same_number.expect_idle()
    caller.button("Hang up").click()
    callee.expect_idle()


def test_a_phone_comes_back_in_its_domain_after_a_reload(branch_phone, registered_phone):
    number, same_number = registered_phone()
    callee = branch_phone(number)
    caller = branch_phone("2901")
    connect(caller, callee, number)

    callee.page.reload()

    expect_talk(caller, callee)
    same_number.expect_idle()
    callee.button("Hang up").click()
    caller.expect_idle()


def test_a_deleted_extension_ends_for_its_phone_only(
    application, freeswitch, branch_phone, registered_phone
):
    number, _ = registered_phone()
    branch_phone(number)
    deleted = application.api("DELETE", f"/extensions/{number}@{BRANCH}")
    assert deleted.body["apply"]["state"] == "applied"
    status = freeswitch.command("sofia xmlstatus profile internal reg")
    assert f"<user>{number}@{BRANCH}</user>" not in status
    assert f"<user>{number}@{freeswitch.domain}</user>" in status
