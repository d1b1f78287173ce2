"""What every storage that examines what it holds must do, as tests."""

from dataclasses import replace

from sipapp.api import BlocksReloads, Examines, ExtensionStorage
from sipapp.testing.samples import SAMPLE


class ExaminingStorage(ExtensionStorage, Examines):
    """A storage that examines."""


class ExaminingContract:
    """The tests of ``examine``, beside those of ``StorageContract``."""

    def test_an_examination_tells_no_secret(self, storage: ExaminingStorage) -> None:
        storage.create(SAMPLE)
        storage.create(replace(SAMPLE, id="1001", password="weak-one", user_context=""))
        examination = storage.examine()
        assert sum(examination.counts.values()) == len(examination.findings)
        for secret in (SAMPLE.password, "weak-one"):
            assert secret not in repr(examination)


class BlockingStorage(ExtensionStorage, BlocksReloads):
    """A storage whose data can make a switch refuse every reload."""


class BlocksReloadsContract:
    """The tests of ``find_fault``, beside those of ``StorageContract``."""

    def test_a_healthy_storage_has_no_fault(self, storage: BlockingStorage) -> None:
        storage.create(SAMPLE)
        assert storage.find_fault() == storage.find_fault(thorough=True) == ""
