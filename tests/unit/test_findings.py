"""Which findings belong to an extension, and pages of all of them."""

from dataclasses import replace

from sipapp.api import Examination, Extension, Finding, ListedExamination

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


def test_findings_are_sorted_by_severity_code_extension_and_line():
    in_order = (
        replace(ONE, severity="critical", code="b"),
        replace(ONE, extension="9"),
        replace(ONE, extension="10"),
        replace(ONE, extension="10", line=20),
        replace(ONE, code="b", extension="", source="/d/1.xml"),
        replace(ONE, code="b", extension="", source="/d/2.xml"),
    )
    assert tuple(ListedExamination(Examination(in_order[::-1])).findings().items) == in_order


def test_a_cursor_stays_short_though_names_are_long_and_alike():
    findings = [replace(ONE, extension="x" * 10_000 + end) for end in ("1", "2", "\udcff")]
    view = ListedExamination(Examination(tuple(findings)))
    found, after = [], ""
    for _ in findings:
        page = view.findings(after=after, limit=1)
        found.extend(page.items)
        after = page.after
        assert len(after) < 4096
    assert not after
    assert set(found) == set(findings)
