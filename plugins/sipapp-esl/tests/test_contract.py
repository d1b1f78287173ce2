"""The contract of reload strategies, over a fake Event Socket."""

from functools import partial

import pytest

from sipapp.testing.fake_freeswitch import BROKEN, Account, FakeEventSocket
from sipapp.testing.reload_contract import ReloadContract
from sipapp_esl.plugin import make_strategy as make

PASSWORD = "event-socket-s3cret"


class TestEventSocket(ReloadContract):
    secrets = (PASSWORD,)

    @pytest.fixture
    def switch(self):
        with FakeEventSocket(password=PASSWORD) as switch:
            yield switch

    @pytest.fixture
    def make_strategy(self, switch):
        return lambda: make(
            host=switch.host,
            port=switch.port,
            user="",
            password=PASSWORD,
            password_file=None,
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


class TestEventSocketAsUser(TestEventSocket):
    """The same, logged in as a user of the directory, in a domain that the ini names."""

    domain = "phone.test"

    @pytest.fixture
    def make_strategy(self, switch):
        switch.password = "another one"
        switch.accounts["sipapp@phone.test"] = Account(PASSWORD)
        return lambda: make(
            host="localhost",
            port=switch.port,
            user="sipapp@phone.test",
            password=None,
            password_file=PASSWORD,
            timeout=5.0,
        )
