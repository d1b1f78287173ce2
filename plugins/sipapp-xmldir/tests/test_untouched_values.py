"""No change is refused because of a stored value that it does not touch."""

import tempfile
from collections.abc import Callable
from pathlib import Path
from xml.sax.saxutils import quoteattr

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from webtest import TestApp

from sipapp.api import FIELD_NAMES, Extension
from sipapp.testing.memory import MemoryPlugin
from sipapp_xmldir.storage import XmlDirectory

EXTENSIONS = "/sip/api/v1/extensions"
TRUNK = """<include>
  <user id="trunk1" >
    <params>
      <param name="auth-acl" value="10.20.0.0/16"/>
    </params>
    <variables>
      <variable name="user_context" value="inbound"/>
      <variable name="effective_caller_id_name" value="Trunk one"/>
    </variables>
  </user>
</include>
"""
MAILBOX = TRUNK.replace("auth-acl", "allow-empty-password").replace("10.20.0.0/16", "false")
ACL_ALONE = """<include>
  <user id="trunk1">
    <params><param name="auth-acl" value="trunks"/></params>
  </user>
</include>
"""
CIDR = TRUNK.replace('id="trunk1"', 'id="trunk1" cidr="192.0.2.0/24"').replace("auth-acl", "x")
OPEN = TRUNK.replace("auth-acl", "other")

# What no change could set any more.
ODD = (
    "",
    "x" * 300,
    "a\u202eb",
    "${system(id)}",
    "a/../b",
    "\u0085\u2028",
    "&<>\"' \t",
    "<!--x",
    "Zoë 日本",
    "no-such-toll, , ,",
    "1",
)
SETTINGS = {
    "params": ("password", "vm-password", "auth-acl", "allow-empty-password", "dial-string"),
    "variables": (
        "user_context",
        "toll_allow",
        "callgroup",
        "accountcode",
        "effective_caller_id_name",
        "effective_caller_id_number",
        "outbound_caller_id_name",
        "outbound_caller_id_number",
        "something_else",
    ),
}
VALID = dict.fromkeys(FIELD_NAMES, "42") | {"password": "kR7-other-Passw0rd"}


@st.composite
def files(draw: st.DrawFn) -> str:
    """A file of one user with stored values of every kind, or without them."""
    lines = ["<include>", '  <user id="1000">']
    for section, names in SETTINGS.items():
        found = draw(st.lists(st.sampled_from(names), unique=True))
        if section == "variables" and set(found) <= {"something_else"}:
            found.append("user_context")  # no extension has none of its values
        lines.append(f"    <{section}>")
        lines += (
            f'      <{section[:-1]} name="{name}" value={quoteattr(draw(st.sampled_from(ODD)))}/>'
            for name in found
        )
        lines.append(f"    </{section}>")
    return "\n".join([*lines, "  </user>", "</include>", ""])


def values_of(extension: Extension) -> dict[str, object]:
    inherited = extension.inherited
    return {name: (getattr(extension, name), inherited.get(name)) for name in FIELD_NAMES}


