"""A file with a whole domain in it: its users are edited there."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from webtest import TestApp

from sipapp.api import (
    Extension,
    ExtensionExists,
    ReadOnlyExtension,
    SettingsError,
    StorageError,
    StorageUnavailable,
)
from sipapp.testing.memory import MemoryPlugin
from sipapp.testing.waiting import eventually
from sipapp_xmldir.emulation.copying import serialize
from sipapp_xmldir.emulation.parser import parse
from sipapp_xmldir.emulation.preprocessor import Preprocessor
from sipapp_xmldir.factory import make_storage
from sipapp_xmldir.storage import XmlDirectory

USER = (
    '<user id="{0}"><params><param name="password" value="secret-{0}"/></params>'
    '<variables><variable name="callgroup" value="old"/></variables></user>'
)
DOMAIN = f"""<include>
  <domain name="branch.example">
    <params>
      <param name="dial-string" value="${{sofia_contact(*/${{dialed_user}}@${{dialed_domain}})}}"/>
    </params>
    <groups>
      <group name="everybody">
        <users>
          <user id="2601" cidr="192.0.2.0/24">
            <params>
              <param name="password" value="secret-2601"/>
            </params>
          </user>
          <!-- the others -->
          {USER.format("2602")}
        </users>
      </group>
      <group name="front">
        <users>
          <user id="2601" type="pointer"/>
          {USER.format("2603")}
        </users>
      </group>
    </groups>
  </domain>
