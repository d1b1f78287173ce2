import json
from dataclasses import replace

import pytest

from sipapp.api import FIELD_NAMES, Examination, Extension, Finding
from sipapp.model.extension import check_fields
from sipapp.testing.aliases_contract import AliasesContract
from sipapp.testing.disabling_contract import DisablingContract
from sipapp.testing.domains_contract import DomainsContract
from sipapp.testing.examining_contract import WEAK_PASSWORD, ExaminingContract
from sipapp.testing.memory import MemoryStorage
from sipapp.testing.passwords_contract import KeepsPasswordsContract
from sipapp.testing.renaming_contract import RenamingContract
from sipapp.testing.samples import SAMPLE, without_version
from sipapp.testing.storage_contract import HOSTILE, MakeStorage, StorageContract


class WeakPasswords(MemoryStorage):
    """Finds weak passwords."""

    def examine(self) -> Examination:
        weak = (each for each in self.list() if each.password == WEAK_PASSWORD)
        return Examination(
            tuple(
                Finding("weak-password", "critical", "", None, "Weak", "It is.", "Change.", each.id)
                for each in weak
            )
        )


class TestMemoryStorage(
    StorageContract,
    KeepsPasswordsContract,
    RenamingContract,
    DisablingContract,
    ExaminingContract,
    AliasesContract,
):
    @pytest.fixture
    def make_storage(self) -> MakeStorage:
        storage = WeakPasswords()
        return lambda: storage


class TestMemoryStorageOfDomains(
    DomainsContract,
    StorageContract,
    KeepsPasswordsContract,
    RenamingContract,
    DisablingContract,
    ExaminingContract,
):
    @pytest.fixture
    def make_storage(self) -> MakeStorage:
        storage = WeakPasswords(["", "branch.example"])
        return lambda: storage


@pytest.mark.parametrize("aliases", [(), ("77",)])
def test_aliases_come_back_with_the_rest(aliases):
    storage = MemoryStorage()
    created = storage.create(replace(SAMPLE, aliases=aliases))
    packed = storage.pack(created)
    assert storage.unpack(packed) == without_version(created)
    # Of an earlier version of sipapp.
    old = {name: value for name, value in json.loads(packed).items() if name != "aliases"}
    assert storage.unpack(json.dumps(old).encode()) == replace(without_version(created), aliases=())


def test_contract_uses_only_values_that_reach_a_storage():
    assert {field for field, _ in HOSTILE} == set(FIELD_NAMES)
    assert [each for each in HOSTILE if any(check_fields(dict([each])))] == []


def test_a_snapshot_is_packed_as_before_there_were_extensions_without_a_password_on_purpose():
    storage = MemoryStorage()
    plain, closed = Extension("1000", password="x"), Extension("1001", without_password="refused")
    assert b"without_password" not in storage.pack(plain)
    assert storage.unpack(storage.pack(plain)) == plain
    assert storage.unpack(storage.pack(closed)) == closed


def test_what_keeps_strangers_out_is_one_of_few_words():
    with pytest.raises(TypeError, match="without_password"):
        Extension("1000", without_password="perhaps")
