"""The operations of the API, as a client sees them."""

import string

import pytest

from sipapp.api import (
    Extension,
    FieldError,
    ReadOnlyExtension,
    StorageUnavailable,
    SwitchConnectionRefused,
    SwitchRefused,
    hookimpl,
)


@pytest.fixture
def alice(memory):
    return memory.storage.create(
        Extension("1001", password="s3cret-a", vm_password="4711", caller_id_name="Alice")
    )


# Lists


def test_an_empty_storage_is_an_empty_list(api):
    assert api("GET /extensions", status=200).json == {"total": 0, "after": "", "items": []}


def test_a_list_has_every_field_that_is_no_secret(api, alice):
    assert api("GET /extensions").json["items"] == [
        {
            "id": "1001",
            "caller_id_name": "Alice",
            "caller_id_number": "",
            "outbound_caller_id_name": "",
            "outbound_caller_id_number": "",
            "user_context": "",
            "toll_allow": "",
            "callgroup": "",
            "accountcode": "",
            "enabled": True,
            "has_password": True,
            "authentication": "password",
            "inherited": {},
            "resolved": {},
            "version": alice.version,
            "source": "",
            "read_only": "",
            "aliases": [],
            "warnings": [],
        }
    ]


def test_aliases_are_returned(api, memory):
    memory.storage.create(Extension("1002", password="x", aliases=("77",)))
    assert api("GET /extensions/1002", status=200).json["aliases"] == ["77"]


def test_search_sort_and_pages(api, memory):
    for number, name in (("1002", "Bob"), ("999", "Carol Bobson"), ("1001", "Alice")):
        memory.storage.create(Extension(number, password="x", caller_id_name=name))

    def ids(query):
        answer = api(f"GET /extensions?{query}", status=200).json
        return answer["total"], [item["id"] for item in answer["items"]]

    assert ids("") == (3, ["999", "1001", "1002"])
    assert ids("search=") == (3, ["999", "1001", "1002"])
    assert ids("search=bOb") == (2, ["999", "1002"])
    assert ids("search=%C3%A9") == (0, [])
    assert ids("sort=-caller_id_name") == (3, ["999", "1002", "1001"])
    assert ids("offset=1&limit=1") == (3, ["1001"])
    assert ids("offset=1000000000") == (3, [])


def test_all_pages_are_walked_by_their_cursors(api, memory):
    for number in range(7):
        memory.storage.create(Extension(f"100{number}", password="x", caller_id_name="Ann"))
    found, query = [], "limit=3&sort=-id"
    while query:
        answer = api(f"GET /extensions?{query}", status=200).json
        found += [item["id"] for item in answer["items"]]
        query = answer["after"] and f"limit=3&sort=-id&after={answer['after']}"
    assert found == [f"100{number}" for number in range(6, -1, -1)]


def test_a_cursor_that_no_page_gave_is_refused(api):
    answer = api("GET /extensions?after=x", status=400)
    assert "begin with the first page" in answer.json["detail"]


@pytest.mark.parametrize("other", ["sort=caller_id_name", "sort=-id", "search=00", "search=ann"])
def test_a_cursor_of_another_search_or_order_is_refused(api, memory, other):
    for number in range(3):
        memory.storage.create(Extension(f"100{number}", password="x", caller_id_name="Ann"))
    after = api("GET /extensions?limit=1", status=200).json["after"]
    answer = api(f"GET /extensions?{other}&after={after}", status=400)
    assert "another search or order: begin with the first page" in answer.json["detail"]


def test_an_offset_beyond_what_is_counted_asks_for_the_cursor(api, memory, monkeypatch):
    monkeypatch.setattr("sipapp.changes.reader.COUNTED", 2)
    for number in range(5):
        memory.storage.create(Extension(f"100{number}", password="x"))
    assert len(api("GET /extensions?offset=2&limit=2", status=200).json["items"]) == 2
    answer = api("GET /extensions?offset=3&limit=2", status=422)
    assert answer.json["errors"][0]["field"] == "offset"


