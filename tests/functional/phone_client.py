"""A phone as the server sees it."""

import hashlib
import hmac
import json

PASSWORD = "s3cret-of-1000"
REALM = "pbx.test"
INI = {"sipapp.storage": "memory", "sipapp.reloaders": "sw", "sipapp.reloader.sw.use": "scripted"}
REPORT = {"kind": "call", "summary": "Nothing was heard."}


class Phone:
    """Speaks the API."""

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
        check(answer)
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


def check(answer):
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Access-Control-Allow-Origin" not in answer.headers
    assert "Set-Cookie" not in answer.headers
    assert PASSWORD not in answer.text
