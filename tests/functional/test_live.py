"""The live page, the list's states and GET /live: what is told, and to whom it is not."""

import json
import logging

import pytest

from sipapp.api import (
    Call,
    Extension,
    LiveStatus,
    Registration,
    SwitchRefused,
)
from sipapp.testing.memory import MemoryPlugin

SINCE = 1795406404.0
EVIL = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"


def registration(extension="1000", **values):
    given = {
        "domain": "phone.test",
        "address": "192.0.2.7:5060",
        "transport": "WSS",
        "user_agent": "JsSIP 3.13.8",
        "since": SINCE,
        "expires": SINCE + 180,
        "call_id": f"call-id-of-{extension}",
    }
    return Registration(extension, **given | values)


def call(call_id="d9d7c98a", **values):
    given = {
        "caller": "1000",
        "caller_name": "Alice",
        "callee": "1001",
        "state": "active",
        "since": SINCE,
        "codec": "opus",
        "extensions": ("1000", "1001"),
    }
    return Call(call_id, **given | values)


def fresh(*registrations, calls=(), **values):
    return LiveStatus("test", SINCE, registrations=registrations, calls=tuple(calls), **values)


DOWN = LiveStatus("test", SINCE, fresh=False, fault="Nothing listens there.")


@pytest.fixture
def tell(memory):
    def tell(status):
        memory.switch.status = status

    return tell


def text(page, selector="main"):
    return " ".join(page.html.select_one(selector).get_text(" ").split())


def rows(page, caption):
    for table in page.html.select("table"):
        if table.caption.get_text() == caption:
            return [" ".join(row.get_text(" ").split()) for row in table.select("tbody tr")]
    return []


PHONES, CALLS = "Phones that are registered", "Calls that are up"


# The page


def test_the_page_shows_phones_and_calls_without_script(app, tell):
    tell(fresh(registration("1000"), registration("1001"), calls=[call()]))
    page = app.get("/sip/admin/live")
    first, second = rows(page, PHONES)
    for part in ("1000 @phone.test", "192.0.2.7:5060 WSS", "JsSIP 3.13.8", "2026-11-23 04:00:04"):
        assert part in first
    assert second.startswith("1001")
    (up,) = rows(page, CALLS)
    for part in ("Active", "1000 Alice", "1001", "opus", "2026-11-23 04:00:04 UTC"):
        assert part in up


def test_the_list_leads_to_the_page(app, tell):
    tell(fresh())
    page = app.get("/sip/admin").click("Live")
    assert "No call is up." in text(page)
    assert "No phone is registered." in text(page)


def test_a_source_that_is_down_is_reported_since_when_and_nothing_is_shown_as_live(app, tell):
    tell(DOWN)
    page = app.get("/sip/admin/live")
    alert = text(page, "[role=alert].notice time")
    assert alert == "2026-11-23 04:00:04 UTC"
    assert "Nothing listens there." in text(page)
    assert page.html.select("table") == []


def test_a_switch_that_does_not_tell_is_named(app, tell):
    tell(None)
    assert "Switch sw does not tell which phones are registered" in text(app.get("/sip/admin/live"))


def test_without_a_switch_the_page_says_so(make_app):
    app = make_app({"sipapp.storage": "memory"}, plugins=[MemoryPlugin()])
    assert "No switch is set up" in text(app.get("/sip/admin/live"))


def test_what_is_not_known_is_not_shown_as_none(app, tell):
    tell(LiveStatus("test", SINCE, calls=(), notes=("The registrations are being asked for.",)))
    page = app.get("/sip/admin/live")
    assert "being asked for" in text(page)
    assert "No phone is registered" not in text(page)
    assert "No call is up." in text(page)