@pytest.mark.parametrize(
    ("query", "field", "message"),
    [
        ("limit=0", "limit", "Give a number of at least 1."),
        ("limit=501", "limit", "Give a number of at most 500."),
        ("limit=-1", "limit", "Give a number of at least 1."),
        ("limit=ten", "limit", "Give a whole number."),
        ("limit=", "limit", "Give a whole number."),
        ("limit=%D9%A3", "limit", "Give a whole number."),
        ("offset=1.5", "offset", "Give a whole number."),
        ("offset=" + 5000 * "9", "offset", "Give a whole number."),
        ("offset=-1", "offset", "Give a number of at least 0."),
        (
            "serch=x",
            "serch",
            "There is no such parameter. Known: search, sort, offset, after, limit.",
        ),
    ],
)
def test_a_wrong_parameter_is_named(api, query, field, message):
    answer = api(f"GET /extensions?{query}", status=400)
    assert answer.json["errors"] == [{"field": field, "message": message}]


def test_an_unknown_order_says_which_there_are(api):
    (error,) = api("GET /extensions?sort=password", status=400).json["errors"]
    assert error["field"] == "sort"
    assert "caller_id_name" in error["message"]


def test_a_query_that_is_not_utf8_is_refused(api):
    api("GET /extensions?search=%ff", status=400)


# One extension


def test_get_with_its_version_as_etag(api, alice):
    answer = api("GET /extensions/1001", status=200)
    assert answer.json["caller_id_name"] == "Alice"
    assert answer.headers["ETag"] == f'"{alice.version}"' == f'"{answer.json["version"]}"'


def test_an_id_in_another_case_is_the_same_extension(api, memory):
    memory.storage.create(Extension("Bob", password="x"))
    assert api("GET /extensions/bOB", status=200).json["id"] == "Bob"


@pytest.mark.parametrize(
    ("header", "status"),
    [
        ('"{}"', 304),
        ('W/"{}"', 304),
        ('"other", "{}"', 304),
        ('"other"', 200),
    ],
)
def test_a_client_that_has_the_version_is_spared_the_body(api, alice, header, status):
    header = header.format(alice.version)
    answer = api("GET /extensions/1001", If_None_Match=header, status=status)
    assert bool(answer.body) is (status == 200)
    assert answer.headers["ETag"] == f'"{alice.version}"'


def test_head_is_get_without_a_body(api, alice):
    answer = api("HEAD /extensions/1001", status=200)
    assert answer.body == b""
    assert answer.headers["ETag"] == f'"{alice.version}"'


@pytest.mark.parametrize("call", ["GET", "PATCH", "DELETE", "POST"])
def test_an_unknown_extension_is_404(api, call):
    path = "/extensions/4711" + ("/password" if call == "POST" else "")
    given = {} if call in {"PATCH", "POST"} else None
    answer = api(f"{call} {path}", given=given, status=404)
    assert answer.json["detail"] == "There is no extension '4711'."


# Creating


def test_create_generates_secrets_and_returns_them_once(api, memory):
    answer = api("POST /extensions", given={"id": "1020", "caller_id_name": "Zoë"}, status=201)
    assert answer.headers["Location"].endswith("/sip/api/v1/extensions/1020")
    assert answer.headers["ETag"] == f'"{answer.json["version"]}"'
    stored = memory.storage.get("1020")
    assert answer.json["caller_id_name"] == stored.caller_id_name == "Zoë"
    assert answer.json["password"] == stored.password
    assert answer.json["vm_password"] == stored.vm_password
    assert len(stored.password) == 20
    assert set(stored.password) <= set(string.ascii_letters + string.digits)
    later = [api("GET /extensions"), api("GET /extensions/1020")]
    later.append(api("PATCH /extensions/1020", given={"caller_id_name": "Z"}))
    later.append(api("DELETE /extensions/1020"))
    for each in later:
        assert stored.password not in each.text
        assert stored.vm_password not in each.text
        assert '"password":' not in each.text


