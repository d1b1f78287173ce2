"""The doctor's look at WebSockets and certificates: each line by breaking the thing."""

# ruff: noqa: S104  (nothing is bound here)

import datetime as dt
import socket
import ssl

import pytest
import trustme
from tests.unit.fake_websocket import sip, websocket_server

from sipapp.doctor import phone_server
from sipapp.doctor.certificate import judge, look
from sipapp.doctor.local_addresses import addresses, connectable, is_here
from sipapp.doctor.target import DiagnosisTarget, RequestContext
from sipapp.doctor.websocket import Endpoint, NoHandshake, shake_hands
from sipapp.settings.ini import parse_settings


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture
def trusted(authority, tmp_path, monkeypatch):
    """The authority is one that this machine knows."""
    authority.cert_pem.write_to_path(tmp_path / "authority.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))


def tls_of(certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context


def days(count):
    return dt.datetime.now(dt.UTC) + dt.timedelta(days=count)


def target(server, **given):
    settings = parse_settings({"sipapp.phone.server": server}, {})
    return DiagnosisTarget(settings, None, {}, **given)


def lines(server, **given):
    return {line.check: line for line in phone_server.examine(target(server, **given))}


def endpoint(port, *, secure=False):
    return Endpoint("127.0.0.1", port, secure, "localhost")


def test_a_handshake_for_sip_succeeds():
    with websocket_server() as port:
        shake_hands(endpoint(port))


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda key: b"HTTP/1.1 502 Bad Gateway\r\n\r\n", "HTTP 502"),
        (lambda key: b"SSH-2.0-OpenSSH\r\n\r\n", "no WebSocket server"),
        (lambda key: sip(b"another"), "not to this handshake"),
        (lambda key: sip(key).replace(b"Protocol: sip", b"Protocol: chat"), "does not speak SIP"),
        (lambda key: sip(key).split(b"Sec-WebSocket-Protocol")[0] + b"\r\n", "does not speak SIP"),
        (lambda key: b"HTTP/1.1 101 Sw", "ended instead of an answer"),
    ],
)
def test_other_answers_are_none(answer, words):
    with websocket_server(answer) as port, pytest.raises(NoHandshake, match=words):
        shake_hands(endpoint(port))


def test_a_closed_port():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(NoHandshake, match="Nothing listens"):
        shake_hands(endpoint(port))


def test_a_server_that_is_silent():
    # The kernel accepts, and nobody answers.
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        pytest.raises(NoHandshake, match="No answer within"),
    ):
        shake_hands(endpoint(listener.getsockname()[1]), timeout=0.2)


def test_a_server_that_speaks_no_tls():
    with (
        websocket_server() as port,
        pytest.raises(NoHandshake, match=r"TLS failed|No answer|No connection"),
    ):
        shake_hands(endpoint(port, secure=True), timeout=0.5)


def test_a_name_that_means_nothing():
    with pytest.raises(NoHandshake, match="No connection"):
        shake_hands(Endpoint("nobody.invalid", 443, secure=True, name="nobody.invalid"))


def test_a_good_certificate_for_this_host(authority, trusted):
    with websocket_server(tls=tls_of(authority.issue_cert("localhost"))) as port:
        shake_hands(endpoint(port, secure=True))
        found = look("127.0.0.1", port, "localhost")
    line = judge("c", "wss://x", found, "localhost")
    assert (line.level, found.names) == ("ok", ("localhost",))
    assert "trustme" in line.found
    assert "accept it for localhost" in line.found


def test_without_a_host_the_names_are_reported(authority, trusted):
    with websocket_server(tls=tls_of(authority.issue_cert("phone.test"))) as port:
        found = look("127.0.0.1", port, "")
    line = judge("c", "wss://x", found, "")
    assert line.level == "ok"
    assert "for phone.test, issued" in line.found


def test_a_certificate_for_another_host(authority, trusted):
    with websocket_server(tls=tls_of(authority.issue_cert("other.test"))) as port:
        found = look("127.0.0.1", port, "localhost")
    line = judge("c", "wss://x", found, "localhost")
    assert line.level == "fault"
    assert "other.test" in line.found
    assert "mismatch" in line.found


def test_a_certificate_of_an_unknown_authority(authority):
    with websocket_server(tls=tls_of(authority.issue_cert("localhost"))) as port:
        found = look("127.0.0.1", port, "localhost")
    line = judge("c", "wss://x", found, "localhost")
    assert line.level == "fault"
    assert "Let's Encrypt" in line.remedy