def test_a_switch_whose_plugin_fails_costs_itself_alone(app, memory, monkeypatch, caplog):
    monkeypatch.setattr(memory.switch, "live", lambda: 1 / 0)
    page = text(app.get("/sip/admin/live"))
    assert "Its reload plugin failed" in page
    # That is another thing than a switch that cannot tell.
    assert "does not tell" not in page
    app.get("/sip/admin")
    assert "does not tell what goes on" in caplog.text
    monkeypatch.setattr(memory.switch, "live", lambda: None)
    assert "does not tell" in text(app.get("/sip/admin/live"))


def test_a_long_list_has_pages(app, tell):
    phones = [registration(str(number)) for number in range(1000, 1105)]
    tell(fresh(*phones, calls=[call(f"call-{number}") for number in range(60)]))
    page = app.get("/sip/admin/live")
    assert "Registered phones 105" in text(page)
    assert "Calls 60" in text(page)
    assert len(rows(page, CALLS)) == 50
    seen = [each.split()[0] for each in rows(page, PHONES)]
    for _ in range(2):
        page = page.click("Next", index=-1)
        seen += [each.split()[0] for each in rows(page, PHONES)]
    assert seen == [str(number) for number in range(1000, 1105)]
    # The other table stays where it is, and what the script fetches is the same page.
    assert len(rows(page, CALLS)) == 50
    assert "1104" in app.get(page.html.select_one("#live")["data-live"])
    page = page.click("Next")
    assert (len(rows(page, CALLS)), len(rows(page, PHONES))) == (10, 5)
    page = page.click("First", index=-1)
    assert (len(rows(page, CALLS)), len(rows(page, PHONES))) == (10, 50)


def test_a_position_that_is_none_is_the_first_page(app, tell):
    tell(fresh(registration("1000")))
    page = app.get("/sip/admin/live?switch=sw&phones=nonsense&calls=!")
    assert len(rows(page, PHONES)) == 1


def test_a_search_finds_what_is_cut(app, tell):
    phones = [registration(str(number)) for number in range(1000, 1205)]
    tell(fresh(*phones, registration("9", user_agent="Yealink"), calls=[call(caller_name="Zoë")]))
    form = app.get("/sip/admin/live").forms[0]
    form["search"] = "1204"
    page = form.submit()
    assert [each.split()[0] for each in rows(page, PHONES)] == ["1204"]
    assert "No call matches." in text(page)
    assert page.forms[0]["search"].value == "1204"
    # What the script fetches is searched too.
    again = app.get(page.html.select_one("#live")["data-live"])
    assert "1204" in again.text
    assert "1203" not in again.text
    (yealink,) = rows(app.get("/sip/admin/live?search=YEA"), PHONES)
    assert yealink.startswith("9")
    assert len(rows(app.get("/sip/admin/live", {"search": "zoë"}), CALLS)) == 1
    evil = app.get("/sip/admin/live", {"search": EVIL})
    assert "No phone matches." in text(evil)
    assert EVIL not in evil.text


def test_odd_times_are_no_error(app, tell):
    tell(fresh(registration(since=None, expires=None), registration("2", expires=1e300)))
    assert "before it was watched" in text(app.get("/sip/admin/live"))


@pytest.mark.parametrize("path", ["/sip/admin/live", "/sip/admin/live/now", "/sip/admin"])
def test_what_the_network_sends_is_only_text(app, tell, memory, path):
    memory.storage.create(Extension("1000", password="x"))
    tell(
        fresh(
            registration(user_agent=EVIL, address=EVIL, domain=EVIL, transport=EVIL),
            registration(EVIL, user_agent=EVIL),
            calls=[call(caller=EVIL, caller_name=EVIL, callee=EVIL, codec=EVIL)],
        )
    )
    page = app.get(path)
    assert "<img" not in page.text
    assert "<script>alert" not in page.text
    assert page.html.find_all(onerror=True) == []
    assert EVIL in page.html.get_text()


# Conditional GET


