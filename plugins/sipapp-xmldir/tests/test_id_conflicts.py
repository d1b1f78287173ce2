"""No change of the storage gives a user the id or alias of another one."""

from pathlib import Path

import pytest

from sipapp.api import Extension, ExtensionExists, ReadOnlyExtension, StorageError
from sipapp_xmldir.storage import XmlDirectory


def user(extension_id: str, attributes: str = "") -> str:
    return (
        f'<user id="{extension_id}"{attributes}>\n<params>\n'
        f'<param name="password" value="of-{extension_id}"/>\n</params>\n</user>\n'
    )


def file(*users: str) -> str:
    return f"<include>\n{''.join(users)}</include>\n"


@pytest.fixture
def storage(tmp_path: Path) -> XmlDirectory:
    return XmlDirectory(directory=tmp_path, create=False)


@pytest.fixture
def write(tmp_path: Path):
    return lambda name, *users: (tmp_path / name).write_text(file(*users))


def files(folder: Path) -> dict[str, bytes]:
    return {each.name: each.read_bytes() for each in folder.iterdir() if each.is_file()}


def extension(extension_id: str) -> Extension:
    return Extension(extension_id, password="p")


# The ways by which an extension ada comes, each in two parts: what is there before, and the rest.


def _renamed(storage: XmlDirectory):
    storage.create(extension("2000"))
    return lambda: storage.rename("2000", "ada", {})


def _deleted(storage: XmlDirectory):
    storage.create(extension("ada"))
    before = storage.snapshot("ada")
    storage.delete("ada")
    return lambda: storage.restore("ada", before, version=None)


def _renamed_away(storage: XmlDirectory):
    storage.create(extension("ada"))
    before = storage.snapshot("ada")
    version = storage.rename("ada", "2000", {}).version
    return lambda: storage.restore("2000", before, version=version)


def _disabled(storage: XmlDirectory):
    storage.create(extension("ada"))
    storage.set_enabled("ada", enabled=False)
    return lambda: storage.set_enabled("ada", enabled=True)


def _was_enabled(storage: XmlDirectory):
    storage.create(extension("ada"))
    before = storage.snapshot("ada")
    version = storage.set_enabled("ada", enabled=False).version
    return lambda: storage.restore("ada", before, version=version)


WAYS = {
    "create": lambda storage: lambda: storage.create(extension("ada")),
    "create_many": lambda storage: lambda: storage.create_many([extension("1"), extension("ada")]),
    "rename": _renamed,
    "restore a deletion": _deleted,
    "restore a rename": _renamed_away,
    "enable": _disabled,
    "restore a disabling": _was_enabled,
}
SAME_ID = {
    "the same id": file(user("ada")),
    "in another case": file(user("ADA")),
    "among several": file(user("7"), user("ada"), user("8")),
    "in a file that is not well-formed": file(user("ada", ' a="1" a="2"')),
    "in a file that is not closed": user("ada").removesuffix("</user>\n"),
}
SAME_ALIAS = {
    "an alias": file(user("9", ' number-alias="ada"')),
    "an alias in another case": file(user("9", ' number-alias="Ada"')),
    "an alias of one of several": file(user("8"), user("9", ' number-alias="ada"')),
    "an alias of one without an id": file('<user number-alias="ada"/>\n'),
}


CASES = [(way, what) for way in WAYS for what in (*SAME_ID, *SAME_ALIAS)]
# By an id that is there twice, the one is found whom FreeSWITCH sees.
CASES = [
    each
    for each in CASES
    if each[0] not in {"enable", "restore a disabling"} or each[1] in SAME_ALIAS
]


@pytest.mark.parametrize("other", ["0.xml", "zz.xml"])
@pytest.mark.parametrize(("way", "what"), CASES)
def test_an_id_that_is_anothers_is_not_taken(
    storage: XmlDirectory, tmp_path: Path, way: str, what: str, other: str
):
    come = WAYS[way](storage)
    (tmp_path / other).write_text({**SAME_ID, **SAME_ALIAS}[what])
    before = files(tmp_path)
    with pytest.raises(ExtensionExists, match="ada"):
        come()
    assert files(tmp_path) == before