def test_a_given_password_is_not_returned(api, memory):
    given = {"id": "1020", "password": "MyOwn-1234", "vm_password": "4711"}
    answer = api("POST /extensions", given=given, status=201)
    assert memory.storage.get("1020").password == "MyOwn-1234"
    assert "password" not in answer.json
    assert "vm_password" not in answer.json
    assert "MyOwn" not in answer.text


def test_an_empty_password_is_a_generated_one(api, memory):
    answer = api("POST /extensions", given={"id": "1020", "password": ""}, status=201)
    assert answer.json["password"] == memory.storage.get("1020").password != ""


def test_create_says_what_the_switch_made_of_it(api):
    apply = api("POST /extensions", given={"id": "1020"}, status=201).json["apply"]
    (switch,) = apply["switches"]
    assert apply["state"] == "applied"
    assert switch["seconds"] >= 0
    assert (switch["name"], switch["outcome"], switch["detail"]) == (
        "sw",
        "applied",
        "+OK [Success]",
    )


def test_a_switch_that_is_down_leaves_the_change_stored_and_pending(api, memory):
    memory.switch.fault = SwitchConnectionRefused("Nothing listens on port 8021.")
    apply = api("POST /extensions", given={"id": "1020"}, status=201).json["apply"]
    assert apply["state"] == apply["switches"][0]["outcome"] == "pending"
    assert apply["switches"][0]["detail"] == "Nothing listens on port 8021."
    assert memory.storage.get("1020")


def test_what_a_switch_refuses_is_taken_back_and_its_words_are_reported(api, memory, alice):
    memory.switch.fault = SwitchRefused("[error near line 2]: unclosed <user>")
    refused = [
        api("POST /extensions", given={"id": "1020"}, status=409),
        api("PATCH /extensions/1001", given={"caller_id_name": "New"}, status=409),
        api("POST /extensions/1001/password", given={}, status=409),
        api("DELETE /extensions/1001", status=409),
    ]
    for answer in refused:
        assert answer.json["apply"]["state"] == "refused"
        assert answer.json["apply"]["switches"][0]["detail"] == (
            "[error near line 2]: unclosed <user>"
        )
        assert "[error near line 2]: unclosed <user>" in answer.json["detail"]
        assert "taken back" in answer.json["detail"]
        assert "password" not in answer.json
    assert memory.storage.list() == [alice]


def test_an_existing_extension_is_409(api, alice, memory):
    answer = api("POST /extensions", given={"id": "1001"}, status=409)
    assert answer.json["detail"] == "Extension '1001' exists already."
    assert memory.storage.get("1001") == alice


@pytest.mark.parametrize(
    ("given", "field", "words"),
    [
        ({"id": "../etc"}, "id", "letters, digits"),
        ({"id": ""}, "id", "letters, digits"),
        ({"id": "x" * 65}, "id", "letters, digits"),
        ({"id": "1020\n"}, "id", "letters, digits"),
        ({"id": 1020}, "id", "Give text in quotes."),
        ({"id": None}, "id", "Give text in quotes."),
        ({"caller_id_name": "x"}, "id", "Give this field."),
        ({"id": "1", "nam": "x"}, "nam", "There is no such field here. Fields: id, password"),
        ({"id": "1", "version": "x"}, "version", "no such field"),
        ({"id": "1", "caller_id_name": ["x"]}, "caller_id_name", "Give text in quotes."),
        ({"id": "1", "caller_id_name": "x" * 129}, "caller_id_name", "at most 128 characters"),
        ({"id": "1", "caller_id_name": "a\nb"}, "caller_id_name", "line breaks"),
        ({"id": "1", "caller_id_name": "\ud800"}, "caller_id_name", "control characters"),
        ({"id": "1", "caller_id_name": "${x}"}, "caller_id_name", "Remove it"),
        ({"id": "1", "vm_password": "12a4"}, "vm_password", "digits only"),
        ({"id": "1", "password": "päss"}, "password", "ASCII"),
        ({"id": "1", "password": 12345678}, "password", "Give text in quotes."),
        ({"id": "1", "accountcode": "../x"}, "accountcode", "FreeSWITCH names a file after it"),
        ([], "", "Give a JSON object."),
        ("1020", "", "Give a JSON object."),
    ],
)
def test_a_wrong_field_is_named_and_nothing_is_stored(api, memory, given, field, words):
    (error,) = api("POST /extensions", given=given, status=422).json["errors"]
    assert error["field"] == field
    assert words in error["message"]
    assert memory.storage.list() == []