</include>
"""
OWN = f"""<domain name="branch.example">
\t<users>
\t\t{USER.format("2601")}{USER.format("2602")}
\t\t{USER.format("2603")}
\t</users>
</domain>
"""
FORMS = {
    "groups": DOMAIN,
    "CR LF": DOMAIN.replace("\n", "\r\n"),
    "users of the domain": OWN,
    "users without <users>": OWN.replace("<users>", "").replace("</users>", ""),
    "both, own users first": DOMAIN.replace(
        "    <groups>", f"    <users>{USER.format('2604')}\n    </users>\n    <groups>"
    ),
    "a variable as the name": DOMAIN.replace("branch.example", "$${domain}"),
    "a variable that is set": DOMAIN.replace(
        "<include>\n", '<include>\n<X-PRE-PROCESS cmd="set" data="domain=a"/>\n'
    ),
}
IDS = ("2601", "2602", "2603")


@pytest.fixture(params=FORMS.values(), ids=FORMS)
def file(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return write(tmp_path, request.param)


@pytest.fixture
def storage(file: Path) -> XmlDirectory:
    # Others of the folder do not count.
    (file.parent / "other.xml").write_text(f"<include>\n{USER.format('1')}\n</include>\n")
    return XmlDirectory(directory=file, create=False)


def write(folder: Path, text: str, name: str = "branch.xml") -> Path:
    file = folder / name
    file.write_bytes(text.encode())
    return file


def read(file: Path, *but: str) -> list[bytes]:
    """All elements that FreeSWITCH reads from the file, but for the users of some ids."""
    preprocessor = Preprocessor()
    preprocessor.file("/dev/null/file", file.read_bytes())
    root, fault = parse(bytes(preprocessor.merged.text))
    assert fault is None
    assert root
    ids = [each.encode() for each in but]
    found = []
    pending = [root]
    while pending:
        element = pending.pop()
        is_pointer = element.attribute(b"type") is not None
        if element.name == b"user" and element.attribute(b"id") in ids and not is_pointer:
            continue
        found.append(element.name + repr(element.attributes).encode())
        pending += reversed(element.children)
    return found


def user(file: Path, extension_id: str) -> bytes:
    preprocessor = Preprocessor()
    preprocessor.file("/dev/null/file", file.read_bytes())
    root, _ = parse(bytes(preprocessor.merged.text))
    assert root
    users = [each for each in root.descendants() if each.name == b"user"]
    (found,) = [
        each
        for each in users
        if each.attribute(b"id") == extension_id.encode() and not each.attribute(b"type")
    ]
    return serialize(found)


def test_users_of_all_groups_are_listed_without_pointers(storage: XmlDirectory, file: Path) -> None:
    found = {each.id: each for each in storage.list()}
    assert set(IDS) <= set(found) <= {*IDS, "2604"}
    assert {each.read_only for each in found.values()} == {""}
    assert {each.source for each in found.values()} == {str(file)}
    assert storage.switch_directory == file.parent
    assert storage.domains() == ("",)


@pytest.mark.parametrize("extension_id", IDS)
def test_each_is_edited_renamed_and_brought_back(
    storage: XmlDirectory, file: Path, extension_id: str
) -> None:
    before, rest = file.read_bytes(), read(file, extension_id)
    kept = storage.snapshot(extension_id)
    changed = storage.update(extension_id, {"password": "new & $${x}", "caller_id_name": "Zoë"})
    assert read(file, extension_id) == rest
    assert b"new &amp; $${x}" in user(file, extension_id)
    assert storage.get(extension_id) == changed
    storage.restore(extension_id, kept, version=changed.version)
    assert file.read_bytes() == before
    renamed = storage.rename(extension_id, "2699", {})
    assert read(file, "2699") == rest
    storage.restore("2699", kept, version=renamed.version)
    assert file.read_bytes() == before


@pytest.mark.parametrize("extension_id", IDS)
def test_each_is_disabled_enabled_deleted_and_brought_back(
    storage: XmlDirectory, file: Path, extension_id: str
) -> None:
    before, rest = file.read_bytes(), read(file, extension_id)
    enabled, kept = storage.get(extension_id), storage.snapshot(extension_id)
    disabled = storage.set_enabled(extension_id, enabled=False)
    assert read(file) == rest
    assert Path(disabled.source).name == f"branch.{extension_id}.xml.disabled"
    assert storage.get(extension_id) == disabled
    assert storage.set_enabled(extension_id, enabled=True) == enabled
    assert file.read_bytes() == before
    storage.delete(extension_id, version=enabled.version)
    assert read(file) == rest
    storage.restore(extension_id, kept, version=None)
    assert file.read_bytes() == before
    assert sorted(each.name for each in file.parent.iterdir()) == ["branch.xml", "other.xml"]


def test_a_new_user_comes_where_the_file_keeps_its_users(storage: XmlDirectory, file: Path) -> None:
    before, rest = file.read_bytes(), read(file)
    # What has its own folder is no matter: the domain has its ids for itself.
    created = storage.create(Extension("1", password="x"))
    assert read(file, "1") == rest
    assert storage.get("1") == created
    neighbour = b"2602" if b"<groups>" in before else b"2603"
    after = file.read_bytes()
    assert after.index(b'id="1"') > after.index(b'id="%s"' % neighbour)
    assert b"".join(after[after.index(b'id="%s"' % neighbour) :].split()).startswith(
        b"".join((USER.format(neighbour.decode())[6:] + '<user id="1">').encode().split())
    )
    with pytest.raises(ExtensionExists):
        storage.create(Extension("2601", password="x"))
    storage.restore("1", None, version=created.version)
    assert file.read_bytes() == before


@pytest.mark.parametrize(
    "text",
    [
        DOMAIN,
        OWN,
        DOMAIN.replace('<user id="2601" type="pointer"/>', ""),
        "<domain name='d'><users></users></domain>\n",
        "<domain>\n <groups>\n  <group>\n<users>\n</users>\n</group>\n</groups>\n</domain>\n",
    ],
)
def test_the_last_user_goes_and_another_comes(tmp_path: Path, text: str) -> None:
    file = write(tmp_path, text)
    storage = XmlDirectory(directory=file, create=False)
    for each in storage.list():
        if each.id in IDS:
            storage.delete(each.id)
    assert file.exists()
    rest = read(file)
    created = storage.create_many([Extension(each, password="x") for each in ("1", "2")])
    assert read(file, "1", "2") == rest
    assert [each.id for each in created] == ["1", "2"]
    assert {each.id: each.read_only for each in storage.list()} == {"1": "", "2": ""}


def test_there_has_to_be_a_place_for_users(tmp_path: Path) -> None:
    file = write(tmp_path, '<domain name="d"/>\n')
    storage = XmlDirectory(directory=file, create=False)
    (entry,) = storage.list()
    assert entry.read_only == "branch.xml has no user that FreeSWITCH would read."
    with pytest.raises(StorageError, match="Write <users> and </users> on a line"):
        storage.create(Extension("1", password="x"))


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("<groups>\n", '<groups>\n<X-PRE-PROCESS cmd="include" data="b/*.xml"/>\n', "directive"),
        ("</domain>", '</domain><domain name="b"/>', "has 2 elements <domain>, and not one"),
        ("domain", "x", "has 0 elements <domain>, and not one"),
        ('"2602"', '"$${who}"', "takes an id or number-alias from a variable."),
        ("</groups>", "", "not well-formed"),
    ],
)
def test_what_cannot_be_told_is_left_alone(tmp_path: Path, old: str, new: str, reason: str) -> None:
    file = write(tmp_path, DOMAIN.replace(old, new))
    storage = XmlDirectory(directory=file, create=False)
    assert all(reason in each.read_only for each in storage.list())
    before = file.read_bytes()
    with pytest.raises(ReadOnlyExtension):
        storage.update("2601", {"callgroup": "x"})
    with pytest.raises(StorageError):
        storage.create(Extension("1", password="x"))
    assert file.read_bytes() == before


def test_a_pointer_that_hides_a_user_is_listed(tmp_path: Path) -> None:
    pointer = '<user id="2602" type="pointer"/>\n'
    lost = '<user id="2609" type="pointer"/>\n'
    text = DOMAIN.replace("<!-- the others -->", pointer + lost)
    storage = XmlDirectory(directory=write(tmp_path, text), create=False)
    found = {each.id: each.read_only for each in storage.list()}
    assert found["2602"] == (
        "branch.xml has 2 users with this id, and FreeSWITCH takes the first. Remove the others "
        "by hand."
    )
    assert found["2601"] == found["2603"] == ""
    assert "2609" not in found


@pytest.mark.parametrize(
    "change",
    [
        lambda storage: storage.create(Extension("2609", password="x")),
        lambda storage: storage.rename("2602", "2609", {}),
    ],
)
def test_no_user_comes_behind_a_pointer_of_its_id(
    tmp_path: Path, change: Callable[[XmlDirectory], object]
) -> None:
    pointer = '<user id="2609" type="pointer"/>\n'
    file = write(tmp_path, DOMAIN.replace("<!-- the others -->", pointer))
    before = file.read_bytes()
    storage = XmlDirectory(directory=file, create=False)
    with pytest.raises(ExtensionExists, match='type="pointer" and this id before it'):
        change(storage)
    assert file.read_bytes() == before
    assert storage.rename("2601", "2609", {}).id == "2609"


def test_a_file_that_is_gone_is_named(tmp_path: Path) -> None:
    file = write(tmp_path, DOMAIN)
    storage = XmlDirectory(directory=file, create=True)
    storage.check()
    kept = storage.snapshot("2601")
    storage.set_enabled("2602", enabled=False)
    storage.delete("2601")
    file.unlink()
    for change in (
        storage.check,
        lambda: storage.create(Extension("1", password="x")),
        lambda: storage.set_enabled("2602", enabled=True),
        lambda: storage.restore("2601", kept, version=None),
    ):
        with pytest.raises(StorageUnavailable, match=r"branch\.xml is not there"):
            change()
    with pytest.raises(StorageUnavailable, match=r"branch\.xml is not there"):
        storage.list()
    assert not file.exists()


def test_a_file_that_goes_in_that_moment_is_not_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write(tmp_path, DOMAIN)
    storage = XmlDirectory(directory=file, create=False)
    storage.set_enabled("2602", enabled=False)

    def gone(*_: object, **__: object) -> None:
        file.unlink()
        raise FileNotFoundError(2, "No such file or directory")

    monkeypatch.setattr("sipapp_xmldir.change.read_file", gone)
    with pytest.raises(StorageUnavailable, match="Nothing was changed"):
        storage.set_enabled("2602", enabled=True)
    assert [each.name for each in tmp_path.iterdir()] == ["branch.2602.xml.disabled"]


def test_several_domains_in_files_and_folders(tmp_path: Path) -> None:
    (tmp_path / "default").mkdir()
    write(
        tmp_path,
        '<include>\n<domain name="main.example"><groups><group name="a"><users>\n'
        '<X-PRE-PROCESS cmd="include" data="default/*.xml"/>\n'
        "</users></group></groups></domain>\n</include>\n",
        "default.xml",
    )
    write(tmp_path / "default", f"<include>\n{USER.format('2601')}\n</include>\n", "2601.xml")
    first = write(tmp_path, DOMAIN)
    second = write(tmp_path, DOMAIN.replace("branch.example", "third.example"), "branch.third.xml")
    storage = make_storage(directory=[tmp_path / "default", first, second], create=False)
    assert storage.domains() == ("main.example", "branch.example", "third.example")
    before = first.read_bytes(), second.read_bytes()
    for domain, file in (("branch.example", first), ("third.example", second)):
        changed = storage.update(f"2601@{domain}", {"callgroup": domain})
        assert changed.source == str(file)
        storage.set_enabled(f"2602@{domain}", enabled=False)
    assert storage.get("2601").callgroup == "old"
    assert not storage.get("2602@branch.example").enabled
    assert not storage.get("2602@third.example").enabled
    assert len([each for each in storage.iterate() if each.user == "2602"]) == 2
    for domain in ("branch.example", "third.example"):
        storage.set_enabled(f"2602@{domain}", enabled=True)
        storage.update(f"2601@{domain}", {"callgroup": ""})
    assert {b"secret-2602" in each.read_bytes() for each in (first, second)} == {True}
    assert len(before) == 2
    packed = storage.pack(storage.snapshot("2603@third.example"))
    version = storage.update("2603@third.example", {"callgroup": "x"}).version
    storage.restore("2603@third.example", storage.unpack(packed), version=version)
    assert storage.get("2603@third.example").callgroup == "old"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (DOMAIN.replace("branch.example", "$${other}"), "one <domain"),
        ("<include>\n</include>\n", "one <domain"),
        (None, "cannot be read: No such file"),
    ],
)
def test_the_domain_of_a_file_has_to_be_known(
    tmp_path: Path, text: str | None, reason: str
) -> None:
    first = write(tmp_path, DOMAIN, "first.xml")
    second = tmp_path / "second.xml"
    if text:
        second.write_text(text)
    with pytest.raises(SettingsError, match=reason):
        make_storage(directory=[first, second], create=False)


def test_the_application_starts_on_it(make_app: Callable[..., TestApp], tmp_path: Path) -> None:
    ini = {
        "sipapp.storage": "xmldir",
        "sipapp.storage.xmldir.directory": str(write(tmp_path, DOMAIN)),
        "sipapp.reloaders": "test",
        "sipapp.reloader.test.use": "scripted",
    }
    app = make_app(ini, (MemoryPlugin(),))
    api = "/sip/api/v1/extensions"
    assert {each["id"] for each in app.get(api).json["items"]} == set(IDS)
    app.patch_json(f"{api}/2602", {"callgroup": "x"})
    app.post_json(f"{api}/2603/disable", {})
    app.delete(f"{api}/2601")
    entries = app.get("/sip/api/v1/history").json["entries"]
    for entry in entries:
        app.post_json(f"/sip/api/v1/history/{entry['id']}/undo", {})
    assert (tmp_path / "branch.xml").read_text() == DOMAIN
    assert [each.name for each in tmp_path.iterdir()] == ["branch.xml"]


def findings(storage: XmlDirectory) -> dict[str, tuple[str, int | None]]:
    return {each.code: (each.extension, each.line) for each in storage.examine().findings}


def test_the_examination_looks_at_each_user(tmp_path: Path) -> None:
    text = DOMAIN.replace("secret-2603", "1234").replace("secret-2601", "2601")
    file = write(tmp_path, text)
    storage = XmlDirectory(directory=file, create=False)
    found = storage.examine()
    guessable = {
        each.extension: each.line for each in found.findings if each.code == "guessable-password"
    }
    lines = file.read_text().splitlines()
    assert {lines[(line or 0) - 1].split()[1] for line in guessable.values()} == {
        'id="2601"',
        'id="2603"><params><param',
    }
    assert f"the groups of {file}" in found.looked_at
    assert "no-user" not in findings(storage)
    assert "dropped" not in findings(storage)
    storage.update("2603", {"password": "better"})
    assert {
        each.extension for each in storage.examine().findings if each.code == "guessable-password"
    } == {"2601"}


def test_the_examination_names_pointers_that_lead_to_nobody(tmp_path: Path) -> None:
    storage = XmlDirectory(directory=write(tmp_path, DOMAIN), create=False)
    assert "lost-pointer" not in findings(storage)
    storage.set_enabled("2601", enabled=False)
    (lost,) = [each for each in storage.examine().findings if each.code == "lost-pointer"]
    assert lost.title == "Group “front” has user 2601, who is disabled"
    assert DOMAIN.splitlines()[(lost.line or 0) + 4].strip() == '<user id="2601" type="pointer"/>'


@pytest.mark.parametrize(
    ("text", "code"),
    [("<domain>\n<users>\n</domain>\n", "breaks-reload"), ('<domain><user a="></domain>\n', "")],
)
def test_a_file_that_cannot_be_read_is_examined(tmp_path: Path, text: str, code: str) -> None:
    file = write(tmp_path, text)
    storage = XmlDirectory(directory=file, create=False)
    found = {each.code for each in storage.examine().findings}
    assert "no-user" not in found
    assert not code or code in found
    assert str(file) in storage.find_fault() or not code
    file.unlink()
    file.mkdir()
    assert "branch.xml" in str([each.read_only for each in storage.list()])
    assert "not-a-file" in {each.code for each in storage.examine().findings}


def test_the_doctor_names_the_folder(tmp_path: Path) -> None:
    storage = XmlDirectory(directory=write(tmp_path, DOMAIN), create=False)
    assert any(str(tmp_path) in each.found for each in storage.diagnose())


BESIDE = f"""<include>
<domain name="main.example">
<groups><group name="a"><users>
<X-PRE-PROCESS cmd="include" data="default/*.xml"/>
{USER.format("2701").replace("id=", 'number-alias="7701" id=')}
</users></group></groups>
<users>
{USER.format("1000")}
<user id="2701" type="pointer"/>
</users>
</domain>
<domain name="other.example">
<users>{USER.format("2702")}</users>
</domain>
</include>
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "default").mkdir()
    write(tmp_path, BESIDE, "default.xml")
    write(tmp_path / "default", f"<include>\n{USER.format('1000')}\n</include>\n", "1000.xml")
    return tmp_path / "default"


