"""A rename shows every value that holds the old number, and changes those that are chosen."""

from dataclasses import replace

import pytest

from sipapp.testing.samples import SAMPLE

OLD = """<?xml version="1.0"?>
<include>
  <!-- 1001 sits at the window -->
  <user  id='1001'   number-alias="1001-home">
    <params>
      <param name="password" value="1001"/><param name="vm-password" value="1001"/>
      <param name="mailbox"  value='1001' />
      <param name="dial-string" value="{sip_auth_username=1001,sip_auth_password=s3cret}x"/>
      <param name="reverse-auth-pass" value="1001"/>
    </params>
    <variables>
      <variable name="effective_caller_id_name" value="Extension 1001"/>
      <variable name="effective_caller_id_number" value="1001"/>
      <variable name="outbound_caller_id_number" value="+15551001"/>
      <variable name="directory_full_name" value="Room 1001, east"/>
      <variable name="accountcode" value="1001"/>
      <variable name="group" value="11001 10011 a1001 1001b"/>
      <variable name="site" value="$${site}-1001"/>
    </variables>
  </user>
</include>
"""
FOUND = {
    "caller_id_name": ("Caller ID name", "Extension 1001", "Extension 2001", True),
    "caller_id_number": ("Caller ID number", "1001", "2001", True),
    "accountcode": ("Account code", "1001", "2001", True),
    "number-alias": ("number-alias", "1001-home", "2001-home", False),
    "param mailbox": ("param mailbox", "1001", "2001", False),
    "variable directory_full_name": (
        "variable directory_full_name",
        "Room 1001, east",
        "Room 2001, east",
        False,
    ),
}
HIDDEN = "param dial-string"
RENAME = "/extensions/1001/rename"


@pytest.fixture
def app(xmldir_app):
    return xmldir_app


@pytest.fixture
def file(folder):
    made = folder / "desk.xml"
    made.write_text(OLD)
    return made


def test_the_preview_has_all_of_them_and_no_secret(api, file):
    answer = api(f"GET {RENAME}?id=2001", status=200)
    values = {each.pop("name"): each for each in answer.json["values"]}
    hidden = values.pop(HIDDEN)
    assert hidden == {"label": HIDDEN, "old": "", "new": "", "follows": False, "hidden": True}
    assert {
        name: tuple(each[key] for key in ("label", "old", "new", "follows"))
        for name, each in values.items()
    } == FOUND
    assert "s3cret" not in answer.text
    assert file.read_text() == OLD


@pytest.mark.parametrize("new_id", ["a%20b", "2001@else.where"])
def test_a_preview_of_what_cannot_be(api, file, new_id):
    api(f"GET {RENAME}?id={new_id}", status=422)
    api("GET /extensions/4711/rename?id=2001", status=404)


def test_what_is_chosen_is_changed_and_no_other_byte(api, file, folder):
    names = ["param mailbox", "variable directory_full_name", "number-alias", HIDDEN, "accountcode"]
    answer = api(f"POST {RENAME}", given={"id": "2001", "changes": names}, status=200)
    assert answer.json["aliases"] == ["2001-home"]
    expected = OLD
    for before, after in (
        ("id='1001'", "id='2001'"),
        ('"1001-home"', '"2001-home"'),
        ("value='1001' />", "value='2001' />"),
        ("username=1001", "username=2001"),
        ("Room 1001, east", "Room 2001, east"),
        ('name="accountcode" value="1001"', 'name="accountcode" value="2001"'),
    ):
        assert expected.count(before) == 1
        expected = expected.replace(before, after)
    assert file.read_text() == expected
    # And all of it is taken back.
    (entry, *_) = api("GET /history", status=200).json["entries"]
    api(f"POST /history/{entry['id']}/undo", given={}, status=200)
    assert file.read_text() == OLD


def test_without_a_choice_what_is_made_of_the_id_follows(api, file):
    api(f"POST {RENAME}", given={"id": "2001"}, status=200)
    text = file.read_text()
    assert text.count("2001") == 4  # the id too
    assert "Room 1001, east" in text