@pytest.mark.parametrize(
    "path",
    ["/sip/admin/live/now", "/sip/admin/live.json?enabled=1000&enabled=1001", "/sip/api/v1/live"],
)
def test_what_is_known_costs_a_304_until_something_changes(app, tell, path):
    tell(fresh(registration()))
    first = app.get(path)
    known = {"If-None-Match": first.headers["ETag"]}
    again = app.get(path, headers=known, status=304)
    assert again.body == b""
    assert again.headers["ETag"] == first.headers["ETag"]

    tell(fresh(registration(), calls=[call()]))
    assert app.get(path, headers=known, status=200).headers["ETag"] != first.headers["ETag"]
    tell(DOWN)
    down = app.get(path, headers=known, status=200)
    app.get(path, headers={"If-None-Match": down.headers["ETag"]}, status=304)


def test_the_page_carries_the_version_of_what_it_shows(app, tell, memory):
    tell(fresh(registration()))
    version = app.get("/sip/admin/live").html.select_one("#live")["data-version"]
    app.get("/sip/admin/live/now", headers={"If-None-Match": f'"{version}"'}, status=304)
    memory.storage.create(Extension("1000", password="x"))
    memory.storage.create(Extension("Ada", password="x"))
    listed = app.get("/sip/admin").html.select_one("#results")["data-version"]
    asked = "/sip/admin/live.json?enabled=1000&enabled=Ada"
    app.get(asked, headers={"If-None-Match": f'"{listed}"'}, status=304)


def test_the_list_hears_of_its_own_rows_only(app, tell):
    asked = "/sip/admin/live.json?enabled=1000"
    tell(fresh(registration("1000"), registration("1001")))
    known = {"If-None-Match": app.get(asked).headers["ETag"]}
    assert "1001" not in app.get(asked)
    tell(fresh(registration("1000"), registration("1002")))
    app.get(asked, headers=known, status=304)


def test_what_is_no_utf_8_is_not_asked_for(app):
    app.get("/sip/admin/live.json?enabled=%ff", status=400)


@pytest.mark.parametrize(
    "path",
    ["/sip/admin/live", "/sip/admin/live/now", "/sip/admin/live.json", "/sip/api/v1/live"],
)
def test_only_the_administrator_sees_it(make_app, path):
    app = make_app(
        {"sipapp.storage": "memory"}, plugins=[MemoryPlugin()], SIP_ADMIN_PASS="correct horse"
    )
    app.get(path, status=401)
    app.get(path, headers={"If-None-Match": "*"}, status=401)


# The list


def test_the_list_shows_registrations_with_their_addresses_and_calls(app, tell, memory):
    for number in ("1000", "1001", "1002", "Alice"):
        memory.storage.create(Extension(number, password="x"))
    tell(
        fresh(
            registration("1001"),
            registration("ALICE"),
            registration("alice", address="192.0.2.8:1", call_id="other"),
            calls=[call(extensions=("1002",))],
        )
    )
    page = app.get("/sip/admin")
    found = {
        row.select_one(".cell-id").get_text(strip=True): " ".join(
            row.select_one(".cell-state").get_text(" ").split()
        )
        for row in page.html.select("tbody tr")
    }
    assert found == {
        "1000": "Not registered",
        "1001": "Registered 192.0.2.7:5060 WSS",
        "1002": "In a call",
        "Alice": "Registered 192.0.2.7:5060 WSS and 1 more",
    }
    asked = "&".join(f"enabled={number}" for number in ("1000", "1001", "1002", "Alice"))
    states = app.get(f"/sip/admin/live.json?{asked}&read-only=1000").json
    place = "192.0.2.7:5060 WSS"
    assert states == {
        "note": "",
        "presence": {
            "Enabled": {
                "1000": {"word": "Not registered", "state": "off", "place": ""},
                "1001": {"word": "Registered", "state": "ok", "place": place},
                "1002": {"word": "In a call", "state": "in-call", "place": ""},
                "Alice": {"word": "Registered", "state": "ok", "place": f"{place} and 1 more"},
            },
            "Read-only": {"1000": {"word": "Read-only", "state": "read-only", "place": ""}},
        },
    }


