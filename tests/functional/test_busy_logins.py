"""Many log-ins at once: a few are looked at, a few wait, and all others hear so at once."""

import base64
import time
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from argon2 import PasswordHasher

from sipapp.accounts import login, user_file
from sipapp.accounts.login import Login
from sipapp.accounts.user_file import UserFile
from sipapp.api import Account, hookimpl
from sipapp.hooks.manager import Plugins
from sipapp.model.account import Role
from sipapp.settings.ini import AdminAccount
from sipapp.testing.waiting import eventually

INI = {"sipapp.storage": "memory", "sipapp.reloaders": "sw", "sipapp.reloader.sw.use": "scripted"}
PASSWORD = "a long password"


class Hashing:
    """Takes the place of the slow hash: counts, and hangs if it is told to."""

    def __init__(self):
        self.count = 0
        self.free = Event()
        self.free.set()

    def __call__(self, user, password):
        self.count += 1
        assert self.free.wait(60)
        return password == PASSWORD

    def nobody(self):
        self("", "")


@pytest.fixture
def hashing(monkeypatch):
    made = Hashing()
    monkeypatch.setattr(login, "matches", made)
    monkeypatch.setattr(login, "equalize_timing", made.nobody)
    yield made
    made.free.set()


@pytest.fixture
def users(tmp_path, monkeypatch):
    quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(user_file, "_HASHER", quick)
    file = UserFile(tmp_path / "users")
    for name in ("ann", "bob"):
        file.put(name, Role.ADMINISTRATOR, PASSWORD)
    return tmp_path / "users"


@pytest.fixture
def app(make_app, memory, users, hashing):
    ini = {**INI, "sipapp.users": str(users)}
    return make_app(ini, plugins=[memory], SIP_ADMIN_PASS="of the environment")


def ask(app, name, password=PASSWORD, *, path="/sip/admin", address="192.0.2.1"):
    pair = base64.b64encode(f"{name}:{password}".encode()).decode()
    return app.get(
        path,
        headers={"Authorization": f"Basic {pair}"},
        extra_environ={"REMOTE_ADDR": address},
        expect_errors=True,
    )


@pytest.fixture
def crowded(app, hashing, monkeypatch):
    """Two hashes go on and on, and nobody waits for long."""
    monkeypatch.setattr("sipapp.accounts.login._HASH_WAIT_S", 0.01)
    assert ask(app, "ann").status_int == 200
    hashing.free.clear()
    before = hashing.count
    with ThreadPoolExecutor(2) as pool:
        inside = [
            pool.submit(ask, app, "guest", "wrong", address=f"198.51.{each}.1") for each in "01"
        ]
        eventually(lambda: hashing.count >= before + 2)
        yield app
        hashing.free.set()
        assert [each.result(60).status_int for each in inside] == [401, 401]


@pytest.mark.parametrize("path", ["/sip/admin", "/sip/api/v1/extensions"])
def test_a_log_in_at_a_busy_server_is_answered_so_and_counts_as_no_failure(crowded, hashing, path):
    for _ in range(30):
        answer = ask(crowded, "bob", path=path)
        assert answer.status_int == 503
    assert answer.headers["Retry-After"] == "1"
    assert "Too many log-ins are being checked now; yours was not." in answer.text
    assert "WWW-Authenticate" not in answer.headers
    assert "storage" not in answer.text
    hashing.free.set()
    deadline = time.monotonic() + 30
    while (answer := ask(crowded, "bob", path=path)).status_int == 503:
        assert time.monotonic() < deadline
    # Not 429: nothing was counted.
    assert answer.status_int == 200


def test_who_is_logged_in_does_not_wait_and_the_phone_does_not_either(crowded, hashing):
    before = hashing.count
    assert ask(crowded, "ann").status_int == 200
    assert ask(crowded, "admin", "of the environment").status_int == 200
    assert crowded.get("/sip").status_int == 200
    assert crowded.get("/sip/health").status_int == 200
    assert hashing.count == before


