"""The fixtures of tests/browser, with a real FreeSWITCH in the place of the demo switch."""

import re

import pytest

# Fixtures, found by their names.
from tests.browser.conftest import (  # noqa: F401
    browser_type_launch_args,
    faults,
    make_extension,
    open_admin,
    open_page,
    open_phone,
    registered_phone,
    speaking_phone,
    unused_number,
)
from tests.browser.server import Application, Switch


@pytest.fixture(scope="session")
def freeswitch_in_use(freeswitch):
    """How a server uses this FreeSWITCH: it reloads it by fs_cli and by Event Socket at once."""
    _let_the_dialplan_call_everybody(freeswitch)
    reloaders = ["sipapp.reloaders = cli socket"]
    for name, use in (("cli", "fs_cli"), ("socket", "esl")):
        reloaders += [
            f"sipapp.reloader.{name}.use = {use}",
            f"sipapp.reloader.{name}.host = {freeswitch.esl_host}",
            f"sipapp.reloader.{name}.port = {freeswitch.esl_port}",
            f"sipapp.reloader.{name}.password_file = {freeswitch.password_file}",
        ]
    reloaders.append(f"sipapp.reloader.cli.command = {freeswitch.fs_cli}")
    return Switch(freeswitch.domain, freeswitch.ws_port, freeswitch.directory, "\n".join(reloaders))


@pytest.fixture(scope="session")
def application(freeswitch_in_use, tmp_path_factory):
    """The server beside this FreeSWITCH."""
    with Application(tmp_path_factory.mktemp("application"), freeswitch_in_use) as running:
        yield running


def _let_the_dialplan_call_everybody(freeswitch):
    """As docs/freeswitch.md says; and no voicemail for who declines or is busy."""
    file = freeswitch.configuration / "dialplan" / "default.xml"
    text = file.read_text(encoding="utf-8")
    for pattern, new in (
        (re.escape("^(10[01][0-9])$"), r"^([12]\\d{3})$"),
        ("continue_on_fail=true", "continue_on_fail=false"),
    ):
        text, times = re.subn(pattern, new, text)
        assert times, f"{file} has no {pattern}: not a vanilla configuration?"
    file.write_text(text, encoding="utf-8")
    assert freeswitch.command("reloadxml") == "+OK [Success]"
