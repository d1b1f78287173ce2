"""Directives of FreeSWITCH's preprocessor in a user's file: what it reads is shown and edited."""

import os
from collections.abc import Callable
from difflib import ndiff
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from webtest import TestApp

from sipapp.api import Extension, InvalidExtension, ReadOnlyExtension, Secret
from sipapp.testing.memory import MemoryPlugin
from sipapp_xmldir.emulation.directory import Directory, Source
from sipapp_xmldir.emulation.report import report
from sipapp_xmldir.storage import XmlDirectory

TEXT = """<include>
  <user id="2301">
    <params>
      <param name="password" value="reg-secret-2301"/>
    </params>
    <variables>
      <X-PRE-PROCESS cmd="include" data="../shared/office.xml"/>
      <variable name="effective_caller_id_name" value="Desk 2301"/>
    </variables>
  </user>
</include>
"""
OFFICE = """<include>
  <variable name="callgroup" value="office &amp; more"/>
  <variable name="user_context" value="$${nobody_sets_this}"/>
  <variable name="effective_caller_id_name" value="Office"/>
</include>
"""
LINE = '      <X-PRE-PROCESS cmd="include" data="../shared/office.xml"/>\n'
NAME = '      <variable name="effective_caller_id_name" value="Desk 2301"/>\n'
SIMPLE = TEXT.replace(LINE, "")


class Site:
    """A directory ``default``, and beside it a folder ``shared`` of included files."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.file = self.write("default/2301.xml", TEXT)
        self.office = self.write("shared/office.xml", OFFICE)
        (path / "vars.xml").write_text("<include>\n</include>\n")
        self.storage = XmlDirectory(
            directory=path / "default", create=False, vars=path / "vars.xml"
        )

    def write(self, name: str, text: str) -> Path:
        file = self.path / name
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(text.encode())
        return file

    @property
    def user(self) -> Extension:
        return self.storage.get("2301")

    def reads(self, kind: str, key: str, name: str = "2301") -> str | None:
        """What FreeSWITCH's ``user_data`` says, by the emulation."""
        sources = [
            Source(str(each), each.read_bytes())
            for each in sorted((self.path / "default").glob("*.xml"))
        ]
        said = Directory(sources).data(name.encode(), kind, key.encode())
        return said.decode() if said else None

    def edit(self, **changes: str) -> list[str]:
        """Edit the user, undo that, and return the lines that the edit took and added."""
        before, text = self.storage.snapshot("2301"), self.file.read_bytes()
        changed = self.storage.update("2301", changes)
        for name, value in changes.items():
            assert getattr(changed, name) == value
            assert name not in changed.inherited
        new = self.file.read_bytes()
        assert self.storage.get("2301") == changed
        self.storage.restore("2301", before, version=changed.version)
        assert self.file.read_bytes() == text
        lines = ndiff(*(each.decode().splitlines() for each in (text, new)))
        self.file.write_bytes(new)
        return [each for each in lines if each[0] in "+-"]


@pytest.fixture
def site(tmp_path: Path):
    made = Site(tmp_path)
    yield made
    made.storage.close()


def test_a_user_with_an_include_is_shown_as_freeswitch_reads_it(site: Site):
    place = str(site.office.resolve())
    assert site.user.read_only == ""
    assert site.user.caller_id_name == "Desk 2301"
    assert site.user.inherited == {
        "callgroup": f"{place}, line 2",
        "user_context": f"{place}, line 3",
    }
    assert site.user.resolved == {"callgroup": "office & more"}
    assert site.reads("var", "callgroup") == "office & more"


def test_an_edit_changes_the_bytes_of_its_value(site: Site):
    assert site.edit(caller_id_name="Süd & Nord") == [
        "-" + " " + NAME.rstrip("\n"),
        "+ " + NAME.rstrip("\n").replace("Desk 2301", "Süd &amp; Nord"),
    ]
    assert site.reads("var", "effective_caller_id_name") == "Süd & Nord"


