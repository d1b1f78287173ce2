"""Who may use the pages, and what comes from elsewhere."""

import base64

import pytest

from sipapp.api import Extension

INI = {"sipapp.storage": "memory", "sipapp.reloaders": "sw", "sipapp.reloader.sw.use": "scripted"}
PAGES = (
    "",
    "/",
    "/new",
    "/health",
    "/extensions/1000",
    "/extensions/1000/delete",
    "/extensions/1000/disable",
    "/extensions/1000/rename",
)
WRITES = (
    "/new",
    "/extensions/1000",
    "/extensions/1000/password",
    "/extensions/1000/disable",
    "/extensions/1000/enable",
    "/extensions/1000/rename",
    "/extensions/1000/delete",
)


@pytest.fixture
def stored(memory):
    return memory.storage.create(Extension("1000", password="stored-password"))


@pytest.fixture
def closed(make_app, memory, stored):
    """An application whose administrator is ädmin with password pässword."""
    return make_app(INI, plugins=[memory], SIP_ADMIN_USER="ädmin", SIP_ADMIN_PASS="päss:wörd")


def basic(user, password, encoding="utf-8"):
    pair = base64.b64encode(f"{user}:{password}".encode(encoding)).decode()
    return {"Authorization": f"Basic {pair}"}


@pytest.mark.parametrize("path", PAGES)
def test_without_credentials_a_page_asks_for_them(closed, path):
    page = closed.get(f"/sip/admin{path}", status=401)
    assert page.headers["WWW-Authenticate"] == 'Basic realm="sipapp", charset="UTF-8"'
    # What somebody sees who cancels the browser's dialogue.
    assert page.html.h1.text == "Please log in"
    assert "SIP_ADMIN_PASS" in page.text
    assert page.html.find("a", string="Softphone")["href"] == "/sip"
    assert "1000" not in page.html.main.text
    assert "no-store" in page.headers["Cache-Control"]


@pytest.mark.parametrize("path", [*WRITES, "/reload", "/health"])
def test_without_credentials_a_write_asks_for_them_and_does_nothing(closed, memory, path):
    before = memory.storage.list()
    closed.post(f"/sip/admin{path}", {"id": "1", "version": before[0].version}, status=401)
    assert memory.storage.list() == before


@pytest.mark.parametrize(
    ("user", "password"),
    [("ädmin", "wrong"), ("admin", "päss:wörd"), ("", ""), ("ädmin", ""), ("ädmin", "pass:word")],
)
def test_wrong_credentials_ask_again(closed, user, password):
    page = closed.get("/sip/admin", headers=basic(user, password), status=401)
    assert "Basic realm" in page.headers["WWW-Authenticate"]


@pytest.mark.parametrize("value", ["Basic", "Basic !!!", "Bearer x", "Basic w6Q=", "Basic /w=="])
def test_credentials_that_make_no_sense_ask_again(closed, value):
    closed.get("/sip/admin", headers={"Authorization": value}, status=401)


def test_right_credentials_open_the_pages_and_nothing_warns(closed):
    for path in ("", "/new", "/extensions/1000"):
        page = closed.get(f"/sip/admin{path}", headers=basic("ädmin", "päss:wörd"))
        assert "Everyone who reaches" not in page.text
        assert "päss" not in page.text


def test_the_softphone_and_health_stay_public(closed):
    assert closed.get("/sip").status_int == 200
    assert closed.get("/sip/health").status_int == 200


@pytest.mark.parametrize("path", ["", "/new", "/extensions/1000", "/extensions/1000/delete"])
def test_open_pages_say_loudly_that_they_are_open(app, stored, path):
    page = app.get(f"/sip/admin{path}")
    notice = page.html.select_one(".notice-error").text
    assert "Everyone who reaches this server can change extensions here." in notice
    assert "SIP_ADMIN_PASS" in notice


@pytest.mark.parametrize("path", [*WRITES, "/reload", "/health"])
def test_a_write_without_the_right_token_is_refused(app, memory, stored, path):
    app.get("/sip/admin/new")
    values = {"id": "1001", "version": stored.version, "caller_id_name": "Eve"}
    for token in ({}, *({"csrf_token": each} for each in ("", "0" * 32, "ä", "\x00"))):
        page = app.post(f"/sip/admin{path}", values | token, status=403)
        assert "open for too long" in page.text, token
        assert memory.storage.list() == [stored], token
        assert memory.switch.reloads == 0, token


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost:81"},
    ],
)
def test_a_write_from_another_site_is_refused_even_with_the_token(app, memory, headers):
    token = app.get("/sip/admin/new").form["csrf_token"].value
    values = {"id": "1020", "csrf_token": token}
    page = app.post("/sip/admin/new", values, headers=headers, status=403)
    assert "page of another site" in page.text
    assert memory.storage.list() == []


@pytest.fixture
def named(make_app, memory):
    """An application that is open under several names."""
    hosts = "localhost pbx.test [::1] [2001:db8::1]"
    return make_app(INI | {"sipapp.hosts": hosts}, plugins=[memory])


