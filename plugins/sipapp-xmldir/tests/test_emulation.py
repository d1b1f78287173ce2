"""The emulation says what a real FreeSWITCH 1.10.12 said.

``freeswitch_cases.json`` records, for contents of ``3000.xml`` between the two files
below, the reply to ``reloadxml`` and what ``user_exists`` and ``user_data`` answered.
Bytes are written as Latin-1 there.
"""

import json
import os
from pathlib import Path

import pytest

from sipapp_xmldir.emulation.directory import Directory, Source
from sipapp_xmldir.emulation.parser import parse, parse_located
from sipapp_xmldir.emulation.preprocessor import read_variables

CASES = json.loads(Path(__file__).with_name("freeswitch_cases.json").read_text(encoding="utf-8"))
NEIGHBOUR = """<include>
  <user id="{}">
    <params>
      <param name="password" value="ctl"/>
    </params>
  </user>
</include>
"""


def neighbour(extension_id):
    return Source(f"{extension_id}.xml", NEIGHBOUR.format(extension_id).encode())


def directory(*files, **variables):
    sources = [Source(f"{3000 + index}.xml", data) for index, data in enumerate(files)]
    return Directory(sources, variables)


def user(inner, attributes='id="3000"'):
    return f"<include>\n<user {attributes}>\n{inner}\n</user>\n</include>\n".encode()


def params(password, attributes='id="3000"'):
    return user(
        f'<params>\n<param name="password" value="{password}"/>\n</params>', attributes=attributes
    )


@pytest.mark.parametrize(
    "case", CASES, ids=[case["name"].encode().decode("ascii", "replace") for case in CASES]
)
def test_a_recorded_case(case):
    file = Source("3000.xml", case["file"].encode("latin-1"))
    read = Directory(
        [neighbour(2999), file, neighbour(3002)],
        {"domain": case["domain"], "default_provider": "example.com"},
    )

    assert (read.fault.message if read.fault else "Success") == case["reload"]
    for name, answers in case.get("users", {}).items():
        assert read.exists(name.encode()) is (answers is not None), name
        for question, answer in (answers or {}).items():
            kind, key = question.split(" ")
            said = read.data(name.encode(), kind, key.encode())
            assert (said and said.decode("latin-1")) == answer, (name, question)


def include(pattern):
    return f'<include>\n<X-PRE-PROCESS cmd="include" data="{pattern}"/>\n</include>\n'.encode()


def test_included_files_come_in_the_order_of_their_bytes(tmp_path):
    folder = tmp_path / "more"
    folder.mkdir()
    for name in ("b.xml", "B.xml"):
        (folder / name).write_bytes(params(name))
    (folder / "c.xml").mkdir()
    read = Directory([Source(str(tmp_path / "a.xml"), include("more/*.xml"))])
    assert read.data(b"3000", "param", b"password") == b"B.xml"
    assert [each.reason for each in read.merged.dropped] == [
        f"FreeSWITCH skips {folder}/c.xml, which is a directory"
    ]
    same = Directory([Source("elsewhere.xml", include(f"{folder}/B*"))])
    assert same.data(b"3000", "param", b"password") == b"B.xml"


@pytest.mark.parametrize(
    ("pattern", "found"),
    [("[!a].xml", b"b"), ("[^a].xml", b"b"), ("\\[c].xml", b"[c]"), ("{a,b}.xml", None)],
)
def test_patterns_are_those_of_the_c_library(tmp_path, pattern, found):
    for name in ("a", "b", "[c]"):
        (tmp_path / f"{name}.xml").write_bytes(params(name))
    read = Directory([Source(str(tmp_path / "x" / ".." / "0.xml"), include(pattern))])
    assert read.data(b"3000", "param", b"password") is None
    read = Directory([Source(str(tmp_path / "0.xml"), include(pattern))])
    assert read.data(b"3000", "param", b"password") == found


def test_an_included_file_can_include_others_and_itself(tmp_path):
    (tmp_path / "a.xml").write_bytes(include("a.xml"))
    read = Directory([Source(str(tmp_path / "a.xml"), include("a.xml"))])
    assert read.fault is None
    assert len(read.merged.directives) == 101
    for name in ("a.xml", "b.xml"):
        (tmp_path / name).write_bytes(include("?.xml"))
    read = Directory([Source(str(tmp_path / "b.xml"), include("?.xml"))])
    assert read.fault is not None
    assert read.fault.message == "files include each other without an end"


@pytest.mark.parametrize("kind", ["pipe", "device"])
def test_an_included_file_that_has_no_end(tmp_path, kind):
    odd = tmp_path / "odd.xml"
    if kind == "pipe":
        os.mkfifo(odd)
    else:
        odd.symlink_to("/dev/zero")
    read = Directory([Source(str(tmp_path / "a.xml"), include("odd.xml"))])
    assert read.fault is not None
    assert read.fault.message == f"FreeSWITCH waits for ever for {odd}, which is a {kind}".replace(
        "a pipe", "a named pipe"
    )
    assert read.fault_place() == (str(tmp_path / "a.xml"), 2)
    assert read.users == []


