"""An edit changes the bytes of its value, and no others."""

import difflib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sipapp.api import Extension, InvalidExtension
from sipapp.freeswitch.api import PLACES
from sipapp.testing.storage_contract import HOSTILE
from sipapp_xmldir.directory.entry import entries_of
from sipapp_xmldir.storage import XmlDirectory
from sipapp_xmldir.write.editor import EditFailed, change
from sipapp_xmldir.write.escape import escape

ODD_FILES = {
    "vanilla form": b"""<include>
  <user id="1000">
    <params>
      <param name="password" value="OLD"/>
      <param name="vm-password" value="1000"/>
    </params>
    <variables>
      <variable name="effective_caller_id_name" value="Extension 1000"/>
    </variables>
  </user>
</include>
""",
    "tabs, spaces before the end, single quotes, no newline at the end": b"""<include>
\t<user id='1000'>
\t\t<params>
\t\t\t<param name='password' value='OLD' />
\t\t\t<param name='vm-password' value='1' />
\t\t</params>
\t\t<variables>
\t\t\t<variable  name = 'user_context'   value =
\t\t\t\t'default'\t/>
\t\t</variables>
\t</user>
</include>""",
    "CRLF and BOM": b'\xef\xbb\xbf<include>\r\n  <user id="1000">\r\n    <params>\r\n'
    b'      <param name="password" value="OLD"/>\r\n    </params>\r\n'
    b"    <variables>\r\n    </variables>\r\n  </user>\r\n</include>\r\n",
    "line ends of an old Mac": b'<include>\r<user id="1000">\r<params>\r'
    b'<param name="password" value="OLD"/>\r</params>\r</user>\r</include>\r',
    "declaration, instruction, comments with lookalikes": b"""<?xml version="1.0" encoding="utf-8"?>
<?editor mode="nxml"?>
<!-- was: <param name="password" value="OLD"/> -->
<include>
  <!-- <user id="1000"><params> -->
  <user id="1000" mailbox="77"><!-- > " ' -->
    <params><!--
      <param name="password" value="OLD"/>
    --><param name="password" value="OLD"/><!-- the real one -->
    </params>
  </user>
</include>
<!-- end -->
""",
    "value before name, more attributes, open and close tag": b"""<include>
<user number-alias="77" id="1000" cacheable="60000">
<variables><variable value="x" name="unknown_one"/></variables>
<params><param value="OLD" note='a "b" &gt; c' name="password"></param></params>
</user>
</include>
""",
    "everything on one line": b"""<include>
<user id="1000"><params><param name="password" value="OLD"/></params></user>
</include>
""",
    "no include, name in capitals": b'<user id="1000"><params><param name="PASSWORD" value="OLD"/>'
    b"</params></user>",
    "CDATA and text": b"""<include>
  text <![CDATA[ <param name="password" value="OLD"/> ]]>
  <user id="1000">
    <params>
      <param name="password" value="OLD"/>
    </params>
  </user>
</include>
""",
    "a comment that FreeSWITCH cuts": b"""<include>
  <!-- put <include> around
       and </include> after -->
  <user id="1000">
    <params>
      <param name="password" value="OLD"/>
    </params>
  </user>
</include>
""",
    "Latin-1": b"""<?xml version="1.0" encoding="iso-8859-1"?>
<include>
  <user id="1000">
    <!-- caf\xe9 -->
    <params>
      <param name="password" value="OLD"/>
    </params>
    <variables>
      <variable name="effective_caller_id_name" value="Zo\xeb"/>
    </variables>
  </user>
</include>
""",
}


def stored(directory: Path, data: bytes, changes: dict[str, str]) -> tuple[bytes, Extension]:
    """A file's content after an update by the storage, and what the storage then says."""
    (directory / "1000.xml").write_bytes(data)
    storage = XmlDirectory(directory=directory, create=False)
    storage.update("1000", changes)
    return (directory / "1000.xml").read_bytes(), storage.get("1000")


@pytest.mark.parametrize("data", ODD_FILES.values(), ids=ODD_FILES)
def test_new_password_changes_the_bytes_of_the_old_one_only(tmp_path: Path, data: bytes):
    new, extension = stored(tmp_path, data, {"password": "n&w"})
    marks = [index for index in range(len(data)) if data.startswith(b"OLD", index)]
    assert new in {data[:at] + b"n&amp;w" + data[at + 3 :] for at in marks}
    assert extension.password == "n&w"
    assert not extension.read_only


@pytest.mark.parametrize("data", ODD_FILES.values(), ids=ODD_FILES)
def test_missing_values_are_added_as_lines_of_their_own(tmp_path: Path, data: bytes):
    changes = {"accountcode": "7", "callgroup": "sales", "toll_allow": "local"}
    new, extension = stored(tmp_path, data, changes)
    assert {name: getattr(extension, name) for name in changes} == changes
    assert extension.password == "OLD"
    assert _is_contained(data, new)
    # Where all stands on one line, that line has to change.
    assert len([line for line in _diff(data, new) if line.startswith("-")]) <= 1


