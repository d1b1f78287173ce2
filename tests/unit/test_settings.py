import re

import pytest

from sipapp.model.errors import SettingsError
from sipapp.settings.ini import parse_settings


def parse(ini=None, **environ):
    return parse_settings({f"sipapp.{key}": value for key, value in (ini or {}).items()}, environ)


def fails(words, ini=None, **environ):
    with pytest.raises(SettingsError, match=re.escape(words)):
        parse(ini, **environ)


def test_defaults():
    settings = parse()
    assert settings.prefix == "/sip"
    assert settings.domain == ""
    assert settings.demo is False
    assert settings.storage.name == settings.storage.use == "xmldir"
    assert settings.reloaders == ()
    assert settings.phone.server == "wss://{host}:7443"
    assert settings.phone.allow_custom_server is False
    assert settings.phone.ice_servers == ()
    assert settings.phone.echo_number == "9196"
    assert settings.phone.conference_prefix == "30"
    assert settings.phone.recovery_user == "resume"
    assert settings.phone.voicemail_number == "*98"
    assert settings.phone.pickup_prefix == "**"
    assert (settings.phone.country, settings.phone.outside_prefix) == ("", "")
    assert settings.phone.numbering is None
    assert settings.phone.auto_answer is False
    assert settings.phone.directory is settings.phone.reports is True
    assert (settings.admin.user, settings.admin.password) == ("admin", None)


def test_keys_of_others_are_not_ours():
    parse_settings({"pyramid.reload_templates": "true", "use": "egg:sipapp"}, {"HOME": "/"})


@pytest.mark.parametrize("key", ["sipap.storage", "Sipapp.storage", "sippapp.plugin.x.y", "sipapp"])
def test_a_key_whose_beginning_is_misspelt_stops_the_start(key):
    with pytest.raises(SettingsError, match=f"Setting {key} is not read: .* begin with sipapp"):
        parse_settings({key: "x"}, {})


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("typo", "Unknown setting sipapp.typo. Known here: sipapp.demo, sipapp.domain"),
        ("phone.typo", "Unknown setting sipapp.phone.typo. Known here: sipapp.phone.allow"),
        ("reloader.gone.use", "sipapp.reloader.gone.use is for a switch that sipapp.reloaders"),
    ],
)
def test_an_unknown_key_stops_the_start(key, words):
    fails(words, {key: "x"})


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("prefix", "sip", "not a path such as /sip"),
        ("prefix", "//", "not a path such as /sip"),
        ("prefix", "//sip", "not a path such as /sip"),
        ("prefix", "/sip//", "not a path such as /sip"),
        ("prefix", "/../sip", "not a path such as /sip"),
        ("prefix", "/a%2Fb", "not a path such as /sip"),
        ("prefix", "/a%ff", "not a path such as /sip"),
        ("prefix", "/sip?x", "not a path such as /sip"),
        ("prefix", "/s{i}p", "not a path such as /sip"),
        ("prefix", "", "not a path such as /sip"),
        ("domain", "a b", "neither a host name nor an address"),
        ("domain", "x;y", "neither a host name nor an address"),
        ("demo", "maybe", "'maybe' is neither true nor false"),
        ("trusted_proxies", "10.0.0.1, 10.0.0.2", "'10.0.0.1,' is neither an address"),
        ("trusted_proxies", "*", "'*' is neither an address"),
        ("trusted_proxies", "172.18.0.1/16", "'172.18.0.1/16' is not a network such as"),
        ("trusted_proxies", "172.18.0.0/33", "'172.18.0.0/33' is not a network such as"),
        ("trusted_proxies", "10.0.0.1 ::/0", "'::/0' has all addresses"),
        ("trusted_proxies", "0.0.0.0/0", "'0.0.0.0/0' has all addresses"),
        ("reloaders", "a b a", "a name stands there twice"),
        ("reloaders", "a.b", "'a.b' is not a name"),
        ("phone.server", "https://x", "not a ws:// or wss:// URL"),
        ("phone.server", "wss://{host}:7443 ; script-src *", "not a ws:// or wss:// URL"),
        ("phone.server", "wss://user@x", "not a ws:// or wss:// URL"),
        ("phone.ice_servers", "http://x", "'http://x' is not a stun:"),
        ("phone.ice_servers", "stun:", "'stun:' is not a stun:"),
        ("phone.ice_servers", "[{", "not a JSON list"),
        ("phone.ice_servers", "[1]", "each RTCIceServer needs “urls”"),
        ("phone.ice_servers", '[{"urls": 5}]', "each RTCIceServer needs “urls”"),
        ("phone.ice_servers", '[{"urls": []}]', "each RTCIceServer needs “urls”"),
        ("phone.ice_servers", '[{"urls": [7]}]', "7 is not a stun:"),
    ],
)
def test_a_wrong_value_is_named_with_its_key(key, value, words):
    fails(f"Setting sipapp.{key}: ", {key: value})
    fails(words, {key: value})


