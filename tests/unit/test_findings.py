"""Which findings belong to an extension."""

from dataclasses import replace

from sipapp.api import Examination, Extension, Finding

ONE = Finding("a", "warning", "/d/1.xml", 3, "One", "It means this.", "Do that.", extension="Abc")


def test_findings_of_an_extension_are_those_of_its_id_and_of_all_of_its_source():
    others = (
        replace(ONE, extension="1001"),
        replace(ONE, source="/d/2.xml"),
        replace(ONE, source="/d/2.xml", extension=""),
    )
    of_source = replace(ONE, severity="critical", extension="")
    examination = Examination((ONE, *others, of_source))
    assert examination.of(Extension("aBC", source="/d/1.xml")) == [of_source, ONE]
    assert examination.of(Extension("abc", source="/d/3.xml")) == []
