"""A phone that registers by an alias is one of the extension that has the alias, everywhere."""

import pytest
from tests.functional.phone_client import Phone
from tests.functional.test_live import call, fresh, registration
from tests.functional.test_undo import user

from sipapp.api import SwitchUnreachable

SALES = user("sales-desk", ' number-alias="2501"', password="of-the-desk").replace(
    "    </params>\n",
    '    </params>\n    <variables>\n      <variable name="effective_caller_id_name" '
    'value="The desk"/>\n    </variables>\n',
)
PHONE = registration("2501", call_id="call-id-of-the-desk-phone")
CALL = call(caller="1000", callee="2501", state="ringing", extensions=("1000", "2501"))


@pytest.fixture
def app(make_app, memory, folder):
    (folder / "sales.xml").write_text(SALES)
    (folder / "1000.xml").write_text(user("1000"))
    ini = {"sipapp.storage": "xmldir", "sipapp.storage.xmldir.directory": str(folder)}
    ini |= {"sipapp.reloaders": "sw", "sipapp.reloader.sw.use": "scripted"}
    return make_app(ini | {"sipapp.phone.presence": "server"}, plugins=[memory])


@pytest.fixture
def asked(memory, monkeypatch):
    """What the switch is asked to forget, and whose calls it is to end."""
    found = {"forget": [], "end_calls": []}
    for what, names in found.items():

        def take(extension_id, *, timeout, names=names):
            names.append(extension_id)
            return "Done."

        monkeypatch.setattr(memory.switch, what, take)
    return found


@pytest.fixture(autouse=True)
def _phones(memory):
    memory.switch.status = fresh(PHONE, registration("1000"), calls=[CALL])


def phone(app, extension):
    made = Phone(app)
    made.log_in(password={"1000": "of-1000"}.get(extension, "of-the-desk"), extension=extension)
    return made


def row(page, extension):
    return next(
        each
        for each in page.html.select("tbody tr")
        if extension in each.select(".cell-id")[0].text
    )


def test_the_list_shows_the_phone_at_its_extension_and_finds_it_by_the_alias(app):
    shown = row(app.get("/sip/admin"), "sales-desk")
    assert "In a call" in shown.text
    assert "192.0.2.7:5060" in shown.text
    assert shown.select_one(".cell-id .muted").text == "2501"
    (only,) = app.get("/sip/admin?search=2501").html.select("tbody tr")
    assert "sales-desk" in only.text
    states = app.get("/sip/admin/live.json?enabled=sales-desk").json["presence"]["Enabled"]
    assert states["sales-desk"]["word"] == "In a call"


def test_the_live_page_and_the_api_name_extension_and_alias(api, app):
    page = app.get("/sip/admin/live")
    (link,) = [each for each in page.html.select("td a") if each.text == "sales-desk"]
    assert link["href"].endswith("/extensions/sales-desk")
    assert "as 2501" in link.parent.text
    (switch,) = api("GET /live", status=200).json["switches"]
    told = {each["extension"]: each["alias"] for each in switch["registrations"]}
    assert told == {"sales-desk": "2501", "1000": ""}
    assert switch["calls"][0]["extensions"] == ["1000", "sales-desk"]


@pytest.mark.parametrize("search", ["2501", "sales-desk", "SALES-desk"])
def test_a_search_of_the_live_page_finds_the_phone_by_each_name(app, search):
    tables = app.get(f"/sip/admin/live?search={search}").html.select("tbody")
    assert [len(each.select("tr")) for each in tables] == [1, 1]
    assert "as 2501" in tables[1].text


def test_a_registration_is_dropped_by_the_alias_and_recorded_at_the_extension(api, app, memory):
    (switch,) = api("GET /live", status=200).json["switches"]
    (found,) = [each for each in switch["registrations"] if each["alias"]]
    taken = []
    memory.switch.drop_registration = lambda each, *, timeout: taken.append(each) or "+OK"
    api(f"DELETE /live/sw/registrations/{found['id']}", status=200)
    assert [each.extension for each in taken] == ["2501"]
    (entry, *_) = api("GET /history", status=200).json["entries"]
    assert (entry["action"], entry["extension"]) == ("registration_dropped", "sales-desk")
    api("DELETE /live/sw/calls/d9d7c98a", status=200)
    # And the history of the alias leads to it.
    page = app.get("/sip/admin/history?search=2501")
    assert "2501 is an alias of extension sales-desk" in " ".join(page.html.main.text.split())
    assert page.click("Show the history of sales-desk").html.select(".history-entry")
    assert "is an alias" not in app.get("/sip/admin/history?search=sales-desk")


def test_phones_of_all_names_are_forgotten_with_a_new_password(api, asked):
    answer = api("POST /extensions/sales-desk/password", given={"end_calls": True}, status=200)
    assert asked == {"forget": ["sales-desk", "2501"], "end_calls": ["sales-desk", "2501"]}
    (switch,) = answer.json["apply"]["switches"]
    assert switch["forgotten"] == "sales-desk: Done. Done. 2501: Done. Done."


@pytest.mark.parametrize("call", ["DELETE /extensions/{0}", "POST /extensions/{0}/disable"])
def test_phones_of_all_names_are_forgotten_with_the_extension(api, asked, call):
    api(call.format("sales-desk"), given={}, status=200)
    assert asked == {"forget": ["sales-desk", "2501"], "end_calls": []}


