"""What the attacks of tests/attacks leave behind, as a real FreeSWITCH reads it."""

import json

import pytest
from tests.attacks.payloads import TEXTS
from tests.attacks.target import about
from tests.live.settings import live_settings

from sipapp_xmldir.write.new_file import PLACES

pytestmark = pytest.mark.live

EXTENSIONS = "/sip/api/v1/extensions"
# What FreeSWITCH's command calls the sections of a user.
KINDS = {"params": "param", "variables": "var"}
# They take any text that FreeSWITCH can carry.
FREE = {"caller_id_name", "outbound_caller_id_name", "password"}


@pytest.fixture
def app(restored, make_app):
    return make_app({**live_settings(restored, "esl"), "sipapp.domain": restored.domain})


@pytest.fixture
def ask(restored):
    """Ask FreeSWITCH; an empty text for a value that is not there."""

    def command(text):
        reply = restored.command(text)
        return "" if reply == "-ERR no reply" else reply

    return command


def change(app, field, value):
    """Change extension 1000 by the API; a lone surrogate is an escape in JSON."""
    address = f"{EXTENSIONS}/1000"
    send = app.patch
    if field == "password":
        address, send = f"{address}/password", app.post
    return send(
        address,
        json.dumps({field: value}).encode(),
        headers={"Content-Type": "application/json"},
        expect_errors=True,
    )


@pytest.mark.parametrize("field", PLACES)
def test_what_is_stored_arrives_and_nothing_else(app, ask, restored, field):
    section, name = PLACES[field]
    question = f"user_data 1000@{restored.domain} {KINDS[section]} {name}"
    stored = 0
    for payload in TEXTS:
        with about(field, payload):
            before = ask(question)
            answer = change(app, field, payload)
            if answer.status_int == 200:
                stored += 1
                assert answer.json["apply"]["state"] == "applied"
                assert ask(question) == payload
            else:
                assert answer.status_int in {413, 422}
                assert ask(question) == before
            assert ask(f"user_data 1001@{restored.domain} attr id") == "1001"
            assert ask(f"user_exists id 6666 {restored.domain}") == "false"
    assert ask("global_getvar default_password") == restored.default_password
    assert stored > 20 or field not in FREE
