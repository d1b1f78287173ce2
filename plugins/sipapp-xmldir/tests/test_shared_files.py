"""Several users in one file, with what else a file may be: mounted, with directives, renamed."""

from pathlib import Path

import pytest
from tests.mounts import bound
from tests.unprivileged import only_root

from sipapp.api import ReadOnlyExtension, StorageError, VersionConflict
from sipapp.testing.storage_contract import SAMPLE
from sipapp_xmldir.storage import XmlDirectory

USER = """  <user id="{0}" number-alias="7{0}">
    <params>
      <param name="password" value="secret-{0}"/>
      <param name="dial-string" value="user/{0}"/>
    </params>
    <variables>
      <variable name="directory_full_name" value="Desk {0}"/>
    </variables>
  </user>
"""
FLOOR = f"<include>\n{USER.format(2201)}{USER.format(2202)}</include>\n"
SET = '  <X-PRE-PROCESS cmd="set" data="room=12"/>\n'
INCLUDE = '  <X-PRE-PROCESS cmd="include" data="../shared/office.xml"/>\n'
OFFICE = '<variable name="callgroup" value="office"/>\n'


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    directory = tmp_path / "default"
    directory.mkdir()
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared/office.xml").write_text(OFFICE)
    return directory


def opened(directory: Path, text: str, new_users: str = "own-file") -> XmlDirectory:
    (directory / "floor.xml").write_text(text)
    return XmlDirectory(directory=directory, create=False, new_users=new_users)


def test_a_renaming_changes_other_values_of_its_user_alone(directory: Path) -> None:
    storage = opened(directory, FLOOR)
    assert storage.other_values("2202") == {
        "number-alias": "72202",
        "param dial-string": "user/2202",
        "variable directory_full_name": "Desk 2202",
    }
    others = {"number-alias": "72209", "param dial-string": "user/2209"}
    renamed = storage.rename_with("2202", "2209", {}, others)
    assert renamed.aliases == ("72209",)
    wanted = FLOOR.replace('id="2202"', 'id="2209"').replace("72202", "72209")
    wanted = wanted.replace("user/2202", "user/2209")
    assert (directory / "floor.xml").read_text() == wanted
    with pytest.raises(VersionConflict):
        storage.rename_with("2201", "2208", {}, {"param gone": "x"})
    assert (directory / "floor.xml").read_text() == wanted


@only_root
def test_users_of_a_mounted_file_are_read_only(directory: Path, tmp_path: Path) -> None:
    storage = opened(directory, FLOOR)
    host = tmp_path / "host.xml"
    host.write_text(FLOOR)
    with bound(host, directory / "floor.xml"):
        for user in ("2201", "2202"):
            with pytest.raises(ReadOnlyExtension, match="mounted there by itself"):
                storage.update(user, {"callgroup": "new"})
        host.write_text(FLOOR.replace("Desk 2201", "Desk one"))
        assert all("mounted" in each.read_only for each in storage.list())
    assert storage.update("2201", {"callgroup": "new"}).callgroup == "new"


def test_only_directives_that_set_a_variable_go_with_several_users(directory: Path) -> None:
    storage = opened(directory, FLOOR.replace("<include>\n", f"<include>\n{SET}"))
    assert storage.update("2202", {"callgroup": "new"}).callgroup == "new"
    text = FLOOR.replace("    <variables>\n", f"    <variables>\n{INCLUDE}", 1)
    storage = opened(directory, text)
    assert [each.id for each in storage.list()] == ["2201", "2202"]
    for user in ("2201", "2202"):
        with pytest.raises(ReadOnlyExtension, match=r"directive .* in line 8"):
            storage.update(user, {"callgroup": "new"})
    assert (directory / "floor.xml").read_text() == text


def test_nobody_is_put_beside_a_user_with_an_inclusion(directory: Path) -> None:
    one = f"<include>\n{USER.format(2201)}</include>\n"
    text = one.replace("    <variables>\n", f"    <variables>\n{INCLUDE}")
    storage = opened(directory, text, "floor.xml")
    with pytest.raises(StorageError, match=r"directive .* in line 8"):
        storage.create(SAMPLE)
    # It could not come back to the file.
    with pytest.raises(StorageError, match=r"directive .* in line 8"):
        storage.set_enabled("2201", enabled=False)
    with pytest.raises(StorageError, match=r"directive .* in line 8"):
        storage.delete("2201")
    assert [each.name for each in directory.iterdir()] == ["floor.xml"]
    assert (directory / "floor.xml").read_text() == text
    assert storage.get("2201").resolved["callgroup"] == "office"
    (kept,) = storage.snapshot_many(["2201"])
    changed = storage.update("2201", {"callgroup": "new"})
    storage.restore("2201", kept, version=changed.version)
    assert (directory / "floor.xml").read_text() == text


def test_a_user_with_an_inclusion_in_its_own_file_comes_back(directory: Path) -> None:
    one = f"<include>\n{USER.format(2201)}</include>\n"
    text = one.replace("    <variables>\n", f"    <variables>\n{INCLUDE}")
    storage = opened(directory, text)
    (kept,) = storage.snapshot_many(["2201"])
    changed = storage.update("2201", {"callgroup": "new"})
    assert changed.callgroup == "new"
    storage.restore("2201", kept, version=changed.version)
    assert (directory / "floor.xml").read_text() == text
    renamed = storage.rename("2201", "2209", {})
    storage.restore("2209", kept, version=renamed.version)
    assert (directory / "floor.xml").read_text() == text
    storage.delete("2201")
    storage.restore("2201", kept, version=None)
    assert {each.name: each.read_text() for each in directory.iterdir()} == {"floor.xml": text}
    assert storage.other_values("2201") == {
        "number-alias": "72201",
        "param dial-string": "user/2201",
        "variable directory_full_name": "Desk 2201",
    }


def test_a_change_is_taken_back_beside_users_that_the_file_includes(directory: Path) -> None:
    (directory.parent / "shared/office.xml").write_text(USER.format(2400))
    text = f"<include>\n{USER.format(2201)}{INCLUDE}</include>\n"
    storage = opened(directory, text)
    assert [each.id for each in storage.list()] == ["2201", "2400"]
    with pytest.raises(ReadOnlyExtension, match="edit it by hand in"):
        storage.update("2400", {"callgroup": "new"})
    with pytest.raises(ReadOnlyExtension, match="by 2400 FreeSWITCH would find no user then"):
        storage.set_enabled("2201", enabled=False)
    (kept,) = storage.snapshot_many(["2201"])
    renamed = storage.rename("2201", "2209", {"callgroup": "new"})
    assert [each.id for each in storage.list()] == ["2209", "2400"]
    storage.restore("2209", kept, version=renamed.version)
    assert (directory / "floor.xml").read_text() == text


def test_a_user_beside_the_include_of_the_folder_has_no_other_values_here(directory: Path) -> None:
    include = '<X-PRE-PROCESS cmd="include" data="default/*.xml"/>\n'
    text = f'<include>\n<domain name="x"><users>\n{include}{USER.format(2500)}</users></domain>\n'
    (directory.parent / "default.xml").write_text(f"{text}</include>\n")
    storage = opened(directory, FLOOR)
    assert "default.xml has this user" in storage.get("2500").read_only
    assert storage.other_values("2500") == {}
