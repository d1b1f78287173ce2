"""The lines that FreeSWITCH drops, and those that make it do something."""

import pytest

from sipapp_xmldir.parse.blanking import preprocess


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
        '<X-PRE-PROCESS cmd="set" data="a=b"/>',
        '\t<x-pre-process cmd="Env-Set" data="a=$b" />  ',
    ],
)
def test_line_is_dropped_whole(line: str):
    for end in ("\n", "\r\n", "\r", ""):
        result = preprocess(f"first\n{line}{end}last" if end else f"first\n{line}")
        assert result.dropped == (2,)
        assert result.directives == ()
        assert result.text == f"first\n{' ' * len(line)}{end}{'last' if end else ''}"


@pytest.mark.parametrize(
    "line",
    [
        '<X-PRE-PROCESS cmd="exec" data="a=b"/>',
        "<X-PRE-PROCESS cmd='set' data='a=b'/>",
        '<X-PRE-PROCESS cmd="set" data="a=b"/> text',
        '  text <x-pre-process cmd="include" data="*.xml"/> text',
        "<!-- <X-PRE-PROCESS cmd='exec' data='id'/> -->",
        "<!--#set a=b-->",
    ],
)
def test_line_makes_freeswitch_do_something(line: str):
    assert preprocess(f"first\n{line}\nlast").directives == (2,)
    assert preprocess(f"first\n{line}\nlast").text == f"first\n{line}\nlast"


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
    assert preprocess(line).text == line
    assert preprocess(line).dropped == ()
    assert preprocess(line).directives == ()
