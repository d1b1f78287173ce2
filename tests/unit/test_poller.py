"""Polling of a switch: how often it is asked, and what is told in between."""

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest
from tests.computed_live import registrations_reply
from tests.computed_storage import FIRST
from tests.counted_steps import steps

from sipapp.freeswitch.poller import MAX_AGE_S, PAUSE_S, freeswitch_poller
from sipapp.model.errors import SwitchRefused, SwitchTimeout
from sipapp.testing.live_status import status_of

REGISTERED = """<?xml version="1.0" encoding="ISO-8859-1"?>
<profile>
  <registrations>
    <registration>
        <call-id>fmvh18m6ds9r28gttc1t4k</call-id>
        <user>1000@phone.test</user>
        <contact>&lt;sip:a@b.invalid;transport=ws;fs_path=sip%3Aa%3Btransport%3Dwss&gt;</contact>
        <agent>JsSIP 3.13.8</agent>
        <status>Registered(WS-NAT)(unknown) exp(2026-11-23 04:07:13) expsecs(177)</status>
        <network-ip>127.0.0.1</network-ip>
        <network-port>47950</network-port>
    </registration>
  </registrations>
</profile>
"""
NO_CHANNELS = '{"row_count": 0}'
REGISTRATIONS = "sofia xmlstatus profile internal reg"
CHANNELS = "show channels as json"


class Switch:
    """Answers at once, and notes what it was asked and when."""

    def __init__(self):
        self.now = 1000.0
        self.answers = {REGISTRATIONS: REGISTERED, CHANNELS: NO_CHANNELS}
        self.asked = []
        self.open = threading.Event()
        self.open.set()

    def command(self, command):
        self.asked.append((self.now, command))
        self.open.wait(60)
        answer = self.answers[command]
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture
def switch():
    return Switch()


@pytest.fixture
def poller(switch):
    return freeswitch_poller(switch.command, ["internal"], "asked", clock=lambda: switch.now)


def told(poller):
    """All that a view tells."""
    return status_of(poller.view())


def look(poller, switch, seconds=0.0):
    """Look after so many seconds, and wait until the question that it caused is answered."""
    switch.now += seconds
    poller.view()
    poller.wait(60)
    return told(poller)


def test_without_readers_nothing_is_polled(switch, poller):
    assert poller is not None
    assert switch.asked == []


def test_the_first_look_gets_an_answer(switch, poller):
    status = told(poller)
    (registration,) = status.registrations
    assert (registration.extension, registration.transport) == ("1000", "WSS")
    poller.wait(60)
    status = told(poller)
    assert status.calls == ()
    assert status.notes == ()


def test_a_hundred_viewers_cost_one_command_in_two_seconds(switch, poller):
    for tenth in range(200):
        switch.now = 1000 + tenth / 10
        for _ in range(5):
            poller.view()
        poller.wait(60)
    times = [at for at, _ in switch.asked]
    # The first page is told everything, by two commands.
    assert times[0] == times[1]
    assert len(times) == 11
    assert all(later - earlier >= PAUSE_S for earlier, later in pairwise(times[1:]))
    assert {command for _, command in switch.asked} == {REGISTRATIONS, CHANNELS}


def test_viewers_at_the_same_moment_cost_one_command(switch, poller):
    switch.open.clear()
    viewers = [threading.Thread(target=poller.view) for _ in range(20)]
    for each in viewers:
        each.start()
    for each in viewers[1:]:
        each.join(3)
    assert len(switch.asked) == 1
    switch.open.set()
    viewers[0].join(3)


def test_only_the_first_caller_waits_a_moment_for_a_switch_that_hangs(switch, poller, monkeypatch):
    monkeypatch.setattr("sipapp.freeswitch.poller.FIRST_ANSWER_WAIT_S", 0.05)
    switch.open.clear()
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(told, poller).result(30).registrations is None
        # Others would wait for longer than the test does.
        monkeypatch.setattr("sipapp.freeswitch.poller.FIRST_ANSWER_WAIT_S", 60.0)
        for _ in range(50):
            switch.now += 3
            assert pool.submit(told, poller).result(30).registrations is None
        assert len(switch.asked) == 1
        switch.open.set()


def test_the_status_of_a_switch_that_was_away_does_not_wait_for_another_try(
    switch, poller, monkeypatch
):
    switch.answers[REGISTRATIONS] = switch.answers[CHANNELS] = SwitchTimeout("No answer.")
    assert look(poller, switch).fault == "No answer."
    monkeypatch.setattr("sipapp.freeswitch.poller.FIRST_ANSWER_WAIT_S", 60.0)
    switch.open.clear()
    switch.now += PAUSE_S
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(told, poller).result(30).fault == "No answer."
        switch.open.set()


def test_the_version_stays_while_nothing_changes(switch, poller):
    look(poller, switch)
    status = look(poller, switch, PAUSE_S)
    assert (len(status.registrations), status.calls, status.notes) == (1, (), ())
    version = poller.view().version
    assert look(poller, switch, PAUSE_S) == status
    assert poller.view().version == version


def test_a_phone_that_registers_meanwhile_is_there_since_then(switch, poller):
    switch.answers[REGISTRATIONS] = "<profile>\n</profile>\n"
    for pause in (0.0, PAUSE_S, PAUSE_S):
        look(poller, switch, pause)
    switch.answers[REGISTRATIONS] = REGISTERED
    before = time.time()
    (first,) = look(poller, switch, PAUSE_S).registrations
    assert before <= first.since <= time.time()
    look(poller, switch, PAUSE_S)
    (again,) = look(poller, switch, PAUSE_S).registrations
    assert again.since == first.since


