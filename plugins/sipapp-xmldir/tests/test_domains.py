"""Several domains, each in a folder of its own."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from sipapp.api import (
    ExtensionExists,
    ExtensionNotFound,
    Finding,
    ReadOnlyExtension,
    StorageError,
    VersionConflict,
)
from sipapp.testing.samples import SAMPLE
from sipapp.testing.waiting import eventually
from sipapp_xmldir.domains import XmlDomains
from sipapp_xmldir.health.permissions import REPAIR
from sipapp_xmldir.storage import XmlDirectory

OTHER = "1000@branch.example"
POINTER = '<include>\n<user id="{0}" number-alias="{1}">\n{2}\n</user>\n</include>\n'
PASSWORD = '<params><param name="password" value="{0}"/></params>'


@pytest.fixture
def folders(tmp_path: Path) -> dict[str, Path]:
    found = {"": tmp_path / "default", "branch.example": tmp_path / "branch"}
    for each in found.values():
        each.mkdir()
    return found


@pytest.fixture
def vars_file(tmp_path: Path) -> Path:
    file = tmp_path / "vars.xml"
    file.write_text('<X-PRE-PROCESS cmd="set" data="default_password=1234"/>\n')
    return file


@pytest.fixture
def storage(folders: dict[str, Path], vars_file: Path) -> XmlDomains:
    return XmlDomains(
        {
            domain: XmlDirectory(directory=folder, create=False, vars=vars_file)
            for domain, folder in folders.items()
        }
    )


@pytest.fixture
def write(folders: dict[str, Path]) -> Callable[..., Path]:
    """Write a user by hand."""

    def write(domain: str, user: str, *, alias: str = "", password: str = "a-password") -> Path:  # noqa: S107
        file = folders[domain] / f"{user}.xml"
        file.write_text(POINTER.format(user, alias or f"alias-{user}", PASSWORD.format(password)))
        return file

    return write


def test_the_file_has_the_user_alone(storage: XmlDomains, folders: dict[str, Path]) -> None:
    created = storage.create(replace(SAMPLE, id=OTHER))
    file = folders["branch.example"] / "1000.xml"
    assert '<user id="1000">' in file.read_text()
    assert created.source == str(file)
    assert list(folders[""].iterdir()) == []
    assert storage.switch_directory == folders[""]


def test_an_alias_is_one_of_its_domain(storage: XmlDomains, write: Callable[..., Path]) -> None:
    write("", "1000", alias="2000")
    write("branch.example", "1000", alias="2000")
    extension = storage.get("1000@branch.example")
    assert extension.names == ("1000@branch.example", "2000@branch.example")
    aliases = storage.aliases()
    assert aliases.id_of("2000") == "1000"
    assert aliases.id_of("2000@branch.example") == "1000@branch.example"
    assert storage.aliases().version == aliases.version


def test_an_alias_of_one_domain_is_free_in_the_other(
    storage: XmlDomains, write: Callable[..., Path]
) -> None:
    write("", "1000", alias="2000")
    created = storage.create(replace(SAMPLE, id="2000@branch.example"))
    assert created.id == "2000@branch.example"
    with pytest.raises(ExtensionExists, match="number-alias"):
        storage.create(replace(SAMPLE, id="2000"))


def test_an_alias_of_the_same_domain_is_taken(
    storage: XmlDomains, write: Callable[..., Path]
) -> None:
    write("branch.example", "1000", alias="2000")
    with pytest.raises(ExtensionExists, match="number-alias") as caught:
        storage.create(replace(SAMPLE, id="2000@branch.example"))
    assert caught.value.extension_id == "2000@branch.example"


def test_errors_name_the_extension(storage: XmlDomains, folders: dict[str, Path]) -> None:
    two = '<user id="1000"></user>\n<user id="1001"></user>\n'
    (folders["branch.example"] / "two.xml").write_text(f"<include>\n{two}</include>\n")
    with pytest.raises(ReadOnlyExtension, match=OTHER) as read_only:
        storage.update(OTHER, {"callgroup": "x"})
    assert "two.xml" in read_only.value.reason
    with pytest.raises(ExtensionNotFound, match=r"1009@branch\.example"):
        storage.delete("1009@branch.example")


def test_of_several_none_is_left_if_a_folder_fails(
    storage: XmlDomains, folders: dict[str, Path]
) -> None:
    (folders["branch.example"] / "1000.xml").mkdir()
    with pytest.raises(StorageError):
        storage.create_many([SAMPLE, replace(SAMPLE, id=OTHER)])
    assert list(folders[""].iterdir()) == []


def test_the_list_is_the_same_as_long_as_nothing_changes(storage: XmlDomains) -> None:
    storage.create_many([SAMPLE, replace(SAMPLE, id=OTHER)])
    # Files that were written just now are read again for some milliseconds.
    eventually(lambda: storage.list() is storage.list())
    before, revision = storage.list(), storage.revision()
    assert storage.revision() == revision
    storage.update(OTHER, {"callgroup": "x"})
    assert storage.list() is not before
    assert storage.revision() != revision


def test_a_history_of_one_folder_is_one_of_the_default_domain(
    storage: XmlDomains, folders: dict[str, Path]
) -> None:
    alone = XmlDirectory(directory=folders[""], create=False)
    alone.create(SAMPLE)
    packed = alone.pack(alone.snapshot("1000"))
    assert storage.pack(storage.snapshot("1000")) == packed
    assert storage.seen(storage.unpack(packed)).id == "1000"


def test_a_snapshot_of_another_domain_is_never_taken_for_one_of_the_default(
    storage: XmlDomains, folders: dict[str, Path]
) -> None:
    storage.create(replace(SAMPLE, id=OTHER))
    packed = storage.pack(storage.snapshot(OTHER))
    with pytest.raises(ValueError, match="not a file"):
        XmlDirectory(directory=folders[""], create=False).unpack(packed)
    elsewhere = json.dumps({**json.loads(packed), "domain": "gone.example"}).encode()
    with pytest.raises(ValueError, match="domain that is not kept here"):
        storage.unpack(elsewhere)
    with pytest.raises(ValueError, match="not a file"):
        storage.unpack(json.dumps({"domain": "branch.example", "file": 1}).encode())
    with pytest.raises(ValueError, match="not a file"):
        storage.unpack(b"[]")


def test_findings_name_the_extension_of_the_domain(
    storage: XmlDomains, write: Callable[..., Path]
) -> None:
    for domain in ("", "branch.example"):
        write(domain, "1005", password="1005")
    eventually(lambda: storage.examine() is storage.examine())
    examination = storage.examine()
    ids = {each.extension for each in examination.findings if "password" in each.code}
    assert ids == {"", "1005", "1005@branch.example"}
    for each in ("1005", "1005@branch.example"):
        found = examination.of(storage.get(each))
        assert {finding.extension for finding in found} == {each}


def test_what_surrounds_all_folders_is_found_once_and_the_worst_counts(
    storage: XmlDomains, write: Callable[..., Path]
) -> None:
    write("branch.example", "1005", password="$${default_password}")
    found = [each for each in storage.examine().findings if each.code == "default-password"]
    assert [each.severity for each in found] == ["critical"]


def test_a_finding_is_mended_in_its_folder(
    storage: XmlDomains, write: Callable[..., Path], folders: dict[str, Path]
) -> None:
    write("branch.example", "1005")
    leftover = folders["branch.example"] / ".sipapp-0123456789abcdef.tmp"
    finding = Finding(
        code="x",
        severity="note",
        source=str(folders["branch.example"] / "1005.xml"),
        line=None,
        title="",
        meaning="",
        remedy="",
        extension="1005@branch.example",
        version="another",
        mending=REPAIR,
    )
    with pytest.raises(VersionConflict, match=r"1005@branch\.example"):
        storage.mend(finding)
    storage.mend(replace(finding, source=str(leftover), extension="", mending=None))


def test_a_fault_of_any_folder_is_reported(storage: XmlDomains, folders: dict[str, Path]) -> None:
    assert storage.find_fault() == ""
    (folders["branch.example"] / "bad.xml").write_text('<include>\n<user id="1">\n</include>\n')
    assert str(folders["branch.example"] / "bad.xml") in storage.find_fault()


def test_the_doctor_looks_at_each_folder(storage: XmlDomains, folders: dict[str, Path]) -> None:
    text = " ".join(each.found for each in storage.diagnose())
    for folder in folders.values():
        assert str(folder) in text


def test_a_folder_that_is_gone_fails_the_check(
    storage: XmlDomains, folders: dict[str, Path]
) -> None:
    storage.check()
    folders["branch.example"].rmdir()
    with pytest.raises(StorageError, match="branch"):
        storage.check()
    storage.close()


def test_an_id_with_an_at_in_the_default_folder_stays_readable(
    storage: XmlDomains, folders: dict[str, Path]
) -> None:
    (folders[""] / "odd.xml").write_text(
        '<include>\n<user id="1000@x.example"></user>\n</include>\n'
    )
    found = storage.get("1000@x.example")
    assert found.read_only
    with pytest.raises(ReadOnlyExtension):
        storage.delete("1000@x.example")
