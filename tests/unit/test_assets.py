import json

import pytest

from sipapp.testing.memory import MemoryPlugin
from sipapp.web import assets


@pytest.fixture
def static(tmp_path):
    (tmp_path / ".vite").mkdir()

    def write(chunks):
        (tmp_path / ".vite" / "manifest.json").write_text(json.dumps(chunks))
        return tmp_path

    return write


def test_a_front_end_that_is_not_built_has_no_entries(tmp_path):
    assert assets.read_manifest(tmp_path) == {}


def test_styles_of_imports_come_first_and_once(static):
    base = {"file": "assets/base-1.js", "css": ["assets/base-1.css"], "imports": ["a", "b"]}
    chunks = {
        "phone/main.ts": {
            "file": "assets/phone-1.js",
            "isEntry": True,
            "imports": ["base", "other"],
            "css": ["assets/phone-1.css"],
        },
        "base": base,
        "other": {"file": "assets/other-1.js", "imports": ["base"], "css": ["assets/other-1.css"]},
        "a": {"file": "a.js", "css": ["assets/base-1.css"]},
        "b": {"file": "b.js"},
    }
    entries = assets.read_manifest(static(chunks))
    assert entries == {
        "phone/main.ts": assets.Entry(
            ("assets/phone-1.js",),
            ("assets/base-1.css", "assets/other-1.css", "assets/phone-1.css"),
            ("assets/base-1.js", "assets/other-1.js"),
        )
    }


@pytest.mark.parametrize("reload", ["true", "false"])
def test_a_new_build_is_seen_at_once_in_development_only(make_app, static, monkeypatch, reload):
    folder = static({})
    monkeypatch.setattr(assets.read_manifest, "__defaults__", (folder,))
    app = make_app(
        {"sipapp.storage": "memory", "pyramid.reload_templates": reload}, plugins=[MemoryPlugin()]
    )
    assert "not built" in app.get("/sip")
    static({"phone/main.ts": {"file": "assets/phone-77.js", "isEntry": True}})
    assert ("assets/phone-77.js" in app.get("/sip")) is (reload == "true")
