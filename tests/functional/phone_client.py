"""A phone as the server sees it: holds every answer against the OpenAPI document."""

import hashlib
import hmac
import json

import yaml
from jsonschema import Draft202012Validator

from sipapp.web.phone.api import DOCUMENT

PASSWORD = "s3cret-of-1000"
REALM = "pbx.test"
CONTRACT = yaml.safe_load(DOCUMENT.read_text(encoding="utf-8"))
INI = {"sipapp.storage": "memory", "sipapp.reloaders": "sw", "sipapp.reloader.sw.use": "scripted"}
REPORT = {"kind": "call", "summary": "Nothing was heard."}


class Phone:
    """Speaks the API, and holds every answer against the document."""

    def __init__(self, app):
        self.app = app
        self.headers = {}

    def ask(self, call, given=None, *, status=None, body=None, **headers):
        method, path = call.split()
        headers = {**self.headers, **{key.replace("_", "-"): each for key, each in headers.items()}}
        if given is not None:
            body = json.dumps(given).encode()
        if body is not None:
            headers.setdefault("Content-Type", "application/json")
        answer = self.app.request(
            f"/sip/phone{path}",
            method=method,
            body=body or b"",
            headers=headers,
            expect_errors=True,
        )
        if status is not None:
            assert answer.status_int == status, answer.text
        check(method, path, answer)
        return answer

    def challenge(self, extension="1000"):
        return self.ask("POST /challenge", {"extension": extension}, status=200).json["nonce"]

    def prove(self, password=PASSWORD, extension="1000", realm=REALM, nonce=None, **options):
        nonce = nonce or self.challenge(extension)
        text = f"{extension}:{realm}:{password}"
        ha1 = hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
        message = f"sipapp-phone-1\n{extension}\n{realm}\n{nonce}"
        proof = hmac.new(ha1.encode(), message.encode(), hashlib.sha256).hexdigest()
        given = {"extension": extension, "realm": realm, "nonce": nonce, "proof": proof}
        return self.ask("POST /session", given, **options)

    def log_in(self, **options):
        token = self.prove(**options, status=201).json["token"]
        self.headers["Authorization"] = f"Bearer {token}"
        return token


def check(method, path, answer):
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Access-Control-Allow-Origin" not in answer.headers
    assert "Set-Cookie" not in answer.headers
    assert PASSWORD not in answer.text
    operation = CONTRACT["paths"].get(path, {}).get(method.lower())
    if answer.status_int >= 400:
        assert answer.content_type == "application/problem+json"
        schema = {"$ref": "#/components/schemas/Problem"}
    elif operation is None or answer.status_int == 304:
        return
    else:
        schema = operation["responses"][str(answer.status_int)]["content"][answer.content_type]
        schema = schema["schema"]
    Draft202012Validator(CONTRACT).evolve(schema=schema).validate(answer.json)
