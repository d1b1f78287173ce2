"""Whoever guesses passwords of the manager is slowed down, and then stopped."""

import base64

import pytest

INI = {"sipapp.storage": "memory", "sipapp.reloaders": "sw", "sipapp.reloader.sw.use": "scripted"}


@pytest.fixture
def app(make_app, memory):
    return make_app(INI, plugins=[memory], SIP_ADMIN_PASS="right-password")


def ask(
    app, password, *, name="admin", address="192.0.2.1", path="/sip/admin", method="GET", **headers
):
    pair = base64.b64encode(f"{name}:{password}".encode()).decode()
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    return app.request(
        path,
        method=method,
        headers={"Authorization": f"Basic {pair}", **headers},
        environ={"REMOTE_ADDR": address},
        expect_errors=True,
    )


def guess(app, times=6, **given):
    return [ask(app, f"wrong-{number}", **given).status_int for number in range(times)]


@pytest.mark.parametrize("path", ["/sip/admin", "/sip/api/v1/extensions"])
def test_after_a_few_wrong_passwords_the_answer_is_to_wait(app, path, caplog):
    assert guess(app, path=path) == [401] * 5 + [429]
    answer = ask(app, "wrong", path=path)
    assert int(answer.headers["Retry-After"]) >= 1
    assert "Too many wrong passwords" in answer.text
    assert "WWW-Authenticate" not in answer.headers
    # The right one has to wait too: the answer must not tell which it is.
    assert ask(app, "right-password", path=path).status_int == 429
    assert "192.0.2.1" in caplog.text
    assert "wrong-" not in caplog.text


def test_the_password_of_a_proxy_that_a_browser_repeats_is_counted_once(app):
    """It sends that with each page, until it is told an account's."""
    browser = {"Sec_Fetch_Site": "none", "Sec_Fetch_Mode": "navigate"}
    for number in range(4):
        for _ in range(10):
            answer = ask(app, "of-the-proxy", name=f"user-{number}", **browser)
            assert answer.status_int == 401
            assert "Basic realm" in answer.headers["WWW-Authenticate"]
    assert ask(app, "right-password", **browser).status_int == 200


def test_a_browser_that_guesses_is_slowed_down_as_any_other(app):
    browser = {"Sec_Fetch_Site": "none", "Sec_Fetch_Mode": "navigate"}
    assert guess(app, 6, **browser) == [401] * 5 + [429]
    # The same ones again are refused as well, while there is a delay.
    assert guess(app, 6, **browser) == [429] * 6
    # Programs have no reason to repeat one.
    statuses = [ask(app, "wrong", name="other").status_int for _ in range(6)]
    assert statuses == [401] * 5 + [429]


def test_other_addresses_are_not_locked_out(app):
    guess(app, 10)
    assert ask(app, "right-password", address="192.0.2.2").status_int == 200


def test_a_logged_in_user_is_not_locked_out_by_guesses_from_the_same_address(app):
    assert ask(app, "right-password").status_int == 200
    guess(app, 10)
    assert ask(app, "right-password").status_int == 200


def test_no_other_network_learns_the_password_of_a_user_who_is_logged_in(app):
    assert ask(app, "right-password").status_int == 200
    assert guess(app, 10, address="192.0.2.2") == [401] * 5 + [429] * 5
    # As if nobody was logged in: the answer must not tell which it is.
    assert ask(app, "right-password", address="192.0.2.2").status_int == 429
    assert ask(app, "right-password").status_int == 200


def test_who_is_logged_in_and_follows_a_link_is_not_locked_out_by_guesses_in_links(app):
    link = {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "navigate"}
    assert ask(app, "right-password").status_int == 200
    assert guess(app, 6, Sec_Fetch_Dest="document", **link) == [401] * 5 + [429]
    assert ask(app, "right-password", Sec_Fetch_Dest="document", **link).status_int == 200


def test_who_logged_in_by_a_link_is_known_without_it_too(app):
    link = {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "navigate"}
    assert ask(app, "right-password", Sec_Fetch_Dest="document", **link).status_int == 200
    for number in range(21):
        ask(app, "wrong", name=f"name-{number}")
    assert ask(app, "right-password").status_int == 200


def test_who_was_right_from_an_address_is_not_locked_out_by_other_names_there(
    make_app, memory, monkeypatch
):
    monkeypatch.setattr("sipapp.accounts.login.CACHED_LOGIN_S", 0.0)
    app = make_app(INI, plugins=[memory], SIP_ADMIN_PASS="right-password")
    assert ask(app, "right-password").status_int == 200
    statuses = [ask(app, "wrong", name=f"name-{number}").status_int for number in range(22)]
    assert statuses[18:] == [401, 401, 429, 429]
    assert ask(app, "right-password").status_int == 200
    # Guesses at the name itself are another matter.
    assert guess(app) == [401] * 5 + [429]
    assert ask(app, "right-password").status_int == 429