def test_an_expired_certificate_and_when_it_expired(authority, trusted):
    old = authority.issue_cert("localhost", not_before=days(-90), not_after=days(-2))
    with websocket_server(tls=tls_of(old)) as port:
        found = look("127.0.0.1", port, "localhost")
    line = judge("c", "wss://x", found, "localhost")
    assert line.level == "fault"
    assert f"until {days(-2):%Y-%m-%d}: it has expired" in line.found


def test_a_certificate_that_expires_soon(authority, trusted):
    old = authority.issue_cert("localhost", not_before=days(-80), not_after=days(9.5))
    with websocket_server(tls=tls_of(old)) as port:
        found = look("127.0.0.1", port, "localhost")
    line = judge("c", "wss://x", found, "localhost")
    assert line.level == "warning"
    assert "in 9 days" in line.found or "in 10 days" in line.found


def test_what_phones_connect_to(authority, trusted):
    with websocket_server(tls=tls_of(authority.issue_cert("localhost"))) as port:
        found = lines(f"wss://{{host}}:{port}/sip/ws", host="localhost")
    assert found["webrtc.phone"].level == "ok"
    assert f"wss://localhost:{port}/sip/ws" in found["webrtc.phone"].found
    assert found["webrtc.phone-certificate"].level == "ok"


@pytest.mark.parametrize(
    ("server", "given", "origin"),
    [
        ("wss://{host}/sip/ws", {"host": "pbx.test"}, "https://pbx.test"),
        ("wss://{host}/sip/ws", {"host": "pbx.test", "port": 8443}, "https://pbx.test:8443"),
        ("ws://{host}:7080", {"host": "localhost", "port": 6543}, "http://localhost:6543"),
        ("wss://[fd00::5]:7443/ws", {"host": "fd00::5", "port": 443}, "https://[fd00::5]"),
        ("wss://pbx.test/sip/ws", {}, "https://pbx.test"),
        (
            "wss://sip.test:7443",
            {"host": "pages.test", "request": RequestContext("http", "https")},
            "https://pages.test",
        ),
        (
            "wss://sip.test:7443",
            {"host": "localhost", "port": 6543, "request": RequestContext("http", "")},
            "http://localhost:6543",
        ),
    ],
)
def test_the_handshake_names_the_page(server, given, origin):
    made = target(server, **given)
    assert phone_server.page_origin(made, phone_server.address_of(made)) == origin


def test_phones_are_sent_to_a_closed_port():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    assert lines(f"ws://127.0.0.1:{port}")["webrtc.phone"].level == "fault"
    # The host is a guess, so it is no more than a warning.
    line = lines(f"ws://{{host}}:{port}")["webrtc.phone"]
    assert line.level == "warning"
    assert "--host" in line.remedy


def test_an_https_page_that_sends_phones_to_ws():
    request = RequestContext("https", "")
    line = lines("ws://phone.invalid:5066", request=request)["webrtc.mixed-content"]
    assert line.level == "fault"
    assert "wss://" in line.remedy
    for server, request in (
        ("ws://phone.invalid:5066", RequestContext("http", "")),
        ("wss://phone.invalid:7443", RequestContext("https", "")),
        ("ws://localhost:1", RequestContext("https", "")),
    ):
        assert "webrtc.mixed-content" not in lines(server, request=request)


def test_an_ipv6_host():
    address = phone_server.address_of(target("wss://{host}:7443", host="fd00::5"))
    assert (address.endpoint.address, address.host) == ("fd00::5", "fd00::5")
    assert str(address.endpoint) == "wss://[fd00::5]:7443"
    assert address.is_at(7443)


def test_a_certificate_that_cannot_be_read():
    address = phone_server.address_of(target("wss://127.0.0.1:1"))
    assert phone_server.certificate_of(address).level == "fault"


def test_places():
    assert all(is_here(host) for host in ("localhost", "127.0.0.2", "[::1]", "a.localhost"))
    assert not any(is_here(host) for host in ("0.0.0.0", "phone.test", "10.0.0.1"))
    assert connectable("0.0.0.0") == "127.0.0.1"
    assert connectable("::") == "::1"
    assert connectable("10.0.0.1") == "10.0.0.1"
    assert connectable("phone.test") == "phone.test"
    assert addresses("nobody.invalid") == ()
    assert str(addresses("127.0.0.1")[0]) == "127.0.0.1"
