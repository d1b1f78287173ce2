"""Every field of every body of the API and the phone's API, with every payload.

A change of a field has samples of them here, and all of them by the form of test_forms.py: the
service is the same. With a creation it is the other way round.
"""

import json
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator
from tests.attacks.conftest import VICTIM
from tests.attacks.payloads import SAMPLES, TEXTS, WRONG_TYPES
from tests.attacks.target import DOMAIN, about, new_extension
from tests.functional.phone_client import REPORT, Phone

import sipapp
from sipapp.model.extension import FIELD_NAMES, check_id
from sipapp.state.throttle import Throttle

API = "/sip/api/v1"
DOCUMENT = yaml.safe_load(
    (Path(sipapp.__file__).parent / "web/openapi/manager.yaml").read_text(encoding="utf-8")
)
SECRETS = {"password": "typed-password", "vm_password": "1234"}


def properties(schema):
    return DOCUMENT["components"]["schemas"][schema]["properties"]


def is_valid(schema, name, value):
    return Draft202012Validator(DOCUMENT).evolve(schema=properties(schema)[name]).is_valid(value)


def call(target, method, path, body):
    return target.app.request(
        API + path,
        method=method,
        # A lone surrogate is an escape in JSON.
        body=json.dumps(body).encode(),
        headers={"Content-Type": "application/json"},
        expect_errors=True,
    )


def attack(target, method, path, body, *ids, stored, name=""):
    """Send it; if it is refused, then for this field."""
    answer = target.attack(lambda: call(target, method, path, body), *ids, stored=stored)
    if answer.status_int == 413:
        assert len(json.dumps(body)) > 64 * 1024
    elif answer.status_int >= 400:
        assert answer.status_int == 422, answer.text
        assert any(name in each["field"] for each in answer.json["errors"]), answer.text
    return answer


def as_stored(values):
    return {name: value or "" for name, value in values.items()}


@pytest.mark.parametrize("name", properties("NewExtension"))
def test_a_new_extension(target, name):
    for payload in TEXTS + WRONG_TYPES:
        body = {"id": "2001", **SECRETS, name: payload}
        new = body["id"] if isinstance(body["id"], str) else "?"
        fields = {key: each for key, each in body.items() if key != "id"}
        with about(name, payload):
            answer = attack(
                target,
                "POST",
                "/extensions",
                body,
                new,
                stored=new_extension(new, **fields),
                name=name,
            )
            assert answer.status_int >= 400 or is_valid("NewExtension", name, payload)


@pytest.mark.parametrize("name", properties("NewExtension"))
def test_several_new_extensions_at_once(target, name):
    for payload in SAMPLES + WRONG_TYPES:
        body = {"id": "2002", **SECRETS, name: payload}
        new = body["id"] if isinstance(body["id"], str) else "?"
        fields = {key: each for key, each in body.items() if key != "id"}
        stored = new_extension("2001", **SECRETS) | new_extension(new, **fields)
        items = {"items": [{"id": "2001", **SECRETS}, body]}
        with about(name, payload):
            attack(target, "POST", "/batch", items, "2001", new, stored=stored, name=name)


@pytest.mark.parametrize("name", properties("ExtensionPatch"))
def test_a_field_of_an_extension(target, name):
    for payload in SAMPLES + WRONG_TYPES:
        stored = target.changed(**{name: payload if isinstance(payload, str) else ""})
        with about(name, payload):
            answer = attack(
                target, "PATCH", "/extensions/1000", {name: payload}, stored=stored, name=name
            )
            # What is stored now could have been created; null takes a value away.
            allowed = payload is None or is_valid("NewExtension", name, payload)
            assert answer.status_int >= 400 or allowed


def test_a_password(target):
    for payload in TEXTS + WRONG_TYPES:
        with about(payload):
            stored = target.changed(password=payload)
            attack(
                target,
                "POST",
                "/extensions/1000/password",
                {"password": payload},
                stored=stored,
                name="password",
            )