def test_old_status_is_not_returned(switch, poller):
    look(poller, switch)
    switch.open.clear()
    switch.now += MAX_AGE_S + 0.1
    assert told(poller).registrations is None
    switch.open.set()


def test_a_switch_that_is_down_is_reported_since_when_until_it_is_back(switch, poller):
    look(poller, switch)
    switch.answers = dict.fromkeys(switch.answers, SwitchTimeout("No answer."))
    down = look(poller, switch, PAUSE_S)
    assert (down.fresh, down.fault, down.registrations) == (False, "No answer.", None)
    assert look(poller, switch, PAUSE_S).since == down.since
    switch.answers = {REGISTRATIONS: REGISTERED, CHANNELS: NO_CHANNELS}
    assert look(poller, switch, PAUSE_S).fresh


def test_a_refusal_is_a_note_and_not_a_fault(switch, poller):
    switch.answers[REGISTRATIONS] = "-ERR permission denied\n"
    look(poller, switch)
    status = look(poller, switch, PAUSE_S)
    assert status.fresh
    assert status.registrations is None
    assert status.calls == ()
    assert status.notes == ("FreeSWITCH says '-ERR permission denied' to sofia xmlstatus.",)


@pytest.mark.parametrize("answer", ["", "<profile>", "garbage\x00", REGISTERED[:-12]])
def test_half_an_answer_is_no_answer(switch, poller, answer):
    switch.answers[REGISTRATIONS] = answer
    status = look(poller, switch)
    assert not status.fresh
    assert "not whole" in status.fault


def test_a_fault_of_ours_is_logged_and_told_without_its_text(switch, poller, caplog):
    switch.answers[REGISTRATIONS] = ZeroDivisionError("s3cret")
    status = look(poller, switch)
    assert not status.fresh
    assert "s3cret" not in status.fault
    assert "Asking for registrations failed" in caplog.text


def test_what_was_ended_is_not_returned_before_the_next_poll(switch, poller):
    look(poller, switch)
    poller.forget("registrations")
    status = told(poller)
    assert status.registrations is None
    assert "The registrations are being asked for." in status.notes
    assert look(poller, switch, PAUSE_S).registrations


def test_several_profiles_are_polled_in_turn_and_returned_together(switch):
    tls = "sofia xmlstatus profile tls reg"
    switch.answers[tls] = REGISTERED.replace("1000", "2000").replace("<call-id>", "<call-id>other-")
    poller = freeswitch_poller(
        switch.command, ["internal", "tls"], "asked", clock=lambda: switch.now
    )
    status = look(poller, switch)
    assert [command for _, command in switch.asked] == [REGISTRATIONS, CHANNELS, tls]
    for _ in range(3):
        look(poller, switch, PAUSE_S)
    assert [command for _, command in switch.asked[3:]] == [REGISTRATIONS, CHANNELS, tls]
    assert {each.extension for each in status.registrations} == {"1000", "2000"}
    switch.answers[tls] = SwitchRefused("Invalid Profile!")
    for _ in range(4):
        status = look(poller, switch, PAUSE_S)
    assert {each.extension for each in status.registrations} == {"1000"}
    assert status.notes == ("Invalid Profile!",)


def polled(count):
    """A poller that has an answer of so many registrations."""
    switch = Switch()
    switch.answers[REGISTRATIONS] = registrations_reply(count)
    poller = freeswitch_poller(switch.command, ["internal"], "asked", clock=lambda: switch.now)
    for pause in (0.0, PAUSE_S):
        look(poller, switch, pause)
    return poller


def test_a_request_costs_the_same_at_any_number_of_registrations():
    few, many = polled(200), polled(5000)
    ids = [str(FIRST + each) for each in range(0, 100, 2)]
    place = few.view().registrations(limit=120).after

    def requests(poller):
        view = poller.view()
        assert (view.summary.fresh, view.summary.calls) == (True, 0)
        assert len(view.registrations().items) == 50
        assert len(view.registrations(after=place).items) == 50
        assert len(view.registrations_of(ids)) == 50
        assert view.registration(view.registrations().items[0].id)

    assert steps(lambda: requests(many)) <= 1.1 * steps(lambda: requests(few))
    assert many.view().summary.registrations == 5000


def test_registrations_and_calls_have_the_ids_of_extensions(switch, poller):
    poller.domains = ("phone.test", "branch.example")
    switch.answers[REGISTRATIONS] = REGISTERED.replace("phone.test", "Branch.Example")
    switch.answers[CHANNELS] = json.dumps(
        {"rows": [{"uuid": "a", "direction": "inbound", "presence_id": "7@branch.example"}]}
    )
    look(poller, switch)
    look(poller, switch, PAUSE_S)
    view = poller.view()
    assert list(view.registrations_of(["1000", "1000@branch.example"])) == ["1000@branch.example"]
    assert list(view.calls_of(["7@branch.example"])) == ["7@branch.example"]


def test_a_profile_whose_last_answer_is_too_old_is_left_out(switch):
    tls = "sofia xmlstatus profile tls reg"
    switch.answers[tls] = REGISTERED.replace("1000", "2000").replace("<call-id>", "<call-id>other-")
    poller = freeswitch_poller(
        switch.command, ["internal", "tls"], "asked", clock=lambda: switch.now
    )
    for pause in (PAUSE_S, PAUSE_S, PAUSE_S, MAX_AGE_S / 2):
        status = look(poller, switch, pause)
    assert {each.extension for each in status.registrations} == {"1000", "2000"}
    switch.open.clear()
    switch.now += MAX_AGE_S / 2 + PAUSE_S / 2
    assert {each.extension for each in told(poller).registrations} == {"2000"}
    switch.open.set()