def test_the_list_says_when_it_is_not_known(app, tell, memory):
    memory.storage.create(Extension("1000", password="x"))
    tell(DOWN)
    page = app.get("/sip/admin")
    assert text(page, ".cell-state") == "Enabled"
    assert "Not known now" in text(page, "#live-note")
    tell(None)
    assert app.get("/sip/admin").html.select_one("#live-note").has_attr("hidden")


def test_two_names_of_one_switch_tell_of_a_phone_once(make_app, memory, tell):
    ini = {"sipapp.storage": "memory", "sipapp.reloaders": "a b"}
    app = make_app(
        ini | {f"sipapp.reloader.{name}.use": "scripted" for name in "ab"}, plugins=[memory]
    )
    tell(fresh(registration()))
    states = app.get("/sip/admin/live.json?enabled=1000").json
    assert states["presence"]["Enabled"]["1000"]["place"] == "192.0.2.7:5060 WSS"
    assert len(app.get("/sip/admin/live").html.select("main section")) == 2


# The API


def test_the_api_tells_all_but_what_a_phone_chose_as_it_came(api, tell):
    tell(fresh(registration(), calls=[call()]))
    (switch,) = api("GET /live", status=200).json["switches"]
    assert (switch["name"], switch["fresh"], switch["since"]) == ("sw", True, SINCE)
    assert switch["registrations"][0]["user_agent"] == "JsSIP 3.13.8"
    assert "call_id" not in switch["registrations"][0]
    assert switch["calls"][0]["state"] == "active"
    tell(DOWN)
    (switch,) = api("GET /live", status=200).json["switches"]
    assert (switch["fresh"], switch["registrations"], switch["calls"]) == (False, None, None)
    tell(None)
    (switch,) = api("GET /live", status=200).json["switches"]
    assert (switch["since"], switch["registrations"]) == (None, None)


def test_the_api_returns_a_page_and_the_total(api, tell):
    phones = [registration(str(number)) for number in range(1000, 1005)]
    calls = [call(f"call-{number}", since=SINCE - number) for number in range(3)]
    tell(fresh(*phones, calls=calls))
    path, found = "/live?switch=sw&limit=2", []
    (switch,) = api(f"GET {path}", status=200).json["switches"]
    assert (switch["registration_count"], switch["call_count"]) == (5, 3)
    assert [each["id"] for each in switch["calls"]] == ["call-2", "call-1"]
    found += switch["registrations"]
    while after := switch["registrations_after"]:
        (switch,) = api(f"GET {path}&registrations_after={after}", status=200).json["switches"]
        found += switch["registrations"]
    assert [each["extension"] for each in found] == ["1000", "1001", "1002", "1003", "1004"]
    assert api("GET /live?switch=other", status=200).json == {"switches": []}
    api("GET /live?calls_after=nonsense", status=400)


# An end to it


def test_a_call_is_ended_by_its_button_and_the_log_says_so(app, tell, memory, caplog):
    tell(fresh(registration(), calls=[call(caller="10\u00e900")]))
    page = app.get("/sip/admin/live")
    form = next(each for each in page.forms.values() if "end-call" in each.action)
    with caplog.at_level(logging.INFO):
        answer = form.submit().follow()
    assert memory.switch.ended == ["d9d7c98a"]
    assert "to 1001 was ended." in text(answer)
    assert "call_ended by 'admin': '1000 from 10\\xe900 to 1001 on switch sw" in caplog.text
    assert "call d9d7c98a'" in caplog.text


