from collections.abc import Callable
from pathlib import Path

import pytest
from webtest import TestApp

from sipapp.api import SettingsError
from sipapp.testing.memory import MemoryPlugin
from sipapp_xmldir import plugin


def test_offer_takes_the_options_of_the_ini(tmp_path: Path):
    (backend,) = plugin.sipapp_storage_backends()
    given = {
        "directory": str(tmp_path / "new"),
        "create": "true",
        "vars": str(tmp_path / "vars.xml"),
        "dialplan": str(tmp_path / "dialplan"),
        "freeswitch_user": "root",
        "new_users": "own-file",
    }
    parsed = {option.name: option.parse(given[option.name]) for option in backend.options}
    storage = backend.factory(**parsed)
    assert not (tmp_path / "new").exists(), "a start must not need the disk"
    storage.check()
    assert list(storage.list()) == []


def test_only_the_directory_is_required():
    (backend,) = plugin.sipapp_storage_backends()
    assert [option.name for option in backend.options if option.required] == ["directory"]


def test_an_unknown_freeswitch_user_stops_the_start(
    make_app: Callable[..., TestApp], tmp_path: Path
):
    with pytest.raises(SettingsError, match="freeswitch_user: there is no user 'nosuchuser'"):
        make_app(ini(directory=str(tmp_path), freeswitch_user="nosuchuser"), (MemoryPlugin(),))


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


@pytest.mark.parametrize("name", ["", "floor2", "../floor2.xml", ".floor2.xml", "a/b.xml"])
def test_a_file_of_new_users_has_to_be_one_of_the_directory(
    make_app: Callable[..., TestApp], tmp_path: Path, name: str
):
    with pytest.raises(SettingsError, match=r"new_users.*own-file, or the name of a file"):
        make_app(ini(directory=str(tmp_path), new_users=name), (MemoryPlugin(),))


def test_a_file_of_new_users_that_is_missing_stops_the_start(
    make_app: Callable[..., TestApp], tmp_path: Path
):
    given = ini(directory=str(tmp_path), new_users="floor2.xml")
    with pytest.raises(SettingsError, match=r"new_users: there is no file floor2\.xml in "):
        make_app(given, (MemoryPlugin(),))
    (tmp_path / "floor2.xml").write_text("<include>\n</include>\n")
    app = make_app(given, (MemoryPlugin(),))
    assert app.get("/sip/health", status="*").status_int == 200
