"""What a phone may ask of the server, once it has proved its extension's password."""

import base64
import hashlib
import hmac
import json
import logging
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Event

import pytest
import yaml
from tests.functional.phone_client import INI, PASSWORD, REALM, REPORT, Phone
from waitress.proxy_headers import proxy_headers_middleware
from webtest import TestApp

from sipapp.api import Call, Extension, LiveStatus, Secret, StorageUnavailable
from sipapp.model.errors import ServerBusy
from sipapp.testing.memory import MemoryPlugin
from sipapp.testing.waiting import eventually
from sipapp.web.phone.api import DOCUMENT

CONTRACT = yaml.safe_load(DOCUMENT.read_text(encoding="utf-8"))


@pytest.fixture
def phone(open_phone):
    return open_phone()


# Proving the password


def test_a_phone_proves_its_password_and_gets_its_data(phone, caplog):
    caplog.set_level(logging.DEBUG)
    answer = phone.prove(status=201)
    assert answer.json["expires_in"] == 900
    phone.headers["Authorization"] = f"bearer {answer.json['token']}"
    phone.ask("GET /directory", status=200)
    assert PASSWORD not in caplog.text
    assert answer.json["token"] not in caplog.text


def test_a_session_leaves_the_header_of_passwords_to_a_proxy(phone):
    """Whatever the browser sends there for the proxy's own log-in."""
    basic = "Basic " + base64.b64encode(b"of-the-proxy:secret").decode()
    phone.headers["Authorization"] = basic
    token = phone.prove(status=201).json["token"]
    phone.ask("GET /directory", status=401)
    phone.headers["Sipapp-Session"] = token
    phone.ask("GET /directory", status=200)
    phone.headers["Authorization"] = "Bearer x"
    phone.ask("GET /directory", status=200)
    phone.headers["Sipapp-Session"] = "x"
    phone.headers["Authorization"] = f"Bearer {token}"
    phone.ask("GET /directory", status=401)


def test_a_challenge_does_not_reveal_whether_an_extension_exists(phone):
    known, unknown = (
        phone.ask("POST /challenge", {"extension": each}, status=200) for each in ("1000", "9999")
    )
    assert {**known.json, "nonce": ""} == {**unknown.json, "nonce": ""}
    assert len(known.json["nonce"]) == len(unknown.json["nonce"])
    assert list(known.headers) == list(unknown.headers)


@pytest.mark.parametrize(
    "options",
    [
        {"password": "wrong"},
        {"password": ""},
        {"extension": "9999"},
        {"extension": "1001"},
        {"nonce": "made-up"},
        {"nonce": "1.2.3"},
    ],
)
def test_a_wrong_proof_is_refused_and_the_answer_says_no_more(phone, options):
    wrong = phone.prove(password=options.pop("password", PASSWORD), **options, status=403)
    assert wrong.json["detail"] == "The password is not that of this extension."


def test_a_nonce_is_good_once_and_for_its_extension(phone):
    nonce = phone.challenge()
    phone.prove(nonce=nonce, status=201)
    phone.prove(nonce=nonce, status=403)
    phone.prove(password="other-1001", extension="1001", nonce=phone.challenge(), status=403)


def test_a_nonce_that_was_tried_with_a_wrong_password_is_used(phone):
    nonce = phone.challenge()
    phone.prove(password="wrong", nonce=nonce, status=403)
    phone.prove(nonce=nonce, status=403)


def test_an_old_nonce(phone, monkeypatch):
    nonce = phone.challenge()
    monkeypatch.setattr("sipapp.phone.proof.NONCE_LIFETIME_S", 0)
    phone.prove(nonce=nonce, status=403)


def test_an_extension_that_is_disabled_or_has_no_password_has_no_valid_proof(phone, memory):
    memory.storage.create(Extension("1002"))
    memory.storage.create(Extension("1003", inherited={"password": "$${default_password}"}))
    memory.storage.set_enabled("1001", enabled=False)
    phone.prove(password="", extension="1002", status=403)
    phone.prove(password="", extension="1003", status=403)
    phone.prove(password="other-1001", extension="1001", status=403)


def test_what_is_read_only_can_be_proved(phone, memory):
    memory.storage.create(Extension("1004", password="x-1004", read_only="by hand"))
    phone.prove(password="x-1004", extension="1004", status=201)


