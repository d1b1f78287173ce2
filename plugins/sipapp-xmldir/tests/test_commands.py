"""``sipapp xmldir read``, as a person at a terminal sees it."""

import argparse
import io
import json
import subprocess
import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import pytest

from sipapp_xmldir.commands import add_commands

SIPAPP = Path(sys.executable).with_name("sipapp")

GOOD = """<include>
  <user id="1000" number-alias="900">
    <params>
      <param name="password" value="$${default_password}"/>
      <param name="vm-password" value="4711"/>
    </params>
    <variables>
      <variable name="effective_caller_id_name" value="Ann &amp; Ben"/>
    </variables>
    <vcard/>
  </user>
</include>
"""
VARS = """<include>
  <X-PRE-PROCESS cmd="set" data="default_password=from vars"/>
  <X-PRE-PROCESS cmd="set" data="domain=$${local_ip_v4}"/>
</include>
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    found = tmp_path / "directory" / "default"
    found.mkdir(parents=True)
    return found


def read(*arguments: object, status: int = 0) -> dict[str, Any]:
    parser = argparse.ArgumentParser()
    add_commands(parser.add_subparsers())
    parsed = parser.parse_args(["xmldir", "read", *map(str, arguments)])
    output = io.StringIO()
    with redirect_stdout(output):
        assert parsed.run(parsed) == status
    described: dict[str, Any] = json.loads(output.getvalue())
    return described


def write(folder: Path, name: str, text: str | bytes) -> Path:
    (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder / name


def reasons(file: dict[str, Any], line: int) -> str:
    return "; ".join(each["reason"] for each in file["dropped"] if each["line"] == line)


def test_users_are_shown_with_what_they_have(folder: Path, tmp_path: Path):
    (tmp_path / "vars.xml").write_text(VARS)
    described = read(write(folder, "1000.xml", GOOD))
    assert described["reload"] == {"ok": True, "error": None, "file": None, "line": None}
    assert described["vars"] == str(tmp_path / "vars.xml")
    assert described["files"] == [
        {
            "file": str(folder / "1000.xml"),
            "users": [
                {
                    "id": "1000",
                    "line": 2,
                    "attributes": {"id": "1000", "number-alias": "900"},
                    "params": {"password": "from vars", "vm-password": "4711"},
                    "variables": {"effective_caller_id_name": "Ann & Ben"},
                    "other_elements": ["vcard"],
                }
            ],
            "breaks_reload": None,
            "dropped": [],
            "unknown_variables": [],
        }
    ]


def test_redact_hides_passwords_and_nothing_else(folder: Path):
    file = write(folder, "1000.xml", GOOD)
    described = read(file, "--redact", "--set", "default_password=s3cret")
    (user,) = described["files"][0]["users"]
    assert user["params"] == {"password": "***", "vm-password": "***"}
    assert user["variables"] == {"effective_caller_id_name": "Ann & Ben"}


def test_an_unset_variable_is_empty_and_named(folder: Path):
    (file,) = read(write(folder, "1000.xml", GOOD))["files"]
    assert file["users"][0]["params"]["password"] == ""
    assert file["unknown_variables"] == [{"line": 4, "name": "default_password"}]


def test_what_breaks_the_reload_is_reported_and_the_other_files_are_read(folder: Path):
    write(folder, "1000.xml", GOOD)
    write(folder, "1001.xml", "<include>\n<user id='1001'>\n<params>\n</user>\n</include>\n")
    write(folder, "1002.xml", "<include>\n<!-- a -- b -->\n</include>\n")
    described = read(folder, status=1)
    assert described["reload"]["ok"] is False
    assert described["reload"]["error"] == "unexpected closing tag </user>"
    assert (described["reload"]["file"], described["reload"]["line"]) == (
        str(folder / "1001.xml"),
        4,
    )
    assert [each["breaks_reload"] for each in described["files"]] == [
        None,
        {"error": "unexpected closing tag </user>", "line": 4},
        {"error": "unclosed <!--", "line": 2},
    ]
    assert [user["id"] for user in described["files"][0]["users"]] == ["1000"]


def test_a_fault_that_shows_in_what_follows_is_reported_where_it_began(folder: Path):
    described = read(write(folder, "1.xml", "<include>\n\n<user id='1'>\n</include>\n"), status=1)
    assert described["files"][0]["breaks_reload"] == {
        "error": "unexpected closing tag </users>",
        "line": 3,
    }


def test_two_files_that_only_together_break_the_reload(folder: Path):
    text = '<include>\n<X-PRE-PROCESS cmd="set" data="end=</user>"/>\n</include>\n'
    first = write(folder, "1.xml", text)
    second = write(folder, "2.xml", '<include>\n<user id="2"/>$${end}\n</include>\n')
    described = read(second, first, status=1)
    assert [each["file"] for each in described["files"]] == [str(first), str(second)]
    assert [each["breaks_reload"] for each in described["files"]] == [
        None,
        {"error": "unexpected closing tag </user>", "line": 2},
    ]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("<param name='password' value='x-pre-process'/>", "x-pre-process stands in the line"),
        ("<param name='a' value='<?'/>", "<include>, </include> or <? stands in the line"),
        ("<param name='a' value='1'/>\0", "a NUL byte ends the line"),
        ("<param name='a'/>", "a without a value"),
        ("<param value='a'/>", "<param> without a name"),
        ("<variable name='a' value='b'/>", "<variable> means nothing in <params>"),
        ("<param name='a' name='b' value='c'/>", "attribute name: the first one counts"),
        ("<param name='B' value='1'/><param name='b' value='2'/>", "the last of this name counts"),
        ("</params><params><param name='a' value='b'/>", "only the first <params>"),
        ("</params></user><user><params>", "a user without an id is never found"),
        ("</params></user><user id='1'><params>", "user 1: the one in "),
        ("</params><user id='2'/><params>", "<user> stands where no user is looked for"),
        ("</params></user><other/><user id='4'><params>", "<other> stands where no user"),
        ("<X-PRE-PROCESS cmd='set' data='a=b'/>", "the directive has no cmd and data"),
        ('<X-PRE-PROCESS cmd="set" data="a=b"/><a/>', "a directive takes the whole line"),
        ('<X-PRE-PROCESS cmd="exec" data="touch x"/>', "X-PRE-PROCESS exec is not done here"),
        ("<!--#comment-->", "<!--# begins a comment for the preprocessor"),
    ],
)
def test_what_is_dropped_is_reported_with_its_line(folder: Path, line: str, reason: str):
    text = f'<include>\n<user id="1">\n<params>\n{line}\n</params>\n</user>\n</include>\n'
    described = read(write(folder, "1.xml", text))
    assert reason in reasons(described["files"][0], 4)


def test_a_user_of_another_type_stands_before_all_that_follow(folder: Path):
    first = write(folder, "1.xml", "<include>\n<user id='1' type='x'/>\n</include>\n")
    second = write(folder, "2.xml", "<include>\n<user id='2'/>\n</include>\n")
    described = read(first, second)
    assert [len(each["users"]) for each in described["files"]] == [1, 0]
    assert "because it has a type that is not" in reasons(described["files"][1], 2)


def test_order_is_that_of_the_bytes_of_the_names(folder: Path):
    for name in ("b.xml", "B.xml", "1000b.xml", "1000.xml", "é.xml", ".x.xml", "c.XML"):
        write(folder, name, "<include>\n<user id='1'/>\n</include>\n")
    described = read(folder)
    names = [Path(each["file"]).name for each in described["files"]]
    assert names == ["1000.xml", "1000b.xml", "B.xml", "b.xml", "é.xml"]
    assert [len(each["users"]) for each in described["files"]] == [1, 0, 0, 0, 0]


def test_bytes_that_are_no_utf8_do_not_stop_it(folder: Path):
    described = read(write(folder, "1.xml", b"<include>\n<user id='1\xe9' a='\xe9b'/>\n</include>"))
    assert described["files"][0]["users"][0]["attributes"] == {"id": "1", "a": ""}


def test_a_missing_file_is_reported_and_the_others_are_read(folder: Path):
    good = write(folder, "1000.xml", GOOD)
    described = read(good, folder / "none.xml", status=2)
    assert [each["file"] for each in described["files"]] == [str(good)]


def sipapp(*arguments: object) -> "subprocess.CompletedProcess[str]":
    command = [SIPAPP, "xmldir", "read", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_a_variable_without_a_value_is_refused(folder: Path):
    done = sipapp(folder, "--set", "x")
    assert done.returncode == 2
    assert "is not NAME=VALUE" in done.stderr


def test_the_command_exists_and_its_exit_status_reports_a_broken_file(folder: Path):
    done = sipapp(write(folder, "1.xml", "<include>\n</user>\n</include>\n"))
    assert done.returncode == 1
    assert json.loads(done.stdout)["reload"]["error"] == "unexpected closing tag </user>"
