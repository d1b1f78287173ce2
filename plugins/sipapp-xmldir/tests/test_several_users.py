"""Several users in one file: each is edited, moved and brought back by itself."""

import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sipapp.api import (
    Extension,
    ExtensionExists,
    ReadOnlyExtension,
    StorageError,
    VersionConflict,
)
from sipapp_xmldir.directory import folder
from sipapp_xmldir.emulation.copying import serialize
from sipapp_xmldir.emulation.directory import Directory, Source
from sipapp_xmldir.files import atomic_files
from sipapp_xmldir.parse.division import divide
from sipapp_xmldir.storage import XmlDirectory
from sipapp_xmldir.write.editor import EditFailed
from sipapp_xmldir.write.verification import check_rest

FLOOR = """<include>
  <!-- the second floor -->
  <user id="2201">
    <params>
      <param name="password" value="secret-2201"/>
    </params>
    <variables>
      <variable name="callgroup" value="old"/>
    </variables>
  </user>
  <!-- the corner
       room -->
  <user id="2202" number-alias="7202">
    <params>
      <param name="password" value="secret-2202"/>
    </params>
    <variables>
      <variable name="callgroup" value="old"/>
    </variables>
  </user>	<user id='2203'><params><param name='password' value='secret-2203'/></params></user>
</include>
"""
USER = (
    '<user id="{0}"><params><param name="password" value="secret-{0}"/></params>'
    '<variables><variable name="callgroup" value="old"/></variables></user>'
)
ONE_LINE = "<include>\n" + "".join(USER.format(each) for each in (2201, 2202, 2203))
FORMS = {
    "a floor": FLOOR,
    "CR LF": FLOOR.replace("\n", "\r\n"),
    "tabs": FLOOR.replace("  ", "\t"),
    "on one line": f"{ONE_LINE}\n</include>\n",
    "on one line, without a last line end": f"{ONE_LINE}\n</include>",
    "comments on the line": FLOOR.replace("</user>", "</user> <!-- end of <this> one -->", 1),
    "a comment that ends a user": FLOOR.replace("<variables>", "<variables><!-- </user> -->", 1),
    "a comment with a user": FLOOR.replace("<!-- the corner", '<!-- <user id="x"> the corner'),
    "a declaration": f'<?xml version="1.0" encoding="UTF-8"?>\n{FLOOR}',
    "a DOCTYPE": f"<!DOCTYPE include>\n{FLOOR}",
    "an instruction": FLOOR.replace("  <!-- the corner", "  <?odd thing?>\n  <!-- the corner"),
    "a variable of the file": '<X-PRE-PROCESS cmd="set" data="room=12"/>\n'.join(
        FLOOR.partition("  <!-- the corner")[::2]
    ),
    "variables": FLOOR.replace("secret-2201", "$${default_password}").replace(
        "secret-2203", "a$${b}"
    ),
    "references": FLOOR.replace("secret-2202", "&#36;&#123;x}"),
    "another account": FLOOR.replace("</user>\t", "<skinny/></user>\t"),
    "a pointer": FLOOR.replace("</include>", '<user id="2209" type="pointer"/>\n</include>'),
    "another element": FLOOR.replace("  <!-- the corner", "  <other a='b'/>\n  <!-- the corner"),
    "two of one id": FLOOR.replace("</include>", f"{USER.format('x') * 2}\n</include>"),
    "an id from a variable": FLOOR.replace("</include>", f"{USER.format('$${who}')}\n</include>"),
    "an id that is none": FLOOR.replace("</include>", f"{USER.format('a b')}\n</include>"),
    "latin-1": FLOOR.replace("the corner", "the b\udcfcro"),
    "BOM": f"\ufeff{FLOOR}",
}
IDS = ("2201", "2202", "2203")


@pytest.fixture
def storage(tmp_path: Path) -> XmlDirectory:
    return XmlDirectory(directory=tmp_path, create=False)