def test_a_busy_server_does_not_let_the_administrators_password_be_guessed(crowded):
    statuses = [ask(crowded, "admin", f"guess {each}").status_int for each in range(30)]
    assert statuses == [503] * 5 + [429] * 25


def test_more_than_a_few_do_not_even_wait(app, hashing, monkeypatch):
    monkeypatch.setattr("sipapp.accounts.login._HASH_WAIT_S", 60.0)
    hashing.free.clear()
    with ThreadPoolExecutor(20) as pool:
        asked = [
            pool.submit(ask, app, "guest", "wrong", address=f"198.51.{each}.1")
            for each in range(20)
        ]
        # Two are looked at, and four wait.
        eventually(lambda: sum(each.done() for each in asked) >= 14)
        assert {each.result().status_int for each in asked if each.done()} == {503}
        hashing.free.set()
        statuses = [each.result(60).status_int for each in asked]
    assert sorted(statuses) == [401] * 6 + [503] * 14


def test_a_user_who_is_removed_is_no_longer_let_in(app, users):
    assert ask(app, "ann").status_int == 200
    UserFile(users).remove("ann")
    assert ask(app, "ann").status_int == 401


def test_a_log_in_while_the_file_of_users_cannot_be_read_is_no_failure(app, users, caplog):
    assert ask(app, "ann").status_int == 200
    users.write_text(f"# Changed.\n{users.read_text()}")
    users.chmod(0o644)
    for name in ("ann", "bob"):
        for _ in range(30):
            assert ask(app, name).status_int == 401
    assert "Nobody of the file of users can log in" in caplog.text
    # Whose password is not in the file is judged.
    statuses = [ask(app, "admin", "wrong").status_int for _ in range(6)]
    assert statuses == [401] * 5 + [429]
    users.chmod(0o600)
    assert ask(app, "bob").status_int == 200


def test_a_plugins_account_is_judged_while_the_file_of_users_cannot_be_read(
    make_app, memory, users, company
):
    app = make_app({**INI, "sipapp.users": str(users)}, plugins=[memory, company])
    users.chmod(0o644)
    assert ask(app, "carol", address="192.0.2.2").status_int == 200
    statuses = [ask(app, "carol", "wrong").status_int for _ in range(6)]
    assert statuses == [401] * 5 + [429]


class Company:
    """Knows one account; hangs while it is told to."""

    def __init__(self):
        self.asked = 0
        self.free = Event()
        self.free.set()

    @hookimpl
    def sipapp_authenticate(self, username, password):
        self.asked += 1
        assert self.free.wait(60)
        known = (username, password) == ("carol", PASSWORD)
        return Account("carol", Role.OPERATOR) if known else None


@pytest.fixture
def company():
    made = Company()
    yield made
    made.free.set()


def test_an_account_of_a_plugin_costs_one_hash_and_not_one_for_each_request(
    make_app, memory, users, hashing, company
):
    app = make_app({**INI, "sipapp.users": str(users)}, plugins=[memory, company])
    for _ in range(5):
        assert ask(app, "carol").status_int == 200
    assert (hashing.count, company.asked) == (1, 5)
    # Whoever guesses pays for each guess, as for any other name.
    for number in range(2):
        assert ask(app, "carol", f"wrong-{number}").status_int == 401
    assert hashing.count == 3


def test_what_a_browser_repeats_is_asked_for_once(make_app, memory, company):
    """It sends a proxy's password with each request; the company may lock who fails often."""
    app = make_app(INI, plugins=[memory, company], SIP_ADMIN_PASS="of the environment")
    for _ in range(10):
        app.authorization = ("Basic", ("carol", "of-the-proxy"))
        answer = app.get("/sip/admin", headers={"Sec-Fetch-Mode": "navigate"}, status="*")
        assert answer.status_int == 401
    assert company.asked == 1


