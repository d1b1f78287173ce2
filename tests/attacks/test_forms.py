"""Every field of every form of the pages, with every payload.

A new extension has samples of them here, and all of them by the API in test_api.py: the service
is the same.
"""

import pytest
from tests.attacks.payloads import SAMPLES, TEXTS, octets
from tests.attacks.target import about, form_body, new_extension

from sipapp.model.extension import FIELD_NAMES

ADMIN = "/sip/admin"
PAGES = (
    "",
    "/new",
    "/doctor",
    "/health",
    "/history",
    "/live",
    "/reports",
    "/extensions/1000",
    "/extensions/1000/rename",
    "/extensions/1000/disable",
    "/extensions/1000/delete",
)
# Forms that are there only if something else is, and those of the buttons within a form.
OTHERS = {
    "/reload": {},
    "/live/end-call": {"switch": "sw", "call": "d9d7c98a"},
    "/live/drop-registration": {"switch": "sw", "registration": "d9d7c98a"},
    "/health": {"finding": "x"},
    "/history/20261125T200000000000-00000000/undo": {"anyway": "yes"},
    "/reports/1795636800000-00000000/delete": {},
    "/extensions/1000/enable": {"version": "x"},
}


@pytest.fixture(scope="module")
def forms(target):
    """Method and fields of each form, by its action; buttons lead elsewhere with the same."""
    token = target.app.get(f"{ADMIN}/new").form["csrf_token"].value
    found = {
        ("POST", ADMIN + path): {**fields, "csrf_token": token} for path, fields in OTHERS.items()
    }
    for path in PAGES:
        for form in target.app.get(ADMIN + path).html.find_all("form"):
            fields = {
                each["name"]: each.get("value", "") for each in form.select("[name]:not(button)")
            }
            for button in [None, *form.select("[formaction]")]:
                action = button["formaction"] if button else form["action"]
                found[form["method"].upper(), action] = fields
    return found


def send(target, method, action, fields):
    if method == "GET":
        return target.app.get(f"{action}?{form_body(fields).decode()}", expect_errors=True)
    return target.app.post(
        action,
        form_body(fields),
        headers={"Content-Type": "application/x-www-form-urlencoded"},
        expect_errors=True,
    )


def test_every_form_of_the_application_is_attacked(target, forms):
    introspector = target.app.app.registry.introspector
    routes = {
        each["introspectable"]["name"]: each["introspectable"]["pattern"]
        for each in introspector.get_category("routes")
    }
    patterns = {
        routes[view["route_name"]]
        for each in introspector.get_category("views")
        if (view := each["introspectable"])["route_name"] and view["request_methods"] == "POST"
    }
    attacked = {"/".join(action.split("/")[1:4]) for method, action in forms if method == "POST"}
    pages = {each for each in patterns if "/admin" in each}
    assert {"/".join(each.strip("/").split("/")[:3]) for each in pages} <= attacked


def assert_refused(answer, name, payload):
    """With an error at the field; what is too long, or no UTF-8, is no form at all."""
    if answer.status_int == 413:
        assert len(form_body({name: payload})) > 60_000
    elif answer.status_int == 400:
        assert payload.encode(errors="ignore") != octets(payload)
    else:
        assert answer.status_int == 422
        assert f'id="{name}-error"' in answer.text, "no error at the field"


@pytest.mark.parametrize("name", ["id", *FIELD_NAMES])
def test_a_new_extension(target, forms, name):
    method, action = "POST", f"{ADMIN}/new"
    usual = {"id": "2001", "password": "typed-password", "vm_password": "1234"}
    for payload in SAMPLES:
        fields = forms[method, action] | usual | {name: payload}
        new = fields["id"].strip()
        given = {field: fields[field] for field in ("password", "vm_password", name)}
        given.pop("id", None)
        with about(name, payload):
            answer = target.attack(
                lambda fields=fields: send(target, method, action, fields),
                new,
                stored=new_extension(new, **given),
            )
            if answer.status_int >= 400:
                assert_refused(answer, name, payload)


@pytest.mark.parametrize("name", FIELD_NAMES)
def test_a_field_of_an_extension(target, forms, name):
    action = f"{ADMIN}/extensions/1000" + ("/password" if name == "password" else "")
    fields = forms["POST", action]
    for payload in TEXTS:
        # What is no secret is trimmed.
        value = payload if "password" in name else payload.strip()
        with about(name, payload):
            answer = target.attack(
                lambda given=payload: send(target, "POST", action, fields | {name: given}),
                stored=target.changed(**{name: value}),
            )
            if answer.status_int >= 400:
                assert_refused(answer, name, payload)


def test_every_other_field_of_every_form(target, forms):
    attacked = set()
    for (method, action), fields in forms.items():
        for name in fields:
            # The token is the same everywhere; buttons send the fields of the form they are in.
            form = name if name == "csrf_token" else tuple(fields)
            if name in FIELD_NAMES or name == "id" or (form, name) in attacked:
                continue
            attacked.add((form, name))
            # No value of these makes of the form's deed another one.
            usual = target.outcome(lambda to=(method, action, fields): send(target, *to))
            for payload in SAMPLES:
                with about(method, action, name, payload):
                    given = fields | {name: payload}
                    target.attack(
                        lambda to=(method, action, given): send(target, *to), stored=usual
                    )


def test_the_new_number_of_an_extension(target, forms):
    action = f"{ADMIN}/extensions/1000/rename"
    for payload in TEXTS:
        with about(payload):
            fields = forms["POST", action] | {"id": payload}
            new = payload.strip()
            answer = target.attack(
                lambda fields=fields: send(target, "POST", action, fields),
                new,
                stored=target.renamed(new),
            )
            if answer.status_int >= 400:
                assert_refused(answer, "id", payload)


def test_names_of_fields(target, forms):
    action = f"{ADMIN}/extensions/1000"
    for payload in TEXTS:
        fields = forms["POST", action] | {payload: "x"}
        with about(payload):
            target.attack(lambda fields=fields: send(target, "POST", action, fields), stored={})