@pytest.mark.parametrize("value", ["example.com", "192.0.2.1", "[2001:db8::1]", "2001:db8::1"])
def test_domains(value):
    assert parse({"domain": f" {value} "}).domain == value


@pytest.mark.parametrize(
    "value", ["ws://{host}:7080", "wss://pbx.example.com/sip/ws", "wss://[::1]:7443"]
)
def test_servers(value):
    assert parse({"phone.server": value}).phone.server == value


def test_ice_servers_as_urls():
    servers = parse({"phone.ice_servers": "stun:a:3478  turns:b?transport=tcp"}).phone.ice_servers
    assert servers == ({"urls": ["stun:a:3478"]}, {"urls": ["turns:b?transport=tcp"]})


def test_ice_servers_as_json():
    text = '[{"urls": "turn:a", "username": "u", "credential": "c"}]'
    assert parse({"phone.ice_servers": text}).phone.ice_servers == (
        {"urls": "turn:a", "username": "u", "credential": "c"},
    )


@pytest.fixture
def secret(tmp_path):
    file = tmp_path / "turn.secret"
    file.write_text("n0rth-s3cret\n")
    return str(file)


def test_turn(secret):
    urls = "turn:turn.test:3478 turns:turn.test:5349?transport=tcp"
    phone = parse({"phone.turn_urls": urls, "phone.turn_secret_file": secret}).phone
    assert phone.turn_urls == ("turn:turn.test:3478", "turns:turn.test:5349?transport=tcp")
    assert str(phone.turn_secret_file) == secret
    assert phone.turn_lifetime == 3600
    assert "n0rth" not in repr(phone)


def test_half_of_turn(secret, tmp_path):
    fails("sipapp.phone.turn_secret_file is missing", {"phone.turn_urls": "turn:a"})
    fails("sipapp.phone.turn_urls is missing", {"phone.turn_secret_file": secret})
    missing = str(tmp_path / "missing")
    ini = {"phone.turn_urls": "turn:a", "phone.turn_secret_file": missing}
    fails(f"sipapp.phone.turn_secret_file: cannot read {missing}", ini)


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("turn_urls", "stun:a", "not a turn: or turns: URL"),
        ("turn_lifetime", "59", "from 60 to 604800"),
        ("turn_lifetime", "9" * 5000, "from 60 to 604800"),
        ("turn_lifetime", "604801", "from 60 to 604800"),
        ("turn_lifetime", "²00", "from 60 to 604800"),
        ("conference_prefix", "30 0", "cannot be part of a number"),
        ("conference_prefix", "3" * 17, "cannot be part of a number"),
        ("pickup_prefix", "a@b", "cannot be part of a number"),
        ("voicemail_number", "é", "cannot be part of a number"),
        ("recovery_user", "a b", "cannot be a user's name"),
        ("country", "Germany", "'Germany' is not a country of two letters"),
        ("country", "XX", "'XX' is not a country of two letters"),
        ("outside_prefix", "0-1", "cannot be a prefix"),
        ("outside_prefix", "+49", "cannot be a prefix"),
        ("outside_prefix", "9", "sipapp.phone.country is missing"),
        ("auto_answer", "perhaps", "neither true nor false"),
        ("reports_directory", "", "a path is needed"),
    ],
)
def test_a_malformed_setting_of_the_phone(secret, key, value, words):
    both = {"phone.turn_urls": "turn:a", "phone.turn_secret_file": secret}
    fails(words, {**both, f"phone.{key}": value})


