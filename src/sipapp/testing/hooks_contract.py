"""What every plugin with observers, columns and health checks must do, as tests."""

import logging
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Final

import pytest
from webtest import TestApp

from sipapp.api import Extension, SwitchTimeout
from sipapp.testing.memory import MemoryPlugin
from sipapp.testing.waiting import eventually

_API: Final = "/sip/api/v1"


class HooksContract:
    """The application calls the hooks of a plugin, and none may fail.

    Failures of hooks cost only what the plugin would have added, so that nothing but the log
    tells of them.  Needs the fixture ``plugins`` or an installed plugin, and ``ini`` if the plugin
    has options that are required.  For a plugin that refuses some changes, ``extension_id`` is one
    that may be made.
    """

    extension_id = "1000"
    """An extension that is created and changed, and renamed to the same with a 9 behind it."""

    @pytest.fixture
    def plugins(self) -> Sequence[object]:
        """The plugin, if it is not installed: an object with hooks."""
        return ()

    @pytest.fixture
    def ini(self) -> Mapping[str, str]:
        """Settings of the plugin, such as ``sipapp.plugin.NAME.OPTION``."""
        return {}

    @pytest.fixture
    def memory(self) -> MemoryPlugin:
        """The storage and the switch of the application."""
        return MemoryPlugin()

    @pytest.fixture
    def app(
        self,
        make_app: Callable[..., TestApp],
        memory: MemoryPlugin,
        plugins: Sequence[object],
        ini: Mapping[str, str],
    ) -> TestApp:
        """The application with the plugin."""
        given = {
            "sipapp.storage": "memory",
            "sipapp.reloaders": "switch",
            "sipapp.reloader.switch.use": "scripted",
        }
        return make_app({**given, **ini}, [memory, *plugins])

    def test_observers_take_every_kind_of_change(
        self, app: TestApp, memory: MemoryPlugin, caplog: pytest.LogCaptureFixture
    ) -> None:
        own, other = self.extension_id, f"{self.extension_id}9"
        app.post_json(f"{_API}/extensions", {"id": own}, status=201)
        app.patch_json(f"{_API}/extensions/{own}", {"caller_id_name": "Ünï <b>"}, status=200)
        app.post_json(f"{_API}/extensions/{own}/password", {}, status=200)
        app.post_json(f"{_API}/extensions/{own}/rename", {"id": other}, status=200)
        for action in ("disable", "enable"):
            app.post_json(f"{_API}/extensions/{other}/{action}", {}, status=200)
        memory.switch.fault = SwitchTimeout("no answer")
        app.delete(f"{_API}/extensions/{other}", status=200)
        (latest, *_) = app.get(f"{_API}/history").json["entries"]
        memory.switch.fault = None
        app.post_json(f"{_API}/history/{latest['id']}/undo", {}, status=200)
        _assert_no_failure(caplog)

    def test_columns_have_cells_for_every_extension(
        self, app: TestApp, memory: MemoryPlugin, caplog: pytest.LogCaptureFixture
    ) -> None:
        app.get("/sip/admin")
        for extension in (
            Extension("1000", caller_id_name="Ünï <b>", callgroup="a,b"),
            Extension("Ada.b-c_d"),
            Extension("1002", enabled=False),
            Extension("1003", read_only="Several users in one file."),
        ):
            memory.storage.create(extension)
        app.get("/sip/admin")
        app.get("/sip/admin?search=none-such")
        _assert_no_failure(caplog)

    def test_health_checks_pass_and_have_names_of_their_own(
        self, app: TestApp, caplog: pytest.LogCaptureFixture
    ) -> None:
        def checks() -> Counter[tuple[str, str, str]]:
            found = app.get("/sip/health", status="*").json["checks"]
            return Counter((each.get("plugin", ""), each["name"], each["status"]) for each in found)

        eventually(lambda: all(status != "asking" for _, _, status in checks()))
        found = checks()
        assert [each for each in found if each[2] != "ok"] == []
        assert [each for each in found if found[each] > 1] == [], "Two checks have one name."
        _assert_no_failure(caplog)


def _assert_no_failure(caplog: pytest.LogCaptureFixture) -> None:
    """Pass if sipapp has logged no failure of a plugin since the start of the test."""
    told = [
        record.getMessage()
        for phase in ("setup", "call")
        for record in caplog.get_records(phase)
        if record.name.startswith("sipapp.") and record.levelno >= logging.ERROR
    ]
    assert told == []
