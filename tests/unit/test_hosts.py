import pytest

from sipapp.settings.hosts import Host, parse_host, parse_hosts


@pytest.mark.parametrize(
    ("text", "name", "port"),
    [
        ("pbx.example.com", "pbx.example.com", None),
        ("PBX.Example.COM.", "pbx.example.com", None),
        ("pbx.example.com:8443", "pbx.example.com", 8443),
        ("xn--bcher-kva.example", "xn--bcher-kva.example", None),
        ("192.0.2.1:80", "192.0.2.1", 80),
        ("[::1]", "::1", None),
        ("[2001:DB8:0::1]:8443", "2001:db8::1", 8443),
        ("::1", "::1", None),
    ],
)
def test_a_host(text, name, port):
    assert parse_host(text) == Host(name, port)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a b",
        "a,b",
        "a/b",
        "user@a",
        "[::1",
        "[::1]x",
        "a:b:1",
        "a:",
        "a:0",
        "a:99999",
        "a:" + "9" * 5000,
        "bücher.example",
        f"{'a' * 64}.example",
        "a." * 2500,
    ],
)
def test_what_is_no_host(text):
    with pytest.raises(ValueError, match=r"is neither a host name nor an address\.|is not a port"):
        parse_host(text)


@pytest.mark.parametrize(
    ("known", "asked", "matches"),
    [
        ("pbx.test", "pbx.test", True),
        ("pbx.test", "pbx.test:8443", True),
        ("pbx.test:8443", "pbx.test:8443", True),
        ("pbx.test:8443", "pbx.test:8444", False),
        ("pbx.test:8443", "pbx.test", False),
        # The scheme's own port, which browsers leave out.
        ("pbx.test:443", "pbx.test", True),
        ("pbx.test", "www.pbx.test", False),
        ("pbx.test", "pbx.test.evil.example", False),
        ("[::1]", "[0:0::1]:80", True),
    ],
)
def test_which_requests_are_for_a_host(known, asked, matches):
    assert parse_host(known).matches(parse_host(asked)) is matches


def test_a_list_of_hosts():
    assert parse_hosts("pbx.test  [::1]:80\n  PBX.test\n") == (Host("pbx.test"), Host("::1", 80))
    assert parse_hosts("") == ()
