"""The dialplan is evaluated as FreeSWITCH does, as far as that can be known."""

from xml.etree import ElementTree as ET

import pytest

from sipapp.freeswitch.api import Match, Pattern, read_extensions
from sipapp.freeswitch.dialplan import MAX_TEXT


def outcome(conditions, number="1000", **values):
    xml = f'<context><extension name="one">{conditions}</extension></context>'
    (extension,) = read_extensions(ET.fromstring(xml))  # noqa: S314  (the test's own text)
    values["destination_number"] = number
    found = extension.evaluate(values.get)
    return found.match, [action.data for action in found.actions]


def condition(field, expression, *, then="", otherwise="", **attributes):
    more = "".join(f' {name}="{value}"' for name, value in attributes.items())
    return (
        f'<condition field="{field}" expression="{expression}"{more}>'
        f'<action application="bridge" data="{then}"/>'
        f'<anti-action application="bridge" data="{otherwise}"/></condition>'
    )


NUMBER = "destination_number"


@pytest.mark.parametrize(
    ("field", "expression", "match", "actions"),
    [
        (NUMBER, "^10..$", Match.YES, ["a"]),
        ("Destination_Number", "^10..$", Match.YES, ["a"]),
        (NUMBER, "^20..$", Match.NO, ["b"]),
        ("network_addr", "^127", Match.UNKNOWN, ["a", "b"]),
        (NUMBER, r"\p{Nd}+", Match.UNKNOWN, ["a", "b"]),
    ],
)
def test_one_condition(field, expression, match, actions):
    assert outcome(condition(field, expression, then="a", otherwise="b")) == (match, actions)


def test_an_expression_can_be_an_element():
    text = f'<condition field="{NUMBER}"><expression>^2</expression></condition>'
    assert outcome(text)[0] is Match.NO


def test_without_a_field_it_is_met_unless_it_depends_on_something_else():
    action = '<action application="park" data="a"/>'
    assert outcome(f"<condition>{action}</condition>") == (Match.YES, ["a"])
    assert outcome(f'<condition wday="1">{action}</condition>') == (Match.UNKNOWN, ["a"])


def test_without_conditions_it_does_not_match():
    assert outcome("") == (Match.NO, [])


def test_the_time_makes_a_condition_unknown_but_not_one_that_is_not_met():
    assert outcome(condition(NUMBER, "^1", then="a", wday="1"))[0] is Match.UNKNOWN
    assert outcome(condition(NUMBER, "^2", then="a", wday="1"))[0] is Match.NO


def test_all_conditions_have_to_be_met():
    yes, no = condition(NUMBER, "^1", then="a"), condition(NUMBER, "^2", then="c")
    unknown = condition("x", "y", then="b")
    assert outcome(yes + yes)[0] is Match.YES
    assert outcome(unknown + no)[0] is Match.NO
    assert outcome(unknown + yes)[0] is Match.UNKNOWN
    # What was executed before one that is not met stays executed.
    assert outcome(yes + no + unknown) == (Match.NO, ["a", ""])


def stops(how):
    met = condition(NUMBER, "^1", then="a", **{"break": how})
    unmet = condition(NUMBER, "^2", **{"break": how})
    last = condition(NUMBER, "^1", then="z")
    return [outcome(first + last) for first in (met, unmet)]


def test_break_says_when_the_rest_is_not_looked_at():
    assert stops("on-false") == [(Match.YES, ["a", "z"]), (Match.NO, [""])]
    assert stops("on-true") == [(Match.YES, ["a"]), (Match.YES, ["", "z"])]
    assert stops("ALWAYS") == [(Match.YES, ["a"]), (Match.NO, [""])]
    assert stops("never") == [(Match.YES, ["a", "z"]), (Match.YES, ["", "z"])]


@pytest.mark.parametrize(
    "expression",
    [
        *("(a+)+$", "(a|aa)+$", "(.*)*", "a" * 1001, ".*" * 5, "(", "a{99999999999}", "(?P>x)"),
        "(a|a)" * 64 + "$",
        "((a|a)(a|a))" * 32 + "$",
        "(a|a)(a|a)(a|a).*.*.*.*$",
    ],
)
def test_a_pattern_that_may_take_for_ever_or_is_not_pythons_is_not_tried(expression):
    assert Pattern.read(expression).test("a" * 40 + "!") is Match.UNKNOWN


@pytest.mark.parametrize(
    "expression",
    [
        "^(?:911|112|110|" + "|".join(map(str, range(200))) + "|1000)$",
        r"^(?:\+|00)?(1)(\d+)$|^\*69$",
        "^(1|2)(0|1)(0|1)(0|1)$",
    ],
)
def test_a_usual_pattern_with_alternatives_is_tried(expression):
    assert Pattern.read(expression).test("1000") is Match.YES


def test_no_pattern_is_tried_on_a_long_text():
    pattern = Pattern.read("^a")
    assert pattern.test("a" * MAX_TEXT) is Match.YES
    assert pattern.test("a" * (MAX_TEXT + 1)) is Match.UNKNOWN


def test_an_extension_may_go_on():
    xml = '<context><extension continue="TRUE"/><extension name="x"/></context>'
    first, second = read_extensions(ET.fromstring(xml))  # noqa: S314  (the test's own text)
    assert (first.name, first.goes_on) == ("", True)
    assert (second.name, second.goes_on) == ("x", False)
