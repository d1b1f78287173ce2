"""What holds for every operation of the API: bodies, methods, who may, errors, the document."""

import base64
import json
import logging
import re
from dataclasses import fields

import openapi_spec_validator
import pytest
import yaml
from hypothesis import assume, example, given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from webob import Request
from webtest import TestApp

from sipapp.api import Extension
from sipapp.model.extension import FIELD_NAMES, SECRET_FIELDS, check_fields, check_id
from sipapp.model.text import INVISIBLE
from sipapp.storages.query import SORT_KEYS
from sipapp.testing.checked_app import ContractBroken
from sipapp.web.api import DOCUMENT
from sipapp.web.documents import extension_document
from sipapp.web.openapi.body import MAX_BODY_BYTES

WITH_BODY = [
    "POST /extensions",
    "PATCH /extensions/1001",
    "POST /extensions/1001/password",
    "POST /batch",
    "POST /reload",
]
BARE = ["GET /extensions", "GET /extensions/1001", "DELETE /extensions/1001", "GET /openapi.json"]


def basic(user, password):
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


# Bodies


@pytest.mark.parametrize("call", WITH_BODY)
@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"{", "in line 1, column 2"),
        (b'{"id": "1",}', "in line 1"),
        (b"{'id': '1'}", "in line 1"),
        (b'{"id": NaN}', "JSON has no NaN"),
        (b"[-Infinity]", "JSON has no -Infinity"),
        (b'{"id": ' + b"9" * 5000 + b"}", "a number is too long"),
        (b"[" * 60_000, "nested too deep"),
        (b'{"a":' * 10_000, "nested too deep"),
        (b'"\xff"', "not UTF-8"),
        (b"\xef\xbb\xbf{}", "BOM"),
        (b"id=1", "in line 1"),
        (b" ", "in line 1"),
    ],
)
def test_what_is_not_json_is_400(refusing, call, body, words):
    (error,) = refusing(call, body=body, content_type="application/json", status=400).json["errors"]
    assert error["field"] == ""
    assert error["message"].startswith("The body is not JSON: ")
    assert words in error["message"]


@pytest.mark.parametrize("call", WITH_BODY)
def test_a_key_that_stands_there_twice_is_400(refusing, call):
    body = b'{"caller_id_name": "a", "caller_id_name": "b"}'
    answer = refusing(call, body=body, content_type="application/json", status=400)
    assert answer.json["errors"] == [
        {"field": "caller_id_name", "message": "This key stands there twice."}
    ]


@pytest.mark.parametrize("call", WITH_BODY)
@pytest.mark.parametrize(
    "body",
    [
        b"[]",
        b"null",
        b"1e999",
        b'"x"',
        b"[" * 50 + b"]" * 50,
        b'{"\\ud800": 1}',
        b'{"": null}',
        b'{"__class__": {}}',
        b'{"password": {"a": 1}, "x": 9999999999999999999999}',
    ],
)
def test_json_that_is_not_what_was_asked_for_is_422(refusing, call, body):
    assert refusing(call, body=body, content_type="application/json", status=422).json["errors"]


@pytest.mark.parametrize("call", WITH_BODY)
@pytest.mark.parametrize(
    "content_type",
    [
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "text/plain",
        "text/json",
        "application/jsonp",
        "\u00e4",
        None,
    ],
)
def test_a_body_that_does_not_say_that_it_is_json_is_415(refusing, call, content_type):
    answer = refusing(call, body=b'{"id":"1"}', content_type=content_type, status=415)
    assert "application/json" in answer.json["detail"]
    assert refusing("GET /extensions").json["items"] == []


@pytest.mark.parametrize("call", WITH_BODY)
def test_an_empty_form_is_415_too(refusing, call):
    refusing(call, content_type="application/x-www-form-urlencoded", status=415)


@pytest.mark.parametrize("call", WITH_BODY[:2])
def test_a_missing_body_is_asked_for(refusing, call):
    assert refusing(call, content_type="application/json", status=400).json["errors"]
    refusing(call, status=415)


def test_an_empty_body_may_say_that_it_is_json(api):
    api("POST /reload", content_type="application/json", status=200)


def test_a_charset_does_no_harm(api):
    given = {"id": "1"}
    api("POST /extensions", given=given, content_type="application/json; charset=utf-8", status=201)


@pytest.mark.parametrize("call", [call for call in WITH_BODY if call != "POST /batch"])
def test_a_body_of_more_than_64_kib_is_413(refusing, call):
    body = b'{"id": "1"}'.ljust(MAX_BODY_BYTES + 1)
    answer = refusing(call, body=body, content_type="application/json", status=413)
    assert "65536 bytes" in answer.json["detail"]


def test_a_body_of_64_kib_is_read(api):
    api(
        "POST /extensions",
        body=b'{"id": "1"}'.ljust(MAX_BODY_BYTES),
        content_type="application/json",
        status=201,
    )