def test_an_include_that_makes_freeswitch_loop_for_ever():
    read = directory(include("{a}x"), include("{inc/*.xml"))
    assert read.fault is not None
    assert "for ever" in read.fault.message
    assert read.fault_place() == ("3001.xml", 2)


def test_a_line_over_the_limit_comes_in_pieces_and_loses_a_byte():
    value = "a" * 1048574
    read = directory(f"<include>\n{value}\n</include>\n".encode() + params("good"))
    assert read.data(b"3000", "param", b"password") == b"good"
    read = directory(params("b" * 1048574))
    # The line is cut into two, and the byte between them is lost.
    assert read.data(b"3000", "param", b"password") == b"b" * 1048573


def test_a_value_longer_than_the_buffer_is_cut_with_the_rest_of_its_line():
    read = directory(params("$${long}"), long="x" * 3000)
    assert [each.reason for each in read.merged.dropped] == [
        "the value of a variable overflows FreeSWITCH's buffer"
    ]


def test_vars_gives_what_it_sets_and_leaves_out_what_it_cannot_know():
    data = b"""<include>
<X-PRE-PROCESS cmd="set" data="a = 1"/>
<X-PRE-PROCESS cmd="set" data="B=$${a}2"/>
<X-PRE-PROCESS cmd="set" data="domain=$${local_ip_v4}"/>
<!-- <X-PRE-PROCESS cmd="set" data="c=3"/> -->
<X-PRE-PROCESS cmd="env-set" data="home=$HOME"/>
</include>
"""
    assert read_variables("vars.xml", data) == {"a": "1", "b": "12", "c": "3"}


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (b"", "[error near line 1]: root tag missing"),
        (b"\n \n", "[error near line 2]: root tag missing"),
        (b"<!-- x -->", "[error near line 1]: root tag missing"),
        (b"<a>\n<b>\n</a>", "[error near line 3]: unexpected closing tag </a>"),
        (b"<a>\n\n", "[error near line 1]: unclosed tag <a>"),
        (b"<a/>\n<b/>", "[error near line 2]: markup outside of root element"),
        (b"<a\n", "[error near line 1]: missing >"),
        (b"<a/\n", "[error near line 1]: missing >"),
        (b"<a></a\n", "[error near line 1]: missing >"),
        (b'<a b="\n', '[error near line 1]: missing "'),
        (b"<a", "[error near line 1]: unexpected <"),
    ],
)
def test_what_the_parser_says_of_a_text_that_stands_alone(text, fault):
    assert str(parse(text)[1]) == fault


@pytest.mark.parametrize("text", [b"<a/>", b"<a></a>", b"x<a>y</a>z", b"<a/><!-- x -->"])
def test_a_text_that_stands_alone(text):
    root, fault = parse(text)
    assert root.name == b"a"
    assert fault is None


@pytest.mark.parametrize("depth", ["groups", "domain", "section"])
def test_elements_of_the_configuration_around_can_be_closed(depth):
    closed = {
        "groups": "</users></group></groups>",
        "domain": "</users></group></groups></domain>",
        "section": "</users></group></groups></domain></section>",
    }[depth]
    read = directory(f"<include>\n{closed}\n</include>\n".encode())
    assert read.fault is not None
    assert not read.exists(b"3000")


def test_users_beside_groups_and_in_other_groups_are_found_in_their_turn():
    text = b"""<include>
</users></group></groups>
<users><user id="3000" x="last"/></users>
<groups><group name="other"><users><user id="3001"/>
</include>
"""
    read = directory(b"<include>\n<user id='1'/>\n</include>", text)
    # Only the first <groups> of a domain is looked at.
    assert [read.exists(name) for name in (b"1", b"3000", b"3001")] == [True, True, False]
    assert read.data(b"3000", "attr", b"x") == b"last"


@pytest.mark.parametrize("parser", [parse, parse_located])
def test_an_element_is_found_where_it_stands_although_the_parser_moves_what_follows(parser):
    # A text that ends with CR makes FreeSWITCH's parser take the CR of all later line ends away.
    text = b'<a>\r<b/>\r\n<c d="\r\n\r"/>\r\n\r\n<e>\r</e>\r\n<f/>\n</a>'
    root, fault = parser(text)
    assert fault is None
    assert [text[each.start : each.start + 1] for each in root.children] == [b"b", b"c", b"e", b"f"]
    assert root.children[1].attributes == [(b"d", b"  ")]
    _, fault = parser(text.replace(b"</a>", b"</b>"))
    assert str(fault) == "[error near line 8]: unexpected closing tag </b>"
    assert fault.position >= text.index(b"</a>")
