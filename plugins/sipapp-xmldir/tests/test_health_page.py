"""The health page and the list on a real directory: what is found, and what buttons mend."""

import os
import pwd
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from webtest import TestApp, TestResponse

from sipapp.testing.memory import MemoryPlugin

USER = """<include>
  <user id="{id}">
    <params>
      <param name="password" value="{password}"/>
    </params>
    <variables>
      {context}
    </variables>
  </user>
</include>
"""
GOOD = "s3cret"
CONTEXT = '<variable name="user_context" value="default"/>'


@pytest.fixture
def write(open_folder: Path) -> Callable[..., Path]:
    def write_user(extension_id: str, password: str = GOOD, context: str = CONTEXT) -> Path:
        path = open_folder / "default" / f"{extension_id}.xml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(USER.format(id=extension_id, password=password, context=context))
        return path

    return write_user


@pytest.fixture
def start(make_app: Callable[..., TestApp], open_folder: Path) -> Callable[..., TestApp]:
    def make(**options: str) -> TestApp:
        ini = {
            "sipapp.storage": "xmldir",
            "sipapp.storage.xmldir.directory": str(open_folder / "default"),
            "sipapp.reloaders": "sw",
            "sipapp.reloader.sw.use": "scripted",
        }
        more = {f"sipapp.storage.xmldir.{name}": value for name, value in options.items()}
        return make_app(ini | more, plugins=(MemoryPlugin(),))

    return make


def press(page: TestResponse, label: str, **more: Any) -> TestResponse:
    for form in page.forms.values():
        button = form.html.find("button")
        if button and " ".join(button.text.split()).startswith(label):
            return form.submit(**more)
    raise AssertionError(f"There is no button {label!r}.")


def findings(page: TestResponse) -> list[str]:
    titles = page.html.select(".finding-title")
    return [" ".join(each.text.split()) for each in titles]


def test_a_directory_that_is_well(write: Callable[..., Path], start: Callable[..., TestApp]):
    write("1000")
    app = start()
    page = app.get("/sip/admin/health")
    assert "Everything well: 1 file of " in page.html.find(id="summary").text
    assert app.get("/sip/admin").html.select_one(".health-critical") is None


@pytest.mark.parametrize(
    ("password", "title"),
    [
        ("", "1000: No password: anyone can register"),
        ("1000", "1000: A password that is tried first"),
    ],
)
def test_a_password_is_made_for_a_user_with_none_or_a_bad_one(
    write: Callable[..., Path], start: Callable[..., TestApp], password: str, title: str
):
    path = write("1000", password)
    app = start()
    assert app.get("/sip/admin").html.select_one(".remark-warning").text == title[6:]
    page = app.get("/sip/admin/health")
    assert findings(page) == [title]
    page = press(page, "Set a new password of 1000", status=200)
    made = page.html.find(id="made-password").text
    assert f'value="{made}"' in path.read_text()
    assert findings(page) == []
    assert made not in app.get("/sip/admin/health").text
    assert app.get("/sip/admin").html.select_one(".remark-warning") is None


def test_a_context_is_set(write: Callable[..., Path], start: Callable[..., TestApp]):
    path = write("1000", context="")
    app = start()
    page = app.get("/sip/admin/health")
    assert findings(page) == ["1000: No context"]
    page = press(page, "Set context “default” of 1000", status=303).follow()
    assert "Mended: 1000, No context. Applied by sw" in page.text
    assert findings(page) == []
    assert CONTEXT in path.read_text()


def test_a_leftover_is_deleted(write: Callable[..., Path], start: Callable[..., TestApp]):
    left = write("1000").with_name(".1000.xml.0123456789ab.tmp")
    left.write_text("half")
    page = press(start().get("/sip/admin/health"), "Delete the file", status=303).follow()
    assert findings(page) == []
    assert not left.exists()


def test_findings_are_shown_where_an_extension_is_edited(
    write: Callable[..., Path], start: Callable[..., TestApp]
):
    write("1000", "1234", context="")
    write("1001")
    page = start().get("/sip/admin/extensions/1000")
    section = page.html.find("section", {"aria-labelledby": "findings"})
    titles = [each.text for each in section.select(".finding-title")]
    assert titles == ["A password that is tried first", "No context"]
    assert "Programs that search the net for telephones" in section.text
    assert "Set a new password" in section.text
    assert section.find("a", href="/sip/admin/health")
    other = start().get("/sip/admin/extensions/1001").html
    assert other.find("section", {"aria-labelledby": "findings"}) is None


def test_findings_of_a_file_without_an_extension_are_shown_with_it(
    write: Callable[..., Path], start: Callable[..., TestApp]
):
    path = write("1000").with_name("odd.xml")
    path.write_text("<include>\n<user id='5'>\n</include>\n")
    page = start().get("/sip/admin/extensions/5")
    assert "FreeSWITCH cannot read it: unexpected closing tag" in page.text
    assert "cannot be changed here" in page.text


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_permissions_are_repaired(write: Callable[..., Path], start: Callable[..., TestApp]):
    path = write("1000")
    path.chmod(0o600)
    page = start(freeswitch_user="nobody").get("/sip/admin/health")
    assert findings(page) == ["1000: nobody may not read the file"]
    page = press(page, "Repair permissions of 1000", status=303).follow()
    assert findings(page) == []
    assert path.stat().st_gid == pwd.getpwnam("nobody").pw_gid


def test_what_was_changed_by_hand_in_between_is_not_overwritten(
    write: Callable[..., Path], start: Callable[..., TestApp]
):
    write("1000", "")
    page = start().get("/sip/admin/health")
    path = write("1000", "set-by-hand")
    again = press(page, "Set a new password", status=409)
    assert "This is not found any more" in again.text
    assert "set-by-hand" in path.read_text()


def test_hostile_texts_of_files_are_only_text(
    write: Callable[..., Path], start: Callable[..., TestApp]
):
    write("1000").write_text(
        '<include>\n<user id="&lt;img src=x onerror=alert(1)&gt;" type="&lt;script&gt;"/>\n'
        '<user id="&lt;b&gt;"><params><param name="&lt;i&gt;" value=""/>'
        '<param name="&lt;i&gt;" value=""/></params></user>\n</include>\n'
    )
    app = start()
    for address in ("/sip/admin/health", "/sip/admin"):
        page = app.get(address)
        assert not page.html.select("main img, main script, main b, main i")
    assert len(app.get("/sip/api/v1/health/directory").json["findings"]) > 2