def test_nothing_need_be_chosen(api, file):
    api(f"POST {RENAME}", given={"id": "2001", "changes": []}, status=200)
    assert file.read_text() == OLD.replace("id='1001'", "id='2001'")


@pytest.mark.parametrize(
    "name",
    ["callgroup", "password", "vm_password", "param reverse-auth-pass", "variable site", "x", ""],
)
def test_a_value_that_does_not_hold_the_number_cannot_be_chosen(api, file, name):
    given = {"id": "2001", "changes": ["accountcode", name]}
    answer = api(f"POST {RENAME}", given=given, status=422)
    (error,) = answer.json["errors"]
    assert error["field"] == "changes"
    assert "is no value that holds the number of 1001" in error["message"]
    assert file.read_text() == OLD


def test_an_alias_that_is_anothers_is_refused(api, file, folder):
    text = '<include>\n<user id="2001-home">\n<params>\n<param name="password" value="x"/>\n'
    (folder / "z.xml").write_text(f"{text}</params>\n</user>\n</include>\n")
    answer = api(f"POST {RENAME}", given={"id": "2001", "changes": ["number-alias"]}, status=409)
    assert "number-alias" in answer.json["detail"]
    assert file.read_text() == OLD


def test_the_page_ticks_what_is_the_number_and_changes_what_is_ticked(app, file):
    page = app.get("/sip/admin/extensions/1001/rename")
    boxes = {
        each["name"].removeprefix("change "): each.has_attr("checked")
        for each in page.html.select("[role=group] input")
    }
    assert boxes == {
        "caller_id_name": True,
        "caller_id_number": True,
        "accountcode": True,
        "number-alias": False,
        "param mailbox": True,
        HIDDEN: False,
        "variable directory_full_name": False,
    }
    assert "s3cret" not in page.text
    assert "not shown, a secret may be in it" in page.html.select_one("[role=group]").text
    form = page.form
    form["change variable directory_full_name"] = True
    form["change param mailbox"] = False
    form["id"] = "a b"
    form = form.submit("", status=422).form
    # What was ticked stays ticked.
    assert form["change variable directory_full_name"].checked
    assert not form["change param mailbox"].checked
    form["id"] = "2001"
    form.submit("", status=303)
    text = file.read_text()
    assert "Room 2001, east" in text
    assert "value='1001' />" in text


def test_a_choice_of_a_file_that_changed_meanwhile_is_refused(app, file):
    form = app.get("/sip/admin/extensions/1001/rename").form
    form["id"] = "2001"
    file.write_text(OLD.replace('name="mailbox"', 'name="box"'))
    page = form.submit("", status=409)
    assert "changed by somebody else" in page.html.main.text


def test_aliases_are_old_numbers_too(api, folder):
    (folder / "sales.xml").write_text(
        '<include>\n<user id="sales-desk" number-alias="2501">\n<params>\n'
        '<param name="password" value="x"/>\n</params>\n<variables>\n'
        '<variable name="outbound_caller_id_number" value="2501"/>\n'
        '<variable name="effective_caller_id_name" value="Sales desk"/>\n'
        "</variables>\n</user>\n</include>\n"
    )
    answer = api("GET /extensions/sales-desk/rename?id=2601", status=200)
    assert {each["name"]: each["new"] for each in answer.json["values"]} == {
        "outbound_caller_id_number": "2601",
        "number-alias": "2601",
    }


def test_a_storage_without_other_values_shows_its_fields(make_api, make_app, memory):
    memory.storage.create(replace(SAMPLE, id="1001", accountcode="1001-x"))
    ini = {
        "sipapp.storage": "memory",
        "sipapp.reloaders": "sw",
        "sipapp.reloader.sw.use": "scripted",
    }
    api = make_api(make_app(ini, plugins=[memory]))
    values = api(f"GET {RENAME}?id=2001", status=200).json["values"]
    assert {each["name"]: each["new"] for each in values}["accountcode"] == "2001-x"
    given = {"id": "2001", "changes": ["accountcode"]}
    assert api(f"POST {RENAME}", given=given, status=200).json["accountcode"] == "2001-x"
