"""A switch that is behind: the pages say so, since when, and lead to a reload."""

import pytest

from sipapp.api import SwitchTimeout
from sipapp.testing.waiting import eventually


def notice(page):
    found = page.html.select_one(".notice-warning")
    return found and " ".join(found.text.split())


@pytest.mark.parametrize("address", ["/sip/admin", "/sip/admin/health"])
def test_pages_say_which_switch_is_behind_and_a_button_brings_it_up(app, memory, address):
    assert notice(app.get(address)) is None
    memory.switch.fault = SwitchTimeout("No answer from <fs>. " + 1000 * "x")
    created = app.post_json("/sip/api/v1/extensions", {"id": "1020"}, status=201)
    assert created.json["apply"]["state"] == "pending"
    page = app.get(address)
    words = notice(page)
    assert "sw is behind since 20" in words
    assert "tried again at" in words
    assert "No answer from <fs>." in words
    assert len(words) < 900
    memory.switch.fault = None
    form = next(each for each in page.forms.values() if each.action == "/sip/admin/reload")
    after = form.submit().follow()
    assert "Applied by sw" in after
    assert notice(app.get(address)) is None


def test_the_switches_state_in_a_word(app, memory):
    memory.switch.fault = SwitchTimeout("No answer.")
    app.post_json("/sip/api/v1/extensions", {"id": "1020"}, status=201)
    memory.switch.ping = lambda *, timeout: "here"
    assert app.get("/sip/admin").html.find(class_="state-busy").text.split()[-1] == "Behind"


@pytest.fixture
def _few_retries(switch_timing):
    switch_timing(first_retry_s=0.01, max_tries=2)


@pytest.mark.usefixtures("_few_retries")
def test_one_that_was_given_up_is_reported_and_a_button_tries_it(app, memory, monkeypatch):
    monkeypatch.setattr("sipapp.web.health.STATE_KEPT_S", 0.0)
    memory.switch.fault = SwitchTimeout("No answer.")
    app.post_json("/sip/api/v1/extensions", {"id": "1020"}, status=201)
    eventually(lambda: '"retried": "given up"' in app.get("/sip/health", status=503).text)
    page = app.get("/sip/admin")
    assert "nothing more is tried until you press the button. No answer." in notice(page)
    memory.switch.fault = None
    form = next(each for each in page.forms.values() if each.action == "/sip/admin/reload")
    assert "Applied by sw" in form.submit().follow()
    assert app.get("/sip/health").json["status"] == "ok"
