"""What is in the directory is listed as what it is, and odd files are left alone."""

import os
import shutil
import socket
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sipapp.api import (
    Extension,
    ExtensionExists,
    ExtensionNotFound,
    InvalidExtension,
    ReadOnlyExtension,
    StorageError,
    VersionConflict,
)
from sipapp.testing.storage_contract import SAMPLE
from sipapp_xmldir.emulation.directory import Directory, Source
from sipapp_xmldir.files.regular_files import read_file
from sipapp_xmldir.storage import FileNameTaken, XmlDirectory

Write = Callable[[str, str | bytes], None]


@pytest.fixture
def storage(tmp_path: Path) -> XmlDirectory:
    return XmlDirectory(directory=tmp_path, create=False)


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write_file(name: str, content: str | bytes) -> None:
        data = content.encode() if isinstance(content, str) else content
        (tmp_path / name).write_bytes(data)

    return write_file


def user(
    extension_id: str = "1000", *, attributes: str = "", params: str = "", more: str = ""
) -> str:
    return f"""<include>
  <user id="{extension_id}"{attributes}>
    <params>
      <param name="password" value="s3cret-{extension_id}"/>
{params}    </params>
    <variables>
      <variable name="effective_caller_id_name" value="Name {extension_id}"/>
    </variables>
{more}  </user>
</include>
"""


def only(storage: XmlDirectory) -> Extension:
    (extension,) = storage.list()
    return extension


def assert_left_alone(storage: XmlDirectory, directory: Path, extension_id: str) -> None:
    """No change or deletion gets through, whatever the version says."""
    before = {path.name: path.read_bytes() for path in directory.iterdir() if path.is_file()}
    version = storage.get(extension_id).version or None
    with pytest.raises(ReadOnlyExtension):
        storage.update(extension_id, {"caller_id_name": "New"}, version=version)
    with pytest.raises(ReadOnlyExtension):
        storage.delete(extension_id, version=version)
    after = {path.name: path.read_bytes() for path in directory.iterdir() if path.is_file()}
    assert after == before


# What FreeSWITCH's vanilla directory has, in files of our own.