def test_a_hash_in_place_of_the_password(phone, memory, monkeypatch):
    ha1 = hashlib.md5(f"1000:{REALM}:{PASSWORD}".encode(), usedforsecurity=False).hexdigest()
    monkeypatch.setattr(memory.storage, "secret", lambda _: Secret(ha1=ha1))
    phone.prove(status=201)
    phone.prove(realm="other.test", status=403)


def test_guesses_are_throttled_and_the_answer_says_when_to_retry(phone):
    for _ in range(5):
        phone.prove(password="wrong", status=403)
    answer = phone.prove(status=429)
    assert answer.headers["Retry-After"] == "1"
    elsewhere = {"REMOTE_ADDR": "198.51.100.7"}
    phone.app.extra_environ = elsewhere
    phone.prove(status=201)


def test_a_header_does_not_change_the_address_of_a_client(phone):
    for each in range(5):
        phone.prove(password="wrong", X_Forwarded_For=f"203.0.113.{each}", status=403)
    phone.prove(X_Forwarded_For="203.0.113.99", status=429)


def test_behind_a_proxy_the_address_is_the_one_from_the_proxy(phone):
    behind = proxy_headers_middleware(
        phone.app.app, trusted_proxy="10.0.0.1", trusted_proxy_headers={"x-forwarded-for"}
    )
    phone.app = TestApp(behind, extra_environ={"REMOTE_ADDR": "10.0.0.1"})
    for each in range(5):
        forged = f"203.0.113.{each}, 192.0.2.1"
        phone.prove(password="wrong", X_Forwarded_For=forged, status=403)
    phone.prove(X_Forwarded_For="192.0.2.1", status=429)
    phone.prove(X_Forwarded_For="192.0.2.2", status=201)


def test_many_names_from_one_address(phone):
    for each in range(20):
        phone.prove(extension=str(2000 + each), status=403)
    phone.prove(status=429)


def test_a_phone_that_was_right_is_not_locked_out_by_others_behind_its_address(phone):
    phone.prove(status=201)
    for each in range(4):
        for _ in range(5):
            phone.prove(extension=str(2000 + each), status=403)
    phone.prove(password="other-1001", extension="1001", status=429)
    for _ in range(10):
        phone.prove(status=201)


def test_of_many_proofs_at_once_five_are_looked_at(open_phone, memory, monkeypatch):
    monkeypatch.setattr("sipapp.phone.service.MAX_STORAGE_READERS", 20)
    phone = open_phone()
    read, go_on = [], Event()

    def secret(_):
        read.append(1)
        assert go_on.wait(60)
        return Secret("another")

    monkeypatch.setattr(memory.storage, "secret", secret)
    nonces = [phone.challenge() for _ in range(20)]
    with ThreadPoolExecutor(20) as pool:
        proofs = [pool.submit(phone.prove, nonce=nonce) for nonce in nonces]
        eventually(lambda: len(read) + sum(each.done() for each in proofs) == 20)
        go_on.set()
        statuses = [each.result(60).status_int for each in proofs]
    assert sorted(statuses) == [403] * 5 + [429] * 15


def test_a_proof_that_cannot_be_judged_is_no_guess(phone, memory, monkeypatch, caplog):
    memory.storage.create(Extension("1002", password="s3cret-of-1002"))
    memory.storage.create(Extension("1003", inherited={"password": "$${default_password}"}))
    memory.storage.set_enabled("1002", enabled=False)
    for _ in range(15):
        phone.prove(extension="1002", status=403)
        phone.prove(extension="1003", status=403)
    assert "Extension '1003' has no password that is known here." in caplog.messages
    for error in (StorageUnavailable("The disk is away."), ServerBusy("Full.", 1), OSError("x")):
        with monkeypatch.context() as broken:
            broken.setattr(memory.storage, "secret", failing(error))
            for _ in range(15):
                assert phone.prove().status_int in {500, 503}
    for _ in range(5):
        phone.prove(password="wrong", status=403)
    for each in range(15):
        phone.prove(extension=str(2000 + each), status=403)
    phone.prove(status=429)


def failing(error):
    def fail(*_):
        raise error

    return fail


def test_guesses_from_many_addresses_are_on_the_health_page(phone):
    for each in range(20):
        phone.app.extra_environ = {"REMOTE_ADDR": f"198.51.100.{each}"}
        phone.prove(password="wrong", status=403)
    phone.app.authorization = ("Basic", ("admin", "admin-pass"))
    (warning,) = phone.app.get("/sip/admin/health").html.find_all(class_="notice-warning")
    assert [each.text for each in warning.find_all("li")] == ["extension 1000"]