def test_what_the_phone_need_not_offer():
    empty = ("conference_prefix", "voicemail_number", "pickup_prefix")
    phone = parse({f"phone.{key}": "" for key in empty}).phone
    assert (phone.conference_prefix, phone.voicemail_number, phone.pickup_prefix) == ("", "", "")


def test_back_ends_get_their_own_options_without_prefix():
    settings = parse(
        {
            "storage": "sql",
            "storage.sql.url": "sqlite:///x",
            "reloaders": "a b",
            "reloader.a.use": "esl",
            "reloader.a.host": "10.0.0.1",
            "reloader.b.use": "fs_cli",
        }
    )
    assert settings.storage.use == "sql"
    assert settings.storage.options == {"url": "sqlite:///x"}
    first, second = settings.reloaders
    assert (first.name, first.use, first.options) == ("a", "esl", {"host": "10.0.0.1"})
    assert (second.name, second.use, second.options) == ("b", "fs_cli", {})
    assert first.prefix == "sipapp.reloader.a."


def test_options_are_not_in_a_repr():
    settings = parse(
        {"reloaders": "a", "reloader.a.use": "esl", "reloader.a.password": "ClueCon-1"},
        SIP_ADMIN_PASS="s3cret",
    )
    assert "ClueCon-1" not in repr(settings)
    assert "s3cret" not in repr(settings)


@pytest.mark.parametrize("use", ["", "  "])
def test_a_switch_without_a_kind(use):
    fails("sipapp.reloader.a.use is missing", {"reloaders": "a", "reloader.a.use": use})


def test_the_administrator(tmp_path):
    admin = parse(SIP_ADMIN_USER="zoë", SIP_ADMIN_PASS="p:ä").admin
    assert (admin.user, admin.password) == ("zoë", "p:ä")
    assert parse(SIP_ADMIN_USER="", SIP_ADMIN_PASS="").admin.user == "admin"
    assert parse(SIP_ADMIN_PASS="").admin.password is None
    file = tmp_path / "password"
    file.write_text("from a file \r\nsecond line\n", encoding="utf-8")
    assert parse(SIP_ADMIN_PASS_FILE=str(file)).admin.password == "from a file "


@pytest.mark.parametrize("end", ["\n", "\r\n", "\n\n"])
def test_the_end_of_a_line_is_no_part_of_a_variable(tmp_path, end):
    """As of secrets of Kubernetes that were made of a file."""
    admin = parse(SIP_ADMIN_USER=f"zoë{end}", SIP_ADMIN_PASS=f"p:ä {end}").admin
    assert (admin.user, admin.password) == ("zoë", "p:ä ")
    file = tmp_path / "password"
    file.write_text(f"from a file{end}", encoding="utf-8")
    assert parse(SIP_ADMIN_PASS_FILE=f"{file}{end}").admin.password == "from a file"
    assert parse(SIP_ADMIN_PASS=end).admin.password is None


def test_a_wrong_administrator(tmp_path):
    fails("must not contain a colon", SIP_ADMIN_USER="a:b")
    fails("not both", SIP_ADMIN_PASS="x", SIP_ADMIN_PASS_FILE="/y")
    missing = str(tmp_path / "missing")
    fails(f"SIP_ADMIN_PASS_FILE: cannot read {missing}", SIP_ADMIN_PASS_FILE=missing)
    empty = tmp_path / "empty"
    empty.write_text("\n")
    fails("is empty", SIP_ADMIN_PASS_FILE=str(empty))


def test_a_start_that_refuses_to_run_open(tmp_path):
    ini = {"require_admin_password": "true"}
    fails("give the environment SIP_ADMIN_PASS or SIP_ADMIN_PASS_FILE", ini)
    fails("Not starting open to everyone", ini, SIP_ADMIN_PASS="")
    assert parse(ini, SIP_ADMIN_PASS="x").admin.password == "x"
