"""The presence of extensions that a phone may ask the server for."""

import pytest
from tests.functional.phone_client import INI, Phone

from sipapp.api import Backend, Call, Extension, LiveStatus, Registration, hookimpl
from sipapp.testing.memory import MemoryPlugin

BRANCH = "branch.example"
DOMAINS = ("pbx.example", BRANCH)


def registration(user="1001", domain="pbx.test", **values):
    given = {
        "address": "192.0.2.7:5060",
        "transport": "WSS",
        "user_agent": "JsSIP 3.13.8",
        "since": None,
        "expires": None,
        "call_id": f"call-id-of-{user}@{domain}",
    }
    return Registration(user, domain, **{**given, **values})


def call(*extensions, caller="+49301234", state="active", call_id="d9d7c98a"):
    return Call(call_id, caller, "Alice Secret", "1001", state, 1.0, "opus", extensions)


def live(*registrations, calls=()):
    return LiveStatus("told by a test", 1.0, registrations=registrations, calls=tuple(calls))


@pytest.fixture
def phone(open_phone):
    opened = open_phone()
    opened.log_in()
    return opened


@pytest.fixture
def tell(memory):
    def tell(status):
        memory.switch.status = status

    return tell


def states(phone, *numbers, **headers):
    query = ",".join(each.replace("+", "%2B") for each in numbers)
    answer = phone.ask(f"GET /presence?numbers={query}", status=200, **headers)
    return {each["extension"]: each["state"] for each in answer.json["presence"]}


@pytest.mark.parametrize(
    ("status", "state"),
    [
        (live(), "offline"),
        (live(registration()), "available"),
        (live(registration(), calls=[call("1001@pbx.test")]), "busy"),
        # A phone that FreeSWITCH calls without a registration, such as one behind a gateway.
        (live(calls=[call("1001@pbx.test", state="held")]), "busy"),
        (live(registration(), calls=[call("1001@pbx.test", state="ringing")]), "ringing"),
        (live(registration(), calls=[call("1001@pbx.test", state="dialing")]), "ringing"),
        # Its own call rings elsewhere.
        (live(calls=[call("1001@pbx.test", caller="1001", state="ringing")]), "busy"),
        # Another call waits.
        (
            live(
                calls=[
                    call("1001@pbx.test", state="ringing"),
                    call("1001@pbx.test", call_id="2"),
                ]
            ),
            "busy",
        ),
    ],
)
def test_states(phone, tell, status, state):
    tell(status)
    assert states(phone, "1001") == {"1001": state}


@pytest.mark.parametrize(
    ("status", "known"),
    [
        (None, {}),
        (LiveStatus("x", 1.0, fresh=False, fault="The connection was refused."), {}),
        # A proxy knows of no call, so a phone that is registered may be in one.
        (LiveStatus("x", 1.0, registrations=(registration(),)), {"1000": "offline"}),
        (LiveStatus("x", 1.0, calls=(call("1001@pbx.test"),)), {"1001": "busy"}),
    ],
)
def test_what_is_not_known_is_not_told(phone, tell, status, known):
    tell(status)
    assert states(phone, "1000", "1001") == known


def test_a_phone_may_be_registered_at_a_switch_that_is_lost(make_app, memory):
    lost = MemoryPlugin()
    lost.switch.status = LiveStatus("x", 1.0, fresh=False, fault="It does not answer.")

    memory.storage.create(Extension("1000", "s3cret-of-1000"))
    memory.storage.create(Extension("1001", "x"))

    class Other:
        @hookimpl
        def sipapp_reload_strategies(self):
            return [Backend("lost", lambda: lost.switch, "a switch that is lost")]

    ini = {**INI, "sipapp.reloaders": "sw other", "sipapp.reloader.other.use": "lost"}
    phone = Phone(make_app(ini, plugins=[memory, Other()]))
    phone.log_in()
    memory.switch.status = live(registration("1000"))
    assert states(phone, "1000", "1001") == {}
    memory.switch.status = live(calls=[call("1001@pbx.test")])
    assert states(phone, "1000", "1001") == {"1001": "busy"}