VANILLA_LIKE = {
    "without a password": (
        """<include>
  <user id="default">
    <!-- for everybody -->
    <variables>
      <variable name="numbering_plan" value="$${default_country}"/>
    </variables>
  </user>
</include>
""",
        "default",
        "has no password and none of the other values of an extension.",
    ),
    "id from a variable": (
        user("$${default_provider}"),
        "$${default_provider}",
        "takes the user's id from a variable.",
    ),
    "skinny phone": (
        """<include>
 <user id="SEP001120AABBCC">
   <params>
    <param name="foo" value="bar"/>
   </params>
   <skinny><buttons><button position="1" type="Line" value="1101"/></buttons></skinny>
  </user>
</include>
""",
        "SEP001120AABBCC",
        "has no password and none of the other values of an extension.",
    ),
    "pointer": (user(attributes=' type="pointer"'), "1000", 'has type="pointer".'),
    "two passwords": (
        user(params='      <param name="Password" value="second"/>\n'),
        "1000",
        "has 2 times password.",
    ),
    "two sections of params": (
        user(more='    <params><param name="vm-password" value="1"/></params>\n'),
        "1000",
        "has two sections of params.",
    ),
    "id that is none": (user("10 00"), "10 00", "has a user whose id is not of the form"),
    "no id": (user().replace(' id="1000"', ""), "file.xml", "has a user without an id."),
    "empty id": (user(""), "file.xml", "has a user without an id."),
    "empty": ("", "file.xml", "is not well-formed XML: line 1: no element found."),
    "no user": ("<include>\n</include>\n", "file.xml", "has no user that FreeSWITCH would read."),
    "user too deep": (
        user().replace("<include>\n", "<include>\n<group>\n").replace("</inc", "</group>\n</inc"),
        "file.xml",
        "has no user that FreeSWITCH would read.",
    ),
    "malformed": (
        user().replace("</params>", ""),
        "1000",
        "is not well-formed XML: line 9: mismatched tag.",
    ),
    "entity": (
        user().replace("s3cret", "&s3cret;"),
        "1000",
        "is not well-formed XML: line 4: undefined entity.",
    ),
    "doctype": (
        '<!DOCTYPE include [<!ENTITY e "x">]>\n' + user(),
        "1000",
        "has a DOCTYPE with declarations in it.",
    ),
    "doctype with a quoted end": (
        '<!DOCTYPE include SYSTEM ">" [<!ENTITY e "x">]>\n' + user(),
        "1000",
        "has a DOCTYPE with declarations in it.",
    ),
    "reference after an external doctype": (
        '<!DOCTYPE include SYSTEM "x.dtd">\n' + user().replace("s3cret", "&s3cret;"),
        "1000",
        "is misread by FreeSWITCH:",
    ),
    "directive": (
        user(params='<X-PRE-PROCESS cmd="exec" data="touch /tmp/owned"/>\n'),
        "1000",
        "line 5, runs a program (exec), whose output only FreeSWITCH knows",
    ),
    "directive in a comment": (
        user(params="<!--#include file.xml-->\n"),
        "1000",
        "includes itself; remove the line that does it.",
    ),
    "include on the line of the user": (
        user().replace("<include>\n", "<include>"),
        "1000",
        "is misread by FreeSWITCH: it drops the whole line 1,",
    ),
    "password that drops its line": (
        user().replace("s3cret", "X-pre-process"),
        "1000",
        "is misread by FreeSWITCH: it drops the whole line 4,",
    ),
    "comment whose end is dropped": (
        user(params="<!-- see\n <include> -->\n"),
        "1000",
        "is misread by FreeSWITCH: it drops",
    ),
    "instruction whose rest is read": (
        user(params="<?note\n<param name='vm-password' value='1'/>\n?>\n"),
        "1000",
        "is misread by FreeSWITCH: it drops the whole line 5,",
    ),
    "open variable": (user("1000", params="<!-- $${ -->\n"), "1000", "has “$${” without the “}”"),
    "variable in place of elements": (
        user(params="      $${more_params}\n"),
        "1000",
        "has a variable “$${...}” outside of any value.",
    ),
    "UTF-16": (user().encode("utf-16"), "file.xml", "has NUL bytes, as UTF-16 has;"),
    "no character of XML": (
        user(params='<param name="x" value="&#xFFFF;"/>\n'),
        "1000",
        "is not well-formed XML: line 5: reference to invalid character number.",
    ),
    "reference that only FreeSWITCH knows": (
        user(params='<param name="x" value="&#0x41;"/>\n'),
        "1000",
        "is not well-formed XML: line 5: not well-formed (invalid token).",
    ),
    "attribute that is there twice": (
        user(attributes=' cidr="192.0.2.1/32" cidr="192.0.2.2/32"'),
        "1000",
        "is not well-formed XML: line 2: duplicate attribute.",
    ),
}


@pytest.mark.parametrize("case", VANILLA_LIKE)
def test_odd_file_is_listed_with_the_reason_and_left_alone(
    storage: XmlDirectory, tmp_path: Path, write: Write, case: str
):
    content, listed_as, reason = VANILLA_LIKE[case]
    write("file.xml", content)
    extension = only(storage)
    assert extension.id == listed_as
    assert extension.read_only.startswith(("file.xml ", "file.xml, line"))
    assert reason in extension.read_only
    assert "s3cret" not in extension.read_only
    assert extension.source == str(tmp_path / "file.xml")
    assert_left_alone(storage, tmp_path, listed_as)


