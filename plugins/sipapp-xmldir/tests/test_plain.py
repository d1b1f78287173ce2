"""The quick way to read the usual file says the same as the careful way."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from sipapp.testing.storage_contract import SAMPLE
from sipapp_xmldir.directory import entry
from sipapp_xmldir.directory.entry import entries_of
from sipapp_xmldir.parse.reader import decode
from sipapp_xmldir.parse.usual_file import read_plain
from sipapp_xmldir.write.new_file import new_file

VANILLA = """<include>
  <user id="1000">
    <params>
      <param name="password" value="$${default_password}"/>
      <param name="vm-password" value="1000"/>
    </params>
    <variables>
      <variable name="toll_allow" value="domestic,international,local"/>
      <variable name="user_context" value="default"/>
      <variable name="effective_caller_id_name" value="Zoë Müller"/>
      <variable name="callgroup" value=""/>
    </variables>
  </user>
</include>
"""

PIECES = [
    *"\"'<>&$ \t\n\r\x0b\x00\x7f\x85\u00a0\u2028\ufdd0\ufeff\ufffe",
    "$$",
    "${",
    "$${",
    "}",
    "$${a}",
    "$${a b}",
    "&amp;",
    "&#36;",
    "&#xFDD0;",
    "<!--",
    "-->",
    "<!--#set a=b-->",
    "<![CDATA[",
    "]]>",
    "<?",
    "?>",
    "x-pre-process",
    "X-PRE-PROCESS",
    "x-pre-$${a}process",
    '<X-PRE-PROCESS cmd="set" data="a=b"/>\n',
    "<include>",
    "</include>",
    "<include>\n",
    "\n</include>",
    '<user id="1001">',
    "</user>",
    "<params>",
    "</params>",
    "<variables>",
    "</variables>",
    "<params/>",
    "<gateways/>",
    '<param name="a1-hash" value="c6440e5de50b403206989679159de89a"/>',
    '<param name="Password" value="other"/>',
    '<param name="dial-string" value="user/1001"/>',
    '<variable name="callgroup" value="sales"/>',
    ' type="pointer"',
    ' cidr="192.0.2.0/24"',
    ' xmlns="urn:other"',
    ' value="twice"',
    "<!DOCTYPE include>",
    "x" * 300,
]


@st.composite
def changed_files(draw: st.DrawFn) -> str:
    """A usual file in which a few places are not as usual."""
    text = draw(st.sampled_from([VANILLA, VANILLA.replace("\n", "\r\n"), new_file(SAMPLE)]))
    for _ in range(draw(st.integers(0, 3))):
        begin = draw(st.integers(0, len(text)))
        end = begin + draw(st.sampled_from([0, 0, 0, 1, 2, 7, 30]))
        piece = draw(st.one_of(st.sampled_from([*PIECES, ""]), st.text(max_size=3)))
        text = text[:begin] + piece + text[end:]
    return text


@st.composite
def files_of_odd_values(draw: st.DrawFn) -> str:
    """A usual file with odd names and values, and spaces in odd places."""
    name = st.sampled_from(
        ["password", "Password", "callgroup", "a1-hash", "dial-string", "x-pre-process", "a b", ""]
    )
    value = st.one_of(st.sampled_from(PIECES), st.text(max_size=5), st.just("$${a}"))
    space = st.sampled_from(["", "", " ", "\n", "\r\n", "\t", "\r"])
    lines = [
        f'{draw(space)}<{tag} name="{draw(name)}" value="{draw(value)}"{draw(space)}/>{draw(space)}'
        for tag in ("param", "variable")
        for _ in range(draw(st.integers(0, 2)))
    ]
    params = "".join(line for line in lines if "<param " in line)
    variables = "".join(line for line in lines if "<variable " in line)
    return (
        f'<include>{draw(space)}\n<user id="{draw(st.sampled_from(["1000", "x-pre-process"]))}">'
        f"<params>{params}</params>{draw(space)}<variables>{variables}</variables></user>"
        f"{draw(space)}\n</include>{draw(space)}"
    )


def assert_same(data: bytes) -> None:
    text, _ = decode(data)
    version = entry.version_of(data)
    careful = entry._carefully(text, data, "1000.xml", "/d/1000.xml", version)
    found = entries_of("1000.xml", "/d/1000.xml", data)
    assert tuple(each._replace(line=0) for each in found) == careful


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # of a busy machine
@given(changed_files() | files_of_odd_values())
@example(VANILLA.replace("default_password", "x-pre-process"))
@example(VANILLA.replace('"callgroup" value=""', '"callgroup" value="X-Pre-Process"'))
@example(VANILLA.replace("<params>", "<params/><params>"))
@example(VANILLA.replace('"1000"', '"1000" number-alias="1"'))
@example(VANILLA.replace("vm-password", "PassWord"))
@example(VANILLA.replace("</include>\n", "</include> \r"))
@example(VANILLA.replace("\n</include>", "\r</include>"))
@example(VANILLA.replace("<include>\n", "<include>\r"))
def test_both_ways_say_the_same(text: str):
    assert_same(text.encode("utf-8", "surrogatepass"))


@pytest.mark.parametrize("piece", PIECES)
def test_both_ways_say_the_same_of_this_piece_at_any_place(piece: str):
    text = piece.encode("utf-8", "surrogatepass")
    for place in (b"1000", b"default_password", b"toll_allow", b"international", b"    <params>"):
        assert_same(VANILLA.encode().replace(place, text, 1))
        assert_same(VANILLA.encode().replace(place, place + text, 1))


@given(st.binary(max_size=2), st.integers(0, 500))
def test_both_ways_say_the_same_of_other_encodings(piece: bytes, place: int):
    data = VANILLA.encode()
    assert_same(data[:place] + piece + data[place:])


@pytest.mark.parametrize("text", [VANILLA, VANILLA.replace("\n", "\r\n"), new_file(SAMPLE)])
def test_usual_files_are_read_the_quick_way(text: str):
    plain = read_plain(text)
    assert plain is not None
    assert plain.id == "1000"


def test_values_of_the_quick_way():
    ((extension, certain, line, *_),) = entries_of("1000.xml", "/d/1000.xml", VANILLA.encode())
    assert VANILLA.splitlines()[line - 1].lstrip().startswith("<user ")
    assert certain
    assert extension == replace(
        extension,
        id="1000",
        password="",
        vm_password="1000",
        caller_id_name="Zoë Müller",
        toll_allow="domestic,international,local",
        user_context="default",
        callgroup="",
        inherited={"password": "$${default_password}"},
        source="/d/1000.xml",
        read_only="",
    )
