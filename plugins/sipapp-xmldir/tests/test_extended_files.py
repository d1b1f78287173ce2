"""Files with more than sipapp knows: an edit keeps it, or is refused with the reason."""

from collections.abc import Callable
from dataclasses import replace
from difflib import unified_diff
from pathlib import Path

import pytest

from sipapp.api import Extension, ExtensionExists, InvalidExtension, ReadOnlyExtension, StorageError
from sipapp.testing.storage_contract import SAMPLE
from sipapp_xmldir.storage import XmlDirectory

BRIAN = """<!-- by hand -->
<include>
  <user cidr="192.0.2.0/24" id="brian"  number-alias='77' cacheable="60000">
    <X-PRE-PROCESS cmd="set" data="brians=$${domain}"/>
    <gateways>
      <gateway name="out"><param name="password" value="of the gateway"/></gateway>
    </gateways>
    <params>
\t<param name="password" value="$${default_password}"/><!-- as all -->
      <param name="vm-password" value='9999' />
      <param name="dial-string" value="{x=${y}}user/brian"/>
    </params>
    <variables>
      <variable name="effective_caller_id_name" value="Brian"/>
      <variable name="outbound_caller_id_name" value="$${company}"/>
      <variable name="unknown" value="a &amp; b"/>
    </variables>
    <skinny><buttons><button position="1" value="1101"/></buttons></skinny>
    <vcard><!-- later --></vcard>
  </user>
</include>
"""


def user(extension_id: str, attributes: str = "", params: str = "") -> str:
    return f"""<include>
  <user id="{extension_id}"{attributes}>
    <params>
      <param name="password" value="s3cret-{extension_id}"/>
{params}    </params>
  </user>
</include>
"""


def extension(extension_id: str, **values: str) -> Extension:
    return replace(SAMPLE, id=extension_id, **values)


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, str], Path]:
    def written(name: str, text: str) -> Path:
        (tmp_path / name).write_bytes(text.encode())
        return tmp_path / name

    return written


@pytest.fixture
def storage(tmp_path: Path):
    made = XmlDirectory(directory=tmp_path, create=False)
    yield made
    made.close()


def changed_lines(old: str, new: str) -> list[str]:
    lines = unified_diff(old.splitlines(), new.splitlines(), n=0, lineterm="")
    return [line for line in lines if not line.startswith(("---", "+++", "@@"))]


@pytest.mark.parametrize(
    ("field", "value", "diff"),
    [
        (
            "caller_id_name",
            "Bob",
            [
                '-      <variable name="effective_caller_id_name" value="Brian"/>',
                '+      <variable name="effective_caller_id_name" value="Bob"/>',
            ],
        ),
        (
            "password",
            "own",
            [
                '-\t<param name="password" value="$${default_password}"/><!-- as all -->',
                '+\t<param name="password" value="own"/><!-- as all -->',
            ],
        ),
        (
            "vm_password",
            "1234",
            [
                "-      <param name=\"vm-password\" value='9999' />",
                "+      <param name=\"vm-password\" value='1234' />",
            ],
        ),
        ("callgroup", "sales", ['+      <variable name="callgroup" value="sales"/>']),
    ],
)
def test_a_change_of_a_rich_user_leaves_no_other_trace(
    storage: XmlDirectory, write, field: str, value: str, diff: list[str]
):
    file = write("brian.xml", BRIAN)
    assert storage.get("brian").read_only == ""
    updated = storage.update("brian", {field: value})
    assert getattr(updated, field) == value
    assert changed_lines(BRIAN, file.read_text()) == diff


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('<X-PRE-PROCESS cmd="exec" data="id"/>', "line 5, runs a program (exec)"),
        ('<X-PRE-PROCESS\ncmd="set" data="a=b"/>', "it takes all of line 5 for the directive"),
        ("<users/>\n</params>\n<user id='1'/>\n<params>", "two sections of params"),
        ("</params>\n<user id='1'/>\n<params>", "a user in it"),
    ],
)
def test_ambiguous_files_are_read_only(storage: XmlDirectory, write, line: str, reason: str):
    text = user("1000", params=f"{line}\n")
    file = write("1000.xml", text)
    assert reason in storage.get("1000").read_only
    with pytest.raises(ReadOnlyExtension):
        storage.update("1000", {"callgroup": "x"})
    assert file.read_text() == text


HASH = '      <param name="A1-hash" value="c6440e5de50b403206989679159de89a"/>\n'


def test_a_password_that_is_a_hash_is_kept(storage: XmlDirectory, write):
    file = write("1000.xml", user("1000", params=HASH))
    extension = storage.get("1000")
    # The hash is what counts; the password beside it is not.
    assert (extension.password, extension.has_password) == ("", True)
    assert extension.without_secrets().inherited == {"password": "a1-hash"}
    storage.update("1000", {"callgroup": "sales"})
    assert HASH in file.read_text()