@pytest.mark.parametrize(
    "way", ["create", "create_many", "rename", "restore a deletion", "restore a rename"]
)
def test_an_id_of_a_disabled_one_is_not_taken(
    storage: XmlDirectory, write, tmp_path: Path, way: str
):
    come = WAYS[way](storage)
    write("0.xml.disabled", user("Ada"))
    before = files(tmp_path)
    with pytest.raises(ExtensionExists, match="Extension 'ada' exists already"):
        come()
    assert files(tmp_path) == before


@pytest.mark.parametrize("way", WAYS)
def test_an_alias_of_a_disabled_one_is_free(storage: XmlDirectory, write, way: str):
    come = WAYS[way](storage)
    write("0.xml.disabled", user("9", ' number-alias="ada"'))
    come()
    assert storage.get("ada").enabled
    with pytest.raises(ExtensionExists, match=r"number-alias ada is the id of a user in ada\.xml"):
        storage.set_enabled("9", enabled=True)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", ["agent", ""])
def test_no_user_is_added_behind_a_wildcard(
    storage: XmlDirectory, write, tmp_path: Path, way: str, kind: str
):
    come = WAYS[way](storage)
    write("a.xml", user("9", f' type="{kind}"'))
    before = files(tmp_path)
    with pytest.raises((ExtensionExists, ReadOnlyExtension), match=r"a\.xml"):
        come()
    assert files(tmp_path) == before


# What only FreeSWITCH finds: other files bear on the file of the other user.
INCLUDED = '<X-PRE-PROCESS cmd="include" data="more/*.xml"/>\n'
SET = '<X-PRE-PROCESS cmd="set" data="who=ada"/>\n'
DECLARED = '<!DOCTYPE a [\n<!ENTITY who "ada">\n]>\n'
DEFAULT = '<!DOCTYPE a [\n<!ATTLIST user number-alias CDATA "ada">\n]>\n'
INTERACTING = {
    "included": (INCLUDED, user("7")),
    "a variable as id": (SET, user("$${who}")),
    "a variable as alias": (SET, user("7", ' number-alias="$${who}"')),
    "an entity as id": (DECLARED, user("&who;")),
    "a default alias": (DEFAULT, user("7")),
    "behind the list of users": ("</users></group><group name='x'><users>\n", user("ada")),
    "in a comment that is closed": (user("6") + "<!-- \n", f"-->\n{user('ada')}"),
}


@pytest.mark.parametrize(
    ("way", "what"),
    [
        (way, what)
        for way in WAYS
        for what in INTERACTING
        # By an id that the list has twice, the one is found whom FreeSWITCH sees.
        if not (
            way in {"enable", "restore a disabling"}
            and (what == "included" or user("ada") in INTERACTING[what][1])
        )
    ],
)
def test_an_id_by_which_freeswitch_finds_another_is_not_taken(
    storage: XmlDirectory, tmp_path: Path, write, way: str, what: str
):
    come = WAYS[way](storage)
    first, second = INTERACTING[what]
    write("0.xml", first)
    write("00.xml", second)
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "x.xml").write_text(file(user("ada")))
    before = files(tmp_path)
    with pytest.raises((ExtensionExists, ReadOnlyExtension), match="ada"):
        come()
    assert files(tmp_path) == before


@pytest.mark.parametrize("act", ["delete", "disable"])
def test_a_variable_that_is_the_id_of_another_is_not_removed(
    storage: XmlDirectory, tmp_path: Path, write, act: str
):
    write("0.xml", SET, user("1000"))
    write("1.xml", user("$${who}"))
    before = files(tmp_path)
    acts = {
        "delete": lambda: storage.delete("1000"),
        "disable": lambda: storage.set_enabled("1000", enabled=False),
    }
    with pytest.raises(ReadOnlyExtension, match=r"by ada FreeSWITCH would find no user then"):
        acts[act]()
    assert files(tmp_path) == before


def test_a_file_that_closes_the_quote_of_another_is_not_removed(
    storage: XmlDirectory, tmp_path: Path, write
):
    write("0.xml", '<user id="1" cidr="/>\n')
    write("1.xml", user("2"))
    write("2.xml", user("3"))
    before = files(tmp_path)
    with pytest.raises(ReadOnlyExtension, match="by 1 FreeSWITCH would read something else"):
        storage.delete("2")
    assert files(tmp_path) == before


