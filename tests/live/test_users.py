"""Which ids a real FreeSWITCH registers, and whom it lets in without a password."""

import secrets
from contextlib import closing

import pytest
from tests.live.settings import live_settings
from tests.live.sip_phone import Phone, registered

from sipapp.testing.waiting import eventually
from sipapp_xmldir.directory.entry import entries_of

pytestmark = pytest.mark.live

EXTENSIONS = "/sip/api/v1/extensions"


@pytest.fixture(params=["esl", "fs_cli"])
def app(request, restored, make_app):
    return make_app({**live_settings(restored, request.param), "sipapp.domain": restored.domain})


@pytest.mark.parametrize(
    "user", ["+15550100042", "_desk", "a+b.c_d-e", "550e8400-e29b-41d4-a716-446655440000", "x" * 64]
)
def test_an_id_of_every_form_is_created_registered_and_renamed(restored, app, user):
    domain = restored.domain
    made = app.post_json(EXTENSIONS, {"id": user}, status=201).json
    assert made["apply"]["state"] == "applied"
    assert (restored.directory / f"{user}.xml").exists()
    assert restored.command(f"user_data {user}@{domain} attr id") == user
    assert restored.command(f"user_data {user}@{domain} var effective_caller_id_number") == user
    with closing(Phone(restored, user, made["password"])) as phone:
        assert phone.register() == 200
    assert registered(restored, user)
    eventually(lambda: f'"{user}"' in app.get("/sip/api/v1/live").text)
    page = f"{EXTENSIONS}/{user.replace('+', '%2B')}"
    assert app.get(page).json["id"] == app.get(f"{EXTENSIONS}/{user}").json["id"] == user
    found = app.get(EXTENSIONS, {"search": user}).json["items"]
    assert [each["id"] for each in found] == [user]
    changed = app.patch_json(page, {"caller_id_name": "Renamed"}).json
    assert changed["apply"]["state"] == "applied"
    # Another password drops the registration.
    assert app.post_json(f"{page}/password", {}).json["apply"]["state"] == "applied"
    assert not registered(restored, user)
    other = f"+{secrets.randbelow(10**9)}"
    assert app.post_json(f"{page}/rename", {"id": other}).json["apply"]["state"] == "applied"
    assert restored.command(f"user_exists id {other} {domain}") == "true"
    assert restored.command(f"user_exists id {user} {domain}") == "false"
    assert app.delete(f"{EXTENSIONS}/{other}").json["apply"]["state"] == "applied"


USER = """<include>
  <user id="7040"{attributes}>
    <params>
{params}    </params>
    <variables>
      <variable name="user_context" value="default"/>
    </variables>
  </user>
</include>
"""


@pytest.mark.parametrize(
    ("params", "attributes"),
    [
        ([], ""),
        ([("password", "")], ""),
        ([], ' cidr="192.0.2.0/24"'),
        ([("allow-empty-password", "true")], ""),
        ([("allow-empty-password", "1")], ""),
        ([("allow-empty-password", "false")], ""),
        ([("Allow-Empty-Password", "no")], ""),
        ([("allow-empty-password", "")], ""),
        ([("allow-empty-password", "0.9")], ""),
        ([("allow-empty-password", "true"), ("allow-empty-password", "off")], ""),
        ([("sip-forbid-register", "true")], ""),
        ([("auth-acl", "192.0.2.0/24")], ""),
        ([("auth-acl", "no-such-list")], ""),
        ([("auth-acl", "")], ""),
        ([("auth-acl", "0.0.0.0/0")], ""),
        ([("auth-acl", "any_v4.auto")], ""),
        ([("auth-acl", "192.0.2.0/24,0.0.0.0/0")], ""),
        ([("a1-hash", "c6440e5de50b403206989679159de89a")], ""),
    ],
)
def test_whom_it_lets_in_without_a_password_is_what_is_said(restored, params, attributes):
    lines = [f'      <param name="{name}" value="{value}"/>\n' for name, value in params]
    text = USER.format(attributes=attributes, params="".join(lines))
    (restored.directory / "7040.xml").write_text(text)
    assert restored.command("reloadxml") == "+OK [Success]"
    (entry,) = entries_of("7040.xml", "7040.xml", text.encode())
    is_open = entry.extension.authentication == "none"
    for ask in (Phone.register, lambda phone: phone.call("9196")):
        with closing(Phone(restored, "7040", "whatever")) as phone:
            assert (ask(phone) != 403) is is_open