def test_what_an_odd_user_has_is_shown(storage: XmlDirectory, write: Write):
    write("1000.xml", VANILLA_LIKE["two sections of params"][0])
    assert only(storage).caller_id_name == "Name 1000"
    assert only(storage).has_password


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("<include>\n", '<?xml version="1.0" encoding="utf-16"?>\n<include>\n'),
        ("<include>\n", "<!-- what <include> is for -->\n<include>\n"),
        ("<include>\n", "<include>\n<!-- as $${domain} has it: x-pre-process -->\n"),
        ("\n", "\r\n"),
        ("\n", "\r"),
        ("<include>\n", "\ufeff<include>\n"),
        ("</include>\n", "</include>\n<!-- end -->"),
        (' id="1000"', ' id="1000" number-alias="77" mailbox="$${x}" cacheable="60000"'),
        ("    <params>\n", '    <params>\n<param/><other/><param name="allow" value="xmlns:"/>\n'),
        (
            "    <params>\n",
            '    <params>\n<param xml:lang="en" name="x" value="&#xFDD0;\ufdd0"/>\n',
        ),
        ("<include>\n", "<!DOCTYPE include>\n<include>\n"),
        ("<include>\n", "<!DOCTYPE include\n PUBLIC '-//X' \"x.dtd\" >\n<include>\n"),
        ("<include>\n", '<?xml-stylesheet href="x"?>\n<include>\n'),
        ("    <params>\n", "<?note [<]?>\n    <params>\n"),
        (' id="1000"', ' id="1000" xmlns:x="urn:x"'),
        (' id="1000"', ' xmlns="urn:x" id="1000" x:y="1"'),
        (' id="1000"', ' é="1" :a="2" _.-="3" id="1000"'),
        ("    <params>\n", '    <params x:y="1">\n<param x:name="x" name="y" value="1"/>\n'),
        ("    <params>\n", '    <x:y xmlns:x="urn:x"><x:params/></x:y>\n    <params>\n'),
        ("    <params>\n", "    <params><x:param name='password' value='not this'/>\n"),
        ("    </params>\n", "<!--\n <X-PRE PROCESS/> <gateways/> -->\n    </params>\n"),
    ],
)
def test_harmless_oddities_do_not_make_an_extension_read_only(
    storage: XmlDirectory, write: Write, tmp_path: Path, old: str, new: str
):
    write("1000.xml", user().replace(old, new))
    before = (tmp_path / "1000.xml").read_bytes()
    assert only(storage).read_only == ""
    assert only(storage).password == "s3cret-1000"
    assert storage.update("1000", {"password": "new"}).password == "new"
    assert (tmp_path / "1000.xml").read_bytes() == before.replace(b"s3cret-1000", b"new")
    directory = Directory([Source("1000.xml", (tmp_path / "1000.xml").read_bytes())])
    assert directory.data(b"1000", "param", b"password") == b"new"


def test_file_without_include_lines_is_an_extension(storage: XmlDirectory, write: Write):
    write("1000.xml", "\n".join(user().split("\n")[1:-2]))
    assert only(storage).read_only == ""
    assert only(storage).password == "s3cret-1000"


def test_empty_or_missing_password_is_reported_and_can_be_mended(
    storage: XmlDirectory, write: Write
):
    write("1000.xml", user().replace('value="s3cret-1000"', 'value=""'))
    write("1001.xml", user("1001").replace("password", "other"))
    for extension in storage.list():
        assert not extension.has_password
        storage.update(extension.id, {"password": "own"})
    assert [extension.password for extension in storage.list()] == ["own", "own"]


def test_references_are_shown_by_name(storage: XmlDirectory, write: Write):
    write(
        "1000.xml",
        user()
        .replace("s3cret-1000", "$${default_password}")
        .replace("Name 1000", "&lt;$${company}&gt; &#36;&#36;{no}"),
    )
    extension = only(storage)
    assert extension.inherited == {
        "password": "$${default_password}",
        "caller_id_name": "<$${company}> $${no}",
    }
    assert extension.password == extension.caller_id_name == ""
    assert extension.has_password


def test_escaped_reference_is_a_value(storage: XmlDirectory, write: Write):
    write("1000.xml", user().replace("s3cret-1000", "&#36;$&#123;x}"))
    assert only(storage).password == "$${x}"
    assert not only(storage).inherited


def test_several_users_in_one_file_are_listed_each(
    storage: XmlDirectory, write: Write, tmp_path: Path
):
    both = user("1000").replace("</include>\n", "") + user("1001").replace("<include>\n", "")
    write("all.xml", both)
    assert [each.id for each in storage.list()] == ["1000", "1001"]
    assert {each.read_only for each in storage.list()} == {""}
    assert storage.get("1001").password == "s3cret-1001"
    assert len({each.version for each in storage.list()}) == 2


def test_two_users_with_one_id_in_one_file_are_left_alone_and_their_neighbour_is_not(
    storage: XmlDirectory, write: Write, tmp_path: Path
):
    users = [user(each).replace("<include>\n", "").replace("</include>\n", "") for each in "aAb"]
    write("all.xml", f"<include>\n{''.join(users)}</include>\n")
    reason = (
        "all.xml has 2 users with this id, and FreeSWITCH takes the first. Remove the others "
        "by hand."
    )
    assert {each.id: each.read_only for each in storage.list()} == {
        "a": reason,
        "A": reason,
        "b": "",
    }
    assert_left_alone(storage, tmp_path, "a")
    assert storage.update("b", {"callgroup": "x"}).callgroup == "x"