def test_files_that_interact_with_no_other_prevent_no_change(
    storage: XmlDirectory, tmp_path: Path, write
):
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "x.xml").write_text(file(user("9")))
    write("0.xml", INCLUDED, user("8"))
    write("zz.xml", user("$${nobody}"))
    write("y.xml", "<!-- nobody -->\n")
    (tmp_path / "link.xml").symlink_to("nowhere")
    storage.create(extension("1000"))
    storage.update("1000", {"callgroup": "sales"})
    version = storage.rename("1000", "ada", {}).version
    before = storage.snapshot("ada")
    version = storage.set_enabled("ada", enabled=False, version=version).version
    storage.restore("ada", before, version=version)
    storage.delete("ada")
    assert "edit it by hand in" in storage.get("9").read_only
    with pytest.raises(ExtensionExists, match="'9' exists already"):
        storage.create(extension("9"))


def test_nothing_is_compared_where_freeswitch_refuses_every_reload(
    storage: XmlDirectory, tmp_path: Path, write
):
    storage.create(extension("1000"))
    before = storage.snapshot("1000")
    version = storage.update("1000", {"callgroup": "sales"}).version
    write("0.xml", "<user>\n")
    storage.restore("1000", before, version=version)
    assert storage.get("1000").callgroup == ""


# The same for an alias, which comes with the file of ada.


def _with_alias(storage: XmlDirectory, tmp_path: Path, alias: str = "bob"):
    (tmp_path / "1-hand.xml").write_text(file(user("ada", f' number-alias="{alias}"')))
    return storage.snapshot("ada")


def _alias_deleted(storage: XmlDirectory, tmp_path: Path):
    before = _with_alias(storage, tmp_path)
    storage.delete("ada")
    return lambda: storage.restore("ada", before, version=None)


def _alias_disabled(storage: XmlDirectory, tmp_path: Path):
    _with_alias(storage, tmp_path)
    storage.set_enabled("ada", enabled=False)
    return lambda: storage.set_enabled("ada", enabled=True)


def _alias_removed(storage: XmlDirectory, tmp_path: Path):
    before = _with_alias(storage, tmp_path)
    _with_alias(storage, tmp_path, "else")
    version = storage.get("ada").version
    return lambda: storage.restore("ada", before, version=version)


ALIAS_WAYS = {"restore a deletion": _alias_deleted, "enable": _alias_disabled}
ALIAS_WAYS["restore an update"] = _alias_removed
OWNERS = {
    "an id": ("zz.xml", user("bob")),
    "in another case": ("0.xml", user("BOB")),
    "in the middle of several": ("0.xml", user("7") + user("bob") + user("8")),
    "in a file that is not well-formed": ("zz.xml", user("bob", ' a="1" a="2"')),
    "a disabled one": ("bob.xml.disabled", user("bob")),
    "an alias": ("zz.xml", user("7", ' number-alias="bob"')),
    "an alias of one without an id": ("0.xml", '<user number-alias="Bob"/>\n'),
}


@pytest.mark.parametrize("owner", OWNERS)
@pytest.mark.parametrize("way", ALIAS_WAYS)
def test_an_alias_that_is_anothers_id_or_alias_is_not_taken(
    storage: XmlDirectory, tmp_path: Path, write, way: str, owner: str
):
    come = ALIAS_WAYS[way](storage, tmp_path)
    write(*OWNERS[owner])
    before = files(tmp_path)
    with pytest.raises(ExtensionExists, match="ada from another user: its number-alias bob is the"):
        come()
    assert files(tmp_path) == before


@pytest.mark.parametrize("way", ALIAS_WAYS)
def test_an_alias_that_is_free_comes_back(storage: XmlDirectory, tmp_path: Path, write, way: str):
    come = ALIAS_WAYS[way](storage, tmp_path)
    write("bob.xml", user("7"))
    come()
    assert storage.get("ada").aliases == ("bob",)


def test_a_creation_is_not_taken_back_if_another_would_be_found(
    storage: XmlDirectory, tmp_path: Path, write
):
    version = storage.create(extension("ada")).version
    write("zz.xml", user("ada"))
    before = files(tmp_path)
    with pytest.raises(ReadOnlyExtension, match=r"find the user of zz\.xml by this id"):
        storage.restore("ada", None, version=version)
    assert files(tmp_path) == before


def test_a_deletion_is_not_taken_back_behind_a_file_that_swallows_it(
    storage: XmlDirectory, tmp_path: Path
):
    come = _deleted(storage)
    (tmp_path / "a.xml").write_text('<include>\n  <user id="a" cidr="/>\n</include>\n')
    before = files(tmp_path)
    with pytest.raises(StorageError, match=r"not closed in a\.xml swallows it"):
        come()
    assert files(tmp_path) == before


