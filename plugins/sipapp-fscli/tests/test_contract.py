"""The contract of reload strategies, through a fake fs_cli."""

from functools import partial

import pytest

from sipapp.testing.fake_freeswitch import BROKEN, FakeEventSocket, FakeFsCli
from sipapp.testing.reload_contract import ReloadContract
from sipapp_fscli.plugin import make_strategy as make

PASSWORD = "event-socket-s3cret"


class TestFsCli(ReloadContract):
    secrets = (PASSWORD,)

    @pytest.fixture
    def switch(self):
        with FakeEventSocket(password=PASSWORD) as switch:
            yield switch

    @pytest.fixture
    def make_strategy(self, switch, tmp_path):
        fs_cli = FakeFsCli(tmp_path)
        return lambda: make(
            command=str(fs_cli.command),
            host=None,
            port=switch.port,
            password_file=PASSWORD,
            timeout=5.0,
        )

    @pytest.fixture
    def publish(self, switch):
        def publish(extensions):
            switch.extensions = lambda: extensions

        return publish

    @pytest.fixture
    def broken_directory(self, switch):
        return partial(switch.saying, "reloadxml", BROKEN)

    @pytest.fixture
    def switched_off(self, switch):
        return switch.off

    @pytest.fixture
    def hanging(self, switch):
        return partial(switch.behaving, "stalled")
