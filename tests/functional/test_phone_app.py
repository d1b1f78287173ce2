"""The manifest and the service worker of the installable phone."""

import json

import pytest

MANIFEST = {
    "name": "Phone",
    "icons": [{"src": "assets/icon-192-D8DWQI7A.png", "sizes": "192x192"}],
    "protocol_handlers": [{"protocol": "tel", "url": "?call=%s"}],
}


@pytest.fixture
def built(monkeypatch, tmp_path):
    monkeypatch.setattr("sipapp.web.phone.app.STATIC", tmp_path)
    (tmp_path / "manifest.webmanifest").write_text(json.dumps(MANIFEST))
    (tmp_path / "service-worker.js").write_text("// ☎")
    (tmp_path / "LICENSES.txt").write_text("MIT ©")


@pytest.fixture
def app(make_app, memory):
    ini = {"sipapp.storage": "memory", "sipapp.prefix": "/a/sip"}
    return make_app(ini, plugins=[memory], SIP_ADMIN_PASS="s3cret-1")


@pytest.mark.usefixtures("built")
def test_the_page_names_a_manifest_whose_addresses_follow_the_prefix(app):
    href = app.get("/a/sip").html.select_one("link[rel=manifest]")["href"]
    answer = app.get(href, extra_environ={"SCRIPT_NAME": "/below"}, status=200)
    assert answer.content_type == "application/manifest+json"
    assert answer.json["name"] == "Phone"
    start = "/below/a/sip"
    assert answer.json["start_url"] == answer.json["scope"] == answer.json["id"] == start
    assert answer.json["icons"][0]["src"] == ("/below/a/sip/static/assets/icon-192-D8DWQI7A.png")
    assert answer.json["protocol_handlers"][0]["url"] == f"{start}?call=%s"


@pytest.mark.usefixtures("built")
def test_the_service_worker_may_look_after_the_page_and_is_never_stale(app):
    answer = app.get("/a/sip/service-worker.js", status=200)
    assert answer.content_type == "text/javascript"
    assert answer.text == "// ☎"
    assert answer.headers["Service-Worker-Allowed"] == "/a/sip"
    assert answer.headers["Cache-Control"] == "no-cache"
    etag = answer.headers["ETag"]
    again = app.get("/a/sip/service-worker.js", headers={"If-None-Match": etag}, status=304)
    assert again.body == b""


@pytest.mark.usefixtures("built")
def test_the_licences_are_asked_for_again(app):
    """Their name has no hash: a year later they may be others."""
    answer = app.get("/a/sip/static/LICENSES.txt", status=200)
    assert (answer.content_type, answer.text) == ("text/plain", "MIT ©")
    assert answer.headers["Cache-Control"] == "no-cache"
    headers = {"If-None-Match": answer.headers["ETag"]}
    app.get("/a/sip/static/LICENSES.txt", headers=headers, status=304)


@pytest.mark.parametrize(
    "path",
    [
        ".vite/manifest.json",
        ".vite/",
        "assets/../.vite/manifest.json",
        "assets/%2e%2e/.vite/manifest.json",
        "manifest.webmanifest",
        "service-worker.js",
        "",
    ],
)
def test_nothing_else_of_the_built_files_is_public(app, path):
    app.get(f"/a/sip/static/{path}", status=404)


@pytest.mark.parametrize(
    "name", ["manifest.webmanifest", "service-worker.js", "static/LICENSES.txt"]
)
def test_without_a_built_front_end_there_is_none(app, monkeypatch, tmp_path, name):
    monkeypatch.setattr("sipapp.web.phone.app.STATIC", tmp_path)
    app.get(f"/a/sip/{name}", status=404)