def test_first_of_two_files_with_one_id_counts(storage: XmlDirectory, write: Write, tmp_path: Path):
    # By bytes: capitals, then small letters, then what is not ASCII.
    write("b.xml", user("Ada"))
    write("é.xml", user("ADA"))
    write("B.xml", user("ada"))
    assert [each.id for each in storage.list()] == ["ada", "Ada", "ADA"]
    assert [each.read_only for each in storage.list()] == [
        "",
        "b.xml is shadowed by B.xml, which has the same id and comes first.",
        "é.xml is shadowed by B.xml, which has the same id and comes first.",
    ]
    storage.update("ADA", {"password": "new"})
    assert "new" in (tmp_path / "B.xml").read_text()
    with pytest.raises(ReadOnlyExtension, match=r"find the user of b\.xml by this id"):
        storage.delete("ada")
    (tmp_path / "b.xml").unlink()
    (tmp_path / "é.xml").unlink()
    storage.delete("ada")
    assert list(storage.list()) == []


@pytest.mark.parametrize("ids", [("É", "é"), ("K", "\u212a"), ("Ada", "ADA"), ("İ", "i\u0307")])
def test_ids_are_the_same_if_they_are_for_freeswitch(
    storage: XmlDirectory, write: Write, ids: tuple[str, str]
):
    texts = {f"{number}.xml": user(id_) for number, id_ in enumerate(ids)}
    for name, text in texts.items():
        write(name, text)
    directory = Directory([Source(name, text.encode()) for name, text in texts.items()])
    found = [directory.find(id_.encode()) for id_ in ids]
    for extension, id_ in zip(storage.list(), ids, strict=True):
        is_found = directory.users[ids.index(id_)] in found
        assert ("shadowed" in extension.read_only) is not is_found
        assert (storage.get(id_).id == id_) is is_found


def test_a_guessed_id_does_not_shadow_a_real_one(storage: XmlDirectory, write: Write):
    write("0.xml", user("1000").replace("</params>", ""))
    write("1000.xml", user("1000"))
    assert storage.get("1000").read_only == ""
    assert [each.read_only == "" for each in storage.list()] == [False, True]


def test_id_counts_and_not_the_name_of_the_file(
    storage: XmlDirectory, write: Write, tmp_path: Path
):
    write("reception.xml", user("1000"))
    storage.update("1000", {"caller_id_name": "Reception"})
    assert "Reception" in (tmp_path / "reception.xml").read_text()
    with pytest.raises(ExtensionNotFound):
        storage.get("reception")
    storage.delete("1000")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", [".1000.xml", "1000.XML", "1000.xml~", "1000.xml.tmp", "1000"])
def test_files_outside_of_the_glob_do_not_exist(storage: XmlDirectory, write: Write, name: str):
    write(name, user())
    assert list(storage.list()) == []


# Creating beside what is there


def test_new_file_has_the_form_of_the_vanilla_ones(storage: XmlDirectory, tmp_path: Path):
    storage.create(
        replace(SAMPLE, outbound_caller_id_name="", outbound_caller_id_number="", callgroup="")
    )
    assert (
        (tmp_path / "1000.xml").read_text()
        == """<include>
  <user id="1000">
    <params>
      <param name="password" value="Sd7-first-password"/>
      <param name="vm-password" value="4711"/>
    </params>
    <variables>
      <variable name="toll_allow" value="domestic,international,local"/>
      <variable name="accountcode" value="1000"/>
      <variable name="user_context" value="default"/>
      <variable name="effective_caller_id_name" value="Ada Lovelace"/>
      <variable name="effective_caller_id_number" value="1000"/>
      <variable name="outbound_caller_id_name" value="$${outbound_caller_name}"/>
      <variable name="outbound_caller_id_number" value="$${outbound_caller_id}"/>
      <variable name="callgroup" value=""/>
    </variables>
  </user>
</include>
"""
    )
    assert storage.get("1000").inherited == {
        "outbound_caller_id_name": "$${outbound_caller_name}",
        "outbound_caller_id_number": "$${outbound_caller_id}",
    }


def test_without_a_voicemail_pin_there_is_no_param(storage: XmlDirectory, tmp_path: Path):
    storage.create(replace(SAMPLE, vm_password=""))
    assert "vm-password" not in (tmp_path / "1000.xml").read_text()
    assert storage.get("1000").vm_password == ""


