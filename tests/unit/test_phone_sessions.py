"""Tokens of phones."""

import pytest

from sipapp.api import ExtensionNotFound, StorageUnavailable
from sipapp.files.signing_key import SigningKey
from sipapp.model.secret import Secret
from sipapp.phone.sessions import SESSION_LIFETIME_S, Sessions

KEY = SigningKey(b"of all servers")


@pytest.fixture
def secrets():
    return {"1000": Secret("a"), "1001": Secret("b"), "zoë": Secret("c")}


@pytest.fixture
def make(secrets, clock):
    def find(extension):
        if extension not in secrets:
            raise ExtensionNotFound(extension)
        return secrets[extension]

    return lambda key=KEY: Sessions(find, key, clock)


@pytest.mark.parametrize("extension", ["1000", "1001", "zoë"])
def test_a_token_is_its_extensions_for_a_while(make, secrets, clock, extension):
    sessions = make()
    token = sessions.start(extension, secrets[extension])
    clock.now += SESSION_LIFETIME_S - 1
    assert sessions.extension_of(token) == extension
    clock.now += 1
    assert sessions.extension_of(token) is None


def test_a_token_of_a_clock_that_was_wrong(make, clock):
    sessions = make()
    clock.now += 10 * SESSION_LIFETIME_S
    token = sessions.start("1000", Secret("a"))
    clock.now -= 10 * SESSION_LIFETIME_S
    assert sessions.extension_of(token) is None


@pytest.mark.parametrize("token", ["", "x", "...", "é", "\ud800", "a.b.c.d", "0" * 100_000])
def test_what_is_no_token(make, token):
    assert make().extension_of(token) is None


def test_servers_with_the_same_key_accept_each_others_tokens(make):
    token = make().start("1000", Secret("a"))
    assert make().extension_of(token) == "1000"
    assert make(SigningKey(b"another")).extension_of(token) is None


def test_no_part_of_a_token_can_be_exchanged(make, secrets):
    secrets["1001"] = secrets["1000"]
    sessions = make()
    one, other = (sessions.start(each, Secret("a")).split(".") for each in ("1000", "1001"))
    for place in range(4):
        changed = [*one[:place], other[place], *one[place + 1 :]]
        assert changed == one or sessions.extension_of(".".join(changed)) is None
    name, issued, mark, signature = one
    assert sessions.extension_of(f"{name}.{int(issued) + 1}.{mark}.{signature}") is None


@pytest.mark.parametrize("now", [Secret("new"), Secret(ha1="a"), None])
def test_a_token_ends_with_the_password(make, secrets, now):
    sessions = make()
    token, other = sessions.start("1000", Secret("a")), sessions.start("1001", Secret("b"))
    secrets["1000"] = now
    assert sessions.extension_of(token) is None
    assert sessions.extension_of(other) == "1001"


def test_a_token_ends_with_the_extension(make, secrets):
    sessions = make()
    token = sessions.start("1000", Secret("a"))
    del secrets["1000"]
    assert sessions.extension_of(token) is None


def test_a_storage_that_fails_is_asked_for_tokens_of_ours_only(clock):
    def fail(_):
        raise StorageUnavailable("no")

    sessions = Sessions(fail, KEY, clock)
    token = sessions.start("1000", Secret("a"))
    with pytest.raises(StorageUnavailable):
        sessions.extension_of(token)
    assert sessions.extension_of(f"{token}x") is None


def test_a_token_holds_no_password(make):
    sessions = make()
    token = sessions.start("1000", Secret("a-password"))
    assert "a-password" not in token + repr(vars(sessions))
    assert KEY.secret.decode() not in repr(vars(sessions)) + repr(KEY)