def test_a_plugin_that_hangs_keeps_a_few_log_ins_and_not_the_server(
    make_app, memory, company, monkeypatch
):
    monkeypatch.setattr("sipapp.accounts.login._PLUGIN_WAIT_S", 0.01)
    monkeypatch.setattr("sipapp.accounts.login._MAX_PLUGIN_LOGINS", 2)
    app = make_app(INI, plugins=[memory, company], SIP_ADMIN_PASS="of the environment")
    company.free.clear()
    with ThreadPoolExecutor(2) as pool:
        inside = [
            pool.submit(ask, app, "guest", "wrong", address=f"198.51.{each}.1") for each in "01"
        ]
        eventually(lambda: company.asked >= 2)
        for _ in range(10):
            assert ask(app, "carol").status_int == 503
        assert ask(app, "admin", "of the environment").status_int == 200
        company.free.set()
        assert [each.result(60).status_int for each in inside] == [401, 401]
    assert ask(app, "carol").status_int == 200


@pytest.fixture
def _one_plugin_log_in(monkeypatch):
    monkeypatch.setattr("sipapp.accounts.login._PLUGIN_WAIT_S", 0.01)
    monkeypatch.setattr("sipapp.accounts.login._MAX_PLUGIN_LOGINS", 1)


@pytest.mark.usefixtures("hashing", "_one_plugin_log_in")
@pytest.mark.parametrize("name", ["admin", "ann"])
def test_a_plugin_that_hangs_does_not_let_other_passwords_be_guessed(
    make_app, memory, users, company, name
):
    ini = {**INI, "sipapp.users": str(users)}
    app = make_app(ini, plugins=[memory, company], SIP_ADMIN_PASS="of the environment")
    company.free.clear()
    with ThreadPoolExecutor(1) as pool:
        inside = pool.submit(ask, app, "guest", "wrong", address="198.51.1.1")
        eventually(lambda: company.asked >= 1)
        statuses = [ask(app, name, f"guess {each}").status_int for each in range(30)]
        company.free.set()
        assert inside.result(60).status_int == 401
    assert statuses == [503] * 5 + [429] * 25


def test_who_goes_on_working_is_not_hashed_again(users, hashing):
    now = [0.0]
    accounts = Login(
        AdminAccount("admin", None), UserFile(users), Plugins.load(), clock=lambda: now[0]
    )
    for _ in range(10):
        assert accounts.find("ann", PASSWORD)
        now[0] += login.CACHED_LOGIN_S - 1
    assert hashing.count == 1
    now[0] += 2
    assert accounts.find("ann", PASSWORD)
    assert hashing.count == 2


def test_pages_that_a_browser_opens_at_once_cost_one_hash(app, hashing):
    hashing.free.clear()
    with ThreadPoolExecutor(9) as pool:
        pages = [pool.submit(ask, app, "ann") for _ in range(9)]
        eventually(lambda: hashing.count == 1)
        hashing.free.set()
        assert [each.result().status_int for each in pages] == [200] * 9
    assert hashing.count == 1


def test_a_wrong_password_that_is_sent_at_once_is_wrong_for_all(app, hashing):
    hashing.free.clear()
    with ThreadPoolExecutor(5) as pool:
        pages = [pool.submit(ask, app, "ann", "a wrong one") for _ in range(5)]
        eventually(lambda: hashing.count == 1)
        hashing.free.set()
        assert {each.result().status_int for each in pages} == {401}


def test_of_the_same_log_in_a_few_wait_and_no_more(app, hashing):
    hashing.free.clear()
    with ThreadPoolExecutor(12) as pool:
        pages = [pool.submit(ask, app, "ann") for _ in range(12)]
        eventually(lambda: sum(each.done() for each in pages) == 3)
        assert {each.result().status_int for each in pages if each.done()} == {503}
        hashing.free.set()
        assert sorted(each.result().status_int for each in pages) == [200] * 9 + [503] * 3