def test_users_beside_the_include_of_a_folder_are_shown_and_left_alone(folder: Path) -> None:
    storage = XmlDirectory(directory=folder, create=False)
    before = (folder.parent / "default.xml").read_bytes()
    assert {each.id: each.read_only for each in storage.list()} == {
        "1000": "",
        "2701": f"default.xml has this user in line 5, and not a file of {folder}. Move it into "
        "one by hand.",
    }
    found = storage.get("2701")
    assert (found.aliases, found.source) == (("7701",), str(folder.parent / "default.xml"))
    assert storage.secret("2701") is None
    assert storage.snapshot("2701") is None
    for change in (
        lambda: storage.update("2701", {"callgroup": "x"}),
        lambda: storage.delete("2701"),
        lambda: storage.set_enabled("2701", enabled=False),
        lambda: storage.rename("2701", "2709", {}),
        lambda: storage.restore("2701", None, version="x"),
    ):
        with pytest.raises(ReadOnlyExtension, match="Move it into one by hand"):
            change()
    for taken, reason in (("2701", "exists already"), ("7701", "with 7701 as id or alias")):
        with pytest.raises(ExtensionExists, match=reason):
            storage.create(Extension(taken, password="x"))
        with pytest.raises(ExtensionExists, match=reason):
            storage.rename("1000", taken, {})
    assert (folder.parent / "default.xml").read_bytes() == before
    # It is there twice already, and may stay so.
    assert storage.update("1000", {"callgroup": "x"}).callgroup == "x"
    assert storage.create(Extension("2702", password="x")).id == "2702"


def test_the_files_beside_it_are_looked_at_once_for_many_ids(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage = XmlDirectory(directory=folder, create=False)
    looked: list[object] = []
    real = os.stat

    def counting(path: str, **options: object) -> os.stat_result:
        looked.append(path)
        return real(path, **options)

    eventually(lambda: storage.list() is storage.list())
    monkeypatch.setattr(os, "stat", counting)
    assert storage.get_many(["2799"]) == {}
    once = len(looked)
    found = storage.get_many([str(number) for number in range(2700, 2720)])
    assert [*found] == ["2701"]
    assert len(looked) == 2 * once


def test_users_beside_it_are_read_again_when_they_change(folder: Path) -> None:
    storage = XmlDirectory(directory=folder, create=False)
    eventually(lambda: storage.list() is storage.list())
    file = folder.parent / "default.xml"
    file.write_text(BESIDE.replace("2701", "2703"))
    assert [each.id for each in storage.list()] == ["1000", "2703"]
    file.unlink()
    assert [each.id for each in storage.list()] == ["1000"]
    assert storage.create(Extension("2703", password="x")).id == "2703"