@pytest.mark.parametrize(
    "content",
    [
        user("1000"),
        VANILLA_LIKE["malformed"][0],
        user("999").replace("</include>\n", "") + user("1000").replace("<include>\n", ""),
    ],
    ids=["plain", "malformed", "second of a file"],
)
def test_id_that_stands_in_any_file_is_taken(
    storage: XmlDirectory, write: Write, tmp_path: Path, content: str
):
    write("other.xml", content)
    with pytest.raises(ExtensionExists):
        storage.create(SAMPLE)
    assert [path.name for path in tmp_path.iterdir()] == ["other.xml"]


@pytest.mark.parametrize("content", [user("1001"), "", "rubbish"])
def test_file_of_that_name_is_not_overwritten(
    storage: XmlDirectory, write: Write, tmp_path: Path, content: str
):
    write("1000.xml", content)
    with pytest.raises(FileNameTaken, match=r"1000\.xml"):
        storage.create(SAMPLE)
    assert (tmp_path / "1000.xml").read_text() == content
    assert [path.name for path in tmp_path.iterdir()] == ["1000.xml"]


def test_name_of_an_odd_file_is_no_id_that_is_taken(storage: XmlDirectory, write: Write):
    write("odd.xml", "")
    created = storage.create(replace(SAMPLE, id="odd.xml"))
    assert storage.get("odd.xml") == created
    assert sorted(each.id for each in storage.list()) == ["odd.xml", "odd.xml"]


@pytest.mark.parametrize("extension_id", ["", ".", "../x", "a/b", ".hidden", "a\0b", "-x", "a\n"])
def test_id_that_leads_out_of_the_directory_is_refused(tmp_path: Path, extension_id: str):
    (tmp_path / "directory").mkdir()
    storage = XmlDirectory(directory=tmp_path / "directory", create=False)
    with pytest.raises(InvalidExtension):
        storage.create(replace(SAMPLE, id=extension_id))
    assert [path.name for path in tmp_path.rglob("*")] == ["directory"]


def test_extension_without_password_is_not_created(storage: XmlDirectory, tmp_path: Path):
    with pytest.raises(InvalidExtension, match="anyone"):
        storage.create(replace(SAMPLE, password=""))
    assert list(tmp_path.iterdir()) == []


def test_value_that_xml_cannot_carry_is_not_created(storage: XmlDirectory, tmp_path: Path):
    with pytest.raises(InvalidExtension, match=r"U\+0000"):
        storage.create(replace(SAMPLE, password="a\0"))
    assert list(tmp_path.iterdir()) == []


def test_fault_of_our_own_is_not_written(
    storage: XmlDirectory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    # As if the escaper forgot what the preprocessor minds.
    storage.create(SAMPLE)
    monkeypatch.setattr("sipapp_xmldir.write.editor.escape", lambda value, **_: value)
    monkeypatch.setattr("sipapp_xmldir.write.new_file.escape", lambda value, **_: value)
    before = (tmp_path / "1000.xml").read_bytes()
    for value in ("x-pre-process", '"', "$${x}", "<?"):
        with pytest.raises(StorageError):
            storage.update("1000", {"password": value})
        with pytest.raises(StorageError):
            storage.create(replace(SAMPLE, id="1001", password=value))
    assert [path.name for path in tmp_path.iterdir()] == ["1000.xml"]
    assert (tmp_path / "1000.xml").read_bytes() == before


def test_hand_that_is_faster_than_the_look_wins(
    storage: XmlDirectory, write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    write("1000.xml", user())
    later = user().replace("Name", "Changed")

    def reading_later(directory: int, name: str) -> tuple[bytes, os.stat_result]:
        write(name, later)
        return read_file(directory, name)

    def reading_too_late(directory: int, name: str) -> tuple[bytes, os.stat_result]:
        (tmp_path / name).unlink(missing_ok=True)
        return read_file(directory, name)

    monkeypatch.setattr("sipapp_xmldir.directory.folder.read_file", reading_later)
    with pytest.raises(VersionConflict):
        storage.update("1000", {"caller_id_name": "New"})
    with pytest.raises(VersionConflict):
        storage.delete("1000", version=storage.get("1000").version[::-1])
    assert (tmp_path / "1000.xml").read_text() == later
    monkeypatch.setattr("sipapp_xmldir.directory.folder.read_file", reading_too_late)
    with pytest.raises(ExtensionNotFound):
        storage.update("1000", {"caller_id_name": "New"})
    assert list(tmp_path.iterdir()) == []


# Things that are no plain files


def test_symbolic_link_is_read_and_never_written_through(storage: XmlDirectory, tmp_path: Path):
    directory, elsewhere = tmp_path / "directory", tmp_path / "elsewhere"
    directory.mkdir()
    elsewhere.write_text(user())
    (directory / "1000.xml").symlink_to(elsewhere)
    storage = XmlDirectory(directory=directory, create=False)
    assert only(storage).caller_id_name == "Name 1000"
    assert "symbolic link" in only(storage).read_only
    assert_left_alone(storage, directory, "1000")
    elsewhere.write_text(user().replace("Name 1000", "Changed"))
    assert only(storage).caller_id_name == "Changed"
    elsewhere.unlink()
    assert only(storage).read_only == "1000.xml is a symbolic link that leads nowhere."
    with pytest.raises(ExtensionExists):
        storage.create(SAMPLE)
    assert not elsewhere.exists()


def test_other_things_are_listed_and_not_opened(storage: XmlDirectory, tmp_path: Path):
    (tmp_path / "a.xml").mkdir()
    os.mkfifo(tmp_path / "b.xml")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "c.xml"))
        (tmp_path / "d.xml").symlink_to(tmp_path / "b.xml")
        with (tmp_path / "e.xml").open("wb") as file:
            file.truncate(5 << 20)
        reasons = {each.id: each.read_only for each in storage.list()}
    assert reasons == {
        "a.xml": "a.xml is a directory.",
        "b.xml": "b.xml is a named pipe.",
        "c.xml": "c.xml is a socket.",
        "d.xml": "d.xml is a named pipe.",
        "e.xml": "e.xml is larger than 4 MiB, and was not read.",
    }


