"""A directory that FreeSWITCH does not read: nothing of it may be called applied."""

import logging
import re
import shutil

import pytest
from tests.functional.event_socket import settings_of

from sipapp.testing.fake_freeswitch import FakeEventSocket, FakeFsCli

EXTENSIONS = "/sip/api/v1/extensions"
OLD = "Old-password-1"
NEW = "New-password-2"


@pytest.fixture
def conf(tmp_path):
    """FreeSWITCH's own configuration."""
    conf = tmp_path / "conf"
    (conf / "directory" / "default").mkdir(parents=True)
    (conf / "freeswitch.xml").write_text("<document/>\n")
    return conf


@pytest.fixture
def written(tmp_path):
    """The directory that sipapp writes."""
    written = tmp_path / "etc" / "directory" / "default"
    written.mkdir(parents=True)
    return written


@pytest.fixture
def switch(conf, written):
    with FakeEventSocket() as switch:
        # At first FreeSWITCH reads what sipapp writes.
        switch.directory = written
        switch.variables["conf_dir"] = str(conf)
        yield switch


@pytest.fixture
def fs_cli(tmp_path):
    return FakeFsCli(tmp_path)


@pytest.fixture(params=["esl", "fs_cli"])
def ini(request, switch, written, fs_cli, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text(switch.password)
    ini = {
        "sipapp.storage": "xmldir",
        "sipapp.storage.xmldir.directory": str(written),
        "sipapp.storage.xmldir.vars": str(written.parents[1] / "vars.xml"),
    }
    return ini | settings_of(request.param, switch, secret, fs_cli.command)


@pytest.fixture
def app(ini, make_app):
    app = make_app(ini)
    for each in "1000", "1001":
        values = {"id": each, "password": OLD, "vm_password": "1234", "caller_id_name": "Old"}
        assert app.post_json(EXTENSIONS, values).json["apply"]["state"] == "applied"
    return app


@pytest.fixture
def copied(switch, conf, written):
    """From now on FreeSWITCH reads another directory, in which is the same."""

    def copied():
        switch.directory = conf / "directory" / "default"
        shutil.copytree(written, switch.directory, dirs_exist_ok=True)

    return copied


@pytest.fixture
def misled(app, copied):
    """The application, beside a FreeSWITCH that reads another directory."""
    copied()
    return app


@pytest.fixture
def seen(switch, fs_cli):
    """What anybody on the machine can see of commands, and FreeSWITCH of what is asked."""

    def seen():
        runs = [each.read_text() for each in fs_cli.command.parent.glob("fs_cli.runs")]
        return "\n".join((*runs, *switch.commands))

    return seen


CHANGES = {
    "edit": lambda app: app.patch_json(f"{EXTENSIONS}/1000", {"caller_id_name": "New"}, status=409),
    "emptied": lambda app: app.patch_json(f"{EXTENSIONS}/1000", {"toll_allow": ""}, status=409),
    "PIN": lambda app: app.patch_json(f"{EXTENSIONS}/1000", {"vm_password": "98765"}, status=409),
    "password": lambda app: app.post_json(
        f"{EXTENSIONS}/1000/password", {"password": NEW}, status=409
    ),
    "generated": lambda app: app.post_json(f"{EXTENSIONS}/1000/password", {}, status=409),
    "rename": lambda app: app.post_json(f"{EXTENSIONS}/1000/rename", {"id": "2000"}, status=409),
    "disable": lambda app: app.post_json(f"{EXTENSIONS}/1000/disable", {}, status=409),
    "delete": lambda app: app.delete(f"{EXTENSIONS}/1000", status=409),
    "create": lambda app: app.post_json(EXTENSIONS, {"id": "2000"}, status=409),
    "create many": lambda app: app.post_json(
        "/sip/api/v1/batch", {"items": [{"id": "2000"}, {"id": "2001"}]}, status=409
    ),
}


def content(folder):
    return {file.name: file.read_bytes() for file in folder.glob("*.xml*")}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_no_change_of_a_copy_is_applied(misled, written, seen, caplog, change):
    before = content(written)
    with caplog.at_level(logging.DEBUG):
        answer = change(misled)
    assert answer.json["apply"]["state"] == "refused"
    detail = answer.json["detail"]
    assert re.search(f"FreeSWITCH reads its configuration from .*/conf, and .*{written},", detail)
    assert "The change was taken back." in detail
    assert content(written) == before
    # The log has the reason, and nobody has the secret.
    assert f"it was taken back. {detail.removesuffix(' The change was taken back.')}" in caplog.text
    history = misled.get("/sip/api/v1/history").text
    for text in answer.text, caplog.text, history, seen():
        assert OLD not in text
        assert NEW not in text
        assert "98765" not in text


def test_which_value_it_has_not_taken_over_is_reported(misled):
    answer = CHANGES["edit"](misled)
    assert "has not taken over the caller ID name of extension 1000." in answer.json["detail"]


def undo_the_last(app, status=200):
    entry = app.get("/sip/api/v1/history?limit=1").json["entries"][0]
    return app.post_json(f"/sip/api/v1/history/{entry['id']}/undo", {}, status=status)


def test_an_undo_of_a_copy_is_not_applied(app, copied):
    app.patch_json(f"{EXTENSIONS}/1000", {"caller_id_name": "New"})
    copied()
    answer = undo_the_last(app, status=409)
    assert "has not taken over the caller ID name of extension 1000." in answer.json["detail"]
    assert app.get(f"{EXTENSIONS}/1000").json["caller_id_name"] == "New"


def test_to_enable_in_a_copy_is_not_applied(app, copied, switch):
    app.post_json(f"{EXTENSIONS}/1000/disable", {})
    copied()
    (switch.directory / "1000.xml").write_text(
        '<include>\n<user id="1000"><params><param name="password" value="other"/></params>'
        "</user>\n</include>\n"
    )
    answer = app.post_json(f"{EXTENSIONS}/1000/enable", {}, status=409)
    assert "has not taken over" in answer.json["detail"]
    assert app.get(f"{EXTENSIONS}/1000").json["enabled"] is False


@pytest.fixture
def _no_retries(switch_timing):
    switch_timing(first_retry_s=600.0)


@pytest.mark.usefixtures("_no_retries")
def test_what_was_changed_while_it_was_away_is_compared_later(app, copied, switch):
    copied()
    with switch.off():
        answer = app.patch_json(f"{EXTENSIONS}/1000", {"caller_id_name": "New"})
        assert answer.json["apply"]["state"] == "pending"
    told = app.post_json("/sip/api/v1/reload", {}).json["apply"]
    assert told["state"] == "refused"
    assert "has not taken over the caller ID name" in told["switches"][0]["detail"]


def test_where_nothing_changes_a_value_nothing_is_refused(misled):
    answer = misled.patch_json(f"{EXTENSIONS}/1000", {"caller_id_name": "Old"})
    assert answer.json["apply"]["state"] == "unchanged"


def test_a_wrong_domain_is_reported_with_freeswitchs_own(ini, make_app, caplog):
    app = make_app({**ini, "sipapp.domain": "wrong.example"})
    answer = app.post_json(EXTENSIONS, {"id": "1051"}, status=409)
    words = "FreeSWITCH does not know 1051@wrong.example; its own domain is phone.test."
    assert words in answer.json["detail"]
    assert "Set sipapp.domain = phone.test" in answer.json["detail"]
    assert words in caplog.text


@pytest.mark.parametrize(("default", "status"), [(OLD, 200), ("another", 409)])
def test_an_undo_to_a_password_of_a_variable(app, switch, written, default, status):
    (written.parents[1] / "vars.xml").write_text(
        f'<include>\n<X-PRE-PROCESS cmd="set" data="default_password={default}"/>\n</include>\n'
    )
    # What FreeSWITCH makes of the variable is the password that the extension has before.
    switch.variables["default_password"] = OLD
    (written / "1000.xml").write_text(
        '<include>\n<user id="1000">\n<params>\n<param name="password" '
        'value="$${default_password}"/>\n</params>\n</user>\n</include>\n'
    )
    app.post_json(f"{EXTENSIONS}/1000/password", {"password": OLD})
    answer = undo_the_last(app, status=status)
    if status == 409:
        assert "has not taken over the password of extension 1000" in answer.json["detail"]


def test_the_first_reload_warns_of_a_copy_and_only_that(ini, make_app, copied, conf, caplog):
    copied()
    app = make_app(ini)
    app.post_json("/sip/api/v1/reload", {})
    warning = f"FreeSWITCH reads its configuration from {conf}, and sipapp writes"
    assert caplog.text.count(warning) == 1
    app.post_json("/sip/api/v1/reload", {})
    assert caplog.text.count(warning) == 1