PROXY_DROPS_THE_PORT = {"Host": "pbx.test", "Origin": "https://pbx.test:8443"}


def test_a_write_that_the_browser_calls_its_own_pages_is_believed(named, memory):
    """The proxy passes on the name without the port: the browser knows better."""
    named.extra_environ["wsgi.url_scheme"] = "https"
    token = "a" * 40
    cookie = {"Cookie": f"__Host-csrf_token={token}"}
    headers = PROXY_DROPS_THE_PORT | cookie | {"Sec-Fetch-Site": "same-origin"}
    named.post("/sip/admin/new", {"id": "1020", "csrf_token": token}, headers=headers, status=200)
    api = "/sip/api/v1/extensions"
    named.post_json(api, {"id": "1021"}, headers=headers, status=201)
    assert [each.id for each in memory.storage.list()] == ["1020", "1021"]
    # Still, nobody is let in without the token.
    named.post("/sip/admin/new", {"id": "1022"}, headers=headers, status=403)


@pytest.mark.parametrize("sent", ["same-origin, cross-site", "cross-site", "same-site", ""])
def test_another_word_of_the_browser_is_not_believed(named, memory, sent):
    headers = PROXY_DROPS_THE_PORT | {"Sec-Fetch-Site": sent}
    named.post_json("/sip/api/v1/extensions", {"id": "1020"}, headers=headers, status=403)
    assert memory.storage.list() == []


def test_a_refusal_names_both_addresses_and_the_line_of_the_proxy(named):
    token = named.get("/sip/admin/new").form["csrf_token"].value
    values = {"id": "1020", "csrf_token": token}
    page = named.post("/sip/admin/new", values, headers=PROXY_DROPS_THE_PORT, status=403)
    problem = named.post_json(
        "/sip/api/v1/extensions", {"id": "1020"}, headers=PROXY_DROPS_THE_PORT, status=403
    )
    for words in (page.html.main.text, problem.json["detail"]):
        assert "https://pbx.test:8443" in words
        assert "http://pbx.test." in words
        assert "proxy_set_header Host $http_host;" in words
        assert "ProxyPreserveHost On" in words
    hostile = {"Origin": "https://<b>" + "x" * 5000}
    page = named.post("/sip/admin/new", values, headers=hostile, status=403)
    assert "<b>" not in page.text
    assert "x" * 300 not in page.text


@pytest.mark.parametrize(
    ("asked", "origin"),
    [
        ("http://pbx.test:443", "https://pbx.test"),
        ("https://pbx.test:443", "https://pbx.test"),
        ("http://pbx.test:80", "http://pbx.test"),
        ("http://pbx.test", "https://pbx.test"),
        ("https://[2001:db8::1]:8443", "https://[2001:db8::1]:8443"),
        ("https://[::1]", "https://[::1]"),
        ("https://PBX.test:8443", "https://pbx.test:8443"),
    ],
)
@pytest.mark.parametrize("name", ["Origin", "Referer"])
def test_a_form_of_this_server_is_taken_under_any_address(named, memory, name, asked, origin):
    scheme, host = asked.split("://")
    named.extra_environ["wsgi.url_scheme"] = scheme
    token = "a" * 40
    values = {"id": "1020", "csrf_token": token}
    headers = {"Host": host, name: origin if name == "Origin" else f"{origin}/sip/admin/new"}
    headers["Cookie"] = f"csrf_token={token}; __Host-csrf_token={token}"
    named.post("/sip/admin/new", values, headers=headers, status=200)
    assert [each.id for each in memory.storage.list()] == ["1020"]


@pytest.mark.parametrize("referrer", ["https://evil.example/sip/admin", "http://[evil", "nonsense"])
def test_of_a_write_without_an_origin_the_page_before_counts(named, memory, referrer):
    token = named.get("/sip/admin/new").form["csrf_token"].value
    values = {"id": "1020", "csrf_token": token}
    page = named.post("/sip/admin/new", values, headers={"Referer": referrer}, status=403)
    assert "page of another site" in page.text
    assert memory.storage.list() == []


