"""Nonces and proofs."""

import hashlib
import hmac
from concurrent.futures import ThreadPoolExecutor

import pytest

from sipapp.files.signing_key import SigningKey
from sipapp.model.secret import Secret
from sipapp.phone.proof import MAX_USED_NONCES, NONCE_LIFETIME_S, Nonces, is_valid
from sipapp.state.memory import MemoryState

KEY = SigningKey(b"of all servers")


@pytest.fixture
def nonces(clock):
    return Nonces(KEY, MemoryState(clock), clock)


def _md5(text):
    return hashlib.md5(text.encode(), usedforsecurity=False)


def prove(password, extension="1000", realm="pbx.test", nonce="n"):
    """As the contract with phones says, in words of its own."""
    ha1 = _md5(f"{extension}:{realm}:{password}").hexdigest()
    message = f"sipapp-phone-1\n{extension}\n{realm}\n{nonce}"
    return hmac.new(ha1.encode(), message.encode(), hashlib.sha256).hexdigest()


def test_a_proof_made_elsewhere():
    # WebCrypto's, of Node.js 20
    proof = "c29fa1436d231c8fa047d0dd4ed882d8a8acea1ee236c3f8a9617ead781352a8"
    assert is_valid(Secret("s3cret"), "1000", "pbx.test", "n", proof)
    assert is_valid(Secret("s3cret"), "1000", "pbx.test", "n", prove("s3cret"))


@pytest.mark.parametrize("proof", ["", "0" * 64, "é" * 64, "\ud800" * 64, prove("other")])
def test_a_wrong_proof(proof):
    assert not is_valid(Secret("s3cret"), "1000", "pbx.test", "n", proof)


@pytest.mark.parametrize(
    ("extension", "realm", "nonce"),
    [("1001", "pbx.test", "n"), ("1000", "other.test", "n"), ("1000", "pbx.test", "m")],
)
def test_a_proof_for_something_else(extension, realm, nonce):
    assert not is_valid(Secret("s3cret"), extension, realm, nonce, prove("s3cret"))


def test_without_a_secret_no_proof_is_valid():
    assert not is_valid(None, "1000", "pbx.test", "n", prove(""))


def test_a_hash_stands_for_the_password():
    ha1 = _md5("1000:pbx.test:s3cret").hexdigest().upper()
    assert is_valid(Secret(ha1=ha1), "1000", "pbx.test", "n", prove("s3cret"))
    assert is_valid(Secret("other", ha1), "1000", "pbx.test", "n", prove("s3cret"))
    assert "s3cret" not in repr(Secret("s3cret", "s3cret"))


def test_a_nonce_is_good_once(nonces):
    nonce = nonces.make("1000")
    assert nonces.use(nonce, "1000")
    assert not nonces.use(nonce, "1000")


def test_a_nonce_is_for_its_extension(nonces):
    nonce = nonces.make("1000")
    assert not nonces.use(nonce, "1001")
    assert nonces.use(nonce, "1000")


def test_a_nonce_expires(nonces, clock):
    nonce, other = nonces.make("1000"), nonces.make("1000")
    clock.now += NONCE_LIFETIME_S - 1
    assert nonces.use(nonce, "1000")
    clock.now += 1
    assert not nonces.use(other, "1000")
    assert not nonces.use(nonce, "1000")


@pytest.mark.parametrize("nonce", ["", "..", "a.b", "1.2.3", "1.2.3.4", "é.é.é", "\ud800.\ud800.x"])
def test_what_is_no_nonce(nonces, nonce):
    assert not nonces.use(nonce, "1000")


def test_a_nonce_of_another_server_is_good_if_the_key_is_the_same(nonces, clock):
    assert Nonces(KEY, MemoryState(clock), clock).use(nonces.make("1000"), "1000")
    assert not Nonces(SigningKey(b"another"), MemoryState(clock), clock).use(
        nonces.make("1000"), "1000"
    )


def test_a_nonce_that_was_changed(nonces):
    issued, random, mark = nonces.make("1000").split(".")
    assert not nonces.use(f"{int(issued) + 1}.{random}.{mark}", "1000")


def test_a_nonce_is_good_once_among_servers_that_share_their_state(clock):
    state = MemoryState(clock)
    one, other = Nonces(KEY, state, clock), Nonces(KEY, state, clock)
    nonce = one.make("1000")
    assert other.use(nonce, "1000")
    assert not one.use(nonce, "1000")


def test_so_many_used_nonces_are_remembered_until_they_have_expired(nonces, clock):
    for _ in range(MAX_USED_NONCES):
        nonces.use(nonces.make("1000"), "1000")
    assert not nonces.use(nonces.make("1000"), "1000")
    clock.now += NONCE_LIFETIME_S
    assert nonces.use(nonces.make("1000"), "1000")


def test_of_many_parallel_uses_of_a_nonce_one_succeeds(nonces):
    nonce = nonces.make("1000")
    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(lambda _: nonces.use(nonce, "1000"), range(100))) == 1
