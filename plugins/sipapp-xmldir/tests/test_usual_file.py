"""The fast path for usual files says what the emulation says: every value, line and refusal.

Files are made near the border of what the fast path takes, and from real ones.
"""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from sipapp.testing.storage_contract import SAMPLE
from sipapp_xmldir.directory.entry import entries_of, entries_of_any, usual_entry
from sipapp_xmldir.emulation.directory import Source
from sipapp_xmldir.emulation.neighbours import swallows_next
from sipapp_xmldir.emulation.report import report
from sipapp_xmldir.health.file_description import describe_any, describe_usual
from sipapp_xmldir.health.variables import Variables
from sipapp_xmldir.parse.usual_file import read_usual
from sipapp_xmldir.write.new_file import new_file

COMMENTED = """<!-- of the company -->
<include>
  <!-- <user id="1001"> is another's -->
  <user id="1000">
    <!--
      <params/>
    -->
    <params><!-- two --><!-- of them -->
      <param name="password" value="s3cret"/><!-- "new" -->
      <!--<param name="vm-password" value="1000"/>-->
    </params>
    <!-- <variable name="callgroup" value="none"/> -->
    <variables>
      <variable name="callgroup" value="sales"/>
    </variables>
  </user> <!-- end
  of it -->
  </include>
<!-- behind -->
"""
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
ELEMENTS = """\ufeff<?xml version="1.0" encoding="utf-8"?>
<include>
  <user cidr="192.0.2.0/24"
        number-alias='77'  id = "1000">
    <gateways>
      <!--<gateway name="other">-->
      <gateway name="out">
        <param name="username" value="$${default_provider}"/><!-- </gateway> -->
        <param name='realm' value='"it"' />
      </gateway>
    </gateways>
    <params>
      <param name="password"      value="s3cret"/>
      <param name='vm-password' value='a "b" $c'	/>
      <param name="dial-string" value="{x=${y}}user/o'brien"/>
    </params>
    <x:note xmlns:x="urn:x">5 &gt; 4</x:note>
    <variables>
      <variable name="callgroup" value="sales"/>
    </variables>
    <vcard><!-- later --><N><FAMILY>Löw</FAMILY>, <GIVEN/></N></vcard>
    <skinny/>
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
    "&lt;",
    "&lt;!",
    "&amp;lt;",
    "&apos;",
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
    "<a>",
    "</a>",
    "<a b='c' d=\"$${a}\">e</a>",
    '<a b="c" b="d"/>',
    "<a><user/></a>",
    "<a><include/></a>",
    "<user-data/>",
    "<a><b><c><d><e/></d></c></b></a>",
    "<params></params>",
    ' name="name"',
    '<?xml version="1.0"?>\n',
    "\ufeff",
    "$a",
    "${a}",
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


USUAL = [
    VANILLA,
    VANILLA.replace("\n", "\r\n"),
    VANILLA.replace('id="1000"', 'id="1000" number-alias="77" cidr="192.0.2.0/24" mailbox=""'),
    VANILLA.replace("vm-password", "a1-hash"),
    VANILLA.replace("domestic", "&lt;O&apos;Brien&gt; &amp; &quot;Sons&quot; &amp;lt;"),
    VANILLA.replace("vm-password", "password"),
    COMMENTED,
    COMMENTED.replace("\n", "\r\n"),
    ELEMENTS,
    ELEMENTS.replace("\n", "\r\n"),
    new_file(SAMPLE),
]
VARIABLES = Variables("vars.xml", {"default_password": "Zq7-own", "a": "plain"})


@st.composite
def changed_files(draw: st.DrawFn) -> str:
    """A usual file in which a few places are not as usual."""
    text = draw(st.sampled_from(USUAL))
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


TAGS = st.sampled_from(["a", "b", "vcard", "param", "params", "user", "include", "x:y", "é"])
ATTRIBUTES = st.builds(
    " {0}{1}{3}{2}{3}".format,
    TAGS,
    st.sampled_from(["=", " = ", "=\n"]),
    st.sampled_from(PIECES) | st.text(max_size=3) | st.just("$${a}"),
    st.sampled_from("\"'"),
)
TEXTS = st.sampled_from(["", "text", "\n", "<!-- - -->", "a > b", "]", "é &amp; ", "$a"])


@st.composite
def elements(draw: st.DrawFn, depth: int = 1) -> str:
    """An element with text and elements in it."""
    tag, attributes = draw(TAGS), "".join(draw(st.lists(ATTRIBUTES, max_size=2)))
    parts = st.just("") if depth > 5 else TEXTS | elements(depth + 1)
    inner = "".join(draw(st.lists(parts, max_size=3)))
    return f"<{tag}{attributes}>{inner}</{tag}>" if inner else f"<{tag}{attributes}/>"


@st.composite
def files_with_elements(draw: st.DrawFn) -> str:
    """A usual file with other elements before, between and behind the sections."""
    text = draw(st.sampled_from(USUAL))
    for place in draw(
        st.lists(st.sampled_from(["<params>", "<variables>", "</user>"]), max_size=2)
    ):
        text = text.replace(place, f"{draw(elements())}{draw(TEXTS)}{place}", 1)
    return text


@st.composite
def files_with_comments(draw: st.DrawFn) -> str:
    """A usual file with comments before, behind and between its lines."""
    word = st.sampled_from([*"-<>/ \n\t\"'a", "<?", "<!", "<a>", "include>", "é", "\r\n", "x-pre"])
    comment = st.lists(word, max_size=4).map(lambda words: f"<!--{''.join(words)}-->")
    lines = draw(st.sampled_from(USUAL)).splitlines(keepends=True)
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.integers(0, len(lines)))
        end = draw(st.sampled_from(["\n", "\n", "", " ", "\r\n"]))
        lines.insert(place, draw(comment) + end)
    return "".join(lines)


def assert_same(data: bytes) -> None:
    """The same list entry, and the same description, by the fast path as by the emulation."""
    usual = usual_entry("1000.xml", "/d/1000.xml", data)
    described = describe_usual(data, VARIABLES)
    if usual:
        expected = entries_of_any("1000.xml", "/d/1000.xml", data)
        assert (usual._replace(line=0),) == expected
        if usual.line:
            assert usual.line == describe_any("1000.xml", data, VARIABLES)["users"][0]["line"]
    if described:
        emulated = describe_any("1000.xml", data, VARIABLES)
        assert described == {name: emulated[name] for name in described}
        assert emulated["unknown_variables"] == []


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # of a busy machine
@given(changed_files() | files_of_odd_values() | files_with_comments() | files_with_elements())
@example(VANILLA.replace("default_password", "x-pre-process"))
@example(VANILLA.replace('"callgroup" value=""', '"callgroup" value="X-Pre-Process"'))
@example(VANILLA.replace("<params>", "<params/><params>"))
@example(VANILLA.replace('"1000"', '"1000" number-alias="1"'))
@example(VANILLA.replace("vm-password", "PassWord"))
@example(VANILLA.replace("</include>\n", "</include> \r"))
@example(VANILLA.replace("\n</include>", "\r</include>"))
@example(VANILLA.replace("<include>\n", "<include>\r"))
@example(ELEMENTS.replace("5 &gt;", "5 ]]>"))
@example(ELEMENTS.replace(' id = "1000"', ""))
@example(ELEMENTS.replace("cidr", "id"))
@example(VANILLA.replace('"1000"', '"1000" id="1001"', 1))
@example(ELEMENTS.replace("number-alias", "cidr"))
@example(ELEMENTS.replace("xmlns:x=", "a='1' a="))
@example(ELEMENTS.replace("<skinny/>", "<params/>"))
@example(ELEMENTS.replace("</N>", "</M>"))
@example(ELEMENTS.replace("?>\n", "?>"))
@example(ELEMENTS.replace('value="$${', "value='$${").replace('er}"', "er}'"))
@example(COMMENTED.replace(" -->\n<include>", " --> <include>"))
@example(COMMENTED.replace("of it -->\n", "of it -->"))
@example(COMMENTED.replace("</include>\n<!--", "</include><!--"))
@example(COMMENTED.replace("<!-- end", "<!--# end"))
@example(COMMENTED.replace("<!-- end", "<!-- $${end}"))
@example(COMMENTED.replace("<!-- end", "<!-- <include> "))
@example(COMMENTED.replace("<!-- end", "<!-- <? "))
@example(COMMENTED.replace("<!-- end", "<!-- -- "))
@example(COMMENTED.replace("<!-- end", "<!--> "))
@example(COMMENTED.replace("<!-- end", "<!--- "))
@example(COMMENTED.replace("of it -->", "of it --->"))
@example(COMMENTED.replace("of it", "of\rit"))
def test_the_fast_path_says_what_the_emulation_says(text: str):
    assert_same(text.encode("utf-8", "surrogatepass"))


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # of a busy machine
@given(changed_files() | files_with_comments() | files_with_elements())
@example(VANILLA.replace('"1000"', '"1000" type="agent"'))
@example(VANILLA.replace('"1000"', '"neighbour"'))
@example(VANILLA.replace("default", 'default"/><!--'))
@example(VANILLA.replace("</include>", '<a b="\n</include>'))
@example(VANILLA.replace("</include>", "</users><users>\n</include>"))
@example(VANILLA.replace("</include>", "<group>\n</include>"))
@example(VANILLA.replace("</include>", "<!--#set\n</include>"))
def test_the_next_file_changes_nothing_of_a_description(text: str):
    # Without variables, for which a description has their names.
    file = Source("/d/1000.xml", text.replace("$", "").encode("utf-8", "surrogatepass"))
    (alone,) = report([file])["files"]
    described = describe_any(file.file, file.data, Variables())
    assert described == {**alone, "swallows": swallows_next(file, {})}


@pytest.mark.parametrize("piece", PIECES)
def test_the_fast_path_says_the_same_of_this_piece_at_any_place(piece: str):
    text = piece.encode("utf-8", "surrogatepass")
    for place in (b"1000", b"default_password", b"toll_allow", b"international", b"    <params>"):
        assert_same(VANILLA.encode().replace(place, text, 1))
        assert_same(VANILLA.encode().replace(place, place + text, 1))
    for place in (
        b"192",
        b'" id = ',
        b"<gateways>",
        b"other",
        b"username",
        b"5 ",
        b"later",
        b"L\xc3",
    ):
        assert_same(ELEMENTS.encode().replace(place, text, 1))
        assert_same(ELEMENTS.encode().replace(place, place + text, 1))
    for place in (b" of the company", b"<include>", b"<params/>", b" two ", b"<user", b" end"):
        assert_same(COMMENTED.encode().replace(place, text, 1))
        assert_same(COMMENTED.encode().replace(place, place + text, 1))


@given(st.binary(max_size=2), st.integers(0, 500))
def test_the_fast_path_says_the_same_of_other_encodings(piece: bytes, place: int):
    data = VANILLA.encode()
    assert_same(data[:place] + piece + data[place:])


def test_the_fast_path_says_the_same_of_recorded_files():
    cases = json.loads(Path(__file__).with_name("freeswitch_cases.json").read_text("utf-8"))
    for case in cases:
        assert_same(case["file"].encode("latin-1"))


@pytest.mark.parametrize("text", USUAL)
def test_usual_files_take_the_fast_path(text: str):
    usual = read_usual(text)
    assert usual is not None
    assert usual.id == "1000"
    assert_same(text.encode())


@pytest.mark.parametrize(
    "value", ["x-pre-process", 'a"b', "</params>", "${a}", "a&amp;b", "a\nb", "b" * 300]
)
def test_a_variable_that_could_change_more_than_a_value_is_left_to_the_emulation(value: str):
    variables = Variables("vars.xml", {"default_password": value})
    assert describe_usual(VANILLA.encode(), variables) is None


@pytest.mark.parametrize("value", ["it's", 'x"/><user id="1001"/><a b="'])
def test_a_variable_in_another_element_is_no_different(value: str):
    variables = Variables("vars.xml", {"default_provider": value})
    described = describe_usual(ELEMENTS.encode(), variables)
    emulated = describe_any("1000.xml", ELEMENTS.encode(), variables)
    assert described is None or described == {name: emulated[name] for name in described}
    assert (described is None) is ("user" in value)


def test_values_of_the_fast_path():
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