@pytest.fixture(params=FORMS.values(), ids=FORMS)
def file(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return write(tmp_path, request.param)


def write(folder: Path, text: str, name: str = "floor.xml") -> Path:
    file = folder / name
    file.write_bytes(text.encode("utf-8", "surrogateescape"))
    return file


def read(folder: Path) -> Mapping[str, bytes]:
    """Each user that FreeSWITCH finds, by id and alias, with all that is in it."""
    files = sorted(folder.glob("*.xml"))
    directory = Directory([Source(str(each), each.read_bytes()) for each in files])
    assert directory.fault is None
    names = {
        name
        for user in directory.users
        for name in (user.attribute(b"id"), user.attribute(b"number-alias"))
        if name
    }
    found = {name.decode("utf-8", "replace"): directory.find(name) for name in names}
    return {name: serialize(user) for name, user in found.items() if user}


def others(folder: Path, *ids: str) -> Mapping[str, bytes]:
    own = {*ids, *(["7202"] if "2202" in ids else [])}
    return {name: user for name, user in read(folder).items() if name not in own}


def contents(folder: Path) -> Mapping[str, bytes]:
    return {each.name: each.read_bytes() for each in folder.iterdir()}


def test_each_is_listed(storage: XmlDirectory, file: Path) -> None:
    found = {each.id: each for each in storage.list()}
    assert {each: found[each].read_only for each in IDS} == dict.fromkeys(IDS, "")
    assert {found[each].source for each in IDS} == {str(file)}


@pytest.mark.parametrize("extension_id", IDS)
def test_one_value_is_changed_and_nothing_else(
    storage: XmlDirectory, file: Path, tmp_path: Path, extension_id: str
) -> None:
    before, rest = file.read_bytes(), others(tmp_path, extension_id)
    kept = storage.snapshot(extension_id)
    changed = storage.update(extension_id, {"caller_id_name": "Zoë & “Co” $${x}"})
    assert storage.get(extension_id) == changed
    assert changed.caller_id_name == "Zoë & “Co” $${x}"
    assert others(tmp_path, extension_id) == rest
    after = file.read_bytes()
    # The new variable is all that came: what was there stands before and behind it.
    more = len(after) - len(before)
    assert any(after[:end] + after[end + more :] == before for end in range(len(before)))
    storage.restore(extension_id, kept, version=changed.version)
    assert contents(tmp_path) == {file.name: before}


@pytest.mark.parametrize("extension_id", IDS)
def test_a_new_password_takes_the_bytes_of_the_old_one(
    storage: XmlDirectory, file: Path, extension_id: str
) -> None:
    before = file.read_bytes()
    storage.update(extension_id, {"password": "new"})
    old = re.search(
        rb"""id=["']%s.*?password["'] value=["'](.*?)["']""" % extension_id.encode(),
        before,
        re.DOTALL,
    )
    assert old
    start, end = old.span(1)
    assert file.read_bytes() == before[:start] + b"new" + before[end:]


@pytest.mark.parametrize("extension_id", IDS)
def test_a_deletion_leaves_the_others_and_is_undone_to_the_byte(
    storage: XmlDirectory, file: Path, tmp_path: Path, extension_id: str
) -> None:
    before, rest = file.read_bytes(), others(tmp_path, extension_id)
    kept = storage.unpack(storage.pack(storage.snapshot(extension_id)))
    storage.delete(extension_id)
    assert read(tmp_path) == rest
    assert extension_id not in {each.id for each in storage.list()}
    storage.restore(extension_id, kept, version=None)
    assert contents(tmp_path) == {file.name: before}


@pytest.mark.parametrize("extension_id", IDS)
def test_disabling_takes_it_out_and_enabling_puts_it_back_to_the_byte(
    storage: XmlDirectory, file: Path, tmp_path: Path, extension_id: str
) -> None:
    before, rest = file.read_bytes(), others(tmp_path, extension_id)
    file.chmod(0o640)
    enabled = storage.get(extension_id)
    disabled = storage.set_enabled(extension_id, enabled=False, version=enabled.version)
    assert read(tmp_path) == rest
    assert storage.get(extension_id) == disabled
    assert not disabled.enabled
    assert Path(disabled.source).name == f"floor.{extension_id}.xml.disabled"
    assert Path(disabled.source).stat().st_mode & 0o777 == 0o640
    again = storage.set_enabled(extension_id, enabled=True, version=disabled.version)
    assert again == enabled
    assert contents(tmp_path) == {file.name: before}


@pytest.mark.parametrize("extension_id", IDS)
def test_a_rename_changes_the_id_in_its_place(
    storage: XmlDirectory, file: Path, tmp_path: Path, extension_id: str
) -> None:
    before, rest = file.read_bytes(), others(tmp_path, extension_id)
    kept = storage.snapshot(extension_id)
    renamed = storage.rename(extension_id, "2299", {})
    assert file.read_bytes() == re.sub(
        rb"(<user id=[\"'])%s" % extension_id.encode(), rb"\g<1>2299", before
    )
    assert others(tmp_path, extension_id, "2299") == rest
    storage.restore("2299", kept, version=renamed.version)
    assert contents(tmp_path) == {file.name: before}


def test_the_version_is_that_of_the_user_alone(storage: XmlDirectory, file: Path) -> None:
    before = {each: storage.get(each).version for each in IDS}
    first = storage.update("2201", {"callgroup": "new"})
    assert first.version != before["2201"]
    storage.set_enabled("2203", enabled=False)
    storage.delete("2201", version=first.version)
    # The only one that is left.
    assert storage.get("2202").version == before["2202"]
    file.write_bytes(file.read_bytes().replace(b"secret-2202", b"by-hand").replace(b"&#36;", b"."))
    with pytest.raises(VersionConflict):
        storage.update("2202", {"callgroup": "new"}, version=before["2202"])


def test_nothing_of_the_others_is_in_a_backup(storage: XmlDirectory, tmp_path: Path) -> None:
    write(tmp_path, FLOOR)
    kept = storage.snapshot("2202")
    assert b"secret-2201" not in storage.content(kept)
    before = storage.content(kept)
    storage.update("2201", {"password": "new"})
    assert storage.content(storage.snapshot("2202")) == before
    assert storage.seen(kept).password == "secret-2202"
    assert "secret" not in repr(kept)


def test_an_undo_leaves_what_others_have_got_since(storage: XmlDirectory, tmp_path: Path) -> None:
    file = write(tmp_path, FLOOR)
    kept = storage.snapshot("2202")
    changed = storage.update("2202", {"callgroup": "new"})
    storage.update("2201", {"callgroup": "hers"})
    storage.delete("2203")
    storage.restore("2202", kept, version=changed.version)
    assert file.read_bytes() == (
        FLOOR.replace("old", "hers", 1)
        .replace(re.findall("<user id='2203'.*</user>", FLOOR)[0], "")
        .encode()
    )


@pytest.mark.parametrize("how", ["disabled", "deleted"])
@pytest.mark.parametrize(
    ("gone", "expected"),
    [
        ((), ["2200", "2201", "2202", "2203"]),
        (("2201",), ["2202", "2203", "2200"]),
        (("2203",), ["2201", "2202", "2200"]),
        (("2201", "2203"), ["2202", "2200"]),
    ],
)
def test_it_comes_back_beside_its_nearest_neighbour(
    storage: XmlDirectory, tmp_path: Path, how: str, gone: tuple[str, ...], expected: list[str]
) -> None:
    file = write(tmp_path, FLOOR)
    kept = storage.snapshot("2202")
    if how == "deleted":
        storage.delete("2202")
    else:
        storage.set_enabled("2202", enabled=False)
    place = "</include>" if gone else "  <user"
    newcomer = f"  {USER.format('2200')}\n{place}"
    file.write_text(file.read_text().replace(place, newcomer, 1))
    for each in gone:
        storage.delete(each)
    if how == "deleted":
        storage.restore("2202", kept, version=None)
    else:
        storage.set_enabled("2202", enabled=True)
    assert [each.id for each in storage.list()] == expected
    assert storage.get("2202").password == "secret-2202"
    assert [each.name for each in tmp_path.iterdir()] == ["floor.xml"]


@pytest.mark.parametrize("how", ["disabled", "deleted"])
def test_it_comes_back_into_a_new_file_if_the_file_is_gone(
    storage: XmlDirectory, tmp_path: Path, how: str
) -> None:
    file = write(tmp_path, FLOOR)
    kept = storage.snapshot("2202")
    if how == "deleted":
        storage.delete("2202")
        file.unlink()
        storage.restore("2202", kept, version=None)
    else:
        storage.set_enabled("2202", enabled=False)
        file.unlink()
        storage.set_enabled("2202", enabled=True)
    assert set(read(tmp_path)) == {"2202", "7202"}
    assert storage.get("2202").enabled
    assert [each.name for each in tmp_path.iterdir()] == ["floor.xml"]


@pytest.mark.parametrize(
    ("left", "reason"),
    [
        ("<include>\n<user\n</include>\n", "not well-formed"),
        ("<include></include>\n", "</include>"),
    ],
)
def test_it_stays_disabled_if_its_file_cannot_take_it(
    storage: XmlDirectory, tmp_path: Path, left: str, reason: str
) -> None:
    file = write(tmp_path, FLOOR)
    storage.set_enabled("2202", enabled=False)
    file.write_text(left)
    before = contents(tmp_path)
    with pytest.raises(StorageError, match=reason):
        storage.set_enabled("2202", enabled=True)
    assert contents(tmp_path) == before


def test_it_comes_back_into_a_file_without_users(storage: XmlDirectory, tmp_path: Path) -> None:
    file = write(tmp_path, FLOOR)
    storage.set_enabled("2202", enabled=False)
    file.write_text("<include>\n</include>\n")
    storage.set_enabled("2202", enabled=True)
    assert set(read(tmp_path)) == {"2202", "7202"}


def test_the_last_one_goes_with_its_file_and_comes_back_with_it(
    storage: XmlDirectory, tmp_path: Path
) -> None:
    write(tmp_path, FLOOR)
    kept = {}
    for each in IDS:
        kept[each] = storage.snapshot(each)
        storage.delete(each)
    assert contents(tmp_path) == {}
    for each in reversed(IDS):
        storage.restore(each, kept[each], version=None)
    assert contents(tmp_path) == {"floor.xml": FLOOR.encode()}


def test_a_deleted_one_does_not_come_back_beside_another_of_its_id(
    storage: XmlDirectory, tmp_path: Path
) -> None:
    file = write(tmp_path, FLOOR)
    kept = storage.snapshot("2202")
    storage.delete("2202")
    file.write_text(file.read_text().replace("</include>", f"{USER.format('2202')}\n</include>"))
    before = contents(tmp_path)
    with pytest.raises(ExtensionExists):
        storage.restore("2202", kept, version=None)
    assert contents(tmp_path) == before


def test_undo_of_disabling_and_of_enabling(storage: XmlDirectory, tmp_path: Path) -> None:
    write(tmp_path, FLOOR)
    enabled = storage.snapshot("2202")
    version = storage.set_enabled("2202", enabled=False).version
    there = contents(tmp_path)
    disabled = storage.snapshot("2202")
    storage.restore("2202", enabled, version=version)
    assert contents(tmp_path) == {"floor.xml": FLOOR.encode()}
    storage.restore("2202", disabled, version=storage.get("2202").version)
    assert contents(tmp_path) == there


def test_a_change_while_it_is_disabled_comes_back_with_it(
    storage: XmlDirectory, tmp_path: Path
) -> None:
    file = write(tmp_path, FLOOR)
    storage.set_enabled("2202", enabled=False)
    storage.update("2202", {"password": "new"})
    storage.rename("2202", "2207", {})
    storage.set_enabled("2207", enabled=True)
    new = FLOOR.replace("secret-2202", "new").replace('"2202"', '"2207"')
    assert file.read_bytes() == new.encode()


def test_a_writer_that_is_killed_between_two_files_loses_nobody(
    storage: XmlDirectory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write(tmp_path, FLOOR)

    class Killed(BaseException):
        pass

    def killed(*_: object, **__: object) -> None:
        raise Killed

    for enabled in (False, True):
        with monkeypatch.context() as patch:
            # At the second of the two files; what cleans up after errors is not run either.
            second = (
                "directory.folder.remove_file" if enabled else "files.atomic_files.exchange_files"
            )
            patch.setattr(f"sipapp_xmldir.{second}", killed)
            patch.setattr("sipapp_xmldir.change.remove_file", killed)
            with pytest.raises(Killed):
                storage.set_enabled("2202", enabled=enabled)
        found = {each.id: each for each in storage.list()}
        # It stands in both files.
        assert file.read_text() == FLOOR
        assert (found["2202"].password, found["2202"].enabled) == ("secret-2202", True)
        assert not storage.set_enabled("2202", enabled=False).enabled
        assert "2202" not in read(tmp_path)
    storage.set_enabled("2202", enabled=True)
    assert contents(tmp_path) == {"floor.xml": FLOOR.encode()}


def test_what_was_left_twice_does_not_come_back_after_a_deletion(
    storage: XmlDirectory, tmp_path: Path
) -> None:
    file = write(tmp_path, FLOOR)
    storage.set_enabled("2202", enabled=False)
    left = (tmp_path / "floor.2202.xml.disabled").read_bytes()
    storage.set_enabled("2202", enabled=True)
    (tmp_path / "floor.2202.xml.disabled").write_bytes(left)
    assert storage.get("2202").enabled
    storage.delete("2202")
    assert [each.name for each in tmp_path.iterdir()] == [file.name]


def test_no_file_of_another_is_overwritten(storage: XmlDirectory, tmp_path: Path) -> None:
    write(tmp_path, FLOOR)
    (tmp_path / "floor.2202.xml.disabled").write_text("theirs")
    with pytest.raises(ExtensionExists, match=r"floor\.2202\.xml\.disabled"):
        storage.set_enabled("2202", enabled=False)
    assert contents(tmp_path) == {
        "floor.xml": FLOOR.encode(),
        "floor.2202.xml.disabled": b"theirs",
    }


def test_one_of_a_whole_file_that_was_disabled_by_hand(
    storage: XmlDirectory, tmp_path: Path
) -> None:
    write(tmp_path, FLOOR, "floor.xml.disabled")
    assert {each.id: each.enabled for each in storage.list()} == dict.fromkeys(IDS, False)
    kept = storage.snapshot("2202")
    enabled = storage.set_enabled("2202", enabled=True)
    assert set(read(tmp_path)) == {"2202", "7202"}
    assert {each.id: each.enabled for each in storage.list()} == {
        "2202": True,
        "2201": False,
        "2203": False,
    }
    storage.restore("2202", kept, version=enabled.version)
    assert contents(tmp_path) == {"floor.xml.disabled": FLOOR.encode()}


def test_writes_of_two_users_at_once_lose_nothing(tmp_path: Path) -> None:
    write(tmp_path, FLOOR)
    storages = [XmlDirectory(directory=tmp_path, create=False) for _ in IDS]
    failed: list[BaseException] = []

    def change(storage: XmlDirectory, extension_id: str) -> None:
        try:
            for number in range(20):
                storage.update(extension_id, {"callgroup": f"{extension_id}-{number}"})
        except StorageError as error:
            failed.append(error)

    threads = [
        threading.Thread(target=change, args=pair) for pair in zip(storages, IDS, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert {each.callgroup for each in storages[0].list()} == {f"{each}-19" for each in IDS}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda storage: storage.create(Extension("2202", password="x")), "exists already"),
        (lambda storage: storage.create(Extension("7202", password="x")), "number-alias"),
        (lambda storage: storage.rename("2201", "2203", {}), "exists already"),
        (lambda storage: storage.rename("2203", "7202", {}), "number-alias"),
    ],
)
def test_an_id_or_alias_of_another_in_the_same_file_is_taken(
    storage: XmlDirectory,
    tmp_path: Path,
    change: Callable[[XmlDirectory], object],
    reason: str,
) -> None:
    write(tmp_path, FLOOR)
    with pytest.raises(ExtensionExists, match=reason):
        change(storage)
    assert contents(tmp_path) == {"floor.xml": FLOOR.encode()}


def test_users_come_back_where_the_emulation_is_asked(
    storage: XmlDirectory, tmp_path: Path
) -> None:
    write(tmp_path, FLOOR)
    write(
        tmp_path,
        '<X-PRE-PROCESS cmd="set" data="a=b"/>\n'
        + FLOOR.replace("220", "330").replace("7202", "7302"),
        "z.xml",
    )
    before = contents(tmp_path)
    for extension_id in IDS:
        kept = storage.snapshot(extension_id)
        storage.delete(extension_id)
        storage.restore(extension_id, kept, version=None)
        storage.set_enabled(extension_id, enabled=False)
        storage.set_enabled(extension_id, enabled=True)
    assert contents(tmp_path) == before
    with pytest.raises(ExtensionExists):
        storage.rename("2201", "2202", {})
    with pytest.raises(ExtensionExists):
        storage.rename("2201", "3302", {})


def test_a_user_that_hides_another_in_the_same_file_is_not_taken_away(
    storage: XmlDirectory, tmp_path: Path
) -> None:
    write(tmp_path, FLOOR.replace("id='2203'", "id='7202'"))
    listed = {each.id: each.read_only for each in storage.list()}
    assert listed["7202"] == (
        "In floor.xml it is shadowed by 2202, which has this id as number-alias and comes first."
    )
    for change in (storage.delete, lambda each: storage.set_enabled(each, enabled=False)):
        with pytest.raises(ReadOnlyExtension, match="its number-alias 7202"):
            change("2202")
    assert storage.update("2202", {"callgroup": "x"}).callgroup == "x"


@pytest.mark.parametrize("first", [0, 1, 2])
def test_a_file_that_changes_while_it_is_edited_is_left_alone(
    storage: XmlDirectory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, first: int
) -> None:
    write(tmp_path, FLOOR)
    actions = [
        lambda: storage.update("2201", {"callgroup": "x"}),
        lambda: storage.set_enabled("2201", enabled=False),
        lambda: storage.delete("2201"),
    ]
    assert len(storage.list()) == 3
    with monkeypatch.context() as patch:
        patch.setattr(atomic_files, "is_same", lambda *states: False)
        with pytest.raises(VersionConflict):
            actions[first]()
    assert contents(tmp_path) == {"floor.xml": FLOOR.encode()}


PIECES = st.sampled_from(
    [
        USER.format("2204"),
        USER.format("2205").replace('"', "'"),
        '<user id="2206" type="pointer"/>',
        '<user id="2207" cidr="192.0.2.0/24">\n</user>',
        "<!-- a > b -->",
        "<!-- </user> -->",
        "\n",
        "\r\n",
        "  ",
        "\t",
        "text",
        "<other/>",
        "<?odd?>",
        "$${x}",
        '<X-PRE-PROCESS cmd="set" data="a=b"/>',
        "</user>",
        "é",
    ]
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(PIECES, max_size=6).map("".join),
    st.lists(PIECES, max_size=6).map("".join),
    st.sampled_from(["x", "a & b", "$${x}", "<!", "x-pre-process", "<include>"]),
    st.sampled_from(["update", "delete", "disable", "rename"]),
)
def test_whatever_stands_around_a_user_is_read_as_before(
    tmp_path_factory: pytest.TempPathFactory, before: str, after: str, value: str, how: str
) -> None:
    folder = tmp_path_factory.mktemp("any")
    file = write(folder, f"<include>\n{before}{USER.format('1')}{after}\n</include>\n")
    storage = XmlDirectory(directory=folder, create=False)
    found = {each.id: each for each in storage.list()}.get("1")
    if found is None or found.read_only:
        return
    data, rest = file.read_bytes(), others(folder, "1")
    kept = storage.snapshot("1")
    version: str | None = None
    try:
        if how == "update":
            version = storage.update("1", {"callgroup": value}).version
            assert storage.get("1").callgroup == value
        elif how == "rename":
            version = storage.rename("1", "one", {}).version
        elif how == "delete":
            storage.delete("1")
        else:
            version = storage.set_enabled("1", enabled=False).version
    except StorageError:
        assert file.read_bytes() == data
        return
    assert others(folder, "1", "one") == rest
    storage.restore("one" if how == "rename" else "1", kept, version=version)
    assert contents(folder) == {file.name: data}


@pytest.mark.parametrize(
    "come",
    [
        lambda storage: storage.set_enabled("2202", enabled=True),
        lambda storage: storage.create(Extension("2210", password="x")),
    ],
)
def test_a_file_that_changes_while_a_user_comes_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, come: Callable[[XmlDirectory], object]
) -> None:
    write(tmp_path, FLOOR)
    storage = XmlDirectory(directory=tmp_path, create=False, new_users="floor.xml")
    storage.set_enabled("2202", enabled=False)
    before = contents(tmp_path)
    monkeypatch.setattr(atomic_files, "is_same", lambda *_: False)
    with pytest.raises(StorageError, match="just been changed by another program"):
        come(storage)
    assert contents(tmp_path) == before


