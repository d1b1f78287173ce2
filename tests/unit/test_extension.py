from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from sipapp.api import FIELD_NAMES, Extension, fold_id
from sipapp.model.defaults import default_extension, fields_of_id, following
from sipapp.model.extension import (
    ID_PATTERN,
    USER_PATTERN,
    check_domain,
    check_fields,
    check_id,
    id_in,
)
from sipapp.model.passwords import generate_password, generate_pin

SOURCES = Path(__file__).parents[2] / "src"
TEXT_FIELDS = sorted(set(FIELD_NAMES) - {"password", "vm_password"})


def messages(**values):
    return {error.field: error.message for error in check_fields(values)}


@pytest.mark.parametrize(
    ("document", "pattern"),
    [("manager.yaml", ID_PATTERN.replace("(?:", "(")), ("phone.yaml", USER_PATTERN)],
)
def test_the_documents_of_the_apis_have_the_pattern_of_an_id(document, pattern):
    text = (SOURCES / "sipapp/web/openapi" / document).read_text(encoding="utf-8")
    schema = yaml.safe_load(text)["components"]["schemas"]["ExtensionId"]
    assert schema["pattern"] == f"^{pattern}$"


def test_the_page_of_the_phone_has_the_pattern_of_a_user():
    script = (SOURCES / "web/phone/model/settings.ts").read_text(encoding="utf-8")
    assert f"/^{USER_PATTERN}$/.test(user)" in script


@pytest.mark.parametrize(
    "extension_id",
    [
        "1",
        "1000",
        "a",
        "Zoe.x_y-z",
        "x" * 64,
        "_x",
        "+",
        "+15550100042",
        "+1.555-01_00+42",
        "550e8400-e29b-41d4-a716-446655440000",
        "+1555@branch.example",
        "a@b",
        "1000@branch.example",
        "1@192.0.2.7",
        "1@[2001:db8::1]",
    ],
)
def test_ids(extension_id):
    assert check_id(extension_id) is None


@pytest.mark.parametrize(
    "extension_id",
    [
        "",
        ".",
        "..",
        "-1",
        "-+1",
        "a+ b",
        "a'b",
        'a"b',
        "a$b",
        "a%2Bb",
        "a&b",
        "a=b",
        "a,b",
        "a;b",
        "a?b",
        "a*b",
        "a~b",
        "a!b",
        "a(b)",
        "a#b",
        "a|b",
        "a\\b",
        "a{b}",
        "a:b",
        "\uff0b1555",
        "+1\u00a0555",
        "x" * 65,
        "a b",
        "a/b",
        "é",
        "1\n",
        "1\x00",
        "@b",
        "a b@c",
        "\u0661",
    ],
)
def test_wrong_ids(extension_id):
    error = check_id(extension_id)
    assert error.field == "id"
    assert "1 to 64 letters" in error.message


@pytest.mark.parametrize(
    "extension_id", ["1@", "1@@b", "1@b@c", "1@b c", "1@-b", "1@b/c", "1@[g]", "1@b\n", "1@é"]
)
def test_wrong_domains(extension_id):
    error = check_id(extension_id)
    assert error.field == "id"
    assert "a host name or an address" in error.message


def test_an_id_is_a_user_and_a_domain():
    assert (Extension("1000").user, Extension("1000").domain) == ("1000", "")
    other = Extension("1000@branch.example")
    assert (other.user, other.domain) == ("1000", "branch.example")
    assert fold_id("Ada@Branch.EXAMPLE") == "ada@branch.example"


@pytest.mark.parametrize(
    ("domain", "found"),
    [
        ("branch.example", "1000@branch.example"),
        ("BRANCH.example", "1000@branch.example"),
        ("pbx.example", "1000"),
        ("192.0.2.7", "1000"),
        ("", "1000"),
    ],
)
def test_a_domain_that_is_not_kept_is_the_default_one(domain, found):
    assert id_in("1000", domain, ["pbx.example", "branch.example"]) == found


@pytest.mark.parametrize(
    ("extension_id", "domains", "words"),
    [
        ("1000", ["", "branch.example"], None),
        ("1000@branch.example", ["", "branch.example"], None),
        ("1000@pbx.example", ["pbx.example", "b.example"], "default domain: give 1000 alone"),
        ("1000@B.example", ["", "b.example"], "spelt b.example"),
        ("1000@c.example", ["", "a.example", "b.example"], "there is a.example, b.example"),
        ("1000@c.example", [""], "There is one domain"),
    ],
)
def test_a_new_extension_is_in_a_domain_that_is_kept(extension_id, domains, words):
    error = check_domain(extension_id, domains)
    assert (error is None) is (words is None)
    assert words is None or (error.field == "id" and words in error.message)


@pytest.mark.parametrize("name", TEXT_FIELDS)
@pytest.mark.parametrize("value", ["", "x" * 128, "Zoë O'Hara <&\"'> $ { } $x", "日本", "a$"])
def test_texts(name, value):
    assert messages(**{name: value}) == {}


@pytest.mark.parametrize("name", FIELD_NAMES)
@pytest.mark.parametrize(
    "character",
    ["\x00", "\t", "\n", "\r", "\x1f", "\x7f", "\x85", "\u2028", "\u2029", "\ud800", "\uffff"],
)
def test_no_control_characters_anywhere(name, character):
    assert "control characters" in messages(**{name: f"1{character}1"})[name]