def _is_contained(old: bytes, new: bytes) -> bool:
    """Whether ``new`` is ``old`` with additions."""
    rest = iter(new)
    return all(each in rest for each in old)


def _diff(old: bytes, new: bytes) -> Iterator[str]:
    lines = (each.decode("latin-1").splitlines() for each in (old, new))
    return (line for line in difflib.unified_diff(*lines, n=0) if line[:3] not in {"---", "+++"})


def added(text: str, key: tuple[str, str], value: str) -> list[str]:
    """The lines of a diff after setting a value, without their line numbers."""
    new = change(text, {key: value})  # type: ignore[dict-item]
    return [line for line in _diff(text.encode(), new.encode()) if not line.startswith("@@")]


def test_added_param_looks_like_its_neighbours():
    text = ODD_FILES["tabs, spaces before the end, single quotes, no newline at the end"].decode()
    assert added(text, ("variables", "callgroup"), "a") == [
        '+\t\t\t<variable name="callgroup" value="a"\t/>'
    ]
    text = ODD_FILES["vanilla form"].decode()
    assert added(text, ("variables", "callgroup"), "a") == [
        '+      <variable name="callgroup" value="a"/>'
    ]


def test_added_param_stands_behind_the_comment_of_its_neighbour():
    text = """<include>
  <user id="1000">
    <params>
      <param name="password" value="x"/> <!-- ours -->
    </params>
  </user>
</include>
"""
    assert added(text, ("params", "vm-password"), "1") == [
        '+      <param name="vm-password" value="1"/>'
    ]


@pytest.mark.parametrize("empty", ["<variables/>", "<variables />", "<variables></variables>"])
def test_empty_section_is_opened(empty: str):
    text = f"""<include>
  <user id="1000">
    <params>
      <param name="password" value="x"/>
    </params>
    {empty}
  </user>
</include>
"""
    assert added(text, ("variables", "callgroup"), "a") == [
        f"-    {empty}",
        "+    <variables>",
        '+      <variable name="callgroup" value="a"/>',
        "+    </variables>",
    ]


def test_missing_section_is_added_in_the_manner_of_the_other():
    text = ODD_FILES["CRLF and BOM"].decode().replace("    <variables>\r\n    </variables>\r\n", "")
    new = change(text, {("variables", "callgroup"): "a"})
    assert new == text.replace(
        "    </params>\r\n",
        "    </params>\r\n    <variables>\r\n"
        '      <variable name="callgroup" value="a"/>\r\n    </variables>\r\n',
    )


def test_reference_is_replaced_by_an_own_value(tmp_path: Path):
    data = ODD_FILES["vanilla form"].replace(b"OLD", b"$${default_password}")
    new, extension = stored(tmp_path, data, {"password": "own"})
    assert new == data.replace(b"$${default_password}", b"own")
    assert extension.password == "own"
    assert not extension.inherited


def test_reference_stays_when_another_value_changes(tmp_path: Path):
    data = ODD_FILES["vanilla form"].replace(b"OLD", b"$${default_password}")
    new, extension = stored(tmp_path, data, {"caller_id_name": "New", "password": ""})
    assert new == data.replace(b"Extension 1000", b"New")
    assert extension.inherited == {"password": "$${default_password}"}
    assert extension.has_password


def test_param_without_value_gets_one(tmp_path: Path):
    data = ODD_FILES["vanilla form"].replace(b' value="OLD"', b"")
    new, extension = stored(tmp_path, data, {"password": "own"})
    assert new == ODD_FILES["vanilla form"].replace(b"OLD", b"own")
    assert extension.password == "own"


def test_other_encodings_get_references_instead_of_other_bytes(tmp_path: Path):
    new, extension = stored(tmp_path, ODD_FILES["Latin-1"], {"caller_id_name": "Zoë 漢"})
    assert new == ODD_FILES["Latin-1"].replace(b"Zo\xeb", b"Zo&#235; &#28450;")
    assert extension.caller_id_name == "Zoë 漢"


def test_utf8_is_written_as_it_is(tmp_path: Path):
    data = ODD_FILES["vanilla form"]
    new, _ = stored(tmp_path, data, {"caller_id_name": "Zoë 漢"})
    assert new == data.replace(b"Extension 1000", "Zoë 漢".encode())


@pytest.mark.parametrize("field", ["password", "vm_password"])
def test_secret_cannot_be_taken_away(tmp_path: Path, field: str):
    data = ODD_FILES["vanilla form"]
    with pytest.raises(InvalidExtension, match="empty"):
        stored(tmp_path, data, {field: "", "caller_id_name": "New"})
    assert (tmp_path / "1000.xml").read_bytes() == data


@pytest.mark.parametrize("value", ["a\0b", "\x1b", "\ud800", "\uffff", "\ufdd0"])
def test_what_xml_cannot_carry_is_refused_at_its_field(tmp_path: Path, value: str):
    data = ODD_FILES["vanilla form"]
    with pytest.raises(InvalidExtension) as caught:
        stored(tmp_path, data, {"callgroup": value, "caller_id_name": "New"})
    assert [error.field for error in caught.value.errors] == ["callgroup"]
    assert (tmp_path / "1000.xml").read_bytes() == data