@pytest.mark.parametrize("note", ["AAAA", "e30=", "eyJmaWxlIjogMX0=", "AAA"])
def test_a_comment_that_tells_no_place_is_any_comment(
    storage: XmlDirectory, tmp_path: Path, note: str
) -> None:
    text = f"<include>\n{USER.format('1')}\n</include>\n<!-- sipapp: place {note} -->\n"
    write(tmp_path, text, "1.xml.disabled")
    storage.set_enabled("1", enabled=True)
    assert contents(tmp_path) == {"1.xml": text.encode()}


def test_a_backup_is_of_what_is_in_the_file_in_that_moment(
    storage: XmlDirectory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write(tmp_path, FLOOR)
    real, left = folder.read_file, ["new", "newer"]

    def changing(*given: Any, **more: Any) -> Any:
        if left:
            file.write_text(FLOOR.replace("secret-2202", left.pop(0)))
        return real(*given, **more)

    monkeypatch.setattr(folder, "read_file", changing)
    assert storage.seen(storage.snapshot("2202")).password == "newer"

    def always(*given: Any, **more: Any) -> Any:
        file.write_text(f"{file.read_text()[:-1]} \n".replace('"new', '"new1'))
        return real(*given, **more)

    monkeypatch.setattr(folder, "read_file", always)
    with pytest.raises(VersionConflict):
        storage.snapshot("2202")

    def gone(*_: Any, **__: Any) -> Any:
        raise FileNotFoundError

    monkeypatch.setattr(folder, "read_file", gone)
    assert storage.snapshot("2202") is None


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ('id="2203"', 'id="2204"', "of the other users"),
        ("</include>", "</users>", "refuse the whole directory"),
        ("secret-2202", 'x"/><!-- ', "refuse the whole directory|something else"),
    ],
)
def test_a_content_in_which_others_are_read_differently_is_refused(
    old: str, new: str, reason: str
) -> None:
    before = "<!DOCTYPE include>\n" + ONE_LINE + "\n</include>\n"
    divisions = [divide(before.encode())]
    divisions.append(replace(divisions[0], data=before.replace(old, new).encode()))
    with pytest.raises(EditFailed, match=reason):
        check_rest(*divisions, {}, gone=0, come=0)
    check_rest(divisions[0], divisions[0], {}, gone=0, come=0)