@pytest.mark.parametrize("password", ["new", "s3cret-1000"])
def test_a_new_password_takes_the_place_of_a_hash(storage: XmlDirectory, write, password: str):
    file = write("1000.xml", user("1000", params=HASH))
    assert storage.update("1000", {"password": password}).password == password
    assert file.read_text() == user("1000").replace("s3cret-1000", password)
    assert storage.get("1000").inherited == {}


def test_a_hash_beside_others_on_its_line_goes_alone(storage: XmlDirectory, write):
    line = '<param name="a1-hash" value="0"/><param name="x" value="y"/><!-- x -->\n'
    file = write("1000.xml", user("1000", params=line))
    storage.update("1000", {"password": "new"})
    assert file.read_text() == user(
        "1000", params='<param name="x" value="y"/><!-- x -->\n'
    ).replace("s3cret-1000", "new")


def test_a_user_without_a_password_is_changed_without_getting_one(storage: XmlDirectory, write):
    text = user("1000").replace('value="s3cret-1000"', 'value=""')
    file = write("1000.xml", text)
    storage.update("1000", {"callgroup": "sales"})
    assert storage.get("1000").callgroup == "sales"
    assert storage.get("1000").authentication == "none"
    assert storage.rename("1000", "2000", {}).id == "2000"
    storage.update("2000", {"callgroup": "support", "password": "own"})
    assert storage.get("2000").password == "own"
    with pytest.raises(InvalidExtension) as caught:
        storage.update("2000", {"callgroup": "sales", "password": ""})
    assert [error.field for error in caught.value.errors] == ["password"]
    assert not file.exists()


@pytest.mark.parametrize("value", ['<!"', "<!&amp;", "a<!--&lt;", '<!"/><x a="'])
def test_a_value_that_freeswitch_cannot_carry_is_refused(
    storage: XmlDirectory, write, value: str, tmp_path: Path
):
    file = write("1000.xml", user("1000"))
    with pytest.raises(InvalidExtension, match="loses a part of this value"):
        storage.update("1000", {"caller_id_name": value})
    assert file.read_text() == user("1000")
    with pytest.raises(InvalidExtension, match="loses a part of this value"):
        storage.create(extension("1001", caller_id_name=value))
    assert [path.name for path in tmp_path.iterdir()] == ["1000.xml"]


def test_a_value_with_less_than_and_exclamation_mark_alone_is_carried(storage: XmlDirectory, write):
    write("1000.xml", user("1000"))
    assert storage.update("1000", {"caller_id_name": "<!-- x -->"}).caller_id_name == "<!-- x -->"


# One user for another.


def test_an_id_that_is_an_alias_is_not_given_again(storage: XmlDirectory, write, tmp_path: Path):
    write("2000.xml", user("2000", ' number-alias="A1"'))
    with pytest.raises(ExtensionExists, match=r"2000\.xml has a user with this number-alias"):
        storage.create(extension("a1"))
    assert [path.name for path in tmp_path.iterdir()] == ["2000.xml"]


@pytest.mark.parametrize("new", ["2001", "1000"], ids=["behind", "before"])
def test_no_user_is_created_beside_a_wildcard(storage: XmlDirectory, write, new: str):
    """One before it could not be deleted again: its id would lead to the wildcard."""
    write("2000.xml", user("2000", ' type="agent"'))
    with pytest.raises(ExtensionExists, match=r'2000\.xml has a user with type="agent"'):
        storage.create(extension(new))


def test_a_user_before_a_wildcard_can_be_changed(storage: XmlDirectory, write):
    write("1000.xml", user("1000"))
    write("2000.xml", user("2000", ' type="agent"'))
    storage.update("1000", {"caller_id_name": "Ada"}, version=None)
    assert storage.get("1000").caller_id_name == "Ada"


def test_a_user_that_is_never_found_is_read_only_with_the_reason(storage: XmlDirectory, write):
    write("1.xml", user("1000", ' number-alias="1001"'))
    write("2.xml", user("1001"))
    write("3.xml", user("1002", ' type="x"'))
    write("4.xml", user("1003"))
    assert [each.read_only for each in storage.list()] == [
        "",
        "2.xml is shadowed by 1.xml, which has this id as number-alias and comes first.",
        '3.xml has type="x".',
        '4.xml is shadowed by 3.xml, which has type="x" and is taken for all who come after it.',
    ]


@pytest.mark.parametrize(
    "other",
    [user("1000"), user("2000", ' number-alias="1000"'), user("2000", ' type="x"')],
    ids=["same id", "alias", "type"],
)
def test_a_deletion_does_not_let_another_user_in(
    storage: XmlDirectory, write, other: str, tmp_path: Path
):
    file = write("1000.xml", user("1000"))
    write("9.xml", other)
    with pytest.raises(ReadOnlyExtension, match=r"would find the user of 9\.xml by this id"):
        storage.delete("1000")
    assert file.read_text() == user("1000")
    (tmp_path / "9.xml").unlink()
    storage.delete("1000")
    assert not file.exists()