def test_every_wrong_field_is_named(api):
    given = {"id": "1", "typo": "x", "caller_id_name": 1, "vm_password": "x"}
    errors = api("POST /extensions", given=given, status=422).json["errors"]
    assert {error["field"] for error in errors} == {"typo", "caller_id_name", "vm_password"}


def test_the_refused_value_is_not_repeated(api):
    given = {"id": "1", "password": "pässword-1", "vm_password": "se4cret"}
    answer = api("POST /extensions", given=given, status=422)
    assert "ssword-1" not in answer.text
    assert "se4cret" not in answer.text


def test_a_plugin_may_refuse_a_field(make_app, make_api, memory):
    class Veto:
        @hookimpl
        def sipapp_validate_extension(self, new):
            yield FieldError("id", f"{new.id} is the fax.")

    api = make_api(make_app({"sipapp.storage": "memory"}, plugins=[memory, Veto()]))
    answer = api("POST /extensions", given={"id": "1"}, status=422)
    assert answer.json["errors"] == [{"field": "id", "message": "1 is the fax."}]
    assert memory.storage.list() == []


# Changing


@pytest.mark.parametrize("content_type", ["application/json", "application/merge-patch+json"])
def test_patch_changes_what_it_names(api, alice, memory, content_type):
    given = {"caller_id_name": "Alice B.", "callgroup": "sales"}
    answer = api("PATCH /extensions/1001", given=given, content_type=content_type, status=200)
    stored = memory.storage.get("1001")
    assert (stored.caller_id_name, stored.callgroup) == ("Alice B.", "sales")
    assert (stored.password, stored.vm_password) == ("s3cret-a", "4711")
    assert answer.json["callgroup"] == "sales"
    assert answer.headers["ETag"] == f'"{stored.version}"' != f'"{alice.version}"'
    assert answer.json["apply"]["state"] == "applied"


def test_null_takes_a_value_away(api, alice, memory):
    api("PATCH /extensions/1001", given={"caller_id_name": None}, status=200)
    assert memory.storage.get("1001").caller_id_name == ""


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"id": "1002"}, "id"),
        ({"password": "new-secret"}, "password"),
        ({"enabled": False}, "enabled"),
        ({"vm_password": None}, "vm_password"),
        ({"vm_password": ""}, "vm_password"),
        ({"caller_id_number": 17}, "caller_id_number"),
    ],
)
def test_patch_refuses_what_it_cannot_change(api, alice, memory, given, field):
    answer = api("PATCH /extensions/1001", given=given, status=422)
    assert [error["field"] for error in answer.json["errors"]] == [field]
    assert memory.storage.get("1001") == alice


WRITES = [
    ("PATCH /extensions/1001", {"callgroup": "x"}),
    ("POST /extensions/1001/password", {}),
    ("DELETE /extensions/1001", None),
]


@pytest.mark.parametrize("write", WRITES)
@pytest.mark.parametrize("header", ['"stale"', 'W/"{}"', '"a", "b"', "", " "])
def test_a_stale_write_is_412_and_changes_nothing(api, alice, memory, write, header):
    call, given = write
    answer = api(call, given=given, If_Match=header.format(alice.version), status=412)
    now = api("GET /extensions/1001").json
    assert answer.json["current"] == now, "what the client may compare its own with"
    assert "Load it again" in answer.json["detail"]
    assert memory.storage.get("1001") == alice


@pytest.mark.parametrize("write", WRITES)
@pytest.mark.parametrize("header", ['"{}"', "*", '"a", "{}"'])
def test_a_write_against_the_current_version_is_done(api, alice, memory, write, header):
    call, given = write
    api(call, given=given, If_Match=header.format(alice.version), status=200)
    assert alice not in memory.storage.list()


