"""What phones can do with the demo switch, over a real WebSocket."""

import socket

import pytest

from sipapp.testing.waiting import eventually

DOMAIN = "phone.test"


def test_a_phone_registers_with_its_password(phone):
    answer = phone("1000").register()

    assert answer.status == 200
    assert "expires=600" in answer.get("Contact")


def test_localhost_is_as_good_as_the_address(phone):
    assert phone("1000", host="localhost").register().status == 200


OWN_ORIGINS = [
    *("http://localhost", "https://localhost:8443", "http://demo.localhost:6543"),
    *("http://127.0.0.1:6543", "http://127.1.2.3", "http://[::1]:6543"),
]
FOREIGN_ORIGINS = [
    *(None, "null", "https://evil.example", "http://localhost.evil.example", "http://xlocalhost"),
    *("http://127.0.0.1.evil.example", "file://", "http://evil.example?http://localhost"),
    *("http://localhost:1@evil.example", "http://127x0.0.1", "http://pages.test"),
]


@pytest.mark.parametrize("origin", OWN_ORIGINS)
def test_pages_of_this_machine_open_the_websocket(phone, origin):
    assert phone("1000", origin=origin).register().status == 200


@pytest.mark.parametrize("origin", FOREIGN_ORIGINS)
def test_pages_of_other_sites_are_refused(phone, origin):
    """Any page in a browser of this machine could try passwords, and end calls, otherwise."""
    with pytest.raises(RuntimeError, match="403"):
        phone("1000", origin=origin)


def test_pages_of_configured_hosts_open_the_websocket(make_switch, directory, open_phone):
    switch = make_switch(hosts=("pages.test", "fd00::5"))
    switch.start(directory.context())
    switch.reload(timeout=5)

    for origin in ("https://pages.test", "http://[fd00::5]:6543", "http://localhost:6543"):
        assert open_phone("1000", origin=origin).register().status == 200
    for origin in ("https://pagesxtest", "https://evil-pages.test", "http://fd00::5"):
        with pytest.raises(RuntimeError, match="403"):
            open_phone("1000", origin=origin)


@pytest.mark.parametrize(("user", "password"), [("1000", "wrong"), ("1999", "secret-1999")])
def test_wrong_password_and_unknown_extension_are_refused_alike(phone, user, password):
    answer = phone(user, password).register()

    assert answer.start == "SIP/2.0 403 Forbidden"  # as FreeSWITCH does


def test_a_phone_cannot_register_as_another_extension(phone):
    thief = phone("1000")
    answer = thief.request("REGISTER", f"sip:{DOMAIN}", to="1001")

    assert answer.status == 403


def test_a_phone_cannot_call_as_another_extension(phone, registered):
    registered("1001")
    thief = phone("1000")
    thief.invite("1001")  # challenged, and answered for 1000
    assert thief.receive().status == 100

    thief.user, thief.password = "1001", "wrong"
    assert thief.request("INVITE", f"sip:1000@{DOMAIN}", to="1000").status == 403


def test_a_call_is_relayed_from_invite_to_bye(registered):
    caller, callee = registered("1000"), registered("1001")

    caller.invite("1001")
    invite = callee.receive()
    assert (invite.method, invite.body) == ("INVITE", "v=0\r\n")
    assert invite.all("Proxy-Authorization") == []  # what proves a password goes no further
    callee.answer(invite, 180, "Ringing")
    callee.answer(invite, 200, "OK", "v=0\r\n")
    assert [caller.receive().status, caller.receive().status] == [100, 180]
    answered = caller.receive()
    assert (answered.status, answered.body) == (200, "v=0\r\n")
    caller.within("ACK", answered, cseq=caller.cseq)
    assert callee.receive().method == "ACK"

    callee.within("BYE", invite, cseq=1)
    bye = caller.receive()
    assert bye.method == "BYE"
    caller.answer(bye, 200, "OK")
    assert callee.final().status == 200


@pytest.mark.parametrize("method", ["INVITE", "INFO", "REFER", "NOTIFY", "MESSAGE", "UPDATE"])
def test_requests_within_a_call_are_relayed_both_ways(registered, method):
    caller, callee = registered("1000"), registered("1001")
    caller.invite("1001")
    invite = callee.receive()
    callee.answer(invite, 200, "OK", "v=0\r\n")
    answered = caller.final()
    caller.within("ACK", answered, cseq=caller.cseq)
    assert callee.receive().method == "ACK"

    caller.within(method, answered, cseq=caller.cseq + 1, body="1")
    relayed = callee.receive()
    assert (relayed.method, relayed.body) == (method, "1")
    callee.answer(relayed, 202, "Accepted")
    assert caller.final().status == 202

    callee.within(method, invite, cseq=1, body="2")
    relayed = caller.receive()
    assert (relayed.method, relayed.body) == (method, "2")
    caller.answer(relayed, 202, "Accepted")
    assert callee.final().status == 202


