"""Who may do what: every route and effect, for every role."""

import base64
import json
from pathlib import Path

import pytest
from tests.functional.route_table import routes

from sipapp.accounts.user_file import UserFile
from sipapp.api import Account, Extension, hookimpl
from sipapp.model.account import EFFECTS, Effect, Permission, Role, effect_of_field
from sipapp.model.extension import FIELD_NAMES
from sipapp.model.live import LiveStatus
from sipapp.testing.memory import ScriptedSwitch
from sipapp.web.api import DOCUMENT
from sipapp.web.openapi.contract import Contract

INI = {"sipapp.storage": "memory", "sipapp.reloaders": "sw", "sipapp.reloader.sw.use": "scripted"}
PASSWORD = "a long password"
ROLES = ("viewer", "operator", "administrator")

# Everything that asks for a permission, and its effect.  A route that is not here makes
# test_every_route_is_listed fail.
PAGES = {
    "GET /admin": Effect.SEE,
    "GET /admin/": Effect.SEE,
    "GET /admin/new": Effect.CREATE,
    "POST /admin/new": Effect.CREATE,
    "POST /admin/reload": Effect.RELOAD,
    "GET /admin/health": Effect.SEE,
    "POST /admin/health": Effect.MEND,
    "GET /admin/doctor": Effect.SEE,
    "POST /admin/doctor": Effect.RUN_DOCTOR,
    "GET /admin/history": Effect.SEE_HISTORY,
    "GET /admin/history/{entry}": Effect.SEE_HISTORY,
    "POST /admin/history/{entry}/undo": Effect.UNDO,
    "GET /admin/live": Effect.SEE,
    "GET /admin/live/now": Effect.SEE,
    "POST /admin/live/end-call": Effect.END_CALLS,
    "POST /admin/live/drop-registration": Effect.DROP_REGISTRATION,
    "GET /admin/live.json": Effect.SEE,
    "GET /admin/extensions/{id}": Effect.SEE,
    "POST /admin/extensions/{id}": Effect.CHANGE_CALLER_ID,
    "POST /admin/extensions/{id}/password": Effect.SET_PASSWORD,
    "POST /admin/extensions/{id}/enable": Effect.ENABLE,
    "GET /admin/extensions/{id}/disable": Effect.DISABLE,
    "POST /admin/extensions/{id}/disable": Effect.DISABLE,
    "GET /admin/extensions/{id}/rename": Effect.RENAME,
    "POST /admin/extensions/{id}/rename": Effect.RENAME,
    "GET /admin/extensions/{id}/delete": Effect.DELETE,
    "POST /admin/extensions/{id}/delete": Effect.DELETE,
    "GET /admin/reports": Effect.SEE_REPORTS,
    "GET /admin/reports/{id}": Effect.SEE_REPORTS,
    "POST /admin/reports/{id}/delete": Effect.DELETE_REPORT,
    "GET /api/v1/openapi.json": Effect.SEE,
    "GET /api/v1/extensions": Effect.SEE,
    "POST /api/v1/extensions": Effect.CREATE,
    "POST /api/v1/batch": Effect.CREATE,
    "GET /api/v1/extensions/{id}": Effect.SEE,
    "PATCH /api/v1/extensions/{id}": Effect.CHANGE_CALLER_ID,
    "DELETE /api/v1/extensions/{id}": Effect.DELETE,
    "POST /api/v1/extensions/{id}/password": Effect.SET_PASSWORD,
    "GET /api/v1/extensions/{id}/rename": Effect.RENAME,
    "POST /api/v1/extensions/{id}/rename": Effect.RENAME,
    "POST /api/v1/extensions/{id}/disable": Effect.DISABLE,
    "POST /api/v1/extensions/{id}/enable": Effect.ENABLE,
    "POST /api/v1/reload": Effect.RELOAD,
    "GET /api/v1/health/directory": Effect.SEE,
    "GET /api/v1/live": Effect.SEE,
    "DELETE /api/v1/live/{switch}/calls/{call}": Effect.END_CALLS,
    "DELETE /api/v1/live/{switch}/registrations/{registration}": Effect.DROP_REGISTRATION,
    "GET /api/v1/history": Effect.SEE_HISTORY,
    "POST /api/v1/history/{entry}/undo": Effect.UNDO,
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


class Ending(ScriptedSwitch):
    """Tells what goes on, and ends all calls of an extension."""

    def __init__(self):
        super().__init__()
        self.status = LiveStatus("test", 0.0, registrations=(), calls=())

    def end_calls(self, extension_id, *, timeout):
        self.ended.append(extension_id)
        return "1 call was ended."


@pytest.fixture
def app(make_app, memory, users):
    memory.storage.create(ANN)
    memory.switch = Ending()
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


def may(role, effect):
    return ROLES.index(role) >= ROLES.index(EFFECTS[effect].role)


@pytest.mark.parametrize("role", ROLES)
def test_a_role_may_what_it_may(app, memory, role):
    for request_line, effect in PAGES.items():
        if not memory.storage.list():
            memory.storage.create(ANN)
        before, reloads = memory.storage.list(), memory.switch.reloads
        answer = ask(app, request_line, as_(role))
        if may(role, effect):
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


def test_the_table_has_every_effect_and_no_other():
    assert list(EFFECTS) == list(Effect)
    assert set(PAGES.values()) | set(map(effect_of_field, FIELD_NAMES)) == set(Effect)


def test_an_unknown_permission_is_the_administrators_and_those_of_plugins_have_a_role_each():
    found = {
        permission: [role for role in ROLES if Role(role).may(permission)]
        for permission in (*Permission, "nonsense")
    }
    assert found == {
        "view": list(ROLES),
        "operate": list(ROLES[1:]),
        "admin": ["administrator"],
        "nonsense": ["administrator"],
    }


def test_the_guide_has_the_table_of_the_code():
    guide = Path(__file__).parents[2].joinpath("docs/accounts.md").read_text()
    rows = [f"| {rule.words} | `{rule.role}` |" for rule in EFFECTS.values()]
    table = guide.partition("| an account may | from this role on |\n|---|---|\n")[2]
    assert table.splitlines()[: len(rows) + 1] == [*rows, ""]


def parts_of_requests():
    """The parameters and properties of the API that have an effect of their own."""
    contract = Contract.load("/sip", DOCUMENT)
    for path, item in contract.document["paths"].items():
        for method in item.keys() & {"get", "post", "patch", "delete"}:
            line = f"{method.upper()} /api/v1{path}"
            operation = item[method]
            for each in map(contract.resolve, operation.get("parameters", ())):
                if each["name"] == "end_calls" or "x-effect" in each:
                    yield line, f"?{each['name']}=true", {}, Effect(each["x-effect"])
            content = operation.get("requestBody", {}).get("content", {})
            schema = contract.resolve(content.get("application/json", {}).get("schema", {}))
            for name, each in schema.get("properties", {}).items():
                if name == "end_calls" or "x-effect" in each:
                    body = {"id": "1009"} if "id" in schema.get("required", ()) else {}
                    yield line, "", body | {name: True}, Effect(each["x-effect"])


@pytest.mark.parametrize("role", ROLES)
def test_a_part_of_a_request_takes_the_permission_for_its_own_effect(app, memory, role):
    parts = list(parts_of_requests())
    assert {line for line, *_ in parts} == {
        "DELETE /api/v1/extensions/{id}",
        "POST /api/v1/extensions/{id}/password",
        "POST /api/v1/extensions/{id}/disable",
        "POST /api/v1/extensions/{id}/rename",
    }
    for line, query, body, effect in parts:
        for each in memory.storage.list():
            memory.storage.delete(each.id)
        memory.storage.create(ANN)
        before, ended = memory.storage.list(), list(memory.switch.ended)
        method, path = line.split(" ", 1)
        answer = app.request(
            "/sip" + path.replace("{id}", "1000") + query,
            method=method,
            headers={**as_(role), "Content-Type": "application/json"},
            body=json.dumps(body).encode() if body else b"",
            expect_errors=True,
        )
        if may(role, effect) and may(role, PAGES[line]):
            assert answer.status_int == 200, line
            assert memory.switch.ended == [*ended, "1000"], line
        else:
            assert answer.status_int == 403, line
            assert memory.storage.list() == before, line
            assert memory.switch.ended == ended, line


def test_an_operator_ends_no_calls_with_a_new_password_from_a_form_either(app, memory):
    app.authorization = ("Basic", ("operator", PASSWORD))
    page = app.get("/sip/admin/extensions/1000")
    assert not page.html.select("input[name=end_calls]")
    given = dict(page.form.submit_fields()) | {"end_calls": "yes"}
    answer = app.post("/sip/admin/extensions/1000/password", given, expect_errors=True)
    assert answer.status_int == 403
    assert "Your role does not end calls" in answer.text
    assert memory.storage.get("1000").password == "stored-password"
    assert memory.switch.ended == []

    app.authorization = ("Basic", ("administrator", PASSWORD))
    page = app.get("/sip/admin/extensions/1000")
    assert page.html.select("input[name=end_calls]")
    given = dict(page.form.submit_fields()) | {"end_calls": "yes"}
    app.post("/sip/admin/extensions/1000/password", given)
    assert memory.switch.ended == ["1000"]


def test_what_a_viewer_does_not_see(app):
    """Names and addresses of those who changed something, old values, and phones' reports."""
    app.patch_json("/sip/api/v1/extensions/1000", {"toll_allow": "x"}, headers=as_("administrator"))
    shown = {}
    for role in ("viewer", "operator"):
        pages = [app.get(f"/sip/admin{path}", headers=as_(role)) for path in ("", "/live")]
        addresses = [each["href"] for page in pages for each in page.html.select("a[href]")]
        shown[role] = {each for each in addresses if each.endswith(("/history", "/reports"))}
    assert shown == {"viewer": set(), "operator": {"/sip/admin/history", "/sip/admin/reports"}}
    for path in ("/admin/history", "/admin/reports", "/api/v1/history"):
        app.get(f"/sip{path}", headers=as_("viewer"), status=403)


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
