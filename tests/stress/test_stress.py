"""Many clients, unkind ones, a switch that fails and a disk that is full: others are answered."""

import subprocess
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest
from tests.stress.clients import IN_TIME, request

HALF_HEADERS = request("GET", "/admin")[:-20]
HALF_BODY = request("POST", "/api/v1/reload", "Content-Length: 5000") + b"{"
EVERYTHING = request("GET", "/api/v1/extensions?limit=200")
MEBIBYTE = bytes(1 << 20)


@pytest.fixture(autouse=True)
def afterwards(stressed):
    """Whatever happened, it is well again afterwards."""
    yield
    stressed.answers_others()


def test_requests_that_are_never_finished(stressed, record_property):
    with stressed.saying(HALF_HEADERS, 200), stressed.saying(HALF_BODY, 200):
        record_property("seconds", stressed.answers_others())


def test_readers_that_do_not_read(stressed, record_property):
    before = stressed.memory
    with stressed.saying(EVERYTHING * 5, 60):
        record_property("seconds", stressed.answers_others())
        grown = stressed.memory - before
        record_property("KiB", grown)
        assert grown < 100_000


@pytest.mark.parametrize(
    ("said", "more", "statuses"),
    [
        (request("POST", "/api/v1/batch", "Content-Length: 999999999"), b"", {413}),
        (request("POST", "/api/v1/batch", "Content-Length: 40000000"), MEBIBYTE, {413, 0}),
        (request("POST", "/api/v1/batch", "Transfer-Encoding: chunked"), b"", None),
        (request("GET", "/admin", f"X-Long: {'x' * 300_000}"), b"", {431}),
        (request("GET", "/admin?" + "x" * 300_000), b"", {431, 414}),
        (request("POST", "/api/v1/batch", "Content-Length: -1"), b"", {400}),
        (b"\x16\x03\x01\x02\x00\x01\r\n\r\n", b"", {400}),
    ],
    ids=["announced", "sent", "chunked", "headers", "address", "length", "TLS"],
)
def test_what_is_too_large_or_no_request(stressed, said, more, statuses):
    if statuses is None:
        said += b"100000\r\n" + MEBIBYTE + b"\r\n100000\r\n" + MEBIBYTE + b"\r\n0\r\n\r\n"
        statuses = {413, 0}
    before = stressed.memory
    with ThreadPoolExecutor(10) as pool:
        told = set(pool.map(lambda _: stressed.status_of(said, more), range(20)))
    # 0: it was refused while there was more to send, and TCP lost the words.
    assert told <= statuses
    assert stressed.memory - before < 100_000


@pytest.mark.parametrize("mode", ["off", "silent", "stalled", "garbage", "cut", "huge"])
def test_a_switch_that_fails(stressed, switch, mode, record_property):
    """A change is stored, and the answer says that the switch is behind; or it is as it was."""
    with switch.off() if mode == "off" else switch.behaving(mode):
        with ThreadPoolExecutor(8) as pool:
            given = {f"{1001 + place}": {"caller_id_name": f"{mode} {place}"} for place in range(8)}
            told = list(pool.map(lambda each: change(stressed, *each), given.items()))
        status, _, seconds = stressed.ask("GET", "/extensions")
        assert (status, seconds < IN_TIME) == (200, True)
    for (extension, fields), (status, document, _) in zip(given.items(), told, strict=True):
        stored = f'value="{fields["caller_id_name"]}"' in stressed.file(extension)
        assert status == 200, document
        assert stored
        assert document["apply"]["state"] == "pending", document["apply"]
    record_property("seconds", max(each[2] for each in told))
    assert max(each[2] for each in told) < 15
    # And again, when the switch is there.
    assert stressed.ask("POST", "/reload")[1]["apply"]["state"] == "applied"


def change(stressed, extension, fields):
    return stressed.ask("PATCH", f"/extensions/{extension}", fields)


def test_a_full_disk(stressed, record_property):
    before = contents(stressed)
    filler = stressed.disk / "filler"
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(4096))
    try:
        told = hammer(stressed)
        assert {status for status, _, _ in told} == {503}
        words = {document["detail"] for _, document, _ in told}
        assert all("No space left on device" in each for each in words)
        status, _, _ = stressed.ask("GET", "/extensions")
        assert status == 200
    finally:
        filler.unlink()
    assert contents(stressed) == before
    record_property("seconds", max(seconds for *_, seconds in told))


def test_a_disk_that_is_read_only(stressed):
    before = contents(stressed)
    subprocess.run(["mount", "-o", "remount,ro", str(stressed.disk)], check=True)
    try:
        told = hammer(stressed)
        assert {status for status, _, _ in told} == {503}
        assert stressed.ask("GET", "/extensions")[0] == 200
    finally:
        subprocess.run(["mount", "-o", "remount,rw", str(stressed.disk)], check=True)
    assert contents(stressed) == before


def hammer(stressed):
    """A change, a deletion and a new one, by ten clients at the same time."""
    calls = [
        ("PATCH", "/extensions/1010", {"caller_id_name": "Nobody"}),
        ("DELETE", "/extensions/1011", None),
        ("POST", "/extensions", {"id": "3000"}),
    ]
    with ThreadPoolExecutor(10) as pool:
        return list(pool.map(lambda call: stressed.ask(*call), calls * 10))


def contents(stressed):
    return {file.name: file.read_bytes() for file in stressed.directory.iterdir()}


def test_many_clients_and_no_more_memory(stressed, switch, record_property):
    def visit(client):
        extension = str(1020 + client)
        longest = 0.0
        for number in range(10):
            fields = {"caller_id_name": f"Client {client} {number}"}
            status, document, seconds = change(stressed, extension, fields)
            assert status == 200, document
            assert fields["caller_id_name"] in stressed.file(extension)
            read, _, others = stressed.ask("GET", f"/extensions?search={client}")
            assert read == 200
            longest = max(longest, seconds, others)
        return longest

    def round_of_visits():
        with ThreadPoolExecutor(30) as pool:
            return max(pool.map(visit, range(30)))

    round_of_visits()
    before = stressed.memory
    longest = max(round_of_visits() for _ in range(4))
    record_property("seconds", longest)
    record_property("KiB", stressed.memory - before)
    assert longest < 2 * IN_TIME
    assert stressed.memory - before < 20_000
    descriptors = list(Path(f"/proc/{stressed.pid}/fd").iterdir())
    assert len(descriptors) < 100, "descriptors are left open"