def test_text_that_is_no_extension_is_not_edited():
    with pytest.raises(EditFailed, match="0 users"):
        change("<include>\n</include>\n", {("params", "password"): "x"})
    with pytest.raises(EditFailed, match="2 users"):
        change("<include>\n<user/><user/>\n</include>\n", {("params", "password"): "x"})
    for broken in ("<include>\n<user><params>\n</include>\n", "<user></params>", "<user <"):
        with pytest.raises(EditFailed):
            change(broken, {("params", "password"): "x"})


def test_edit_that_freeswitch_would_misread_is_refused():
    # The new line would stand on one that FreeSWITCH drops.
    text = '<include>\n<user id="1"><?pi?><params><param name="password" value="x"/></params>\n'
    with pytest.raises(EditFailed):
        change(text + "</user>\n</include>\n", {("params", "password"): "y"})


# Generated files: a template with slots, so that what an edit must give is known.

SPACE = st.sampled_from(["", " ", "  ", "\t", "\n", "\n\t", " \n  "])
COMMENT = st.sampled_from(
    [
        "",
        "",
        "<!-- note -->",
        "<!-- <param name='password' value='no'/> -->",
        "<!--\n two\n lines -->",
    ]
)
NAMES = {section: [n for s, n in PLACES.values() if s == section] for section, _ in PLACES.values()}
RAW_VALUES = st.sampled_from(
    [
        "",
        "old",
        "a&amp;b",
        "&lt;x&gt;",
        "&#36;{y}",
        "$${default}",
        "x $${y}",
        "é漢",
        "a  b",
        "&#x26;",
    ]
)


@dataclass
class Template:
    """A file in pieces; a slot is the index of a piece that is a value."""

    pieces: list[str] = field(default_factory=list)
    slots: dict[tuple[str, str], int] = field(default_factory=dict)

    def text(self, changes: dict[tuple[str, str], str], line_end: str) -> str:
        pieces = list(self.pieces)
        for key, value in changes.items():
            pieces[self.slots[key]] = escape(value)
        return "".join(pieces).replace("\n", line_end)


@st.composite
def templates(draw: st.DrawFn) -> Template:
    template = Template()
    put = template.pieces.append
    put(draw(st.sampled_from(["", "\ufeff", '<?xml version="1.0"?>\n', "<!-- first -->\n"])))
    put("<include>\n")
    put(draw(COMMENT) + draw(SPACE))
    more = draw(st.sampled_from(["", ' mailbox="7"', ' cacheable="1"']))
    put(f"<user{more} id='1000'>")
    for section in draw(st.permutations(list(NAMES))):
        put(draw(SPACE) + draw(COMMENT) + draw(SPACE) + f"<{section}>")
        known = draw(st.lists(st.sampled_from(NAMES[section]), unique=True))
        for name in draw(st.permutations([*known, "unknown"])):
            put(draw(SPACE) + draw(COMMENT) + draw(SPACE))
            _setting(draw, template, section, name)
        put(draw(SPACE) + f"</{section}>")
    put(draw(SPACE) + "</user>" + draw(COMMENT) + "\n</include>" + draw(SPACE))
    return template


def _setting(draw: st.DrawFn, template: Template, section: str, name: str) -> None:
    put, tag = template.pieces.append, section[:-1]
    quote, equals = draw(st.sampled_from("\"'")), draw(st.sampled_from(["=", " = ", "\n="]))
    name_part = f"name{equals}{quote}{name}{quote}"
    first = draw(st.booleans())
    put(f"<{tag} " + (f"{name_part} " if first else "") + f"value{equals}{quote}")
    template.slots[section, name] = len(template.pieces)
    put(draw(RAW_VALUES))
    put(quote + ("" if first else f" {name_part}"))
    put(draw(st.sampled_from(["/>", " />", f"></{tag}>", "\t/>"])))


@settings(deadline=None)
@given(template=templates(), line_end=st.sampled_from(["\n", "\r\n"]), data=st.data())
def test_edits_of_generated_files_leave_no_other_trace(
    template: Template, line_end: str, data: st.DataObject
):
    before = template.text({}, line_end)
    (entry,) = entries_of("1000.xml", "", before.encode())
    new_values = st.text(st.characters(exclude_categories=["Cs", "Cn", "Cc"]), max_size=20)
    values = new_values | st.sampled_from([value for _, value in HOSTILE])
    keys = data.draw(st.lists(st.sampled_from(sorted(set(PLACES.values()))), unique=True))
    changes = {key: data.draw(values) for key in keys}
    assume(changes)
    after = change(before, changes)  # type: ignore[arg-type]

    there = {key: value for key, value in changes.items() if key in template.slots}
    assert change(before, there) == template.text(there, line_end)  # type: ignore[arg-type]
    (read,) = entries_of("1000.xml", "", after.encode())
    assert not read.extension.read_only
    for name, key in PLACES.items():
        if key in changes:
            assert getattr(read.extension, name) == changes[key]
            assert name not in read.extension.inherited
        else:
            assert getattr(read.extension, name) == getattr(entry.extension, name)
    assert _is_contained(template.text(there, line_end).encode(), after.encode())