@settings(max_examples=150, deadline=None)
@given(text=files(), name=st.sampled_from(FIELD_NAMES))
def test_any_field_of_any_stored_extension_can_be_changed(text: str, name: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "1000.xml"
        file.write_text(text, encoding="utf-8")
        storage = XmlDirectory(directory=Path(folder), create=False)
        old = storage.get("1000")
        assert not old.read_only
        changed = storage.update("1000", {name: VALID[name]}, version=old.version)
        assert values_of(changed) == values_of(old) | {name: (VALID[name], None)}
        back = storage.set_enabled("1000", enabled=False)
        back = storage.set_enabled("1000", enabled=True)
        assert values_of(back) == values_of(changed)
        assert values_of(storage.rename("1000", "2000", {})) == values_of(changed)
        storage.close()


Start = Callable[[str], TestApp]


@pytest.fixture
def start(make_app: Callable[..., TestApp], tmp_path: Path) -> Start:
    def started(text: str) -> TestApp:
        folder = tmp_path / "default"
        folder.mkdir()
        (folder / "trunk1.xml").write_text(text)
        ini = {"sipapp.storage": "xmldir", "sipapp.storage.xmldir.directory": str(folder)}
        ini |= {"sipapp.reloaders": "sw", "sipapp.reloader.sw.use": "scripted"}
        return make_app(ini, plugins=[MemoryPlugin()])

    return started


@pytest.mark.parametrize(
    ("text", "authentication"),
    [
        (TRUNK, "addresses"),
        (ACL_ALONE, "addresses"),
        (MAILBOX, "refused"),
        (CIDR, "none"),
        (OPEN, "none"),
    ],
    ids=["auth-acl", "auth-acl alone", "mailbox only", "cidr", "open"],
)
def test_a_user_without_a_password_is_changed_and_the_change_is_undone(
    start: Start, tmp_path: Path, text: str, authentication: str
) -> None:
    app, file = start(text), tmp_path / "default" / "trunk1.xml"
    shown = app.get(f"{EXTENSIONS}/trunk1").json
    assert shown["authentication"] == authentication
    warned = [each["field"] for each in shown["warnings"]]
    assert warned == (["password"] if authentication == "none" else [])
    for name, value in VALID.items():
        if name != "password":
            saved = app.patch_json(f"{EXTENSIONS}/trunk1", {name: value}, status=200).json
            assert (saved["apply"]["state"], saved.get(name, value)) == (
                "applied",
                value,
            )
            newest = app.get("/sip/api/v1/history").json["entries"][0]
            app.post_json(f"/sip/api/v1/history/{newest['id']}/undo", {}, status=200)
            assert file.read_text() == text
    app.post_json(f"{EXTENSIONS}/trunk1/disable", {}, status=200)
    app.post_json(f"{EXTENSIONS}/trunk1/enable", {}, status=200)
    app.post_json(f"{EXTENSIONS}/trunk1/rename", {"id": "trunk2"}, status=200)
    renamed = app.get(f"{EXTENSIONS}/trunk2").json
    assert renamed["authentication"] == authentication


def test_an_undo_opens_no_door(start: Start) -> None:
    app = start(OPEN)
    app.post_json(f"{EXTENSIONS}/trunk1/password", {}, status=200)
    newest = app.get("/sip/api/v1/history").json["entries"][0]
    answer = app.post_json(f"/sip/api/v1/history/{newest['id']}/undo", {}, status=409)
    assert "had no password" in answer.json["detail"]


@pytest.mark.parametrize("text", [TRUNK, MAILBOX], ids=["auth-acl", "mailbox only"])
def test_an_undo_brings_back_what_was_without_a_password_on_purpose(
    start: Start, tmp_path: Path, text: str
) -> None:
    app = start(text)
    for change in ("password", "delete"):
        if change == "password":
            app.post_json(f"{EXTENSIONS}/trunk1/password", {}, status=200)
        else:
            app.delete(f"{EXTENSIONS}/trunk1", status=200)
        newest = app.get("/sip/api/v1/history").json["entries"][0]
        app.post_json(f"/sip/api/v1/history/{newest['id']}/undo", {}, status=200)
        assert (tmp_path / "default" / "trunk1.xml").read_text() == text


@pytest.mark.parametrize(
    ("text", "remark", "note"),
    [
        (TRUNK, "No password, on purpose: certain addresses only", "certain addresses only"),
        (MAILBOX, "No password, on purpose: nobody can register", "nobody can register"),
    ],
    ids=["auth-acl", "mailbox only"],
)
def test_without_a_password_on_purpose_is_said_in_list_and_page(
    start: Start, text: str, remark: str, note: str
) -> None:
    app = start(text)
    row = app.get("/sip/admin").html.select_one("tbody tr")
    assert remark in row.select_one(".cell-remarks").text
    assert not row.select(".remark-warning")
    page = app.get("/sip/admin/extensions/trunk1")
    assert not page.html.select(".state-fault")
    assert note in page.html.select_one("#password-state").text
    assert "password-state" in page.html.select_one("#password")["aria-describedby"]
    page.form["caller_id_name"] = "Renamed"
    page.form.submit("", status=303)
    assert 'value="Renamed"' in app.get("/sip/admin/extensions/trunk1").text


def test_a_warning_stands_at_the_field_of_a_stored_value(start: Start) -> None:
    long = TRUNK.replace("Trunk one", "x" * 300).replace("inbound", "${in}")
    app = start(long)
    page = app.get("/sip/admin/extensions/trunk1")
    assert "at most 128 characters" in page.html.select_one("#caller_id_name-warnings").text
    assert "“${”" in page.html.select_one("#user_context-warnings").text
    # What is warned of is not folded away, and hinders no change of another field.
    assert page.html.select_one("#user_context").find_parent("details").has_attr("open")
    page.form["callgroup"] = "sales"
    page.form.submit("", status=303)
    shown = app.get(f"{EXTENSIONS}/trunk1").json
    assert (shown["callgroup"], shown["caller_id_name"]) == ("sales", "x" * 300)
    assert [each["field"] for each in shown["warnings"]] == ["caller_id_name", "user_context"]
    # A client that sends back all that it got changes one of them.
    stored = {name: shown[name] for name in FIELD_NAMES if name in shown} | {"toll_allow": "local"}
    sent = app.patch_json(f"{EXTENSIONS}/trunk1", stored, status=200).json
    assert (sent["toll_allow"], sent["caller_id_name"]) == ("local", "x" * 300)
    answer = app.patch_json(f"{EXTENSIONS}/trunk1", {"caller_id_name": "y" * 129}, status=422)
    assert answer.json["errors"][0]["field"] == "caller_id_name"