class Endless:
    """A chunked body whose sender never stops."""

    def __init__(self):
        self.sent = 0

    def read(self, size=-1):
        assert 0 <= size < 10 * MAX_BODY_BYTES
        self.sent += size
        return b" " * size


def test_a_chunked_body_is_not_read_without_end(app):
    body = Endless()
    environ = {
        "wsgi.input": body,
        "wsgi.input_terminated": True,
        "REQUEST_METHOD": "POST",
        "CONTENT_TYPE": "application/json",
        "HTTP_TRANSFER_ENCODING": "chunked",
    }
    request = Request.blank("/sip/api/v1/extensions", environ)
    assert request.get_response(app.app).status_int == 413
    assert body.sent <= 2 * MAX_BODY_BYTES


# Methods and addresses


@pytest.mark.parametrize(
    ("path", "allow"),
    [
        ("/extensions", "GET, HEAD, OPTIONS, POST"),
        ("/extensions/1001", "DELETE, GET, HEAD, OPTIONS, PATCH"),
        ("/extensions/1001/password", "OPTIONS, POST"),
        ("/reload", "OPTIONS, POST"),
        ("/openapi.json", "GET, HEAD, OPTIONS"),
    ],
)
def test_other_methods_are_405_and_options_names_the_right_ones(refusing, path, allow):
    for method in ("PUT", "TRACE"):
        answer = refusing(f"{method} {path}", status=405)
        assert answer.headers["Allow"] == allow
        assert allow in answer.json["detail"]
    answer = refusing(f"OPTIONS {path}", status=204)
    assert answer.headers["Allow"] == allow
    assert not answer.body
    assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "/typo",
        "/extensions/",
        "/extensions/1001/",
        "/extensions/a%2Fb",
        "/extensions/..%2F..%2Fetc%2Fpasswd",
        "/openapi.yaml",
    ],
)
def test_an_unknown_address_is_a_problem_too(refusing, path):
    refusing(f"GET {path}", status=404)


@pytest.mark.parametrize(
    "extension_id", ["%00", "%0A", "..", "%F0%9F%93%9E", "a%20b", "x" * 3000, "%7B%7D", "*"]
)
def test_any_text_may_be_asked_for(refusing, extension_id):
    refusing(f"GET /extensions/{extension_id}", status=404)


def test_a_path_that_is_not_utf8_is_400(refusing):
    refusing("GET /extensions/%FF", status=400)


# Who may


@pytest.fixture
def guarded(make_app, make_api, memory):
    memory.storage.create(Extension("1001", password="x"))
    ini = {"sipapp.storage": "memory"}
    return make_api(make_app(ini, plugins=[memory], SIP_ADMIN_USER="zoë", SIP_ADMIN_PASS="p:ä"))


@pytest.mark.parametrize("call", [*WITH_BODY, *BARE, "OPTIONS /extensions", "PUT /reload"])
def test_everything_asks_for_the_administrator(guarded, memory, call):
    before = memory.storage.list()
    for header in (None, basic("zoë", "wrong"), basic("root", "p:ä"), "Bearer x", "Basic ???"):
        headers = {"Authorization": header} if header else {}
        answer = guarded(call, given={}, status=401, **headers)
        assert answer.headers["WWW-Authenticate"] == 'Basic realm="sipapp", charset="UTF-8"'
    assert memory.storage.list() == before


def test_the_administrator_gets_in(guarded):
    guarded("GET /extensions", Authorization=basic("zoë", "p:ä"), status=200)


@pytest.mark.parametrize("call", [*WITH_BODY, "DELETE /extensions/1001"])
@pytest.mark.parametrize(
    "header",
    [
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://[broken"},
        {"Origin": "http://localhost.evil.example"},
    ],
)
def test_a_write_from_another_site_is_403_with_the_right_password_too(
    guarded, memory, call, header
):
    before = memory.storage.list()
    guarded(call, given={}, status=403, Authorization=basic("zoë", "p:ä"), **header)
    guarded(call, given={}, status=403, **header)
    assert memory.storage.list() == before


@pytest.mark.parametrize(
    "header",
    [
        {"Sec_Fetch_Site": "same-origin", "Origin": "http://localhost:80"},
        {"Sec_Fetch_Site": "none"},
        {"Origin": "https://LOCALHOST:80"},
        {},
    ],
)
def test_a_write_from_our_own_page_needs_no_token(api, header):
    api("POST /extensions", given={"id": "1"}, status=201, **header)


# Errors of our own


def test_an_unforeseen_error_is_a_number_and_nothing_else(api, memory, monkeypatch, caplog):
    def fail():
        raise RuntimeError("password=s3cret in /srv/x")

    monkeypatch.setattr(memory.storage, "list", fail)
    with caplog.at_level(logging.ERROR):
        answer = api("GET /extensions", status=500)
    reference = re.search(r"number ([0-9a-f]{8})\.", answer.json["detail"])[1]
    assert "s3cret" not in answer.text
    assert answer.json["errors"] == []
    (record,) = [each for each in caplog.records if reference in each.getMessage()]
    assert record.exc_info


