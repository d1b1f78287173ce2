"""A phone that registers by a number-alias, and a voicemail PIN that was set by phone."""

import pytest
from tests.functional.phone_client import Phone as Client
from tests.live.settings import live_settings
from tests.live.sip_phone import Phone, registered
from tests.live.test_apply import EXTENSIONS, eventually

pytestmark = pytest.mark.live

PASSWORD = "of-the-live-desk"
DESK = f"""<include>
  <user id="live-desk" number-alias="2901">
    <params>
      <param name="password" value="{PASSWORD}"/>
      <param name="vm-password" value="1234"/>
    </params>
    <variables>
      <variable name="user_context" value="default"/>
    </variables>
  </user>
</include>
"""
ECHO = "9196"
OWN = "471147"


@pytest.fixture(params=["esl", "fs_cli"])
def app(request, restored, make_app):
    (restored.directory / "desk.xml").write_text(DESK)
    made = make_app({**live_settings(restored, request.param), "sipapp.domain": restored.domain})
    assert made.post_json("/sip/api/v1/reload", {}).json["apply"]["state"] == "applied"
    return made


@pytest.fixture
def phone(restored):
    """It registers by the alias."""
    made = Phone(restored, "2901", PASSWORD)
    yield made
    made.close()
    restored.command("hupall")
    restored.command(f"sofia profile internal flush_inbound_reg 2901@{restored.domain}")


def live(app, what):
    (switch,) = app.get("/sip/api/v1/live").json["switches"]
    return switch[what] or ()


def test_the_phone_is_one_of_the_extension(restored, app, phone):
    assert phone.register() == 200
    assert registered(restored, "2901")
    eventually(
        lambda: (
            ("live-desk", "2901")
            in [(each["extension"], each["alias"]) for each in live(app, "registrations")]
        )
    )
    Client(app).prove(password=PASSWORD, extension="2901", realm=restored.domain, status=201)
    assert phone.call(ECHO) == 200
    eventually(lambda: [each["extensions"] for each in live(app, "calls")] == [["live-desk"]])
    # FreeSWITCH lists a call a moment after its events have told of it.
    eventually_calls(restored)
    answer = app.post_json(f"{EXTENSIONS}/live-desk/password", {"end_calls": True})
    (switch,) = answer.json["apply"]["switches"]
    assert switch["outcome"] == "applied"
    assert "2901: 1 registration was dropped. 1 call was ended." in switch["forgotten"]
    assert not registered(restored, "2901")


@pytest.mark.parametrize("what", ["disable", "rename"])
def test_a_name_that_stays_keeps_its_phone(restored, app, phone, what):
    assert phone.register() == 200
    given = {"id": "live-front"} if what == "rename" else {}
    answer = app.post_json(f"{EXTENSIONS}/live-desk/{what}", given)
    assert answer.json["apply"]["state"] == "applied"
    assert registered(restored, "2901") is (what == "rename")


@pytest.mark.parametrize(("file", "first"), [("00.xml", "2901"), ("zz.xml", "live-desk")])
def test_of_two_users_with_one_number_freeswitch_takes_the_one_that_is_told(
    restored, app, file, first
):
    (restored.directory / file).write_text(
        DESK.replace(' number-alias="2901"', "").replace("live-desk", "2901")
    )
    restored.command("reloadxml")
    assert restored.command(f"user_data 2901@{restored.domain} attr id") == first
    page = app.get("/sip/admin/extensions/live-desk").text
    assert ("The switch finds it by 2901 too." in page) is (first == "live-desk")


def test_the_pin_that_is_set_by_phone_opens_no_mailbox_after_a_reset(restored, app):
    domain = restored.domain

    def opens(pin):
        return restored.command(f"vm_fsdb_auth_login default {domain} live-desk {pin}") == "-OK"

    # As mod_voicemail does it when a person changes the PIN by phone.
    restored.command(f"vm_fsdb_pref_password_set default {domain} live-desk {OWN}")
    assert opens(OWN)
    assert opens("1234")
    answer = app.patch_json(f"{EXTENSIONS}/live-desk", {"vm_password": "98765"})
    (switch,) = answer.json["apply"]["switches"]
    assert switch["outcome"] == "applied"
    assert "The PIN that was set by phone was removed" in switch["forgotten"]
    assert OWN not in answer.text
    assert [opens(pin) for pin in (OWN, "1234", "98765")] == [False, False, True]


def test_context_and_toll_allow_count_from_the_next_call_on(restored, app):
    changed = {"user_context": "default", "toll_allow": "local"}
    first = Phone(restored, "1001", restored.default_password)
    second = Phone(restored, "1001", restored.default_password)
    try:
        assert first.register() == 200
        assert first.call(ECHO) == 200
        (call,) = eventually_calls(restored)
        before = restored.command(f"uuid_getvar {call} toll_allow")
        assert before == "domestic,international,local"
        app.patch_json(f"{EXTENSIONS}/1001", changed)
        assert restored.command(f"uuid_getvar {call} toll_allow") == before
        # It has not registered again.
        assert second.call(ECHO) == 200
        (other,) = [each for each in eventually_calls(restored, 2) if each != call]
        assert restored.command(f"uuid_getvar {other} toll_allow") == "local"
        assert restored.command(f"uuid_getvar {call} toll_allow") == before
    finally:
        restored.command("hupall")
        first.close()
        second.close()


def eventually_calls(freeswitch, count=1):
    """The ids of the channels, once there are so many."""

    def found():
        rows = freeswitch.command("show channels as delim |").splitlines()
        return [row.split("|")[0] for row in rows if "@" in row]

    eventually(lambda: len(found()) == count)
    return found()
