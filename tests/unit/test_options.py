from pathlib import Path

import pytest

from sipapp.api import Option, SettingsError, boolean, host, path, port, seconds, secret_file
from sipapp.settings.options import parse_options

OPTIONS = (
    Option("host", "where it listens", default="localhost"),
    Option("port", "the port", port, 8021),
    Option("directory", "where the files are", path),
)


def test_texts_become_keyword_arguments():
    given = {"directory": "/srv", "port": " 5060 "}
    assert parse_options(OPTIONS, given, "x.") == {
        "host": "localhost",
        "port": 5060,
        "directory": Path("/srv"),
    }


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, r"x\.directory is missing: where the files are"),
        ({"directory": ""}, r"x\.directory: a path is needed"),
        ({"directory": "/", "port": "0"}, r"x\.port: '0' is not a port"),
        ({"directory": "/", "tpyo": ""}, r"x\.tpyo. Known here: x.directory, x.host, x.port\."),
    ],
)
def test_wrong_options(given, words):
    with pytest.raises(SettingsError, match=words):
        parse_options(OPTIONS, given, "x.")


def test_two_options_of_one_name_are_refused():
    with pytest.raises(SettingsError, match=r"x\.host is declared by two options"):
        parse_options((*OPTIONS, OPTIONS[0]), {"directory": "/"}, "x.")


def test_a_back_end_without_options_says_so():
    with pytest.raises(SettingsError, match="Known here: none"):
        parse_options((), {"a": "b"}, "x.")


@pytest.mark.parametrize("text", ["true", "Yes", "on", "1"])
def test_true(text):
    assert boolean(text) is True


@pytest.mark.parametrize("text", ["false", "no", "OFF", "0"])
def test_false(text):
    assert boolean(text) is False


@pytest.mark.parametrize(
    ("parse", "text"),
    [
        (boolean, ""),
        (boolean, "2"),
        (seconds, "0"),
        (seconds, "-1"),
        (seconds, "301"),
        (seconds, "nan"),
        (seconds, "inf"),
        (seconds, "ten"),
        (port, "65536"),
        (port, "-1"),
        (port, "\u0661"),
        (port, "80a"),
    ],
)
def test_wrong_texts(parse, text):
    with pytest.raises(ValueError, match="is n"):
        parse(text)


def test_right_texts(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", "/home/zoe")
    assert seconds("0.5") == 0.5
    assert seconds("300") == 300
    assert port("65535") == 65535
    assert path("~/x") == Path("/home/zoe/x")
    assert path("var/x") == tmp_path / "var/x"


def test_a_secret_is_the_first_line_of_its_file(tmp_path):
    file = tmp_path / "secret"
    file.write_text("  sp ace \nrest", encoding="utf-8")
    assert secret_file(str(file)) == "  sp ace "


def test_a_byte_order_mark_is_no_part_of_a_secret(tmp_path):
    file = tmp_path / "secret"
    file.write_bytes(b"\xef\xbb\xbfs3cret\r\n")
    assert secret_file(str(file)) == "s3cret"


def test_a_home_that_is_not_there(monkeypatch):
    with pytest.raises(ValueError, match="no such home directory; give the whole path"):
        path("~no-such-user-here/x")


def test_a_secret_that_cannot_be_read_does_not_show(tmp_path):
    file = tmp_path / "secret"
    file.write_bytes(b"s3cret\xff")
    with pytest.raises(ValueError, match="not UTF-8") as caught:
        secret_file(str(file))
    assert "s3cret" not in str(caught.value)
    with pytest.raises(ValueError, match="Is a directory"):
        secret_file(str(tmp_path))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("localhost", "localhost"),
        ("pbx.example.com.", "pbx.example.com."),
        ("192.0.2.1", "192.0.2.1"),
        ("::1", "::1"),
        ("[2001:db8::1]", "2001:db8::1"),
    ],
)
def test_hosts(text, value):
    assert host(text) == value


@pytest.mark.parametrize("text", ["", "a b", "-x", "a..b", "x:8021", "[::1", "a;b", "x" * 300])
def test_wrong_hosts(text):
    with pytest.raises(ValueError, match="neither a host name nor an address"):
        host(text)