def test_a_registration_is_dropped_by_its_button_and_the_log_has_no_raw_text(
    app, tell, memory, caplog
):
    evil = registration("10\u202e00\x1b[31m", call_id="x\ny")
    tell(fresh(evil))
    page = app.get("/sip/admin/live")
    form = next(each for each in page.forms.values() if "drop" in each.action)
    with caplog.at_level(logging.INFO):
        answer = form.submit().follow()
    assert memory.switch.ended == [evil.id]
    assert "was dropped" in text(answer)
    (line,) = [each.getMessage() for each in caplog.records if "dropped" in each.getMessage()]
    assert evil.id in line
    assert line.isascii()
    assert line.isprintable()


def forms(app):
    page = app.get("/sip/admin/live")
    token = page.html.select_one("[name=csrf_token]")["value"]
    return {
        "/sip/admin/live/end-call": {"switch": "sw", "call": "d9d7c98a", "csrf_token": token},
        "/sip/admin/live/drop-registration": {
            "switch": "sw",
            "registration": registration().id,
            "csrf_token": token,
        },
    }


PATHS = ["/sip/admin/live/end-call", "/sip/admin/live/drop-registration"]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("change", [{"call": "gone", "registration": "gone"}, {"switch": "other"}])
def test_what_is_over_already_is_not_ended(app, tell, memory, path, change):
    tell(fresh(registration(), calls=[call()]))
    given = forms(app)[path]
    given |= {name: value for name, value in change.items() if name in given}
    answer = app.post(path, given).follow()
    assert memory.switch.ended == []
    assert any(words in text(answer) for words in ("It is over already", "There is no such switch"))


@pytest.mark.parametrize("path", PATHS)
def test_a_refusal_is_reported_in_the_switchs_words(app, tell, memory, path):
    tell(fresh(registration(), calls=[call()]))
    given = forms(app)[path]
    memory.switch.fault = SwitchRefused("-ERR No such channel!")
    answer = app.post(path, given).follow()
    assert "Nothing was done. The switch says: -ERR No such channel!" in text(answer)


@pytest.mark.parametrize("path", PATHS)
def test_a_switch_that_was_lost_meanwhile_is_reported(app, tell, memory, path):
    tell(fresh(registration(), calls=[call()]))
    given = forms(app)[path]
    tell(DOWN)
    assert "cannot be asked now: Nothing listens there." in text(app.post(path, given).follow())
    tell(None)
    assert "does not tell" in text(app.post(path, given).follow())
    assert memory.switch.ended == []


@pytest.mark.parametrize("path", PATHS)
def test_an_end_takes_a_post_with_a_token(app, tell, memory, path):
    tell(fresh(registration(), calls=[call()]))
    given = forms(app)[path]
    app.get(path, given, status=405)
    app.post(path, {**given, "csrf_token": "wrong"}, status=403)
    app.post(path, given, headers={"Sec-Fetch-Site": "cross-site"}, status=403)
    app.post(path, {"csrf_token": given["csrf_token"]}, status=400)
    assert memory.switch.ended == []


def test_states_are_json(app, tell):
    tell(fresh(registration(EVIL)))
    answer = app.get("/sip/admin/live.json", {"enabled": EVIL})
    assert answer.content_type == "application/json"
    assert json.loads(answer.text)["presence"]["Enabled"][EVIL]["word"] == "Registered"


# Ending and dropping by the API


def test_a_call_is_ended_by_the_api(api, tell, memory, caplog):
    tell(fresh(calls=[call()]))
    with caplog.at_level(logging.INFO):
        answer = api("DELETE /live/sw/calls/d9d7c98a", status=200)
    assert answer.json["caller"] == "1000"
    assert memory.switch.ended == ["d9d7c98a"]
    assert "on switch sw, call d9d7c98a" in caplog.text


def test_a_registration_is_dropped_by_the_api(api, tell, memory):
    given = registration("1000")
    tell(fresh(given))
    answer = api(f"DELETE /live/sw/registrations/{given.id}", status=200)
    assert answer.json["extension"] == "1000"
    assert "call_id" not in answer.json
    assert memory.switch.ended == [given.id]