def test_a_user_who_is_logged_in_and_changes_networks_is_known_in_both(app, monkeypatch):
    assert ask(app, "right-password").status_int == 200
    assert ask(app, "right-password", address="192.0.2.2").status_int == 200
    monkeypatch.setattr("sipapp.accounts.login.Login.remembers", lambda *_: False)
    for address in ("192.0.2.1", "192.0.2.2", "192.0.2.3"):
        for number in range(21):
            ask(app, "wrong", name=f"name-{number}", address=address)
        status = ask(app, "right-password", address=address).status_int
        assert status == (429 if address == "192.0.2.3" else 200)


def test_an_account_gives_no_free_guesses_at_others_from_the_same_address(
    make_app, memory, monkeypatch
):
    monkeypatch.setattr("sipapp.accounts.login.CACHED_LOGIN_S", 0.0)
    app = make_app(INI, plugins=[memory], SIP_ADMIN_PASS="right-password")
    statuses = []
    for number in range(25):
        assert ask(app, "right-password").status_int == 200
        statuses.append(ask(app, "wrong", name=f"name-{number}").status_int)
    assert statuses == [401] * 20 + [429] * 5


@pytest.mark.parametrize(
    ("form", "tries"), [("2001:db8:1:2{:02x}::1", 40), ("2001:db8:1:{:x}00::1", 80)]
)
def test_a_customer_with_many_networks_of_ipv6_is_stopped(app, form, tries):
    statuses = [
        ask(app, "wrong", address=form.format(number)).status_int for number in range(tries + 3)
    ]
    assert statuses == [401] * tries + [429] * 3
    assert ask(app, "right-password", address="2001:db8:2::1").status_int == 200


def test_guesses_from_many_addresses_are_in_the_log_and_on_the_health_page(app, caplog):
    for number in range(25):
        ask(app, "wrong", name="<b>Zoë\x85", address=f"198.51.100.{number}")
    assert sum("Many failed log-ins (accounts)" in each for each in caplog.messages) == 1
    page = ask(app, "right-password", path="/sip/admin/health")
    (warning,) = page.html.find_all(class_="notice-warning")
    assert "Many log-ins from many addresses failed within 24 h:" in warning.text
    assert [each.text for each in warning.find_all("li")] == ["account <b>zoë"]


def test_guesses_in_links_of_other_sites_are_on_the_health_page_too(app):
    link = {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "navigate"}
    for number in range(25):
        address = f"198.51.100.{number}"
        ask(app, "wrong", name="zoë", address=address, Sec_Fetch_Dest="document", **link)
    page = ask(app, "right-password", path="/sip/admin/health")
    (warning,) = page.html.find_all(class_="notice-warning")
    assert [each.text for each in warning.find_all("li")] == [
        "account, by links of other sites: zoë"
    ]


def test_a_request_of_another_sites_page_is_no_guess(app):
    for headers in ({"Sec_Fetch_Site": "cross-site"}, {"Origin": "https://evil.test"}):
        for path in ("/sip/admin/extensions", "/sip/api/v1/extensions"):
            for number in range(6):
                answer = ask(app, f"wrong-{number}", path=path, method="POST", **headers)
                assert answer.status_int == 403
    assert ask(app, "right-password").status_int == 200


def test_many_names_from_one_address_are_stopped_too(app):
    statuses = [ask(app, "wrong", name=f"name-{number}").status_int for number in range(25)]
    assert statuses[:20] == [401] * 20
    assert set(statuses[20:]) == {429}


def test_a_forged_header_does_not_change_the_client_address(app):
    statuses = [
        ask(app, f"wrong-{number}", X_Forwarded_For=f"198.51.100.{number}").status_int
        for number in range(7)
    ]
    assert statuses[5:] == [429, 429]


def test_a_right_password_is_no_guess(app):
    assert guess(app, 4) == [401] * 4
    assert ask(app, "right-password").status_int == 200
    assert guess(app, 4) == [401] * 4


def test_the_phone_and_health_are_not_asked_for_anything(app):
    guess(app, 10)
    for path in ("/sip", "/sip/health"):
        assert app.get(path, extra_environ={"REMOTE_ADDR": "192.0.2.1"}).status_int == 200
