"""Who may do what: every route, for every role."""

import base64
import json

import pytest
from tests.functional.route_table import routes

from sipapp.accounts.user_file import UserFile
from sipapp.api import Account, Extension, hookimpl
from sipapp.model.account import Role

INI = {"sipapp.storage": "memory", "sipapp.reloaders": "sw", "sipapp.reloader.sw.use": "scripted"}
PASSWORD = "a long password"
ROLES = ("viewer", "operator", "administrator")

# Everything that asks for a permission, and the least role that has it.  A route that is not
# here makes test_every_route_is_listed fail.
PAGES = {
    "GET /admin": "viewer",
    "GET /admin/": "viewer",
    "GET /admin/new": "administrator",
    "POST /admin/new": "administrator",
    "POST /admin/reload": "operator",
    "GET /admin/health": "viewer",
    "POST /admin/health": "administrator",
    "GET /admin/doctor": "viewer",
    "POST /admin/doctor": "operator",
    "GET /admin/history": "viewer",
    "GET /admin/history/{entry}": "viewer",
    "POST /admin/history/{entry}/undo": "administrator",
    "GET /admin/live": "viewer",
    "GET /admin/live/now": "viewer",
    "POST /admin/live/end-call": "administrator",
    "POST /admin/live/drop-registration": "administrator",
    "GET /admin/live.json": "viewer",
    "GET /admin/extensions/{id}": "viewer",
    "POST /admin/extensions/{id}": "operator",
    "POST /admin/extensions/{id}/password": "operator",
    "POST /admin/extensions/{id}/enable": "administrator",
    "GET /admin/extensions/{id}/disable": "administrator",
    "POST /admin/extensions/{id}/disable": "administrator",
    "GET /admin/extensions/{id}/rename": "administrator",
    "POST /admin/extensions/{id}/rename": "administrator",
    "GET /admin/extensions/{id}/delete": "administrator",
    "POST /admin/extensions/{id}/delete": "administrator",
    "GET /admin/reports": "viewer",
    "GET /admin/reports/{id}": "viewer",
    "POST /admin/reports/{id}/delete": "administrator",
    "GET /api/v1/openapi.json": "viewer",
    "GET /api/v1/extensions": "viewer",
    "POST /api/v1/extensions": "administrator",
    "POST /api/v1/batch": "administrator",
    "GET /api/v1/extensions/{id}": "viewer",
    "PATCH /api/v1/extensions/{id}": "operator",
    "DELETE /api/v1/extensions/{id}": "administrator",
    "POST /api/v1/extensions/{id}/password": "operator",
    "POST /api/v1/extensions/{id}/rename": "administrator",
    "POST /api/v1/extensions/{id}/disable": "administrator",
    "POST /api/v1/extensions/{id}/enable": "administrator",
    "POST /api/v1/reload": "operator",
    "GET /api/v1/health/directory": "viewer",
    "GET /api/v1/live": "viewer",
    "DELETE /api/v1/live/{switch}/calls/{call}": "administrator",
    "DELETE /api/v1/live/{switch}/registrations/{registration}": "administrator",
    "GET /api/v1/history": "viewer",
    "POST /api/v1/history/{entry}/undo": "administrator",
}
PUBLIC = {"GET /", "GET ", "GET /health", "GET /manifest.webmanifest", "GET /service-worker.js"}


@pytest.fixture(scope="module")
def users(tmp_path_factory, quick_hashes):
    path = tmp_path_factory.mktemp("users") / "users"
    file = UserFile(path)
    for role in Role:
        file.put(role.value, role, PASSWORD)
    return path


ANN = Extension("1000", password="stored-password", caller_id_name="Ann")


@pytest.fixture
def app(make_app, memory, users):
    memory.storage.create(ANN)
    return make_app({**INI, "sipapp.users": str(users)}, plugins=[memory])


def as_(role, password=PASSWORD):
    pair = base64.b64encode(f"{role}:{password}".encode()).decode()
    return {"Authorization": f"Basic {pair}"}


def test_every_route_is_listed(app):
    found = {
        f"{method} {pattern.removeprefix('/sip')}".rstrip("/")
        for method, pattern in routes(app)
        if "static" not in pattern and "/sip/phone" not in pattern
    }
    assert found <= {each.rstrip("/") for each in (*PAGES, *PUBLIC)}


def ask(app, request, headers):
    method, path = request.split(" ", 1)
    if path.startswith("/api") and method in {"POST", "PATCH"}:
        headers = {**headers, "Content-Type": "application/json"}
        body = json.dumps({"caller_id_name": "Bob"}) if method == "PATCH" else "{}"
    else:
        body = ""
        if method == "POST":
            headers = {**headers, "Content-Type": "application/x-www-form-urlencoded"}
    return app.request(
        "/sip" + path.replace("{id}", "1000"),
        method=method,
        headers=headers,
        body=body.encode(),
        expect_errors=True,
    )


@pytest.mark.parametrize("role", ROLES)
def test_a_role_may_what_it_may(app, memory, role):
    for request_line, least in PAGES.items():
        if not memory.storage.list():
            memory.storage.create(ANN)
        before, reloads = memory.storage.list(), memory.switch.reloads
        answer = ask(app, request_line, as_(role))
        if ROLES.index(role) >= ROLES.index(least):
            # Not what is wrong with the request, such as the token that it lacks: it may be made.
            refused = answer.status_int == 403 and "Your role" in answer.text
            assert answer.status_int != 401, request_line
            assert not refused, request_line
        else:
            assert answer.status_int == 403, request_line
            assert "your role" in answer.text.casefold()
            assert "WWW-Authenticate" not in answer.headers
            assert memory.storage.list() == before
            assert memory.switch.reloads == reloads