@pytest.mark.parametrize(
    "path", ["sw/calls/gone", "sw/registrations/gone", "other/calls/d9d7c98a", "sw/calls/%0A"]
)
def test_what_is_not_there_is_not_ended(api, tell, memory, path):
    tell(fresh(registration("1000"), calls=[call()]))
    api(f"DELETE /live/{path}", status=404)
    assert memory.switch.ended == []


def test_a_switch_that_does_not_do_it_is_quoted(api, tell, memory):
    tell(fresh(calls=[call()]))
    memory.switch.fault = SwitchRefused("-ERR No such channel!")
    answer = api("DELETE /live/sw/calls/d9d7c98a", status=502)
    assert answer.json["detail"] == "-ERR No such channel!"
    tell(DOWN)
    assert "Nothing listens" in api("DELETE /live/sw/calls/d9d7c98a", status=502).json["detail"]


def test_a_page_of_another_site_ends_nothing(api, tell, memory):
    tell(fresh(calls=[call()]))
    api("DELETE /live/sw/calls/d9d7c98a", Origin="https://evil.test", status=403)
    assert memory.switch.ended == []


# Domains


@pytest.fixture
def domains_app(make_app):
    plugin = MemoryPlugin(["", "branch.example"])
    ini = {
        "sipapp.storage": "memory",
        "sipapp.reloaders": "sw",
        "sipapp.reloader.sw.use": "scripted",
    }
    app = make_app(ini, plugins=[plugin])
    for each in ("1000", "1000@branch.example"):
        plugin.storage.create(Extension(each, "a-password"))
    plugin.switch.status = fresh(
        registration("1000", domain="Branch.example"),
        registration("1001", domain="branch.example", call_id="another"),
        calls=[call(extensions=("1000@pbx.example", "1001@branch.example"))],
    )
    return app


def test_phones_of_two_domains_are_two(domains_app):
    ids = ["1000", "1001", "1000@branch.example", "1001@branch.example"]
    asked = "&".join(f"enabled={each}" for each in ids)
    states = domains_app.get(f"/sip/admin/live.json?{asked}").json["presence"]["Enabled"]
    assert {each: presence["word"] for each, presence in states.items()} == {
        "1000": "In a call",
        "1001": "Not registered",
        "1000@branch.example": "Registered",
        "1001@branch.example": "In a call",
    }
    page = domains_app.get("/sip/admin")
    words = {
        row.select_one(".cell-id").get_text(" ", strip=True): row.get_text(" ")
        for row in page.html.select("tbody tr")
    }
    assert "In a call" in words["1000"]
    assert "Registered" in words["1000@branch.example"]


def test_the_api_returns_ids(domains_app):
    (switch,) = domains_app.get("/sip/api/v1/live").json["switches"]
    assert [each["extension"] for each in switch["registrations"]] == [
        "1000@branch.example",
        "1001@branch.example",
    ]
    assert switch["calls"][0]["extensions"] == ["1000", "1001@branch.example"]


def test_the_live_page_names_user_and_domain(domains_app):
    page = domains_app.get("/sip/admin/live")
    first, second = rows(page, PHONES)
    assert first.startswith("1000 @Branch.example")
    assert second.startswith("1001 @branch.example")
    links = [each["href"] for each in page.html.select(".live-who a")]
    assert links[0].endswith("/extensions/1000@branch.example")
    # Its button says which of the two it drops.
    assert "Drop the registration of 1000@branch.example at" in first


def test_a_call_of_another_domain_is_told_by_its_extensions(domains_app):
    page = domains_app.get("/sip/admin/live")
    (row,) = rows(page, CALLS)
    assert "1001@branch.example" in row
    assert "1000@" not in row
    assert rows(domains_app.get("/sip/admin/live?search=1001@branch"), CALLS) == [row]