def test_file_name_that_is_not_utf8_is_shown(storage: XmlDirectory, tmp_path: Path):
    name = os.fsencode(tmp_path) + b"/caf\xe9.xml"
    with open(name, "w", encoding="utf-8") as file:  # noqa: PTH123  (a name of bytes)
        file.write(user())
    assert only(storage).source.encode().endswith("/caf\ufffd.xml".encode())
    assert storage.update("1000", {"password": "new"}).password == "new"
    file_content = Path(os.fsdecode(name)).read_text()
    assert 'value="new"' in file_content


# Changes from outside


def test_edits_by_hand_are_seen_at_once(storage: XmlDirectory, write: Write, tmp_path: Path):
    write("1000.xml", user("1000"))
    write("1001.xml", user("1001"))
    assert [each.id for each in storage.list()] == ["1000", "1001"]
    for number in range(20):
        # In place, with the same size, as fast as the clock of the file system ticks.
        write("1000.xml", user().replace("Name 1000", f"Name {number:04}"))
        assert storage.get("1000").caller_id_name == f"Name {number:04}"
    (tmp_path / "1001.xml").rename(tmp_path / "1002.xml")
    write("1003.xml", user("1003"))
    assert [each.id for each in storage.list()] == ["1000", "1001", "1003"]
    assert storage.get("1001").source.endswith("1002.xml")
    shutil.move(tmp_path / "1002.xml", tmp_path / "1002.off")
    assert [each.id for each in storage.list()] == ["1000", "1003"]


def test_change_within_one_tick_of_the_clock_is_seen(
    storage: XmlDirectory, write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    # A clock so coarse that it stands still: the stamps never differ, and are never old.
    monkeypatch.setattr("sipapp_xmldir.directory.index.is_same", lambda *_: True)
    for name in ("Name", "Changed"):
        write("1000.xml", user().replace("Name", name))
        os.utime(tmp_path / "1000.xml", (time.time() + 3600,) * 2)
        assert storage.get("1000").caller_id_name == f"{name} 1000"


def test_unchanged_files_are_not_read_again(
    storage: XmlDirectory, write: Write, monkeypatch: pytest.MonkeyPatch
):
    read: list[str] = []

    def counting(directory: int, name: str, **options: Any) -> tuple[bytes, os.stat_result]:
        read.append(name)
        return read_file(directory, name, **options)

    monkeypatch.setattr("sipapp_xmldir.directory.index.read_file", counting)
    write("1000.xml", user("1000"))
    write("1001.xml", user("1001"))
    storage.list()
    assert sorted(read) == ["1000.xml", "1001.xml"]
    # Files that are as new as the look at them are read again, but not for long.
    deadline = time.monotonic() + 10
    while read and time.monotonic() < deadline:
        read.clear()
        storage.list()
    write("1001.xml", user("1001").replace("Name", "Changed"))
    assert storage.get("1001").caller_id_name == "Changed 1001"
    assert read == ["1001.xml"]