def test_nothing_else_is_told(phone, tell):
    tell(live(registration(), calls=[call("1001@pbx.test")]))
    answer = phone.ask("GET /presence?numbers=1001", status=200)
    assert answer.json == {"presence": [{"extension": "1001", "state": "busy"}]}
    for secret in ("call-id", "d9d7c98a", "+49301234", "Alice", "192.0.2.7"):
        assert secret not in answer.text
        assert secret not in str(answer.headers)


def test_only_of_extensions_that_the_directory_lists(phone, tell, memory):
    memory.storage.create(Extension("1002", "x"))
    memory.storage.set_enabled("1002", enabled=False)
    tell(live(registration("1002"), registration("2000"), calls=[call("1002@pbx.test")]))
    asked = ("1001", "1002", "2000", "+4930", "1001@elsewhere.example", "<b>")
    assert states(phone, *asked) == {"1001": "offline"}


def test_it_is_sent_once(phone, tell):
    tell(live(registration()))
    path = "GET /presence?numbers=1001"
    etag = phone.ask(path, status=200).headers["ETag"]
    # Another call, another registration, and the same presence.
    tell(live(registration(address="192.0.2.8:1"), calls=[call("1000@pbx.test", call_id="7")]))
    assert phone.ask(path, If_None_Match=etag, status=304).body == b""
    tell(live(calls=[call("1001@pbx.test")]))
    changed = phone.ask(path, If_None_Match=etag, status=200)
    assert changed.headers["ETag"] != etag


def test_of_fifty_numbers_at_most(phone, tell):
    tell(live())
    assert states(phone, *["1001"] * 50) == {"1001": "offline"}
    phone.ask("GET /presence?numbers=" + ",".join(["1001"] * 51), status=400)
    phone.ask("GET /presence?numbers=" + "1" * 256, status=400)
    phone.ask("GET /presence?numbers=1001,,1002", status=400)
    phone.ask("GET /presence?extensions=1001", status=400)
    for path in ("GET /presence", "GET /presence?numbers="):
        assert phone.ask(path, status=200).json == {"presence": []}


@pytest.mark.parametrize(
    "ini", [{"presence": "off"}, {"presence": "sip"}, {"directory": "false"}], ids=str
)
def test_where_the_server_does_not_tell(open_phone, tell, ini):
    tell(live())
    phone = open_phone(**ini)
    phone.log_in()
    phone.ask("GET /presence?numbers=1001", status=404)


def test_the_numbers_are_those_that_a_phone_of_a_domain_dials(make_app):
    plugin = MemoryPlugin(DOMAINS)
    for each in ("1000", "1001", f"1000@{BRANCH}", f"1001@{BRANCH}"):
        plugin.storage.create(Extension(each, f"password of {each}"))
    phone = Phone(make_app(INI, plugins=[plugin]))
    plugin.switch.status = live(
        registration("1000", "pbx.example"),
        registration("1001", BRANCH),
        calls=[call(f"1000@{BRANCH}")],
    )
    asked = ("1000", "1001", f"1000@{BRANCH}", f"1001@{BRANCH}", "1000@pbx.example")
    phone.log_in(password="password of 1000")
    assert states(phone, *asked) == {
        "1000": "available",
        "1001": "offline",
        f"1000@{BRANCH}": "busy",
        f"1001@{BRANCH}": "available",
        "1000@pbx.example": "available",
    }
    phone.log_in(password=f"password of 1000@{BRANCH}", realm=BRANCH)
    assert states(phone, *asked) == {
        "1000": "busy",
        "1001": "available",
        f"1000@{BRANCH}": "busy",
        f"1001@{BRANCH}": "available",
        "1000@pbx.example": "available",
    }
