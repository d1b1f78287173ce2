"""Ports for the servers of tests."""

import socket
import subprocess
import sys
from contextlib import suppress

from sipapp.testing.ports import reserve_port

ANOTHER = """
from sipapp.testing.ports import reserve_port
print(*(reserve_port() for _ in range(5)), flush=True)
input()
"""


def test_no_port_is_given_twice_not_even_to_another_process():
    own = [reserve_port() for _ in range(5)]
    with subprocess.Popen(
        [sys.executable, "-c", ANOTHER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as another:
        theirs = [int(port) for port in another.stdout.readline().split()]
        own += [reserve_port() for _ in range(5)]
        another.communicate("\n")
    assert len({*own, *theirs}) == 15


def test_a_port_on_which_something_listens_is_left_out():
    with socket.socket() as listener:
        # The next one that can be listened on, as reserve_port would find it.
        for port in range(reserve_port() + 1, 30_000):
            with suppress(OSError):
                listener.bind(("127.0.0.1", port))
                listener.listen()
                break
        assert reserve_port() != port


def test_a_server_can_listen_on_it():
    with socket.create_server(("127.0.0.1", reserve_port())) as listener:
        assert listener.fileno() > 0