@pytest.mark.parametrize("name", properties("Renaming"))
def test_a_new_number(target, name):
    for payload in TEXTS + WRONG_TYPES:
        body = {"id": "2001", name: payload}
        new = str(body["id"])
        values = {"password": payload} if name == "password" else {}
        if name == "changes":  # none of these names a value, so that none changes
            values = target.users["1000"]
        with about(name, payload):
            answer = attack(
                target,
                "POST",
                "/extensions/1000/rename",
                body,
                new,
                stored=target.renamed(new, **values),
                name=name,
            )
            assert answer.status_int >= 400 or is_valid("Renaming", name, payload)


@pytest.mark.parametrize(
    "path", ["/extensions/1000/disable", "/extensions/1000/enable", "/history/x/undo", "/reload"]
)
def test_what_takes_flags_alone(target, path):
    stored = {"1000": None} if path.endswith("/disable") else {}
    for payload in TEXTS + WRONG_TYPES:
        with about(path, payload):
            for name in ("end_calls", "anyway"):
                answer = target.attack(
                    lambda name=name, payload=payload: call(target, "POST", path, {name: payload}),
                    stored=stored,
                )
                assert answer.status_int >= 400 or payload is True


@pytest.mark.parametrize("method", ["POST /extensions", "PATCH /extensions/1000", "POST /batch"])
def test_names_of_fields_and_whole_bodies(target, method):
    method, path = method.split()
    for payload in TEXTS + WRONG_TYPES:
        with about(method, path, payload):
            bodies = [payload, [payload]] if payload not in ({}, []) else []
            if isinstance(payload, str):
                bodies.append({payload: "x"})
            for body in bodies:
                answer = target.attack(
                    lambda body=body: call(target, method, path, body), stored={}
                )
                assert answer.status_int in {400, 409, 413, 422}


def test_what_phones_report_is_text_on_the_page(target, monkeypatch):
    monkeypatch.setattr(Throttle, "attempt", lambda *_: 0.0)
    phone = Phone(target.app)
    phone.log_in(password=VICTIM.password, realm=DOMAIN)
    texts = ("summary", "cause", "number", "browser", "version")
    for payload in TEXTS + WRONG_TYPES:
        report = {
            **REPORT,
            **dict.fromkeys(texts, payload),
            "facts": [{"name": payload, "value": payload}],
            "steps": [{"name": payload, "result": "ok", "detail": payload}],
            "quality": [{"codec": payload}],
        }
        with about(payload):
            told = phone.ask("POST /reports", report)
            assert told.status_int in {201, 413, 422}
            if told.status_int == 201:
                path = f"/sip/admin/reports/{told.json['id']}"
                target.attack(lambda path=path: target.app.get(path), stored={})
    target.attack(lambda: target.app.get("/sip/admin/reports"), stored={})


@pytest.mark.parametrize("name", ["extension", "realm", "nonce", "proof"])
def test_what_a_phone_proves_itself_with(target, name):
    stranger = Phone(target.app)
    usual = {"extension": "1000", "realm": DOMAIN, "nonce": "x", "proof": "0" * 64}
    for place, payload in enumerate(TEXTS + WRONG_TYPES):
        target.app.extra_environ["REMOTE_ADDR"] = f"192.0.2.{place}"
        with about(name, payload):
            assert stranger.ask("POST /session", usual | {name: payload}).status_int in {
                403,
                413,
                422,
                429,
            }
            if name == "extension":
                answer = stranger.ask("POST /challenge", {name: payload})
                valid = isinstance(payload, str) and check_id(payload) is None
                assert (answer.status_int == 200) is valid
    del target.app.extra_environ["REMOTE_ADDR"]


def test_every_field_that_can_be_stored_is_attacked():
    assert set(properties("NewExtension")) == {"id", *FIELD_NAMES}
