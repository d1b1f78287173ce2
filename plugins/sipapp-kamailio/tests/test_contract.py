"""The demo switch keeps the promises of every reload strategy."""

import contextlib
import os
import signal
import socket
import time

import pytest

from sipapp.testing.reload_contract import NEW_PASSWORD, PASSWORD, ReloadContract


class TestKamailio(ReloadContract):
    domain = "phone.test"
    secrets = (PASSWORD, NEW_PASSWORD)
    refuses = False  # a table has no syntax that Kamailio could refuse

    @pytest.fixture
    def make_strategy(self, make_switch):
        return make_switch

    @pytest.fixture
    def switched_off(self, processes, free_port):
        @contextlib.contextmanager
        def off():
            deadline = time.monotonic() + 60
            # Again, for what was being forked meanwhile.
            while found := processes():
                assert time.monotonic() < deadline
                for pid in found:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
            with socket.create_server(("127.0.0.1", free_port)):
                yield

        return off

    @pytest.fixture
    def hanging(self, strategy, processes):
        @contextlib.contextmanager
        def stopped():
            strategy.ping(timeout=5)  # all its processes are there
            for pid in processes():
                os.kill(pid, signal.SIGSTOP)
            yield
            for pid in processes():
                os.kill(pid, signal.SIGCONT)

        return stopped
