"""Every spelling of an address that proxies write."""

import pytest

from sipapp.model.address import network_of, parse_address
from sipapp.web.peer import peer_of


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("198.51.100.7", "198.51.100.7"),
        (" 198.51.100.7 ", "198.51.100.7"),
        ("198.51.100.7:443", "198.51.100.7"),
        ('"198.51.100.7:443"', "198.51.100.7"),
        ("[198.51.100.7]", "198.51.100.7"),
        ("::ffff:198.51.100.7", "198.51.100.7"),
        ("::FFFF:198.51.100.7", "198.51.100.7"),
        ("::ffff:c633:6407", "198.51.100.7"),
        ("0:0:0:0:0:ffff:198.51.100.7", "198.51.100.7"),
        ("[::ffff:198.51.100.7]:443", "198.51.100.7"),
        ("::ffff:198.51.100.7:443", "198.51.100.7"),
        ("64:ff9b::c633:6407", "198.51.100.7"),
        ("2001:db8::7", "2001:db8::7"),
        ("2001:DB8:0:0::7", "2001:db8::7"),
        ("[2001:db8::7]", "2001:db8::7"),
        ("[2001:db8::7]:443", "2001:db8::7"),
        ('"[2001:db8::7]:443"', "2001:db8::7"),
        ("fe80::1%eth0", "fe80::1"),
        ("[fe80::1%25eth0.5]:443", "fe80::1"),
        ("", None),
        ("unknown", None),
        ("_hidden", None),
        ("localhost", None),
        ("198.51.100", None),
        ("198.51.100.007", None),
        ("198.51.100.7, 192.0.2.1", None),
        ("[2001:db8::7", None),
        ("[]", None),
        ("%eth0", None),
        ("1" * 10_000, None),
    ],
)
def test_an_address_is_found_in_any_spelling(text, address):
    found = parse_address(text)
    assert (found and str(found)) == address


@pytest.mark.parametrize(
    ("address", "networks"),
    [
        ("192.0.2.1", ["192.0.2.1"] * 3),
        ("2001:db8:1:203:4::5", ["2001:db8:1:203::/64", "2001:db8:1:200::/56", "2001:db8:1::/48"]),
        ("::1", ["::/64", "::/56", "::/48"]),
    ],
)
def test_the_networks_of_an_address(address, networks):
    assert [network_of(parse_address(address), each) for each in (64, 56, 48)] == networks


@pytest.mark.parametrize(
    ("environ", "address"),
    [
        ({}, None),
        ({"REMOTE_ADDR": ""}, None),
        ({"REMOTE_ADDR": "", "HTTP_X_FORWARDED_FOR": "192.0.2.1"}, None),
        ({"REMOTE_ADDR": "localhost", "HTTP_X_FORWARDED_FOR": "192.0.2.1"}, None),
        ({"REMOTE_ADDR": "::ffff", "HTTP_X_FORWARDED_FOR": "192.0.2.1"}, None),
        ({"REMOTE_ADDR": "::ffff"}, None),
        ({"REMOTE_ADDR": "2001:db8::1", "HTTP_X_FORWARDED_FOR": "192.0.2.1"}, "2001:db8::1"),
        ({"REMOTE_ADDR": "2001:db8::1", "HTTP_X_FORWARDED_FOR": "2001:db8::1:2"}, "2001:db8::1"),
        ({"REMOTE_ADDR": "::ffff:192.0.2.1"}, "192.0.2.1"),
    ],
)
def test_a_header_that_no_proxy_vouches_for_gives_no_address(environ, address):
    assert peer_of(environ) == address
