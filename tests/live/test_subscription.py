"""The subscription of sipapp-esl on a real FreeSWITCH, without a phone."""

import re
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest

from sipapp.api import SwitchRefused
from sipapp.doctor.questions import Questions
from sipapp_esl.plugin import make_strategy

pytestmark = pytest.mark.live

README = Path(__file__).parents[2] / "plugins" / "sipapp-esl" / "README.md"


def wait(condition):
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        threading.Event().wait(0.02)


@pytest.fixture
def strategy(restored):
    """The strategy that logs in as the account of the README."""
    allowed = re.findall(
        r'<param name="esl-allowed-\w+" value="[^"]+"/>', README.read_text(encoding="utf-8")
    )
    assert len(allowed) == 2
    (restored.directory / "7003.xml").write_text(
        '<include>\n<user id="7003">\n<params>\n'
        '<param name="esl-password" value="Account-Pass-1"/>\n'
        + "\n".join(allowed)
        + "\n</params>\n</user>\n</include>\n"
    )
    restored.command("reloadxml")
    strategy = make_strategy(
        host=restored.esl_host,
        port=restored.esl_port,
        user=f"7003@{restored.domain}",
        password="Account-Pass-1",
        password_file=None,
        timeout=5.0,
    )
    yield strategy
    strategy.stop()


def test_the_account_of_the_readme_may_all_that_live_status_needs(restored, strategy):
    try:
        status = strategy.live().summary
        assert (status.fresh, status.fault, tuple(status.notes)) == (True, "", ())
        assert status.registrations is not None

        # A call without a phone: FreeSWITCH calls its own echo test.
        said = restored.command("originate loopback/9196/default &park()")
        assert said.startswith("+OK"), said
        wait(lambda: strategy.live().summary.calls)
        first, *others = strategy.live().all_calls()
        strategy.end_call(first.id, timeout=5)
        for call in others:
            with suppress(SwitchRefused):  # the legs of a loopback end together
                strategy.end_call(call.id, timeout=5)
        wait(lambda: strategy.live().summary.calls == 0)
    finally:
        restored.command("hupall")


def test_the_account_of_the_readme_may_all_that_the_doctor_asks(strategy):
    questions = Questions(strategy.freeswitch(), timeout=5)
    assert questions.module_exists("mod_sofia")
    assert questions.clock()
    assert questions.profile_params