def test_a_right_password_clears_its_own_failures_alone(phone):
    for _ in range(15):
        phone.prove(password="wrong", extension="1001")
        phone.prove(status=201)
    assert phone.prove(password="other-1001", extension="1001").status_int == 429


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({}, 422),
        ({"extension": 1000}, 422),
        ({"extension": None}, 422),
        ({"extension": ["1000"]}, 422),
        ({"extension": ""}, 422),
        ({"extension": "x" * 65}, 422),
        ({"extension": "1000\x00"}, 422),
        ({"extension": "../1000"}, 422),
        ({"extension": "1000\r\nX: y"}, 422),
        ({"extension": "\ud800"}, 422),
        ({"extension": "é"}, 422),
        ({"extension": "1000", "x": 1}, 422),
        ([], 422),
        ("1000", 422),
        (None, 422),
    ],
)
def test_a_challenge_that_makes_no_sense(phone, given, status):
    phone.ask("POST /challenge", body=json.dumps(given).encode(), status=status)


@pytest.mark.parametrize("key", ["extension", "realm", "nonce", "proof"])
@pytest.mark.parametrize("value", [None, 5, [], {}, True, "", "x" * 1000])
def test_a_session_that_makes_no_sense(phone, key, value):
    given = {"extension": "1000", "realm": REALM, "nonce": phone.challenge(), "proof": "0" * 64}
    phone.ask("POST /session", {**given, key: value}, status=422)


@pytest.mark.parametrize("text", ["\x00", "\ud800", "é\n", "\u2028", "%00", "a\r\nb"])
def test_odd_text_in_a_session_is_just_wrong(phone, text, caplog):
    for key in ("realm", "nonce", "proof"):
        given = {"extension": "1000", "realm": REALM, "nonce": "n", "proof": "0" * 64}
        odd = (text * 64)[:64] if key == "proof" else text
        phone.app.extra_environ = {"REMOTE_ADDR": f"192.0.2.{len(key)}"}
        phone.ask("POST /session", {**given, key: odd}, status=403)
    assert "\ud800" not in caplog.text


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"", "application/json", 400),
        (b"{", "application/json", 400),
        (b"\xff", "application/json", 400),
        (b'{"extension": "1000", "extension": "1001"}', "application/json", 400),
        (b"[" * 1000, "application/json", 400),
        (b'{"extension": NaN}', "application/json", 400),
        (b" " * 5000, "application/json", 413),
        (b'{"extension": "1000"}', "text/plain", 415),
        (b"extension=1000", "application/x-www-form-urlencoded", 415),
    ],
)
def test_a_body_that_is_none(phone, body, content_type, status):
    phone.ask("POST /challenge", body=body, Content_Type=content_type, status=status)


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "https://evil.test"}, {"Sec_Fetch_Site": "cross-site"}, {"Origin": "null"}],
)
def test_a_page_of_another_site_gets_nothing(phone, headers):
    phone.ask("POST /challenge", {"extension": "1000"}, **headers, status=403)
    phone.log_in()
    phone.ask("POST /conference", **headers, status=403)


# Sessions

GUARDED = (
    "GET /directory",
    "POST /directory/names",
    "GET /presence",
    "GET /ice-servers",
    "POST /conference",
    "POST /reports",
)


@pytest.mark.parametrize("call", GUARDED)
@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        "Bearer x",
        "Bearer é",
        "Basic " + base64.b64encode(b"admin:admin-pass").decode(),
    ],
)
def test_without_a_session_no_data_is_returned(phone, call, header):
    if header is not None:
        phone.headers["Authorization"] = header
    answer = phone.ask(call, body=b"{}" if "reports" in call else None, status=401)
    assert answer.headers["WWW-Authenticate"].startswith("Bearer ")
    assert "Prove the extension's password" in answer.json["detail"]


def test_every_operation_but_the_first_ones_needs_a_session(phone):
    listed = {
        f"{method.upper()} {path}"
        for path, item in CONTRACT["paths"].items()
        for method, operation in item.items()
        if operation.get("security") != []
    }
    assert listed == set(GUARDED)


