import base64
import logging

import pytest
from pyramid.testing import DummyRequest

from sipapp.accounts.login import Login
from sipapp.hooks.manager import Plugins
from sipapp.model.account import Permission, Role
from sipapp.settings.ini import AdminAccount
from sipapp.state.memory import MemoryState
from sipapp.testing.memory import MemoryPlugin
from sipapp.web.security import BasicAuthPolicy


def request(header=None):
    made = DummyRequest(headers={"Authorization": header} if header else {})
    made.authorization = None
    made.peer = "192.0.2.1"
    return made


def basic(user, password, encoding="utf-8"):
    return "Basic " + base64.b64encode(f"{user}:{password}".encode(encoding)).decode()


def policy_of(account):
    return BasicAuthPolicy(Login(account, None, Plugins.load()), MemoryState())


def lets_in(account, header):
    policy = policy_of(account)
    made = request(header)
    allowed = bool(policy.permits(made, None, Permission.ADMIN))
    assert (policy.identity(made) is not None) is allowed
    assert policy.authenticated_userid(made) == (account.user if allowed else None)
    assert not allowed or policy.identity(made).role is Role.ADMINISTRATOR
    return allowed


@pytest.mark.parametrize(
    ("user", "password"),
    [
        ("admin", "s3cret"),
        ("zoë", "pässwörd"),
        ("admin", "with:colon"),
        ("日本", "🔑 "),
        ("a", "b" * 500),
    ],
)
def test_the_right_name_and_password(user, password):
    account = AdminAccount(user, password)
    assert lets_in(account, basic(user, password))
    for wrong_user, wrong_password in (
        (user, password + "x"),
        (user, password[:-1]),
        (user, ""),
        (user + "x", password),
        ("", password),
        (password, user),
    ):
        assert not lets_in(account, basic(wrong_user, wrong_password))


@pytest.mark.parametrize(
    "header",
    [
        None,
        "Basic",
        "Basic ???",
        "Basic YWRtaW4=",
        "Bearer czNjcmV0",
        "basic",
        "Digest username=admin",
        "Basic " + "A" * 10_000,
    ],
)
def test_other_headers(header):
    assert not lets_in(AdminAccount("admin", "s3cret"), header)


def test_a_browser_that_sends_latin_1():
    assert lets_in(AdminAccount("admin", "pä"), basic("admin", "pä", "latin-1"))


def test_a_password_of_the_environment_that_is_not_utf8():
    assert not lets_in(AdminAccount("admin", "p\udcff"), basic("admin", "p"))


def test_without_a_password_everyone_is_the_administrator():
    assert lets_in(AdminAccount("admin", None), None)
    assert lets_in(AdminAccount("admin", None), basic("x", "y"))


def test_the_challenge_says_utf8():
    policy = policy_of(AdminAccount("admin", "x"))
    assert policy.forget(request()) == [
        ("WWW-Authenticate", 'Basic realm="sipapp", charset="UTF-8"')
    ]
    assert policy.remember(request(), "admin") == []


def test_the_password_does_not_show():
    policy = policy_of(AdminAccount("admin", "s3cret"))
    denied = policy.permits(request(basic("admin", "wr0ng")), None, "admin")
    assert "wr0ng" not in repr(denied)
    assert "s3cret" not in repr(vars(policy))


@pytest.mark.parametrize(("password", "loud"), [(None, True), ("x", False)])
def test_an_open_server_says_so_in_the_log(make_app, caplog, password, loud):
    environ = {"SIP_ADMIN_PASS": password} if password else {}
    with caplog.at_level(logging.WARNING):
        make_app({"sipapp.storage": "memory"}, plugins=[MemoryPlugin()], **environ)
    assert ("THE ADMIN PAGES ARE OPEN TO EVERYONE" in caplog.text) is loud
