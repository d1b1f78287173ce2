"""What every storage that examines what it holds must do, as tests."""

from dataclasses import replace
from itertools import groupby
from typing import Final

import pytest

from sipapp.api import (
    BlocksReloads,
    Examination,
    ExaminationView,
    Examines,
    ExtensionStorage,
    Finding,
    InvalidCursor,
    ListedExamination,
)
from sipapp.testing.samples import SAMPLE

WEAK_PASSWORD: Final = "1234"


class ExaminingStorage(ExtensionStorage, Examines):
    """A storage that examines."""


class ExaminingContract:
    """The tests of ``examine``, beside those of ``StorageContract``."""

    @pytest.fixture
    def examined(self, storage: ExaminingStorage) -> ExaminingStorage:
        """A storage with three findings at least.

        By default of some extensions with a password that can be guessed: override it if the
        storage takes no offence at that.
        """
        weak = replace(SAMPLE, password=WEAK_PASSWORD)
        storage.create_many([replace(weak, id=each) for each in ("1001", "1002", "1003")])
        storage.create(SAMPLE)
        return storage

    def test_the_examined_storage_has_findings(self, examined: ExaminingStorage) -> None:
        assert len(_all_pages(examined, 100)) >= 3, "override the fixture `examined`"

    def test_findings_tell_no_secret(self, examined: ExaminingStorage) -> None:
        view = _view(examined)
        told = f"{view.summary()}{_all_pages(examined, 100)}"
        for secret in (SAMPLE.password, WEAK_PASSWORD):
            assert secret not in told

    def test_the_counts_are_those_of_all_pages(self, examined: ExaminingStorage) -> None:
        found = [each.severity for each in _all_pages(examined, 100)]
        for severity, count in _view(examined).summary().counts.items():
            assert count == found.count(severity)

    @pytest.mark.parametrize("limit", [1, 2, 3])
    def test_pages_together_are_all_findings_from_the_worst_on(
        self, examined: ExaminingStorage, limit: int
    ) -> None:
        found = _all_pages(examined, limit)
        assert found == _all_pages(examined, 1000)
        assert len({each.key for each in found}) == len(found)
        severities = list(_view(examined).summary().counts)
        ranks = [severities.index(each.severity) for each in found]
        assert ranks == sorted(ranks)
        kinds = [kind for kind, _ in groupby(found, lambda each: (each.severity, each.code))]
        assert len(set(kinds)) == len(kinds)

    def test_a_page_of_findings_goes_on_though_its_last_one_is_gone(
        self, examined: ExaminingStorage
    ) -> None:
        found = _all_pages(examined, 1000)
        gone = found[0].extension
        page = _view(examined).findings(limit=1)
        examined.delete(gone)
        expected = [each for each in found if each.extension != gone]
        assert list(_view(examined).findings(after=page.after, limit=1000).items) == expected

    @pytest.mark.parametrize("cursor", ["x", "W10", "bnVsbA", "!", "é", "A" * 5000])
    def test_a_cursor_of_no_page_of_findings_is_refused(
        self, examined: ExaminingStorage, cursor: str
    ) -> None:
        with pytest.raises(InvalidCursor):
            _view(examined).findings(after=cursor)

    def test_findings_of_extensions_are_those_of_their_ids_and_sources(
        self, examined: ExaminingStorage
    ) -> None:
        found = _all_pages(examined, 1000)
        (first, *others) = sorted({each.extension for each in found} - {""})[:3]
        for asked in ([first], [first, *others], []):
            extensions = list(examined.get_many(asked).values())
            all_findings = Examination(tuple(found))
            expected = {finding for each in extensions for finding in all_findings.of(each)}
            told = _view(examined).findings_of(extensions)
            assert set(told) == expected
            assert len(told) == len(expected)
            assert bool(told) is bool(asked)


def _view(storage: ExaminingStorage) -> ExaminationView:
    found = storage.examine()
    return found if isinstance(found, ExaminationView) else ListedExamination(found)


def _all_pages(storage: ExaminingStorage, limit: int) -> list[Finding]:
    view = _view(storage)
    page = view.findings(limit=limit)
    found = list(page.items)
    while page.after:
        assert len(page.items) == limit
        page = view.findings(after=page.after, limit=limit)
        found.extend(page.items)
    return found


class BlockingStorage(ExtensionStorage, BlocksReloads):
    """A storage whose data can make a switch refuse every reload."""


class BlocksReloadsContract:
    """The tests of ``find_fault``, beside those of ``StorageContract``."""

    def test_a_healthy_storage_has_no_fault(self, storage: BlockingStorage) -> None:
        storage.create(SAMPLE)
        assert storage.find_fault() == storage.find_fault(thorough=True) == ""