def test_a_token_does_not_open_the_admin_pages(phone):
    phone.log_in()
    for path in ("/sip/admin", "/sip/api/v1/extensions"):
        phone.app.get(path, headers=phone.headers, status=401)


def change_password(app):
    app.post_json("/sip/api/v1/extensions/1000/password", {"password": "quite-a-new-one"})


def disable(app):
    app.post("/sip/api/v1/extensions/1000/disable")


def delete(app):
    app.delete("/sip/api/v1/extensions/1000")


@pytest.mark.parametrize("change", [change_password, disable, delete])
def test_a_session_ends_with_the_password(phone, change):
    phone.log_in()
    phone.app.authorization = ("Basic", ("admin", "admin-pass"))
    change(phone.app)
    phone.app.authorization = None
    phone.ask("GET /directory", status=401)
    phone.prove(status=403)


def test_other_changes_leave_it(phone, memory):
    phone.log_in()
    memory.storage.update("1000", {"caller_id_name": "Zoe"})
    phone.ask("GET /directory", status=200)


@pytest.mark.parametrize("call", ["POST /session", "GET /directory"])
def test_the_error_of_a_storage_is_not_revealed(phone, memory, monkeypatch, call):
    phone.log_in()

    def fail(_self, _extension):
        raise StorageUnavailable("/etc/freeswitch/directory cannot be read")

    monkeypatch.setattr(type(memory.storage), "get", fail)
    answer = phone.prove() if "session" in call else phone.ask(call)
    assert answer.status_int == 503
    assert "/etc" not in answer.text


# The directory


def test_the_directory_has_ids_and_names_of_enabled_extensions(phone, memory):
    memory.storage.create(Extension("1002", caller_id_name="Gone"))
    memory.storage.set_enabled("1002", enabled=False)
    phone.log_in()
    answer = phone.ask("GET /directory", status=200)
    assert answer.json == {
        "extensions": [
            {"extension": "1000", "name": "Zoë <b>"},
            {"extension": "1001", "name": "Bob"},
        ],
        "complete": True,
    }


def test_the_directory_is_sent_once(phone, memory):
    phone.log_in()
    etag = phone.ask("GET /directory", status=200).headers["ETag"]
    assert phone.ask("GET /directory", If_None_Match=etag, status=304).body == b""
    memory.storage.update("1001", {"caller_id_name": "Rob"})
    changed = phone.ask("GET /directory", If_None_Match=etag, status=200)
    assert changed.json["extensions"][1]["name"] == "Rob"
    assert changed.headers["ETag"] != etag


def test_a_directory_in_which_nothing_changed_is_not_read_anew(phone, memory, monkeypatch):
    kept = tuple(memory.storage.list())
    monkeypatch.setattr(memory.storage, "list", lambda: kept)
    phone.log_in()
    first = phone.ask("GET /directory", status=200)
    monkeypatch.setattr(memory.storage, "find", None)
    assert phone.ask("GET /directory", status=200).body == first.body


def test_people_are_found_by_a_part_of_their_name_or_number(phone, memory):
    phone.log_in()
    found = phone.ask("GET /directory?search=bO", status=200)
    assert found.json == {"extensions": [{"extension": "1001", "name": "Bob"}], "complete": True}
    found = phone.ask("GET /directory?search=100&limit=1", status=200)
    assert [each["extension"] for each in found.json["extensions"]] == ["1000"]
    assert found.json["complete"] is False
    phone.ask("GET /directory?search=bob&limit=1000", status=400)


def test_of_a_large_directory_phones_get_a_part(phone, monkeypatch):
    monkeypatch.setattr("sipapp.phone.directory.LISTED", 1)
    phone.log_in()
    listed = phone.ask("GET /directory", status=200).json
    assert ([each["extension"] for each in listed["extensions"]], listed["complete"]) == (
        ["1000"],
        False,
    )


# Domains

BRANCH = "1000@branch.example"


@pytest.fixture
def phone_of(make_app):
    """A phone of a domain; 1000 of both domains have passwords of their own."""

    def phone_of(domains=("", "branch.example"), **ini):
        plugin = MemoryPlugin(domains)
        for each, name in (("1000", "Ann"), (BRANCH, "Bea"), ("1001@branch.example", "Cid")):
            plugin.storage.create(Extension(each, f"password of {name}", caller_id_name=name))
        return Phone(make_app({**INI, **ini}, plugins=[plugin]))

    return phone_of


