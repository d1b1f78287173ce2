"""README.md and docs/freeswitch.md, followed to the letter up to a phone that registers."""

import os

import pytest
from tests.documented.machine import refusal, run
from tests.live.private import VARIABLE

pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(bool(refusal()), reason=refusal()),
]


@pytest.mark.parametrize(
    ("document", "user"), [("README.md", "root"), ("docs/freeswitch.md", "freeswitch")]
)
def test_the_commands_lead_to_a_phone_that_registers(document, user, tmp_path):
    told = run("tests.live.first_registration", tmp_path, document, user, os.environ[VARIABLE])

    status, made = told["made"]
    assert (status, made["apply"]["state"]) == (201, "applied"), made
    assert told["known"] == "true"
    assert told["registered"] == {"right": 200, "wrong": 403}
    status, health = told["health"]
    assert (status, health["status"]) == (200, "ok")
    status, answer = told["disabled"]
    assert (status, answer["apply"]["state"]) == (200, "applied"), answer