@pytest.mark.parametrize("broken", [{"caller_id_name": 7}, {"enabled": "s3cret"}])
def test_an_answer_that_breaks_the_document_is_sent_and_noticed_by_tests(
    api, memory, monkeypatch, broken
):
    memory.storage.create(Extension("1"))
    monkeypatch.setattr(
        "sipapp.web.api.operations.extension_document",
        lambda extension: extension_document(extension) | broken,
    )
    answer = TestApp(api.app.app).get("/sip/api/v1/extensions", status=200)
    assert [each["id"] for each in answer.json["items"]] == ["1"]
    with pytest.raises(ContractBroken, match=rf"items\[0\]\.{next(iter(broken))}") as caught:
        api("GET /extensions")
    assert "s3cret" not in str(caught.value)


# The document


def test_the_document_is_valid_openapi_31(api):
    document = api("GET /openapi.json", status=200).json
    assert document["openapi"].startswith("3.1.")
    openapi_spec_validator.validate(document)


@pytest.mark.parametrize("prefix", ["/sip", "/a/b"])
def test_the_document_names_the_server_where_it_is(make_app, make_api, memory, prefix):
    app = make_app({"sipapp.storage": "memory", "sipapp.prefix": prefix}, plugins=[memory])
    api = make_api(app, f"{prefix}/api/v1")
    document = api("GET /openapi.json", status=200).json
    assert document["servers"] == [{"url": f"{prefix}/api/v1"}]
    created = api("POST /extensions", given={"id": "1"}, status=201)
    assert created.headers["Location"].endswith(f"{prefix}/api/v1/extensions/1")


def test_below_a_path_of_a_proxy_the_document_says_so(app):
    answer = app.get("/sip/api/v1/openapi.json", extra_environ={"SCRIPT_NAME": "/pbx"})
    assert answer.json["servers"] == [{"url": "/pbx/sip/api/v1"}]


def test_the_document_knows_all_fields_and_sort_keys(api):
    document = api("GET /openapi.json").json
    schemas = document["components"]["schemas"]
    assert set(schemas["NewExtension"]["properties"]) == {"id", *FIELD_NAMES}
    assert set(schemas["ExtensionPatch"]["properties"]) == {*FIELD_NAMES} - {"password"}
    internal = {"password", "vm_password", "hidden", "without_password", "weak_secrets"}
    shown = {field.name for field in fields(Extension)} - internal
    told = {"has_password", "authentication", "warnings"}
    assert set(schemas["Extension"]["properties"]) == shown | told
    sort = next(
        each
        for each in document["paths"]["/extensions"]["get"]["parameters"]
        if each["name"] == "sort"
    )
    assert set(sort["schema"]["enum"]) == {*SORT_KEYS, *(f"-{key}" for key in SORT_KEYS)}


def test_the_document_and_the_core_refuse_the_same_invisible_characters(schema_of):
    everything = "".join(chr(code) for code in range(0x110000))
    for each in INVISIBLE.findall(everything):
        assert not schema_of("caller_id_name").is_valid(f"Ann{each}")
        assert not schema_of("accountcode").is_valid(f"Ann{each}")
    for each in "\u200c\u200d\u00ac\u00ae\u2070\u202f":
        assert schema_of("caller_id_name").is_valid(f"Ann{each}")


TEXTS = st.text(max_size=130) | st.text("ab$..{}/ \n\x85\u2028é0", max_size=8)


@given(TEXTS)
@example("x" * 129)
def test_the_document_and_the_core_refuse_the_same_texts(schema_of, text):
    assume("\n" not in text[-1:])  # "$" of a pattern is before it, so only the core refuses it
    for name in FIELD_NAMES:
        allowed = schema_of(name).is_valid(text)
        if name in SECRET_FIELDS and not text:
            assert allowed  # has one made
        else:
            assert allowed is not bool(list(check_fields({name: text})))
    assert schema_of("id").is_valid(text) is (check_id(text) is None)


@pytest.fixture(scope="module")
def schema_of():
    document = yaml.safe_load(DOCUMENT.read_text(encoding="utf-8"))
    validator = Draft202012Validator(document)
    properties = document["components"]["schemas"]["NewExtension"]["properties"]
    return lambda name: validator.evolve(schema=properties[name])


def test_answers_are_json_in_ascii(api):
    answer = api("POST /extensions", given={"id": "1", "caller_id_name": "Zoë \u4e16"}, status=201)
    assert answer.content_type == "application/json"
    assert json.loads(answer.body)["caller_id_name"] == "Zoë \u4e16"


def test_a_parameter_that_breaks_a_pattern_is_named(api):
    answer = api("GET /history?before=%3Cx%3E", status=400)
    assert [each["field"] for each in answer.json["errors"]] == ["before"]