def test_a_change_between_check_and_write_is_noticed(api, alice, memory, monkeypatch):
    update = memory.storage.update

    def late(extension_id, changes, *, version=None):
        update(extension_id, {"callgroup": "first"})
        return update(extension_id, changes, version=version)

    monkeypatch.setattr(memory.storage, "update", late)
    header = f'"{alice.version}"'
    api("PATCH /extensions/1001", given={"callgroup": "second"}, If_Match=header, status=412)
    assert memory.storage.get("1001").callgroup == "first"


def test_an_unknown_extension_is_404_also_with_if_match(api):
    api("DELETE /extensions/4711", If_Match='"x"', status=404)
    api("DELETE /extensions/4711", If_Match="*", status=404)


def test_a_read_only_entry_is_409_with_the_reason(api, alice, memory, monkeypatch):
    def refuse(extension_id, *_args, **_kw):
        raise ReadOnlyExtension(extension_id, "the file holds two users.")

    monkeypatch.setattr(memory.storage, "update", refuse)
    monkeypatch.setattr(memory.storage, "delete", refuse)
    for call, given in WRITES:
        answer = api(call, given=given, status=409)
        assert "the file holds two users." in answer.json["detail"]


def test_delete(api, alice, memory):
    answer = api("DELETE /extensions/1001", status=200)
    assert answer.json["id"] == "1001"
    assert answer.json["apply"]["state"] == "applied"
    assert memory.storage.list() == []


# Passwords


@pytest.mark.parametrize("body", [{"given": {}}, {}, {"given": {"password": ""}}])
def test_a_generated_password_is_returned_once(api, alice, memory, body):
    answer = api("POST /extensions/1001/password", **body, status=200)
    stored = memory.storage.get("1001")
    assert answer.json["password"] == stored.password != alice.password
    assert len(stored.password) == 20
    assert "vm_password" not in answer.json
    assert answer.headers["ETag"] == f'"{stored.version}"'
    assert stored.password not in api("GET /extensions/1001").text


def test_an_own_password_is_set_and_not_returned(api, alice, memory):
    answer = api("POST /extensions/1001/password", given={"password": "0wn-secret"}, status=200)
    assert memory.storage.get("1001").password == "0wn-secret"
    assert "0wn-secret" not in answer.text


def test_an_impossible_password_is_refused(api, alice, memory):
    answer = api("POST /extensions/1001/password", given={"password": " x"}, status=422)
    assert answer.json["errors"][0]["field"] == "password"
    assert memory.storage.get("1001") == alice


def test_an_inherited_password_is_shown_as_its_variable_only(api, memory):
    memory.storage.create(
        Extension("1", inherited={"password": "$${default_password}", "callgroup": "$${team}"})
    )
    memory.storage.create(Extension("2", inherited={"password": "half$${other}"}))
    one, two = api("GET /extensions").json["items"]
    assert one["inherited"] == {"password": "$${default_password}", "callgroup": "$${team}"}
    assert one["has_password"] is two["has_password"] is True
    assert "half" not in two["inherited"]["password"]


# The server


def test_reload(api, memory):
    before = memory.switch.reloads
    answer = api("POST /reload", status=200)
    assert answer.json["apply"]["state"] == "applied"
    assert memory.switch.reloads == before + 1
    api("POST /reload", given={}, status=200)
    api("POST /reload", given={"x": 1}, status=422)


@pytest.mark.parametrize("call", ["GET /extensions", "GET /extensions/1", "DELETE /extensions/1"])
def test_a_storage_that_is_away_is_503(api, memory, monkeypatch, call):
    def fail(*_args):
        raise StorageUnavailable("/srv/directory cannot be read: Permission denied.")

    monkeypatch.setattr(memory.storage, "list", fail)
    monkeypatch.setattr(memory.storage, "get", fail)
    answer = api(call, status=503)
    assert answer.json["detail"] == "/srv/directory cannot be read: Permission denied."


# Disabling


