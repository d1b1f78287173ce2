"""The plugin in an application, chosen and set up by the ini."""

import pytest

from sipapp.api import SettingsError
from sipapp.testing.memory import MemoryPlugin

INI = {
    "sipapp.domain": "phone.test",
    "sipapp.storage": "memory",
    "sipapp.demo": "true",
    "sipapp.reloaders": "demo",
    "sipapp.reloader.demo.use": "kamailio",
}


def test_the_demo_extensions_can_register(make_app, home, free_port, open_phone, processes):
    plugin = MemoryPlugin()
    app = make_app(
        {
            **INI,
            "sipapp.reloader.demo.spawn": "true",
            "sipapp.reloader.demo.directory": str(home),
            "sipapp.reloader.demo.port": str(free_port),
        },
        plugins=(plugin,),
    )

    health = app.get("/sip/health").json
    assert health["switches"] == [{"name": "demo", "status": "ok"}]
    assert open_phone("1000", plugin.storage.get("1000").password).register().status == 200
    app.app.registry.close()
    assert processes() == []


def test_without_kamailio_the_server_starts_and_says_what_is_missing(
    make_app, tmp_path, free_port, monkeypatch, caplog
):
    monkeypatch.setattr("shutil.which", lambda *_, **__: None)
    app = make_app(
        {
            **INI,
            "sipapp.reloader.demo.spawn": "true",
            "sipapp.reloader.demo.directory": str(tmp_path),
            "sipapp.reloader.demo.port": str(free_port),
        },
        plugins=(MemoryPlugin(),),
    )

    assert "Kamailio is not installed on this machine. Run “make install”" in caplog.text
    assert app.get("/sip").status_int == 200


def test_the_directory_must_be_given(make_app):
    with pytest.raises(SettingsError, match=r"sipapp\.reloader\.demo\.directory is missing"):
        make_app(INI, plugins=(MemoryPlugin(),))


def test_hosts_of_pages_are_names_or_addresses(make_app, tmp_path):
    ini = {
        **INI,
        "sipapp.reloader.demo.directory": str(tmp_path),
        "sipapp.reloader.demo.hosts": "pages.test [fd00::5]",
    }
    make_app(ini, plugins=(MemoryPlugin(),))
    bad = {**ini, "sipapp.reloader.demo.hosts": 'pages.test a"b'}
    with pytest.raises(SettingsError, match=r"sipapp\.reloader\.demo\.hosts: .*neither a host"):
        make_app(bad, plugins=(MemoryPlugin(),))
