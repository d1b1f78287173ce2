"""The places of elements and values that the emulation of FreeSWITCH's parser knows."""

from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st

from sipapp_xmldir.emulation.parser import parse, parse_located
from sipapp_xmldir.emulation.tree import Element
from sipapp_xmldir.parse.xml_elements import Unreadable, xml_elements

USER = """<users>
 <user id="1000" cidr='192.0.2.0/24'><!-- <params> -->
  <params>
   <param name="password" value="s3cret"/>
   <param  value = 'a &gt; b "c"'
     name="vm-password" ></param >
   <param name="none"/>
  </params>
  <variables/><![CDATA[ <param name="x" value="y"/> ]]>
 </user>
</users>"""

PIECES = [*"\"'<>/=& \n\r\té", " a='b'", ' a="&#9;b"', "<a/>", "<!-- -->", "&lt;", "\r\n"]

Description = tuple[bytes, list[tuple[bytes, bytes]], list["Description"]]


@st.composite
def texts(draw: st.DrawFn) -> bytes:
    """The user, with a few changes."""
    text = USER
    for _ in range(draw(st.integers(0, 3))):
        place = draw(st.integers(0, len(text)))
        text = (
            text[:place] + draw(st.sampled_from(PIECES)) + text[place + draw(st.integers(0, 2)) :]
        )
    return text.encode()


def described(element: Element) -> Description:
    children = [described(child) for child in element.children]
    return element.name, element.attributes, children


def elements(text: bytes) -> Sequence[Element]:
    """All elements of a text; of one that is no XML, no places are asked for."""
    try:
        xml_elements(text.decode())
    except Unreadable:
        reject()
    root, fault = parse_located(text)
    assert root is not None
    assert fault is None
    return [root, *root.descendants()]


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(texts())
def test_locating_changes_nothing_of_what_is_read(text: bytes):
    located, fault = parse_located(text)
    root, same_fault = parse(text)
    assert fault == same_fault
    assert (located and described(located)) == (root and described(root))


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(texts())
def test_an_element_stands_where_it_is_said_to_stand(text: bytes):
    for element in elements(text):
        markup = element.markup
        assert text[markup.start :].startswith(b"<" + element.name)
        assert text[: markup.tag_end].endswith(b">")
        assert text[: markup.end].endswith(b">")
        closing = text[markup.inner_end : markup.end]
        assert closing.startswith(b"</" + element.name) or markup.is_empty_tag
        for child in element.children:
            assert markup.tag_end <= child.markup.start
            assert child.markup.end <= markup.inner_end


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(texts(), st.data())
def test_a_value_stands_where_it_is_said_to_stand(text: bytes, data: st.DataObject):
    found = elements(text)
    places = [
        (number, index)
        for number, element in enumerate(found)
        for index in range(len(element.markup.values))
    ]
    number, index = data.draw(st.sampled_from(places))
    start, end = found[number].markup.values[index]
    changed = elements(text[:start] + b"NEW" + text[end:])
    name = found[number].attributes[index][0]
    found[number].attributes[index] = (name, b"NEW")
    assert described(changed[0]) == described(found[0])


@pytest.mark.parametrize("length", [0, 3])
def test_places_are_counted_from_behind_the_first_bytes(length: int):
    root, _ = parse_located(b"<a b='c'>d</a>")
    assert root is not None
    assert root.markup == (0, 9, 10, 14, [(6, 7)])
    expected = (-length, 9 - length, 10 - length, 14 - length, [(6 - length, 7 - length)])
    assert root.markup.behind(length) == expected