def test_disable_and_enable(api, alice, memory):
    answer = api("POST /extensions/1001/disable", status=200)
    assert answer.json["enabled"] is False
    assert answer.json["apply"]["state"] == "applied"
    assert answer.headers["ETag"] == f'"{memory.storage.get("1001").version}"'
    assert api("GET /extensions/1001").json["enabled"] is False
    assert not memory.switch.knows("1001", timeout=1)
    changed = api("PATCH /extensions/1001", given={"caller_id_name": "New"}, status=200).json
    assert changed["enabled"] is False
    assert changed["apply"]["state"] == "applied"
    answer = api("POST /extensions/1001/enable", given={}, status=200)
    assert answer.json["enabled"] is True
    assert memory.switch.knows("1001", timeout=1)
    api("POST /extensions/4711/disable", status=404)
    assert alice.id == "1001"


def test_a_refused_disabling_is_taken_back(api, alice, memory):
    memory.switch.fault = SwitchRefused("no")
    api("POST /extensions/1001/disable", status=409)
    assert memory.storage.get("1001") == alice


# Another id


def test_rename(api, alice, memory):
    memory.storage.update("1001", {"accountcode": "1001"})
    memory.switch.forget = lambda extension_id, *, timeout: f"{extension_id} dropped."
    answer = api("POST /extensions/1001/rename", given={"id": "2001"}, status=200)
    assert answer.headers["Location"].endswith("/sip/api/v1/extensions/2001")
    assert (answer.json["id"], answer.json["accountcode"]) == ("2001", "2001")
    assert answer.headers["ETag"] == f'"{answer.json["version"]}"'
    assert answer.json["apply"]["switches"][0]["forgotten"] == "1001 dropped."
    assert memory.storage.get("2001").password == "s3cret-a"
    assert "s3cret" not in answer.text
    api("GET /extensions/1001", status=404)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({}, "id"),
        ({"id": "a b"}, "id"),
        ({"id": "1001", "password": "another-password"}, "id"),
        ({"id": "2001", "password": "Zoë"}, "password"),
        ({"id": "2001", "end_calls": "yes"}, "end_calls"),
        ({"id": "2001", "callgroup": "x"}, "callgroup"),
    ],
)
def test_a_rename_that_cannot_be(api, alice, memory, given, field):
    answer = api("POST /extensions/1001/rename", given=given, status=422)
    assert [each["field"] for each in answer.json["errors"]] == [field]
    assert memory.storage.get("1001") == alice


def test_a_rename_to_what_is_taken_and_of_a_version_that_is_old(api, alice, memory):
    memory.storage.create(Extension("2001", password="x"))
    api("POST /extensions/1001/rename", given={"id": "2001"}, status=409)
    given = {"id": "3001"}
    api("POST /extensions/1001/rename", given=given, If_Match='"old"', status=412)
    api("POST /extensions/4711/rename", given=given, status=404)
    api("POST /extensions/1001/rename", given=given, If_Match=f'"{alice.version}"', status=200)


# Calls in progress


def test_calls_end_only_if_that_is_asked_for(api, alice, memory):
    ended = []

    def end_calls(extension_id, *, timeout):
        ended.append(extension_id)
        return "1 call was ended."

    memory.switch.end_calls = end_calls

    def forgotten(call, **kwargs):
        return api(call, status=200, **kwargs).json["apply"]["switches"][0]["forgotten"]

    yes = {"end_calls": True}
    assert forgotten("POST /extensions/1001/password", given={}) == ""
    assert forgotten("POST /extensions/1001/password", given=yes) == "1 call was ended."
    assert forgotten("POST /extensions/1001/disable", given=yes) == "1 call was ended."
    api("POST /extensions/1001/enable", status=200)
    given = {"id": "1002", "end_calls": True}
    assert forgotten("POST /extensions/1001/rename", given=given) == "1 call was ended."
    api("DELETE /extensions/1002?end_calls=maybe", status=400)
    assert len(ended) == 3
    assert forgotten("DELETE /extensions/1002?end_calls=true") == "1 call was ended."
    assert ended == ["1001", "1001", "1001", "1002"]