@pytest.mark.parametrize("request_line", PAGES)
def test_other_credentials_are_refused(app, request_line):
    for headers in ({}, as_("viewer", "wrong"), as_("nobody")):
        assert ask(app, request_line, headers).status_int == 401


@pytest.mark.parametrize(
    "request_line",
    ["PUT /api/v1/extensions/{id}", "OPTIONS /api/v1/extensions", "DELETE /admin"],
)
def test_a_method_that_does_not_exist_reveals_nothing_without_log_in(app, request_line):
    answer = ask(app, request_line, {})
    assert answer.status_int in {401, 404, 405}
    assert "1000" not in answer.text


def test_an_operator_changes_caller_ids_and_passwords_and_nothing_else(app, memory):
    app.authorization = ("Basic", ("operator", PASSWORD))
    form = app.get("/sip/admin/extensions/1000").form
    assert "readonly" in form["user_context"].attrs
    assert "readonly" not in form["caller_id_name"].attrs
    form["caller_id_name"] = "Bob"
    form.submit().follow()
    assert memory.storage.get("1000").caller_id_name == "Bob"

    form = app.get("/sip/admin/extensions/1000").form
    form["user_context"] = "public"
    answer = form.submit(expect_errors=True)
    assert answer.status_int == 403
    assert "Your role does not change Context" in answer.text
    for given in ({"user_context": "public"}, {"caller_id_name": "Eve", "toll_allow": "x"}):
        answer = app.patch_json("/sip/api/v1/extensions/1000", given, expect_errors=True)
        assert answer.status_int == 403
    stored = memory.storage.get("1000")
    assert (stored.user_context, stored.toll_allow, stored.caller_id_name) == ("", "", "Bob")


@pytest.mark.parametrize(
    ("role", "missing"),
    [
        ("viewer", {"Save", "Reset password", "Disable", "Delete", "New extension"}),
        ("operator", {"Disable", "Delete", "New extension"}),
        ("administrator", set()),
    ],
)
def test_no_button_is_there_that_would_be_refused(app, role, missing):
    app.authorization = ("Basic", (role, PASSWORD))
    shown = set()
    for path in ("/sip/admin", "/sip/admin/extensions/1000"):
        page = app.get(path)
        shown |= {each.text.strip() for each in page.html.select("button, a.button")}
    every = {"Save", "Reset password", "Disable", "Delete", "New extension"}
    assert every - shown == missing


def test_a_removed_user_is_logged_out_at_once(app, users):
    file = UserFile(users)
    file.put("temporary", Role.VIEWER, PASSWORD)
    assert app.get("/sip/admin", headers=as_("temporary")).status_int == 200
    file.remove("temporary")
    app.get("/sip/admin", headers=as_("temporary"), status=401)


def test_a_new_password_counts_at_once(app, users):
    file = UserFile(users)
    file.put("temporary", Role.VIEWER, PASSWORD)
    app.get("/sip/admin", headers=as_("temporary"))
    file.put("temporary", Role.VIEWER, "another long password")
    app.get("/sip/admin", headers=as_("temporary"), status=401)
    app.get("/sip/admin", headers=as_("temporary", "another long password"))


def test_a_broken_file_refuses_its_users_and_not_the_administrator_of_the_environment(
    make_app, memory, tmp_path, caplog
):
    path = tmp_path / "users"
    path.write_text("nonsense")
    path.chmod(0o600)
    ini = {**INI, "sipapp.users": str(path)}
    app = make_app(ini, plugins=[memory], SIP_ADMIN_PASS="s3cret")
    app.get("/sip/admin", headers=as_("viewer"), status=401)
    assert "line 1" in caplog.text
    assert app.get("/sip/admin", headers=as_("admin", "s3cret")).status_int == 200


class Company:
    @hookimpl
    def sipapp_authenticate(self, username, password):
        if username == "broken":
            raise RuntimeError(username)
        if (username, password) == ("carol", "from the company"):
            return Account("carol", Role.OPERATOR)
        return "carol" if username == "wrong-type" else None


def test_a_plugin_brings_accounts_of_its_own(make_app, memory):
    app = make_app(INI, plugins=[memory, Company()], SIP_ADMIN_PASS="s3cret")
    assert app.get("/sip/admin", headers=as_("carol", "from the company")).status_int == 200
    app.get("/sip/admin/new", headers=as_("carol", "from the company"), status=403)
    for name in ("carol", "broken", "wrong-type"):
        app.get("/sip/admin", headers=as_(name), status=401)


def test_a_plugin_with_accounts_closes_the_pages_without_any_other_account(
    make_app, memory, caplog
):
    app = make_app(INI, plugins=[memory, Company()])
    app.get("/sip/admin", status=401)
    app.get("/sip/api/v1/extensions", status=401)
    assert app.get("/sip/admin", headers=as_("carol", "from the company")).status_int == 200
    assert "OPEN TO EVERYONE" not in caplog.text


def test_a_server_whose_accounts_a_plugin_has_is_reached_by_any_name(make_app, memory):
    app = make_app(INI, plugins=[memory, Company()])
    app.get(
        "/sip/admin",
        headers=as_("carol", "from the company"),
        extra_environ={"HTTP_HOST": "pbx.example"},
    )
