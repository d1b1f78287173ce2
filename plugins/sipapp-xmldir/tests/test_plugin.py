from collections.abc import Callable
from pathlib import Path

import pytest
from webtest import TestApp

from sipapp.api import SettingsError
from sipapp.testing.memory import MemoryPlugin
from sipapp_xmldir import plugin


def test_offer_takes_the_options_of_the_ini(tmp_path: Path):
    (backend,) = plugin.sipapp_storage_backends()
    parsed = {
        option.name: option.parse(
            {"directory": str(tmp_path / "new"), "create": "true"}[option.name]
        )
        for option in backend.options
    }
    storage = backend.factory(**parsed)
    assert not (tmp_path / "new").exists(), "a start must not need the disk"
    storage.check()
    assert list(storage.list()) == []


def test_directory_is_required_and_create_is_not():
    (backend,) = plugin.sipapp_storage_backends()
    assert {option.name: option.required for option in backend.options} == {
        "directory": True,
        "create": False,
    }


def ini(**more: str) -> dict[str, str]:
    return {
        "sipapp.storage": "xmldir",
        "sipapp.reloaders": "test",
        "sipapp.reloader.test.use": "scripted",
        **{f"sipapp.storage.xmldir.{name}": value for name, value in more.items()},
    }


def test_application_starts_on_it(make_app: Callable[..., TestApp], tmp_path: Path):
    app = make_app(ini(directory=str(tmp_path)), plugins=(MemoryPlugin(),))
    assert app.get("/sip/health", status="*").status_int == 200


def test_application_without_a_directory_says_what_is_missing(make_app: Callable[..., TestApp]):
    with pytest.raises(SettingsError, match=r"sipapp\.storage\.xmldir\.directory is missing"):
        make_app(ini(), plugins=(MemoryPlugin(),))
