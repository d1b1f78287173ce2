"""Users with directives in their files: a real FreeSWITCH reads what the pages show and write."""

import json

import pytest

from sipapp.cli.main import main
from sipapp.freeswitch.api import PLACES
from sipapp_xmldir.storage import XmlDirectory

pytestmark = pytest.mark.live

USER = """<include>
  <user id="2301">
{front}    <params>
      <param name="password" value="reg-secret-2301"/>
{params}    </params>
    <variables>
      <variable name="accountcode" value="first"/>
{variables}      <variable name="effective_caller_id_name" value="Desk 2301"/>
    </variables>
{behind}  </user>
{after}</include>
"""
SHARED = {
    "office.xml": '<include>\n<variable name="callgroup" value="a &amp; $${office}"/>\n'
    '<variable name="accountcode" value="office"/>\n</include>\n',
    "secrets.xml": '<param name="vm-password" value="4711"/>\n<param name="PASSWORD" value="all"/>',
    "section.xml": '<variables>\n<variable name="toll_allow" value="all"/>\n</variables>\n',
    "user.xml": '<user id="2302"><params><param name="password" value="two"/></params></user>\n',
    "nested.xml": '<X-PRE-PROCESS cmd="include" data="off*.xml"/>\n',
    "Z.xml": '<variable name="toll_allow" value="Z"/>\n',
    "a.xml": '<variable name="toll_allow" value="a"/>\n',
}


def include(data):
    return f'<X-PRE-PROCESS cmd="include" data="../shared/{data}"/>\n'


CASES = {
    "variables": {"variables": include("office.xml")},
    "another on the line": {"variables": '<variable name="x"/>' + include("office.xml")},
    "two on a line": {"variables": include("office.xml").strip() + include("Z.xml")},
    "a comment": {"variables": '<!--#include "../shared/office.xml"--><!-- x -->\n'},
    "a comment over lines": {"variables": "<!--#include ../shared/office.xml\n<x>\n-->\n"},
    "in a comment": {"variables": "<!--\n" + include("office.xml") + "-->\n"},
    "commented out on its line": {"variables": f"<!-- {include('office.xml').strip()} -->\n"},
    "a secret": {"params": include("secrets.xml")},
    "a section in front": {"front": include("section.xml")},
    "a section behind": {"behind": include("section.xml")},
    "a user": {"after": include("user.xml")},
    "nested": {"variables": include("nested.xml")},
    "a glob": {"variables": include("[aZ].xml")},
    "a negated glob": {"variables": include("[^a].xml")},
    "an escaped glob": {"variables": include("\\\\[a].xml") + include("\\\\Z.xml")},
    "conf_dir": {"variables": include("Z.xml").replace("..", "$${conf_dir}/directory")},
    "nothing": {"variables": include("nothing*.xml") + include("missing.xml")},
    "set before": {"params": '<X-PRE-PROCESS cmd="set" data="office= b "/>\n',
                   "variables": include("office.xml")},
    "set behind": {"variables": include("office.xml"),
                   "behind": "<!--#set office=late-->\n"},
    "set in a variable": {"params": '<X-PRE-PROCESS cmd="set" data="place=shared"/>\n',
                          "variables": include("Z.xml").replace("shared", "$${place}")},
    "passive": {"params": '<X-PRE-PROCESS cmd="env-set" data="a=$HOME"/>\n'
                          "<X-PRE-PROCESS cmd='set' data='a=b'/>\n"},
}  # fmt: skip
FIELDS = ("password", "vm_password", "caller_id_name", "accountcode", "callgroup", "toll_allow")


@pytest.fixture
def site(restored):
    shared = restored.directory.parent / "shared"
    shared.mkdir(exist_ok=True)
    for name, text in SHARED.items():
        (shared / name).write_text(text)
    restored.command("global_setvar office=")
    yield restored
    for name in SHARED:
        (shared / name).unlink()
    shared.rmdir()


def asked(freeswitch, field, user="2301"):
    section, name = PLACES[field]
    kind = {"params": "param", "variables": "var"}[section]
    reply = freeswitch.command(f"user_data {user}@{freeswitch.domain} {kind} {name}")
    return "" if reply == "-ERR no reply" else reply


def shown(storage, field):
    extension = storage.get("2301")
    secret = storage.secret("2301") if field == "password" else None
    value = secret.password if secret else getattr(extension, field)
    return value or extension.resolved.get(field, "")


@pytest.mark.parametrize("case", CASES)
def test_what_is_shown_and_written_is_what_freeswitch_reads(site, capsys, case):
    empty = dict.fromkeys(("front", "params", "variables", "behind", "after"), "")
    file = site.directory / "2301.xml"
    file.write_text(USER.format(**empty | CASES[case]))
    # Both have a value for the variable that no file of the directory sets.
    conf = site.command("global_getvar conf_dir")
    variables = site.configuration / "vars-of-test.xml"
    variables.write_text('<X-PRE-PROCESS cmd="set" data="office="/>\n')
    storage = XmlDirectory(directory=site.directory, create=False, vars=variables)
    assert storage.get("2301").read_only == ""
    site.command("global_setvar office=")
    assert site.command("reloadxml") == "+OK [Success]"
    for field in FIELDS:
        if field != "vm_password":
            assert shown(storage, field) == asked(site, field), field
    main(["xmldir", "read", str(file), "--vars", str(variables), "--set", f"conf_dir={conf}"])
    (read,) = json.loads(capsys.readouterr().out)["files"]
    for section, kind in (("params", "param"), ("variables", "var")):
        for name, value in read["users"][0][section].items():
            reply = site.command(f"user_data 2301@{site.domain} {kind} {name}")
            assert reply == (value or "-ERR no reply"), name
    if case == "a user":
        assert asked(site, "password", "2302") == storage.secret("2302").password == "two"

    for number, field in enumerate(FIELDS):
        if case == "a section in front" and PLACES[field][0] == "variables":
            continue
        before, content = storage.snapshot("2301"), file.read_bytes()
        value = f"5{number}é&"
        version = storage.update("2301", {field: value}).version
        site.command("global_setvar office=")
        assert site.command("reloadxml") == "+OK [Success]"
        assert asked(site, field) == value, field
        for other in {*FIELDS} - {field, "vm_password"}:
            assert shown(storage, other) == asked(site, other), (field, other)
        storage.restore("2301", before, version=version)
        assert file.read_bytes() == content
    storage.close()
    variables.unlink()
