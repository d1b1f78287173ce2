"""Tokens of phones."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from sipapp.api import ExtensionNotFound, StorageUnavailable
from sipapp.model.secret import Secret
from sipapp.phone.sessions import LIFETIME, PER_EXTENSION, Sessions


@pytest.fixture
def secrets():
    return {"1000": Secret("a"), "1001": Secret("b")}


@pytest.fixture
def make(secrets, clock):
    def find(extension):
        if extension not in secrets:
            raise ExtensionNotFound(extension)
        return secrets[extension]

    def made(**options):
        return Sessions(find, clock, **options)

    return made


def test_a_token_is_its_extensions_for_a_while(make, clock):
    sessions = make()
    token, other = sessions.start("1000", Secret("a")), sessions.start("1001", Secret("b"))
    clock.now += LIFETIME - 1
    assert sessions.extension_of(token) == "1000"
    assert sessions.extension_of(other) == "1001"
    clock.now += 1
    assert sessions.extension_of(token) is None


@pytest.mark.parametrize("token", ["", "x", "é", "\ud800", "0" * 100_000])
def test_what_is_no_token(make, token):
    sessions = make()
    sessions.start("1000", Secret("a"))
    assert sessions.extension_of(token) is None


@pytest.mark.parametrize("now", [Secret("new"), Secret(ha1="a"), None])
def test_a_token_ends_with_the_password_and_does_not_come_back(make, secrets, now):
    sessions = make()
    token, other = sessions.start("1000", Secret("a")), sessions.start("1001", Secret("b"))
    secrets["1000"] = now
    assert sessions.extension_of(token) is None
    secrets["1000"] = Secret("a")
    assert sessions.extension_of(token) is None
    assert sessions.extension_of(other) == "1001"


def test_a_token_ends_with_the_extension(make, secrets):
    sessions = make()
    token = sessions.start("1000", Secret("a"))
    del secrets["1000"]
    assert sessions.extension_of(token) is None


def test_a_storage_that_fails_ends_no_session(make, clock):
    def fail(_):
        raise StorageUnavailable("no")

    sessions = Sessions(fail, clock)
    token = sessions.start("1000", Secret("a"))
    with pytest.raises(StorageUnavailable):
        sessions.extension_of(token)
    assert sessions._sessions


def test_one_extension_pushes_out_none_but_its_own(make):
    sessions = make()
    other = sessions.start("1001", Secret("b"))
    tokens = [sessions.start("1000", Secret("a")) for _ in range(PER_EXTENSION + 3)]
    assert [sessions.extension_of(each) for each in tokens[:3]] == [None] * 3
    assert all(sessions.extension_of(each) for each in [*tokens[3:], other])


def test_memory_is_bounded(make):
    sessions = make(capacity=5)
    tokens = [sessions.start(str(each), Secret("a")) for each in range(100)]
    assert len(sessions._sessions) == 5
    assert len(set(tokens)) == 100


def test_neither_tokens_nor_passwords_are_kept(make):
    sessions = make()
    token = sessions.start("1000", Secret("a-password"))
    assert token not in repr(vars(sessions))
    assert "a-password" not in repr(vars(sessions))


def test_many_threads(make):
    sessions = make()
    with ThreadPoolExecutor(8) as pool:
        tokens = list(pool.map(lambda _: sessions.start("1000", Secret("a")), range(200)))
        found = list(pool.map(sessions.extension_of, tokens))
    assert found.count("1000") == PER_EXTENSION