def test_an_own_value_takes_the_place_of_an_included_one_behind_the_include(site: Site):
    assert site.edit(callgroup="sales") == ['+       <variable name="callgroup" value="sales"/>']
    assert site.reads("var", "callgroup") == "sales"
    assert site.file.read_text().index("office.xml") < site.file.read_text().index("sales")
    assert site.edit(callgroup="support")[1] == (
        '+       <variable name="callgroup" value="support"/>'
    )


def test_an_own_value_that_an_include_hides_is_given_again_behind_it(site: Site):
    site.file.write_text(SIMPLE.replace(NAME, NAME + LINE))
    assert site.user.resolved["caller_id_name"] == "Office"
    assert site.edit(caller_id_name="Own") == [
        '+       <variable name="effective_caller_id_name" value="Own"/>'
    ]
    assert site.reads("var", "effective_caller_id_name") == "Own"
    assert site.edit(caller_id_name="Other")[0][0] == "-"


PASSIVE = {
    "set": '<X-PRE-PROCESS cmd="set" data="a=b"/>',
    "a comment that sets": "<!--#set a=b-->",
    "a comment over lines": "<!--#set a=b\n<include>\n-->",
    "stun-set": '<X-PRE-PROCESS cmd="stun-set" data="a=stun:stun.example"/>',
    "exec-set": '<X-PRE-PROCESS cmd="exec-set" data="a=hostname"/>',
    "env-set": '<x-pre-process cmd="Env-Set" data="a=$HOME" />',
    "single quotes": "<X-PRE-PROCESS cmd='set' data='a=b'/>",
    "an unknown command": '<X-PRE-PROCESS cmd="nothing" data="a=b"/>',
    "two on a line": '<X-PRE-PROCESS cmd="set" data="a=b"/><X-PRE-PROCESS cmd="include" data="x"/>',
    "with a comment": '<X-PRE-PROCESS cmd="set" data="a=b"/> <!-- why -->',
    "beside another element": '<X-PRE-PROCESS cmd="set" data="a=b"/><variable name="x" value="y"/>',
    "in a comment": '<!-- <X-PRE-PROCESS cmd="set" data="a=b"/> -->',
    "in a comment over lines": '<!--\n<X-PRE-PROCESS cmd="include" data="../shared/*"/>\n-->',
    "a file that is not there": '<X-PRE-PROCESS cmd="include" data="../shared/nothing.xml"/>',
    "a folder that is not there": '<X-PRE-PROCESS cmd="include" data="nowhere/*.xml"/>',
    "a directory": '<X-PRE-PROCESS cmd="include" data="../shared"/>',
    "an include in a comment's form": '<!--#include "../shared/office.xml"-->',
    "a glob": '<X-PRE-PROCESS cmd="include" data="../sh*d/[m-p]*.xml"/>',
}
PLACES = {
    "among the variables": "    <variables>\n",
    "among the params": "    <params>\n",
    "in the user": '  <user id="2301">\n',
    "before the user": "<include>\n",
    "behind the user": "  </user>\n",
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("directive", PASSIVE)
def test_a_directive_hinders_no_edit_of_what_is_beside_it(site: Site, directive: str, place: str):
    text = SIMPLE.replace(PLACES[place], f"{PLACES[place]}{PASSIVE[directive]}\n")
    for line_end in ("\n", "\r\n"):
        site.file.write_bytes(text.replace("\n", line_end).encode())
        assert site.user.read_only == ""
        for field, key in (
            ("password", ("param", "password")),
            ("caller_id_name", ("var", "effective_caller_id_name")),
            ("toll_allow", ("var", "toll_allow")),
        ):
            added = site.edit(**{field: "new"})
            assert len([each for each in added if each[0] == "+"]) == 1
            assert site.reads(*key) == "new"


def test_what_stands_on_the_line_of_a_directive_is_not_there(site: Site):
    beside = '<X-PRE-PROCESS cmd="set" data="a=b"/><variable name="toll_allow" value="all"/>\n'
    site.file.write_text(SIMPLE.replace(NAME, beside + NAME))
    assert site.user.toll_allow == ""
    assert site.reads("var", "toll_allow") is None
    assert site.edit(toll_allow="local") == ['+       <variable name="toll_allow" value="local"/>']
    assert site.reads("var", "toll_allow") == "local"


def test_a_variable_that_the_file_sets_itself_is_known(site: Site):
    site.write("vars.xml", '<include>\n<X-PRE-PROCESS cmd="set" data="who=All"/>\n</include>\n')
    line = '      <X-PRE-PROCESS cmd="set" data="who=Desk"/>\n'
    site.file.write_text(
        SIMPLE.replace(NAME, line + NAME)
        .replace("Desk 2301", "$${who}")
        .replace("reg-secret-2301", "pw-$${WHO}")
    )
    assert site.user.inherited["caller_id_name"] == "$${who}"
    assert site.user.resolved["caller_id_name"] == "Desk"
    assert site.storage.secret("2301") == Secret("pw-All")
    site.file.write_text(site.file.read_text().replace("<include>\n", f"<include>\n{line}"))
    assert site.storage.secret("2301") == Secret("pw-Desk")
    site.file.write_text(site.file.read_text().replace('cmd="set"', 'cmd="exec-set"'))
    assert "caller_id_name" not in site.user.resolved
    assert site.storage.secret("2301") is None


# A password that an include brings.


@pytest.mark.parametrize(
    ("line", "secret"),
    [
        ('<param name="password" value="of &quot;all&quot;"/>', Secret('of "all"')),
        ('<param name="password" value="$${unknown}"/>', None),
        ('<param name="a1-hash" value="0123456789abcdef"/>', Secret(ha1="0123456789abcdef")),
    ],
)
def test_an_included_password_is_known_to_the_proof_alone(site: Site, line: str, secret: Secret):
    site.office.write_text(f"<include>\n{line}\n</include>\n")
    site.file.write_text(SIMPLE.replace("    </params>\n", LINE + "    </params>\n"))
    assert site.storage.secret("2301") == secret
    assert site.user.password == ""
    assert site.user.has_password
    shown = site.user.without_secrets()
    assert "of " not in repr(shown)
    expected = "a1-hash" if "a1-hash" in line else f"{site.office.resolve()}, line 2"
    assert shown.inherited["password"] == expected
    assert "password" not in shown.resolved
    if secret and secret.ha1:
        with pytest.raises(InvalidExtension, match=r"office\.xml, line 2 wins over every password"):
            site.storage.update("2301", {"password": "own"})
        assert site.edit(caller_id_name="x")
        return
    site.edit(password="own")
    assert site.storage.secret("2301") == Secret("own")
    assert site.reads("param", "password") == "own"


# What an include brings besides settings.


def test_where_an_included_section_wins_a_value_is_refused_with_the_help(site: Site):
    site.office.write_text(f"<include>\n<variables>\n{OFFICE}</variables>\n</include>\n")
    site.file.write_text(SIMPLE.replace("    <params>\n", LINE + "    <params>\n"))
    assert site.user.resolved["caller_id_name"] == "Office"
    text = site.file.read_text()
    with pytest.raises(InvalidExtension) as refused:
        site.storage.update("2301", {"caller_id_name": "Own"})
    (error,) = refused.value.errors
    assert error.field == "caller_id_name"
    assert f"reads the <variables> of {site.office.resolve()}, line 2 and no other" in str(error)
    assert site.file.read_text() == text
    site.edit(password="own")


def test_an_included_section_behind_the_own_one_is_not_read(site: Site):
    site.office.write_text(f"<include>\n<variables>\n{OFFICE}</variables>\n</include>\n")
    site.file.write_text(SIMPLE.replace("  </user>\n", LINE + "  </user>\n"))
    assert site.user.inherited == {}
    site.edit(caller_id_name="Own", callgroup="sales")


def test_an_included_user_is_shown_and_where_it_can_be_edited(site: Site):
    user = TEXT.replace("2301", "2302").replace(LINE, "")
    site.office.write_text(user)
    site.file.write_text(SIMPLE.replace("</include>\n", LINE + "</include>\n"))
    other = site.storage.get("2302")
    assert other.caller_id_name == ""
    assert other.resolved["caller_id_name"] == "Desk 2302"
    assert other.read_only == (
        f"2301.xml includes this user; edit it by hand in {site.office.resolve()}, line 2."
    )
    assert site.storage.secret("2302") == Secret("reg-secret-2302")
    with pytest.raises(ReadOnlyExtension):
        site.storage.update("2302", {"callgroup": "x"})
    site.edit(caller_id_name="Own")
    assert site.reads("var", "effective_caller_id_name", "2302") == "Desk 2302"
    line = site.file.read_text().splitlines().index(LINE.rstrip("\n")) + 1
    read = report([Source(str(site.file), site.file.read_bytes())])["files"][0]["users"]
    assert [(each["id"], each["line"]) for each in read] == [("2301", 2), ("2302", line)]
    site.office.write_text(user.replace("reg-secret-2302", "2302"))
    found = [each for each in site.storage.examine().findings if each.severity == "critical"]
    assert [(each.extension, each.source, each.line) for each in found] == [
        ("2302", str(site.file), line)
    ]


@pytest.mark.parametrize(
    ("included", "reason"),
    [
        ("</variables><variables>", "gets parts of elements from a file that it includes"),
        ('</variables></user>\n<user id="9"><variables>', "gets parts of elements"),
        ("<!-- open", "a text that FreeSWITCH cannot read: "),
        ("<variable>", "a text that FreeSWITCH cannot read: "),
        ("<i>\n$${anything}\n</i>", "a variable “$${...}” outside of any value"),
        ('<!DOCTYPE a [<!ENTITY e "x">]>', "with a DOCTYPE; remove that"),
        ('<X-PRE-PROCESS cmd="include" data="../default/2301.xml"/>', "includes itself; remove"),
        ('<X-PRE-PROCESS cmd="exec" data="id"/>', "office.xml, line 1, runs a program (exec)"),
        ('<X-PRE-PROCESS cmd="include" data="$${a}.xml"/>', "line 1, includes files by $${a}, "),
    ],
)
def test_what_is_not_known_is_not_edited_and_the_reason_is_said(
    site: Site, included: str, reason: str
):
    site.office.write_text(included)
    assert reason in site.user.read_only
    with pytest.raises(ReadOnlyExtension):
        site.storage.update("2301", {"callgroup": "x"})
    assert site.file.read_text() == TEXT
    if reason.startswith("a variable"):
        site.file.write_text(SIMPLE.replace("<include>\n", "<include>\n" + LINE))
        site.office.write_text("$${anything}\n")
        assert reason in site.user.read_only
    # Beside the user it does no harm, unless it breaks the file.
    site.file.write_text(SIMPLE.replace("<include>\n", "<include>\n" + LINE))
    if "office.xml" in reason or "$${a}" in reason:
        site.edit(callgroup="x")


def test_an_include_by_a_variable_of_vars_xml_is_followed(site: Site):
    site.file.write_text(TEXT.replace("../shared", "../$${place}"))
    assert "by $${place}, whose value is not known here: name the vars.xml" in site.user.read_only
    site.write("vars.xml", '<include>\n<X-PRE-PROCESS cmd="set" data="place=shared"/>\n</include>')
    assert site.user.resolved["callgroup"] == "office & more"
    site.edit(callgroup="own")


def test_an_include_by_the_folder_of_the_configuration_is_followed(site: Site):
    site.file.write_text(TEXT.replace("..", "$${conf_dir}"))
    assert "by $${conf_dir}, whose value is not known here" in site.user.read_only
    site.write("freeswitch.xml", "<document/>\n")
    site.write("vars.xml", "<include>\n</include>\n\n")
    assert site.user.resolved["callgroup"] == "office & more"
    site.edit(callgroup="own")


@pytest.mark.parametrize("kind", ["pipe", "device", "loop", "large"])
def test_an_include_without_an_end_stops_nobody(site: Site, kind: str):
    site.office.unlink()
    if kind == "pipe":
        os.mkfifo(site.office)
    elif kind == "device":
        site.office.symlink_to("/dev/zero")
    elif kind == "loop":
        for name in ("office.xml", "other.xml"):
            site.write(f"shared/{name}", '<X-PRE-PROCESS cmd="include" data="o*.xml"/>')
    else:
        with site.office.open("wb") as file:
            file.truncate(5 << 20)
    reasons = {"large": "is too large to be read here", "loop": "leads back to one of them"}
    assert reasons.get(kind, "FreeSWITCH waits for ever for") in site.user.read_only


def test_a_file_that_may_not_be_read_here_may_be_read_by_freeswitch(
    site: Site, monkeypatch: pytest.MonkeyPatch
):
    real = os.open

    def refuse(path: str, *args: int, **more: int) -> int:
        if str(path).endswith("office.xml"):
            raise PermissionError(13, "Permission denied", path)
        return real(path, *args, **more)

    monkeypatch.setattr(os, "open", refuse)
    assert "office.xml, which may not be read here: let the user" in site.user.read_only


def test_a_folder_that_may_not_be_searched_here_may_hold_more(
    site: Site, monkeypatch: pytest.MonkeyPatch
):
    site.file.write_text(TEXT.replace("office.xml", "*/x.xml"))
    monkeypatch.setattr(os, "access", lambda path, _mode: not str(path).endswith("shared"))
    assert f"includes {site.path.resolve()}/shared, which may not be read" in site.user.read_only


def test_a_user_with_an_include_is_renamed_disabled_deleted_and_comes_back(site: Site):
    before = site.storage.snapshot("2301")
    renamed = site.storage.rename("2301", "2401", {"callgroup": "own"})
    assert site.storage.get("2401") == renamed
    assert site.reads("var", "callgroup", "2401") == "own"
    assert site.reads("var", "accountcode", "2401") is None
    site.storage.restore("2401", before, version=renamed.version)
    assert site.file.read_text() == TEXT
    disabled = site.storage.set_enabled("2301", enabled=False)
    assert disabled.resolved["callgroup"] == "office & more"
    enabled = site.storage.set_enabled("2301", enabled=True, version=disabled.version)
    site.storage.delete("2301", version=enabled.version)
    site.storage.restore("2301", before, version=None)
    assert site.file.read_text() == TEXT


# A change of an included file is in the next answer.


@pytest.fixture
def many(site: Site):
    """So many files that inotify tells of their changes."""
    for number in range(40):
        site.write(f"default/3{number:03}.xml", SIMPLE.replace("2301", f"3{number:03}"))
    site.storage.list()
    return site


CHANGES: dict[str, Callable[[Site], object]] = {
    "changed": lambda site: site.office.write_text(OFFICE.replace("office", "other")),
    "replaced": lambda site: site.write("x", OFFICE.replace("office", "other")).replace(
        site.office
    ),
    "removed": lambda site: site.office.unlink(),
    "moved away": lambda site: (site.path / "shared").rename(site.path / "gone"),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("count", ["few", "many"])
def test_a_changed_include_is_in_the_next_answer(
    request: pytest.FixtureRequest, site: Site, change: str, count: str
):
    if count == "many":
        request.getfixturevalue("many")
    assert site.user.resolved["callgroup"] == "office & more"
    first = site.storage.list()
    CHANGES[change](site)
    expected = "other & more" if change in {"changed", "replaced"} else None
    assert site.user.resolved.get("callgroup") == expected
    assert site.storage.list() is not first


def test_a_new_file_of_a_glob_is_in_the_next_answer(many: Site):
    many.file.write_text(TEXT.replace("office.xml", "*/o*.xml"))
    assert many.user.inherited == {}
    many.write("shared/new/office.xml", OFFICE)
    assert many.user.resolved["callgroup"] == "office & more"


def test_a_broken_include_that_is_mended_is_in_the_next_answer(many: Site):
    many.office.write_text("<variable>")
    assert many.user.read_only
    many.office.write_text(OFFICE)
    assert many.user.read_only == ""


# What the health page says of it.


def findings(site: Site) -> dict[str, str]:
    return {each.code: each.title for each in site.storage.examine().findings}


def test_health_knows_what_an_include_brings(site: Site):
    site.office.write_text(
        '<param name="password" value="$${who}"/>\n<param name="vm-password" value="1"/>\n'
    )
    text = SIMPLE.replace('      <param name="password" value="reg-secret-2301"/>\n', LINE)
    site.file.write_text(text)
    assert findings(site).keys() == {"password-variable-not-set", "no-context"}
    line = '<X-PRE-PROCESS cmd="set" data="who=Zq7-own"/>'
    site.write("vars.xml", f"<include>\n{line}\n</include>\n")
    assert findings(site).keys() == {"no-context"}
    site.office.write_text('<param name="password" value="2301"/>\n')
    assert "guessable-password" in findings(site)
    site.office.unlink()
    assert "no-password" in findings(site)


def test_health_says_what_the_line_of_a_directive_takes_away(site: Site):
    beside = '<X-PRE-PROCESS cmd="set" data="a=b"/><variable name="toll_allow" value="all"/>\n'
    site.file.write_text(SIMPLE.replace(NAME, beside + "<!--#set c=d-->\n" + NAME))
    assert findings(site)["dropped"] == "FreeSWITCH drops this: a directive takes the whole line"
    site.file.write_text(SIMPLE.replace(NAME, "<!--#set c=d-->\n" + NAME))
    assert "dropped" not in findings(site)


def test_pages_and_api_show_what_an_include_brings_but_no_password(
    site: Site, make_app: Callable[..., TestApp]
):
    site.office.write_text(OFFICE + '<param name="password" value="never-shown"/>\n')
    secrets = site.write("shared/secrets.xml", '<param name="password" value="never-shown"/>\n')
    line = LINE.replace("office", "secrets")
    site.file.write_text(TEXT.replace("    </params>\n", f"{line}    </params>\n"))
    ini = {
        "sipapp.storage": "xmldir",
        "sipapp.storage.xmldir.directory": str(site.file.parent),
        "sipapp.reloaders": "sw",
        "sipapp.reloader.sw.use": "scripted",
    }
    app = make_app(ini, plugins=(MemoryPlugin(),))
    pages = [
        app.get(f"/sip/{path}")
        for path in ("admin", "admin/extensions/2301", "admin/health", "api/v1/extensions/2301")
    ]
    assert not any("never-shown" in each.text for each in pages)
    words = " ".join(pages[1].html.text.split())
    place = site.office.resolve()
    assert f"Inherited from {place}, line 2: office & more. Leave empty to keep that." in words
    assert f"Inherited from {secrets.resolve()}, line 1. Leave" in words
    assert pages[3].json["inherited"]["password"] == f"{secrets.resolve()}, line 1"
    other = site.write("shared/user.xml", SIMPLE.replace("2301", "2302")).resolve()
    site.write("default/2300.xml", LINE.replace("office", "user"))
    shown = " ".join(app.get("/sip/admin/extensions/2302").html.text.split())
    assert f"2300.xml includes this user; edit it by hand in {other}, line 2." in shown
    assert f"{other}, line 7: Desk 2302" in shown
    page = app.get("/sip/admin/extensions/2301")
    form = next(each for each in page.forms.values() if "callgroup" in each.fields)
    form["callgroup"] = "own"
    form.submit().follow()
    assert site.reads("var", "callgroup") == "own"
    assert site.reads("param", "password") == "never-shown"


# Any directives at any place.

BROUGHT = st.lists(
    st.sampled_from(
        [
            '<variable name="callgroup" value="of all"/>\n',
            '<variable name="callgroup" value="again"/>',
            '<variable NAME="x" name="effective_caller_id_name" value="&quot;all&quot;"/>\n',
            '<param name="password" value="of-all"/>\n',
            '<param name="a1-hash" value="0123"/>\n',
            '<variables><variable name="callgroup" value="of a section"/></variables>\n',
            "<params>\n</params>\n",
            '<user id="2302"/>\n',
            "<!-- comment -->\n",
            "<!-- open\n",
            "-->\n",
            "</variables>\n",
            "<variables>\n",
            "text",
            "<vcard>é<b/></vcard>",
            "<include>\n",
            '<X-PRE-PROCESS cmd="set" data="who=other"/>\n',
            '<X-PRE-PROCESS cmd="include" data="?.xml"/>\n',
            '<variable name="toll_allow" value="$${who}"/>\n',
            '<variable name="toll_allow" value="$${nobody}"/>\n',
        ]
    ),
    max_size=3,
).map("".join)
DIRECTIVES = st.sampled_from(
    [
        '<X-PRE-PROCESS cmd="include" data="../shared/a.xml"/>',
        '<X-PRE-PROCESS cmd="include" data="../shared/?.xml"/>',
        "<!--#include ../shared/b.xml-->",
        "<!--#include ../shared/a.xml\n-->",
        '<X-PRE-PROCESS cmd="set" data="who=me"/>',
        '<X-PRE-PROCESS cmd="exec" data="id"/>',
        '<variable name="x" value="y"/><X-PRE-PROCESS cmd="include" data="../shared/b.xml"/>',
        '<!-- <X-PRE-PROCESS cmd="include" data="../shared/a.xml"/>',
        "-->",
    ]
)
FIELDS = {
    "password": ("param", "password"),
    "caller_id_name": ("var", "effective_caller_id_name"),
    "callgroup": ("var", "callgroup"),
    "toll_allow": ("var", "toll_allow"),
}


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    a=BROUGHT,
    b=BROUGHT,
    directives=st.lists(st.tuples(st.integers(1, 9), DIRECTIVES), min_size=1, max_size=3),
    line_end=st.sampled_from(["\n", "\r\n"]),
    field=st.sampled_from(list(FIELDS)),
)
def test_whatever_is_shown_and_written_is_what_freeswitch_reads(
    a: str, b: str, directives: list[tuple[int, str]], line_end: str, field: str
):
    with TemporaryDirectory() as folder:
        site = Site(Path(folder))
        for name, text in (("a", a), ("b", b)):
            site.write(f"shared/{name}.xml", text)
        lines = SIMPLE.splitlines()
        for place, directive in directives:
            lines.insert(place, directive)
        text = "\n".join([*lines, ""]).replace("\n", line_end)
        site.write("default/2301.xml", text)
        try:
            check(site, field)
        finally:
            site.storage.close()


def check(site: Site, field: str) -> None:
    if not site.storage.get_many(["2301"]):
        # A comment has taken all of the user, and the file is listed by its name.
        assert not any(site.reads(kind, key) for kind, key in FIELDS.values())
        return
    user = site.user
    if user.read_only:
        assert "2301.xml" in user.read_only or "line" in user.read_only
        return
    for name, (kind, key) in FIELDS.items():
        shown = getattr(user, name) or user.resolved.get(name, "")
        if name == "password":
            secret = site.storage.secret("2301") or Secret()
            shown = secret.password or (site.reads(kind, key) if secret.ha1 else "")
        if name != "toll_allow":  # may come from a variable that nothing sets
            assert shown == (site.reads(kind, key) or ""), name
    before = {name: site.reads(*place) for name, place in FIELDS.items()}
    try:
        lines = site.edit(**{field: "new"})
    except InvalidExtension as error:
        reason = str(error)
    else:
        reason = ""
    if reason:
        assert "shared/" in reason or not user.has_password
        return
    assert len(lines) in {1, 2, 4}
    expected = before | {field: "new"}
    assert {name: site.reads(*place) for name, place in FIELDS.items()} == expected