FETCHES = (
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"},
    {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"},
    {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "script"},
    {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"},
    {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "object"},
    # To a plain http address of another machine browsers send no Sec-Fetch headers.
    {"Origin": "https://evil.example"},
)
LINK = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}


@pytest.mark.parametrize("headers", FETCHES)
def test_what_another_site_fetches_is_refused_before_anybody_is_asked(closed, caplog, headers):
    right = headers | basic("ädmin", "päss:wörd")
    paths = ("/sip/admin", "/sip/api/v1/history?search=zzzz", "/sip/health", "/sip", "/sip/nothing")
    for path in paths:
        assert closed.get(path, headers=right, status=403), path
        closed.head(path, headers=right, status=403)
    closed.options("/sip/api/v1/extensions", headers=right, status=403)
    for number in range(10):
        closed.get("/sip/admin", headers=headers | basic("ädmin", f"x{number}"), status=403)
    # Nothing of that was a guess.
    assert "A login as" not in caplog.text
    closed.get("/sip/admin", headers=basic("ädmin", "päss:wörd"), status=200)


@pytest.mark.parametrize("headers", FETCHES)
def test_the_public_files_of_the_phone_are_there_for_every_page(closed, headers):
    for name in ("static/LICENSES.txt", "static/assets/x.js", "manifest.webmanifest"):
        answer = closed.get(f"/sip/{name}", headers=headers, expect_errors=True)
        assert answer.status_int in {200, 404}
        closed.post(f"/sip/{name}", headers=headers, status=403)


@pytest.mark.parametrize("site", ["cross-site", "same-site", "none", "same-origin"])
@pytest.mark.parametrize("dest", ["document", "empty"], ids=["straight", "by the service worker"])
def test_a_link_of_another_site_leads_to_a_page(closed, site, dest):
    headers = LINK | {"Sec-Fetch-Site": site, "Sec-Fetch-Dest": dest}
    closed.get("/sip?call=1001", headers=headers, status=200)
    closed.get("/sip/admin", headers=headers, status=401)
    closed.get("/sip/admin", headers=headers | basic("ädmin", "päss:wörd"), status=200)
    closed.get("/sip/admin", headers=headers | basic("ädmin", "wrong"), status=401)


def test_guesses_in_links_of_another_site_lock_nobody_out_here(closed):
    """https://ädmin:wrong@this-server/sip/admin, to be clicked at."""
    statuses = [
        closed.get(
            "/sip/admin", headers=LINK | basic("ädmin", f"x{number}"), expect_errors=True
        ).status_int
        for number in range(8)
    ]
    # They are slowed down themselves: any program can send these headers, and guess.
    assert statuses == [401] * 5 + [429] * 3
    closed.get("/sip/admin", headers=basic("ädmin", "päss:wörd"), status=200)


def test_a_write_from_another_site_is_not_invited_to_log_in(closed):
    headers = {"Sec-Fetch-Site": "cross-site"}
    page = closed.post("/sip/admin/new", {"id": "1020"}, headers=headers, status=403)
    assert "WWW-Authenticate" not in page.headers


@pytest.mark.parametrize(
    "headers", [{"Sec-Fetch-Site": "same-origin"}, {"Origin": "http://localhost:80"}]
)
def test_a_write_from_the_page_itself_works(app, memory, headers):
    token = app.get("/sip/admin/new").form["csrf_token"].value
    app.post("/sip/admin/new", {"id": "1020", "csrf_token": token}, headers=headers, status=200)
    assert memory.storage.get("1020")


def test_no_get_changes_anything(app, memory, stored):
    for path in PAGES:
        app.get(f"/sip/admin{path}?delete=1&id=1001&password=x&version={stored.version}")
    app.get("/sip/admin/reload", status=405)
    assert memory.storage.list() == [stored]
    assert memory.switch.reloads == 0


def test_cookies_are_out_of_reach_of_scripts_and_other_sites(app, memory, stored):
    form = app.get("/sip/admin/extensions/1000").form
    form["caller_id_name"] = "Bob"
    cookie = form.submit().headers["Set-Cookie"]
    assert cookie.startswith("sipapp_session=")
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert "Path=/sip;" in cookie
    assert "secure" not in cookie.lower()


def test_over_tls_the_cookies_are_for_tls_alone(app, memory, stored):
    tls = {"wsgi.url_scheme": "https", "HTTP_HOST": "localhost:443"}
    app.extra_environ.update(tls)
    page = app.get("/sip/admin/extensions/1000")
    form = page.form
    form["caller_id_name"] = "Bob"
    done = form.submit(headers={"Referer": "https://localhost/sip/admin"})
    for answer, name in ((page, "__Host-csrf_token"), (done, "__Host-sipapp_session")):
        cookie = answer.headers["Set-Cookie"]
        assert cookie.startswith(f"{name}=")
        # What browsers ask of a cookie with this prefix.
        assert "path=/;" in cookie.lower()
        assert "; secure" in cookie.lower()
        assert "domain" not in cookie.lower()
    assert "Bob" in done.follow(status=200)


def test_over_tls_a_token_that_another_host_of_the_domain_has_set_is_none(app, memory, stored):
    """A browser takes ``csrf_token`` from any host of the domain, with the prefix from none."""
    app.extra_environ.update({"wsgi.url_scheme": "https", "HTTP_HOST": "localhost:443"})
    app.set_cookie("csrf_token", "planted")
    values = {"caller_id_name": "Eve", "version": stored.version, "csrf_token": "planted"}
    headers = {"Referer": "https://localhost/sip/admin"}
    app.post("/sip/admin/extensions/1000", values, headers=headers, status=403)
    assert memory.storage.list() == [stored]


def test_a_page_without_a_message_sets_no_session_cookie(app):
    app.get("/sip/admin")
    assert "Set-Cookie" not in app.get("/sip/admin").headers


def test_a_forged_session_is_ignored(app):
    app.set_cookie("sipapp_session", "bm9uc2Vuc2U")
    assert app.get("/sip/admin").status_int == 200
