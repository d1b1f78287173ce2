"""Presence of a real FreeSWITCH that tells extensions nothing of each other's calls."""

import os
import re
from pathlib import Path

import pytest
from tests.functional import phone_client
from tests.live.private import VARIABLE, private_freeswitch
from tests.live.settings import live_settings
from tests.live.sip_phone import Phone
from tests.live.test_apply import EXTENSIONS, eventually
from tests.live.test_doctor import look

pytestmark = pytest.mark.live

ECHO = "9196"


@pytest.fixture(scope="module")
def silent(tmp_path_factory):
    """A FreeSWITCH with ``manage-presence`` off."""
    prefix, home = Path(os.environ[VARIABLE]), tmp_path_factory.mktemp("silent")
    with private_freeswitch(prefix, home, configure=_without_presence) as instance:
        yield instance


def _without_presence(instance):
    instance.configure()
    file = instance.configuration / "sip_profiles" / "internal.xml"
    text, times = re.subn(
        r'(<param name="manage-presence" value=)"true"', r'\1"false"', file.read_text()
    )
    assert times, f"{file} has no manage-presence: not a vanilla configuration?"
    file.write_text(text)


@pytest.fixture(params=["esl", "fs_cli"])
def phone(request, silent, make_app):
    """What a phone is told by a server, which knows it by Event Socket or by asking."""
    app = make_app(live_settings(silent, request.param))
    password = app.post_json(EXTENSIONS, {"id": "2999"}, status=201).json["password"]
    made = phone_client.Phone(app)
    made.log_in(password=password, extension="2999", realm=silent.domain)
    yield made
    app.delete(f"{EXTENSIONS}/2999")


@pytest.fixture
def colleague(silent):
    made = Phone(silent, "1001", silent.default_password)
    yield made
    made.close()
    silent.command("hupall")
    silent.command("sofia profile internal flush_inbound_reg")


def presence(phone):
    told = phone.ask("GET /presence?numbers=1001,1002", status=200).json["presence"]
    return {each["extension"]: each["state"] for each in told}


def test_presence_is_shown_all_the_same(silent, phone, colleague):
    eventually(lambda: presence(phone) == {"1001": "offline", "1002": "offline"})
    assert colleague.register() == 200
    eventually(lambda: presence(phone) == {"1001": "available", "1002": "offline"})
    # Of who calls FreeSWITCH tells the extension by the name of the channel only.
    assert colleague.call(ECHO) == 200
    eventually(lambda: presence(phone) == {"1001": "busy", "1002": "offline"})
    silent.command("hupall")
    eventually(lambda: presence(phone) == {"1001": "available", "1002": "offline"})


def test_extensions_are_not_told_of_dialogs(silent, colleague):
    assert colleague.register() == 200
    assert colleague.ask_for_dialogs("1000") == 405
    assert "webrtc.presence" not in look(silent)


def test_vanilla_tells_them(freeswitch):
    watcher = Phone(freeswitch, "1002", freeswitch.default_password)
    try:
        assert watcher.register() == 200
        # It asks for the password, and then tells.
        assert watcher.ask_for_dialogs("1001") in {401, 407}
    finally:
        watcher.close()
    assert look(freeswitch)["webrtc.presence"].level == "warning"
