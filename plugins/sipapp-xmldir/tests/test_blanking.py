"""The lines that FreeSWITCH drops, and those that make it do something."""

import pytest

from sipapp_xmldir.parse.blanking import Blanked, blank


@pytest.mark.parametrize(
    "line",
    [
        "<include>",
        "</include>",
        "text </include> text",
        '<?xml version="1.0"?>',
        '<param value="<?"/>',
        '<param value="x-pre-process"/>',
        '<param value="aX-PRE-Processb"/>',
        "<!-- x-pre-process -->",
        '<param value="x-pre$${empty}-process"/>',
    ],
)
def test_line_is_dropped_whole(line: str):
    for end in ("\n", "\r\n", "\r", ""):
        text = f"first\n{line}{end}last" if end else f"first\n{line}"
        result = blank(text.encode())
        assert result.dropped == (2,)
        assert result.directives == ()
        assert result.text.decode() == text.replace(line, " " * len(line))


@pytest.mark.parametrize(
    ("line", "left"),
    [
        ('<X-PRE-PROCESS cmd="exec" data="a=b"/>', ""),
        ('\t<x-pre-process cmd="Env-Set" data="a=$b" />  ', ""),
        ("<X-PRE-PROCESS cmd='set' data='a=b'/>", ""),
        ('<X-PRE-PROCESS cmd="set" data="a=b"/> text', ""),
        ('  text <x-pre-process cmd="include" data="*.xml"/> text', ""),
        ("<!-- <X-PRE-PROCESS cmd='exec' data='id'/> -->", ""),
        ("<!--#set a=b-->", ""),
        ("before <!--#set a=b--> after", "before after"),
        ("before <!--#set a=b\n<include>\nin it\n-->after", "before after"),
    ],
)
def test_directive_is_taken_away(line: str, left: str):
    for line_end in ("\n", "\r\n", "\r"):
        text = f"first\n{line}\nlast".replace("\n", line_end).encode()
        result = blank(text)
        assert [each.number for each in result.directives] == [2]
        assert text[: result.directives[0].end].decode().splitlines()[-1] == line.splitlines()[-1]
        assert result.dropped == ()
        assert len(result.text) == len(text)
        assert result.text.decode().split() == ["first", *left.split(), "last"]


@pytest.mark.parametrize(
    "line",
    [
        "<INCLUDE>",
        "<include >",
        "&lt;include&gt; &lt;?",
        "x&#45;pre-process",
        "x-pre-proce\u017fs",
        "<!-- comment -->",
        "$${domain}",
        # The variable cuts the line before it is searched.
        '<param name="$${x}" value="<?"/>',
        "",
    ],
)
def test_line_stays(line: str):
    assert blank(line.encode()) == Blanked(line.encode(), dropped=(), directives=())
