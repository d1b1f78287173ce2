"""New users in a file of others, where the administrator wants that."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from sipapp.api import Extension, ExtensionExists, StorageError, StorageUnavailable
from sipapp.testing.samples import SAMPLE
from sipapp_xmldir.storage import XmlDirectory

OWN = '<user id="1"><params><param name="password" value="x"/></params></user>'
NEW = Extension("2210", password="p&w", caller_id_name="Zoë")


@pytest.fixture
def storage(tmp_path: Path) -> XmlDirectory:
    return XmlDirectory(directory=tmp_path, create=False, new_users="floor.xml")


def lines(unit: str, quote: str = '"') -> list[str]:
    """The new user as it is written with such indents and quotes."""
    params = ['<param name="password" value="p&amp;w"/>']
    variables = [
        f'<variable name="{name}" value="{value}"/>'
        for name, value in {
            "toll_allow": "",
            "accountcode": "",
            "user_context": "",
            "effective_caller_id_name": "Zoë",
            "effective_caller_id_number": "",
            "outbound_caller_id_name": "$${outbound_caller_name}",
            "outbound_caller_id_number": "$${outbound_caller_id}",
            "callgroup": "",
        }.items()
    ]
    found = [
        '<user id="2210">',
        f"{unit}<params>",
        *(unit * 2 + each for each in params),
        f"{unit}</params>",
        f"{unit}<variables>",
        *(unit * 2 + each for each in variables),
        f"{unit}</variables>",
        "</user>",
    ]
    return [each.replace('"', quote) for each in found]


def spread(unit: str) -> str:
    return OWN.replace("<params>", f"\n{unit * 2}<params>").replace("</user>", f"\n{unit}</user>")


@pytest.mark.parametrize(
    ("before", "new"),
    [
        (f"<include>\n  {spread('  ')}", ["\n", "  ", "  ", '"']),
        (f"<include>\n\t{spread(chr(9))}", ["\n", "\t", "\t", '"']),
        (f"<include>\n{spread('  ')}", ["\n", "", "    ", '"']),
        (f"<include>\n  {spread('  ')}".replace("\n", "\r\n"), ["\r\n", "  ", "  ", '"']),
        (f"<include>\n  {OWN}", ["", "  ", "", '"']),
        (f"<include>\n  {OWN} <!-- the last -->", ["", "  ", "", '"']),
        (f"<include>\n  {OWN}".replace('"', "'"), ["", "  ", "", "'"]),
        (f"<include>\n{OWN}{OWN.replace('1', '2')}", ["", None, "", '"']),
    ],
    ids=["spaces", "tabs", "four", "CR LF", "one line", "comment", "quotes", "two on a line"],
)
def test_it_is_written_as_its_neighbour_is(
    storage: XmlDirectory, tmp_path: Path, before: str, new: list[str | None]
) -> None:
    file, end = tmp_path / "floor.xml", "\r\n" if "\r" in before else "\n"
    file.write_bytes(f"{before}{end}</include>{end}".encode())
    created = storage.create(NEW)
    line_end, base, unit, quote = new
    if line_end:
        text = end + end.join(f"{base}{each}" for each in lines(unit or "", quote or ""))
    else:
        one = "".join(each.strip() for each in lines("", quote or ""))
        text = one if base is None else f"{end}{base}{one}"
    assert file.read_bytes() == f"{before}{text}{end}</include>{end}".encode()
    assert storage.get("2210") == created
    assert created.password == "p&w"
    storage.delete("2210", version=created.version)
    assert file.read_bytes() == f"{before}{end}</include>{end}".encode()


def test_the_first_and_the_last_user_come_and_go_without_the_file(
    storage: XmlDirectory, tmp_path: Path
) -> None:
    file = tmp_path / "floor.xml"
    file.write_text("<include>\n</include>\n")
    file.chmod(0o640)
    created = storage.create(NEW)
    expected = "".join(f"  {each}\n" for each in lines("  "))
    assert file.read_text() == f"<include>\n{expected}</include>\n"
    kept = storage.snapshot("2210")
    storage.delete("2210")
    assert file.read_text() == "<include>\n</include>\n"
    storage.restore("2210", kept, version=None)
    disabled = storage.set_enabled("2210", enabled=False, version=created.version)
    assert file.read_text() == "<include>\n</include>\n"
    assert storage.set_enabled("2210", enabled=True, version=disabled.version) == created
    storage.restore("2210", None, version=created.version)
    assert {each.name: each.read_text() for each in tmp_path.iterdir()} == {
        "floor.xml": "<include>\n</include>\n"
    }
    assert file.stat().st_mode & 0o777 == 0o640


def test_many_come_at_once_or_none(storage: XmlDirectory, tmp_path: Path) -> None:
    file = tmp_path / "floor.xml"
    file.write_text(f"<include>\n{OWN}\n</include>\n")
    before = file.read_bytes()
    new = [replace(SAMPLE, id=str(2000 + number)) for number in range(20)]
    for taken in ("1", "2003"):
        with pytest.raises(ExtensionExists):
            storage.create_many([*new, replace(SAMPLE, id=taken)])
        assert file.read_bytes() == before
    created = storage.create_many(new)
    assert [each.id for each in storage.list()] == ["1", *(each.id for each in new)]
    assert {each.id: each for each in created} == {
        each.id: each for each in storage.list() if each.id != "1"
    }
    assert [each.name for each in tmp_path.iterdir()] == ["floor.xml"]


@pytest.mark.parametrize(
    ("texts", "error", "reason"),
    [
        ({}, StorageUnavailable, "there is no file floor.xml in .*new_users|new_users.*no file"),
        ({"floor.xml": "<include>\n<user\n</include>\n"}, StorageError, "not well-formed"),
        ({"floor.xml": "<include></include>\n"}, StorageError, "</include> on a line"),
    ],
)
def test_a_file_that_cannot_take_it_is_left_alone(
    storage: XmlDirectory,
    tmp_path: Path,
    texts: Mapping[str, str],
    error: type[StorageError],
    reason: str,
) -> None:
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    with pytest.raises(error, match=reason):
        storage.create(NEW)
    assert {each.name: each.read_text() for each in tmp_path.iterdir()} == texts


def test_the_check_names_a_file_that_is_missing(storage: XmlDirectory, tmp_path: Path) -> None:
    with pytest.raises(StorageUnavailable, match=r"no file floor\.xml in"):
        storage.check()
    (tmp_path / "floor.xml").write_text("<include>\n</include>\n")
    storage.check()


def test_users_of_other_files_keep_their_files(storage: XmlDirectory, tmp_path: Path) -> None:
    (tmp_path / "floor.xml").write_text("<include>\n</include>\n")
    (tmp_path / "1.xml").write_text(f"<include>\n{OWN}\n</include>\n")
    storage.delete("1")
    assert [each.name for each in tmp_path.iterdir()] == ["floor.xml"]