def test_a_pointer_does_not_hinder_a_deletion(storage: XmlDirectory, write):
    file = write("1000.xml", user("1000"))
    write("9.xml", '<include>\n<user id="1000" type="pointer"/>\n</include>\n')
    storage.delete("1000")
    assert not file.exists()


def test_users_of_a_malformed_file_are_those_that_freeswitch_reads(storage: XmlDirectory, write):
    # Well-formed only for FreeSWITCH.
    write("1000.xml", user("1000", params='<param name="x" value="a & b < c"/>\n'))
    write("2000.xml", user("1000"))
    write("3000.xml", user("3000", ' number-alias="3001"', params='<param name="x" value="&"/>\n'))
    listed = storage.list()
    assert [each.id for each in listed] == ["1000", "1000", "3000"]
    assert "not well-formed" in listed[0].read_only
    assert "shadowed by 1000.xml" in listed[1].read_only
    with pytest.raises(ExtensionExists):
        storage.create(extension("3001"))


def test_a_new_file_is_not_put_where_another_swallows_it(
    storage: XmlDirectory, write, tmp_path: Path
):
    write("1000.xml", '<include>\n  <user id="1000" cidr="/>\n</include>\n')
    with pytest.raises(StorageError, match=r"not closed in 1000\.xml swallows it"):
        storage.create(extension("1001"))
    assert not (tmp_path / "1001.xml").exists()
    assert storage.create(extension("0999")).id == "0999"


# Variables.


@pytest.fixture
def with_vars(tmp_path: Path):
    (tmp_path / "directory").mkdir()
    (tmp_path / "directory" / "brian.xml").write_text(BRIAN)
    made = XmlDirectory(directory=tmp_path / "directory", create=False, vars=tmp_path / "vars.xml")
    yield made
    made.close()


def set_vars(tmp_path: Path, **values: str) -> None:
    lines = [f'<X-PRE-PROCESS cmd="set" data="{name}={value}"/>' for name, value in values.items()]
    (tmp_path / "vars.xml").write_text("\n".join(["<include>", *lines, "</include>", ""]))


def test_a_variable_is_resolved_unless_it_is_a_secret(with_vars: XmlDirectory, tmp_path: Path):
    set_vars(tmp_path, company="Acme &amp; Sons", default_password="topsecret")
    brian = with_vars.get("brian")
    assert brian.inherited == {
        "password": "$${default_password}",
        "outbound_caller_id_name": "$${company}",
    }
    assert brian.resolved == {"outbound_caller_id_name": "Acme &amp; Sons"}
    assert "topsecret" not in repr(brian)
    set_vars(tmp_path, company="Other")
    assert with_vars.get("brian").resolved == {"outbound_caller_id_name": "Other"}
    updated = with_vars.update("brian", {"outbound_caller_id_name": "Own"})
    assert (updated.outbound_caller_id_name, updated.resolved) == ("Own", {})


def test_without_vars_no_variable_is_resolved(with_vars: XmlDirectory):
    assert with_vars.get("brian").resolved == {}
    assert with_vars.update("brian", {"callgroup": "x"}).callgroup == "x"


def test_a_variable_that_would_damage_the_new_file_is_seen_before_it_is_written(
    with_vars: XmlDirectory, tmp_path: Path
):
    set_vars(tmp_path, outbound_caller_name="x'></variable></variables>")
    assert with_vars.create(extension("1000", outbound_caller_id_name="")).id == "1000"
    (tmp_path / "vars.xml").write_text(
        '<include>\n<!--#set outbound_caller_name=x"/></variables>-->\n</include>\n'
    )
    with pytest.raises(StorageError, match="Nothing was changed"):
        with_vars.create(extension("1001", outbound_caller_id_name=""))
    assert {path.name for path in (tmp_path / "directory").iterdir()} == {"brian.xml", "1000.xml"}


def test_a_deletion_is_taken_back_although_another_file_has_the_alias(storage, write):
    write("0.xml", user("1000"))
    text = user("2000", ' number-alias="1000"')
    file = write("1.xml", text)
    before = storage.snapshot("2000")
    storage.delete("2000")
    storage.restore("2000", before, version=None)
    assert file.read_text() == text


def test_a_deleted_user_does_not_come_back_beside_a_new_one_of_this_alias(storage, write):
    write("1.xml", user("2000", ' number-alias="1000"'))
    before = storage.snapshot("2000")
    storage.delete("2000")
    write("0.xml", user("1000"))
    with pytest.raises(ExtensionExists, match=r"number-alias 1000 is the id of a user in 0\.xml"):
        storage.restore("2000", before, version=None)
