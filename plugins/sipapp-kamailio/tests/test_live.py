"""The demo switch tells which phones are registered."""

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from sipapp.api import LiveStatus, SwitchProtocolError, SwitchUnreachable
from sipapp.testing.live_status import status_of
from sipapp_kamailio import control
from sipapp_kamailio.locations import read_locations
from sipapp_kamailio.strategy import KamailioReload


def look(switch: KamailioReload, condition: Callable[[LiveStatus], object]) -> LiveStatus:
    deadline = time.monotonic() + 20
    while True:
        view = switch.live()
        assert view is not None
        status = status_of(view)
        if condition(status):
            return status
        assert time.monotonic() < deadline, status
        threading.Event().wait(0.05)


def names(status: LiveStatus) -> list[str]:
    return sorted(each.extension for each in status.registrations or ())


def test_a_registered_phone_is_reported_with_where_it_is(
    switch: KamailioReload, registered: Callable[[str], Any]
) -> None:
    registered("1000")
    status = look(switch, lambda status: status.registrations)
    (found,) = status.registrations or ()
    assert (found.extension, found.domain, found.transport) == ("1000", "phone.test", "WS")
    assert found.address.startswith("127.0.0.1:")
    assert found.expires is not None
    assert 0 < found.expires - time.time() <= 601
    assert status.calls is None
    assert "does not tell which calls" in status.notes[-1]


def test_a_closed_tab_and_a_dropped_registration_are_gone(
    switch: KamailioReload, registered: Callable[[str], Any]
) -> None:
    one, _ = registered("1000"), registered("1001")
    look(switch, lambda status: names(status) == ["1000", "1001"])
    one.close()
    status = look(switch, lambda status: names(status) == ["1001"])
    (left,) = status.registrations or ()
    switch.drop_registration(left, timeout=5)
    look(switch, lambda status: status.registrations == ())


def test_a_deleted_extension_loses_its_registration_at_once(
    switch: KamailioReload, registered: Callable[[str], Any]
) -> None:
    registered("1000")
    assert switch.forget("1000", timeout=5) == "Its registrations were dropped."
    assert switch.forget("4711", timeout=5)
    assert switch.forget("odd\n", timeout=5) == ""
    look(switch, lambda status: status.registrations == ())


def test_one_that_is_down_has_no_live_status(switch: KamailioReload, processes: Any) -> None:
    look(switch, lambda status: status.fresh)
    switch.stop()
    status = look(switch, lambda status: not status.fresh)
    assert "does not tell who is registered" in status.fault
    with suppress(SwitchUnreachable):
        switch.reload(timeout=1)


@pytest.mark.parametrize(
    "reply",
    [{}, {"result": []}, {"error": {}}, {"result": {"Domains": [{}]}}, {"result": {"Domains": 5}}],
)
def test_an_unknown_reply_is_no_list(reply: dict[str, Any]) -> None:
    with pytest.raises(SwitchProtocolError, match="unknown way"):
        read_locations(reply)


def test_without_a_kamailio_there_is_no_live_status(tmp_path: Any) -> None:
    with pytest.raises(SwitchUnreachable):
        control.locations(tmp_path, timeout=1)