# Who has what.


@pytest.mark.parametrize("act", ["delete", "disable", "rename"])
@pytest.mark.parametrize(
    ("attributes", "words"),
    [
        ('id="7" number-alias="bob"', "by its number-alias bob"),
        ('id="BOB"', "by its number-alias bob"),
        ('id="ada"', "by this id"),
        ('type="x"', "by this id"),
    ],
)
def test_a_removed_id_or_alias_leads_to_no_other_user(
    storage: XmlDirectory, tmp_path: Path, act: str, attributes: str, words: str
):
    _with_alias(storage, tmp_path)
    (tmp_path / "zz.xml").write_text(file(f"<user {attributes}/>\n"))
    before = files(tmp_path)
    acts = {
        "delete": lambda: storage.delete("ada"),
        "disable": lambda: storage.set_enabled("ada", enabled=False),
        "rename": lambda: storage.rename("ada", "2000", {}),
    }
    if act == "rename" and "alias" in words:
        # The alias stays with it.
        acts[act]()
        assert storage.get("2000").aliases == ("bob",)
        return
    with pytest.raises(ReadOnlyExtension, match=words):
        acts[act]()
    assert files(tmp_path) == before


@pytest.mark.parametrize(("name", "new_id"), [("ada", "zoe"), ("zoe", "ada")])
def test_users_that_share_an_alias_keep_their_order(
    storage: XmlDirectory, tmp_path: Path, write, name: str, new_id: str
):
    write(f"{name}.xml", user(name, ' number-alias="bob"'))
    write("bob.xml", user("bob"))
    before = files(tmp_path)
    with pytest.raises(ExtensionExists, match=r"its number-alias bob is the id of a user in bob"):
        storage.rename(name, new_id, {})
    assert files(tmp_path) == before
    # It may stay as somebody made it, and so may what a disabled one has.
    storage.rename(name, "aaron" if name == "ada" else "zelda", {})
    storage.rename("aaron" if name == "ada" else "zelda", name, {})
    assert files(tmp_path) == before


def test_an_alias_of_its_own_may_become_the_id(storage: XmlDirectory, tmp_path: Path, write):
    _with_alias(storage, tmp_path)
    write("zz.xml", user("bob"))
    before = files(tmp_path)
    with pytest.raises(ExtensionExists, match="Extension 'bob' exists already"):
        storage.rename("ada", "bob", {})
    assert files(tmp_path) == before
    (tmp_path / "zz.xml").unlink()
    assert storage.rename("ada", "bob", {}).names == ("bob", "bob")


def test_a_disabled_id_that_is_an_alias_prevents_no_other_change(
    storage: XmlDirectory, tmp_path: Path, write
):
    _with_alias(storage, tmp_path)
    write("bob.xml.disabled", user("bob"))
    assert storage.rename("ada", "zoe", {}).aliases == ("bob",)
    assert not storage.rename("bob", "ada", {}).enabled


def test_a_pointer_behind_it_leads_to_it(storage: XmlDirectory, tmp_path: Path, write):
    come = _deleted(storage)
    write("zz.xml", user("ada", ' type="pointer"'))
    come()
    assert sorted(files(tmp_path)) == ["ada.xml", "zz.xml"]
    assert storage.get("ada").password == "p"


def test_a_pointer_in_front_of_it_hides_it(storage: XmlDirectory, tmp_path: Path, write):
    come = _deleted(storage)
    write("0.xml", user("ada", ' type="pointer"'))
    before = files(tmp_path)
    with pytest.raises(ExtensionExists, match="exists already"):
        come()
    assert files(tmp_path) == before


def test_an_extension_may_be_enabled_whatever_its_disabled_id_led_to(
    storage: XmlDirectory, tmp_path: Path, write
):
    _with_alias(storage, tmp_path)
    write("carl.xml.disabled", user("carl"))
    before = storage.snapshot("carl")
    storage.delete("carl")
    _with_alias(storage, tmp_path, "carl")
    storage.restore("carl", before, version=None)
    assert not storage.get("carl").enabled
    with pytest.raises(ExtensionExists, match=r"1-hand\.xml has a user with this number-alias"):
        storage.set_enabled("carl", enabled=True)