@pytest.mark.parametrize("name", FIELD_NAMES)
@pytest.mark.parametrize("character", ["\u202e", "\u200b", "\u2066", "\ufeff", "\u3164"])
def test_no_invisible_characters_anywhere(name, character):
    message = messages(**{name: f"1{character}1"})[name]
    assert f"Remove the invisible character U+{ord(character):04X}" in message


@pytest.mark.parametrize("name", FIELD_NAMES)
def test_no_field_is_longer_than_128(name):
    assert messages(**{name: "1" * 129})[name] == "Use at most 128 characters."


@pytest.mark.parametrize("name", TEXT_FIELDS)
@pytest.mark.parametrize("value", ["${x}", "$${x}", "a${", "${system(rm)}"])
def test_no_variables(name, value):
    assert "Remove it" in messages(**{name: value})[name]


@pytest.mark.parametrize(
    ("value", "words"),
    [("", "needed"), (" x", "spaces"), ("x ", "spaces"), ("päss", "ASCII")],
)
def test_wrong_passwords(value, words):
    assert words in messages(password=value)["password"]


@pytest.mark.parametrize("value", ["x", "a b", "${}&<>\"'", "1" * 128])
def test_passwords(value):
    assert messages(password=value) == {}


@pytest.mark.parametrize("value", ["", "12a", "٣", "-1", "1 2"])
def test_wrong_pins(value):
    assert "digits only" in messages(vm_password=value)["vm_password"]


@pytest.mark.parametrize("value", ["/etc", "a/b", "..", "a..b"])
def test_an_account_code_is_no_path(value):
    assert "names a file after it" in messages(accountcode=value)["accountcode"]


def test_every_wrong_field_is_named():
    assert set(messages(caller_id_name="\n", vm_password="x", callgroup="ok")) == {
        "caller_id_name",
        "vm_password",
    }


@given(st.text())
def test_any_text_is_judged(text):
    check_id(text)
    for error in check_fields(dict.fromkeys(FIELD_NAMES, text)):
        assert text not in error.message or len(text) < 3


def test_secrets_do_not_show():
    extension = Extension("1", password="s3cret", vm_password="4711")
    assert "s3cret" not in repr(extension)
    assert "4711" not in repr(extension)
    shown = extension.without_secrets()
    assert (shown.password, shown.vm_password) == ("", "")
    assert shown.hidden == {"password", "vm_password"}
    assert shown.without_secrets() == shown


@pytest.mark.parametrize(
    ("extension", "has"),
    [
        (Extension("1"), False),
        (Extension("1", vm_password="1"), False),
        (Extension("1", password="x"), True),
        (Extension("1", inherited={"password": "$${default_password}"}), True),
    ],
)
def test_has_password_outlives_the_password(extension, has):
    assert extension.has_password is extension.without_secrets().has_password is has


def test_half_a_password_in_a_reference_does_not_show():
    inherited = {"password": "half$${x}", "vm_password": "${pin}", "callgroup": "a$${x}"}
    shown = Extension("1", inherited=inherited).without_secrets().inherited
    assert shown == {
        "password": "(partly a variable)",
        "vm_password": "${pin}",
        "callgroup": "a$${x}",
    }


def test_the_place_of_a_password_in_another_file_shows():
    inherited = {"password": "/etc/freeswitch/office.xml, line 3"}
    assert Extension("1", inherited=inherited).without_secrets().inherited == inherited
    partly = {"password": "/half, line 3$${x}, line 4"}
    assert Extension("1", inherited=partly).without_secrets().inherited != partly


def test_what_the_server_makes_is_valid():
    made = default_extension("1020")
    values = {name: getattr(made, name) for name in TEXT_FIELDS}
    assert messages(**values, password=generate_password(), vm_password=generate_pin()) == {}


def test_defaults_are_made_of_the_user():
    made = default_extension("1020@branch.example")
    assert (made.caller_id_name, made.caller_id_number) == ("Extension 1020", "1020")
    assert made.accountcode == "1020"
    assert following(made, "1030@branch.example") == {
        "caller_id_name": "Extension 1030",
        "caller_id_number": "1030",
        "accountcode": "1030",
    }


def test_fields_that_are_as_the_id_makes_them_follow_it():
    made = default_extension("1020")
    assert following(made, "1030") == {
        "caller_id_name": "Extension 1030",
        "caller_id_number": "1030",
        "accountcode": "1030",
    }
    assert fields_of_id(replace(made, caller_id_name="Ann", accountcode="")) == ["caller_id_number"]
    # Of the same text as a default, and not made of the id.
    assert following(replace(made, caller_id_number="default"), "1030").keys() == {
        "caller_id_name",
        "accountcode",
    }


@pytest.mark.parametrize(
    ("one", "other", "are_equal"),
    [
        ("Bob.Smith_1", "bOB.sMITH_1", True),
        ("1000", "1001", False),
        # strcasecmp() folds ASCII letters only; ids of files that others wrote may have others.
        ("Zoë-A", "zoë-a", True),
        ("ZOË", "zoë", False),
        ("straße", "strasse", False),
        ("\u212a", "k", False),
    ],
)
def test_ids_are_equal_as_for_freeswitch(one, other, are_equal):
    assert (fold_id(one) == fold_id(other)) is are_equal