def test_the_realm_says_whose_password_is_proved(phone_of):
    phone = phone_of()
    branch = {"realm": "Branch.example"}
    phone.prove("password of Ann", status=201)
    phone.prove("password of Bea", status=403)
    phone.prove("password of Bea", **branch, status=201)
    phone.prove("password of Ann", **branch, status=403)


def test_the_id_of_another_domain_is_no_number_of_a_phone(phone_of):
    phone = phone_of()
    phone.ask("POST /challenge", {"extension": BRANCH}, status=422)


def test_sessions_of_two_domains_are_two(phone_of, tmp_path):
    secret = tmp_path / "turn"
    secret.write_text("turn-secret")
    phone = phone_of(
        **{
            "sipapp.phone.conference_prefix": "30",
            "sipapp.phone.turn_urls": "turn:turn.test",
            "sipapp.phone.turn_secret_file": str(secret),
        }
    )
    names = {}
    for realm, name in (("pbx.test", "Ann"), ("branch.example", "Bea")):
        phone.log_in(password=f"password of {name}", realm=realm)
        servers = phone.ask("GET /ice-servers", status=200).json["iceServers"]
        names[name] = servers[-1]["username"].partition(":")[2]
        phone.ask("POST /reports", REPORT, status=201)
    assert names == {"Ann": "1000", "Bea": BRANCH}
    reports = phone.app.get("/sip/admin/reports").text
    assert BRANCH in reports


def test_wrong_passwords_of_one_domain_do_not_keep_the_other_out(phone_of):
    phone = phone_of()
    answers = [phone.prove("wrong").status_int for _ in range(20)]
    assert answers[-1] == 429
    phone.prove("password of Bea", realm="branch.example", status=201)


def numbers(phone):
    listed = phone.ask("GET /directory", status=200).json["extensions"]
    return {each["extension"]: each["name"] for each in listed}


def test_the_directory_has_the_own_domains_numbers(phone_of):
    phone = phone_of(("pbx.example", "branch.example"))
    phone.log_in(password="password of Ann")
    assert numbers(phone) == {"1000": "Ann", BRANCH: "Bea", "1001@branch.example": "Cid"}
    phone.log_in(password="password of Bea", realm="branch.example")
    assert numbers(phone) == {"1000@pbx.example": "Ann", "1000": "Bea", "1001": "Cid"}


def test_who_cannot_be_dialled_is_not_in_the_directory(phone_of):
    phone = phone_of()
    phone.log_in(password="password of Bea", realm="branch.example")
    assert numbers(phone) == {"1000": "Bea", "1001": "Cid"}
    phone = phone_of(**{"sipapp.domain": "pbx.test"})
    phone.log_in(password="password of Bea", realm="branch.example")
    assert numbers(phone)["1000@pbx.test"] == "Ann"


def names(phone, *given):
    found = phone.ask("POST /directory/names", {"numbers": given}, status=200).json["extensions"]
    return {each["extension"]: each["name"] for each in found}


def test_numbers_are_told_their_names(phone, memory, monkeypatch):
    phone.log_in()
    # A page of numbers is looked up, however many extensions there are.
    monkeypatch.setattr(type(memory.storage), "find", None)
    memory.storage.set_enabled("1000", enabled=True)
    assert names(phone, "1001", "BOB", "+49 30 1", "1001@elsewhere.example", "1000") == {
        "1001": "Bob",
        "1000": memory.storage.get("1000").caller_id_name,
    }
    memory.storage.set_enabled("1001", enabled=False)
    assert names(phone, "1001") == {}
    assert names(phone) == {}


def test_names_of_more_numbers_than_a_page_has_are_refused(phone):
    phone.log_in()
    phone.ask("POST /directory/names", {"numbers": ["1001"] * 51}, status=422)
    phone.ask("POST /directory/names", {"numbers": ["1" * 256]}, status=422)
    phone.ask("POST /directory/names", {"numbers": ["1001"], "all": True}, status=422)


def test_names_are_those_of_the_numbers_as_one_dials_them(phone_of):
    phone = phone_of(("pbx.example", "branch.example"))
    phone.log_in(password="password of Ann")
    asked = ("1000", BRANCH, "1000@PBX.example", "1001", "1001@branch.example")
    assert names(phone, *asked) == {
        "1000": "Ann",
        BRANCH: "Bea",
        "1000@PBX.example": "Ann",
        "1001@branch.example": "Cid",
    }
    phone.log_in(password="password of Bea", realm="branch.example")
    assert names(phone, "1000", "1000@pbx.example", "1001") == {
        "1000": "Bea",
        "1000@pbx.example": "Ann",
        "1001": "Cid",
    }