@pytest.mark.parametrize(("status", "reason"), [(486, "Busy Here"), (603, "Decline")])
def test_a_refusal_reaches_the_caller_as_it_is(registered, status, reason):
    caller, callee = registered("1000"), registered("1001")
    caller.invite("1001")
    callee.answer(callee.receive(), status, reason)

    assert callee.receive().method == "ACK"
    assert caller.final().start == f"SIP/2.0 {status} {reason}"


def test_a_cancelled_call_stops_ringing(registered):
    caller, callee = registered("1000"), registered("1001")
    caller.invite("1001")
    invite = callee.receive()
    callee.answer(invite, 180, "Ringing")
    assert [caller.receive().status, caller.receive().status] == [100, 180]

    caller.send(
        f"CANCEL sip:1001@{DOMAIN} SIP/2.0",
        f"Via: SIP/2.0/WS {caller.host};branch={caller.branch}",
        "Max-Forwards: 70",
        f"From: <sip:1000@{DOMAIN}>;tag={caller.tag}",
        f"To: <sip:1001@{DOMAIN}>",
        f"Call-ID: {caller.call_id}",
        f"CSeq: {caller.cseq} CANCEL",
    )
    assert callee.receive().method == "CANCEL"
    callee.answer(invite, 487, "Request Terminated")
    assert {caller.final().status, caller.final().status} == {200, 487}


@pytest.mark.parametrize("number", ["1001", "1999"])
def test_who_is_not_registered_cannot_be_reached(phone, number):
    caller = phone("1000")
    answer = caller.request("INVITE", f"sip:{number}@{DOMAIN}", to=number)

    assert answer.start == "SIP/2.0 404 Not Found"


def test_all_tabs_of_an_extension_ring_and_an_eleventh_cannot_register(phone, registered):
    caller = registered("1000")
    tabs = [registered("1001") for _ in range(10)]

    assert phone("1001").register().status == 503
    caller.invite("1001")
    assert [tab.receive().method for tab in tabs] == ["INVITE"] * 10


def test_the_registration_of_a_closed_tab_ends_at_once(phone, registered):
    registered("1001").close()
    caller = phone("1000")
    # Kamailio hears of it in its own time: milliseconds.
    eventually(lambda: caller.request("INVITE", f"sip:1001@{DOMAIN}", to="1001").status == 404)


def test_a_message_without_a_call_is_relayed(registered):
    sender, receiver = registered("1000"), registered("1001")
    uri = f"sip:1001@{DOMAIN}"
    sender.send_request("MESSAGE", uri, to="1001", body="hello")
    proof = sender._proof(sender.final(), "MESSAGE", uri)
    sender.send_request("MESSAGE", uri, to="1001", headers=[proof], body="hello")

    message = receiver.receive()
    assert message.body == "hello"
    receiver.answer(message, 200, "OK")
    assert sender.final().status == 200


def test_keepalives_are_answered(phone):
    asker = phone("1000")

    assert asker.request("OPTIONS", f"sip:{DOMAIN}", to="1000").status == 200


def test_a_page_cannot_reach_other_servers_through_it(registered, free_port):
    caller = registered("1000")
    with socket.create_server(("127.0.0.1", 0)) as other:
        other.setblocking(False)
        caller.send(
            f"OPTIONS sip:x@127.0.0.1:{other.getsockname()[1]};transport=tcp SIP/2.0",
            f"Via: SIP/2.0/WS {caller.host};branch=z9hG4bKx",
            "Max-Forwards: 70",
            f"Route: <sip:127.0.0.1:{free_port};transport=ws;lr>",
            f"From: <sip:1000@{DOMAIN}>;tag=a",
            f"To: <sip:x@{DOMAIN}>;tag=b",
            "Call-ID: x",
            "CSeq: 1 OPTIONS",
            f"Contact: {caller.contact}",
        )

        assert caller.final().status >= 400
        with pytest.raises(BlockingIOError):
            other.accept()


def test_sip_without_a_websocket_is_refused(switch, free_port):
    with socket.create_connection(("127.0.0.1", free_port), timeout=5) as connection:
        connection.sendall(
            (
                f"OPTIONS sip:{DOMAIN} SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.1;branch=z9hG4bKy\r\n"
                f"Max-Forwards: 70\r\nFrom: <sip:a@{DOMAIN}>;tag=a\r\nTo: <sip:{DOMAIN}>\r\n"
                "Call-ID: y\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"
            ).encode()
        )
        assert connection.recv(65536).startswith(b"SIP/2.0 403")