def test_a_phone_of_the_alias_stays_registered_when_the_id_is_another(api, asked):
    given = {"id": "front-desk", "end_calls": True}
    api("POST /extensions/sales-desk/rename", given=given, status=200)
    assert asked == {"forget": ["sales-desk"], "end_calls": ["sales-desk", "2501"]}


def test_a_switch_that_was_away_is_told_later_and_knows_the_alias_still(api, app, memory, asked):
    memory.switch.fault = SwitchUnreachable("away")
    answer = api("POST /extensions/sales-desk/password", given={}, status=200)
    assert answer.json["apply"]["state"] == "pending"
    memory.switch.fault = None
    # As FreeSWITCH does, it knows the user by both names.
    known = memory.switch.knows
    memory.switch.knows = lambda name, *, timeout: name == "2501" or known(name, timeout=timeout)
    assert api("POST /reload", given={}, status=200).json["apply"]["state"] == "applied"
    assert asked["forget"] == ["sales-desk", "2501"]


def test_a_phone_logs_in_by_the_alias_with_the_password_of_the_extension(app):
    Phone(app).prove(password="of-1000", extension="2501", status=403)
    assert phone(app, "2501").ask("GET /directory", status=200)
    for _ in range(5):
        Phone(app).prove(password="wrong", extension="2501", status=None)
    # Guesses by either name are guesses at one password.
    Phone(app).prove(password="wrong", extension="sales-desk", status=429)


def test_phones_find_the_name_and_the_presence_by_the_alias(app):
    asking = phone(app, "1000")
    listed = asking.ask("GET /directory?search=2501", status=200).json["extensions"]
    # The number is what the dialplan knows.
    assert listed == [{"extension": "2501", "name": "The desk"}]
    given = {"numbers": ["2501", "sales-desk", "2502"]}
    named = asking.ask("POST /directory/names", given, status=200).json["extensions"]
    assert named == [
        {"extension": "2501", "name": "The desk"},
        {"extension": "sales-desk", "name": "The desk"},
    ]
    told = asking.ask("GET /presence?numbers=2501,sales-desk", status=200).json["presence"]
    assert {each["extension"]: each["state"] for each in told} == {
        "2501": "ringing",
        "sales-desk": "ringing",
    }


def test_who_calls_by_the_alias_is_busy(app, memory):
    out = call(caller="2501", callee="1000", state="ringing", extensions=("2501", "1000"))
    memory.switch.status = fresh(PHONE, calls=[out])
    told = phone(app, "1000").ask("GET /presence?numbers=2501", status=200).json["presence"]
    assert told == [{"extension": "2501", "state": "busy"}]


@pytest.mark.parametrize(("file", "first"), [("0.xml", "2501"), ("z.xml", "sales-desk")])
def test_of_two_users_with_one_number_the_one_is_meant_that_freeswitch_takes(
    api, app, folder, file, first
):
    (folder / file).write_text(user("2501"))
    (switch,) = api("GET /live", status=200).json["switches"]
    assert first in {each["extension"] for each in switch["registrations"]}
    password = {"2501": "of-2501", "sales-desk": "of-the-desk"}[first]
    Phone(app).prove(password=password, extension="2501", status=201)
    page = app.get("/sip/admin/extensions/sales-desk").text
    words = {
        "2501": "By 2501 the switch finds extension 2501, which comes first.",
        "sales-desk": "The switch finds it by 2501 too.",
    }
    assert words[first] in page
    listed = phone(app, "1000").ask("GET /directory", status=200).json["extensions"]
    # Whom nobody can call by any name is not in the list.
    numbers = {"2501": ["1000", "2501", "sales-desk"], "sales-desk": ["1000", "2501"]}
    assert sorted(each["extension"] for each in listed) == numbers[first]
    health = app.get("/sip/admin/health").text
    titles = {
        "2501": "Its number-alias already belongs to 0.xml",
        "sales-desk": "Its number-alias is the id of z.xml",
    }
    assert titles[first] in health


def test_a_storage_that_does_not_answer_leaves_the_live_page_as_it_was(api, app, memory, folder):
    def told():
        (switch,) = api("GET /live", status=200).json["switches"]
        return [each["extension"] for each in switch["registrations"]]

    assert told() == ["1000", "sales-desk"]
    moved = folder.rename(folder.with_name("elsewhere"))
    assert told() == ["1000", "sales-desk"]
    moved.rename(folder)


@pytest.mark.parametrize("told", [None, RuntimeError("a bug")])
def test_a_storage_that_tells_something_else_costs_the_aliases_only(make_app, memory, told, caplog):
    def aliases():
        if told:
            raise told

    memory.storage.aliases = aliases
    ini = {
        "sipapp.storage": "memory",
        "sipapp.reloaders": "sw",
        "sipapp.reloader.sw.use": "scripted",
    }
    page = make_app(ini, plugins=[memory]).get("/sip/admin/live")
    assert "2501" in page.html.main.text
    assert "does not tell the aliases" in caplog.text


def test_a_disabled_extension_has_no_alias(api, app):
    api("POST /extensions/sales-desk/disable", given={}, status=200)
    (switch,) = api("GET /live", status=200).json["switches"]
    assert [each["extension"] for each in switch["registrations"]] == ["1000", "2501"]
    assert "The switch finds it" not in app.get("/sip/admin/extensions/sales-desk")