def test_a_directory_that_is_switched_off(open_phone):
    phone = open_phone(directory="false")
    phone.log_in()
    phone.ask("GET /directory", status=404)
    phone.ask("POST /directory/names", {"numbers": ["1001"]}, status=404)


# ICE servers


def test_static_servers_alone(open_phone):
    phone = open_phone(ice_servers="stun:stun.test")
    phone.log_in()
    answer = phone.ask("GET /ice-servers", status=200)
    assert answer.json == {"iceServers": [{"urls": ["stun:stun.test"]}], "expires_in": 3600}


@pytest.fixture
def turn(tmp_path):
    file = tmp_path / "turn.secret"
    file.write_text("north-wind\n")
    return {"turn_urls": "turn:a turns:b", "turn_secret_file": str(file), "turn_lifetime": "600"}


def test_credentials_for_turn_are_as_coturn_wants_them(open_phone, turn):
    phone = open_phone(ice_servers="stun:stun.test", **turn)
    phone.log_in()
    answer = phone.ask("GET /ice-servers", status=200)
    static, own = answer.json["iceServers"]
    assert static == {"urls": ["stun:stun.test"]}
    assert own["urls"] == ["turn:a", "turns:b"]
    expires, extension = own["username"].split(":")
    assert extension == "1000"
    assert 590 < int(expires) - time.time() <= 600
    digest = hmac.new(b"north-wind", own["username"].encode(), hashlib.sha1).digest()
    assert own["credential"] == base64.b64encode(digest).decode()
    assert answer.json["expires_in"] == 600


def test_the_secret_of_turn_is_not_in_any_answer(open_phone, turn, tmp_path, caplog):
    caplog.set_level(logging.DEBUG)
    phone = open_phone(**turn)
    page = phone.app.get("/sip")
    assert "turn:a" not in page
    phone.log_in()
    assert "north-wind" not in phone.ask("GET /ice-servers", status=200)
    (tmp_path / "turn.secret").unlink()
    answer = phone.ask("GET /ice-servers", status=503)
    assert str(tmp_path) not in answer.text
    assert "cannot read" in caplog.text
    assert "north-wind" not in caplog.text
    (tmp_path / "turn.secret").write_text("east-wind")
    phone.ask("GET /ice-servers", status=200)


# Conference rooms


def call(number):
    return Call(f"call to {number}", "1000", "", number, "active", 0.0, "opus")


def test_a_room_has_neither_a_call_nor_was_it_given_lately(phone, memory):
    calls = tuple(call(f"30{each:02}") for each in range(97))
    memory.switch.status = LiveStatus("test", 0.0, calls=calls)
    phone.log_in()
    rooms = {phone.ask("POST /conference", status=201).json["room"] for _ in range(3)}
    assert rooms == {"3097", "3098", "3099"}
    memory.switch.status = replace(memory.switch.status, calls=(*calls, *map(call, rooms)))
    answer = phone.ask("POST /conference", status=503)
    assert "in use" in answer.json["detail"]


def test_a_room_where_no_switch_reports_calls(phone):
    phone.log_in()
    room = phone.ask("POST /conference", body=b"{}", status=201).json["room"]
    assert room.startswith("30")
    assert len(room) == 4


def test_no_rooms(open_phone):
    phone = open_phone(conference_prefix="")
    phone.log_in()
    phone.ask("POST /conference", status=404)


# The API itself


def test_the_document_is_served(phone):
    answer = phone.ask("GET /openapi.json", status=200)
    assert answer.json["servers"] == [{"url": "/sip/phone"}]
    assert answer.json["paths"] == CONTRACT["paths"]


@pytest.mark.parametrize("path", ["/nothing", "/session/x", "/challenge/"])
def test_an_address_that_is_none(phone, path):
    phone.ask(f"GET {path}", status=404)


def test_other_methods(phone):
    assert phone.ask("GET /session", status=405).headers["Allow"] == "OPTIONS, POST"
    assert phone.ask("DELETE /directory", status=405).headers["Allow"] == "GET, HEAD, OPTIONS"
    phone.ask("OPTIONS /reports", status=204)
