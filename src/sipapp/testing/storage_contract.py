"""What every storage must do, as tests: inherit :class:`StorageContract`.

class TestMine(StorageContract):
    @pytest.fixture
    def make_storage(self, tmp_path):
        return lambda: MyStorage(tmp_path / "data")
"""

import re
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Final

import pytest

from sipapp.api import (
    FIELD_NAMES,
    SECRET_FIELDS,
    BlocksReloads,
    Disables,
    Examines,
    Extension,
    ExtensionExists,
    ExtensionNotFound,
    ExtensionStorage,
    InvalidExtension,
    Query,
    Renames,
    VersionConflict,
)
from sipapp.testing.disabling_contract import DisablingContract
from sipapp.testing.domains_contract import DomainsContract
from sipapp.testing.examining_contract import BlocksReloadsContract, ExaminingContract
from sipapp.testing.paging_contract import PagingContract
from sipapp.testing.passwords_contract import KeepsPasswordsContract
from sipapp.testing.renaming_contract import RenamingContract
from sipapp.testing.samples import (
    SAMPLE,
    MakeStorage,
    check_each,
    has_password,
    values_of,
    without_version,
)
from sipapp.testing.secret_contract import SecretContract

HOSTILE_TEXTS: Final = (
    "& < > \" '",
    "&amp; &lt; &#36; &unknown;",
    "a & b; c",
    "  spaces   kept  ",
    "$",
    "$$",
    "100$",
    "x-pre-process",
    "<X-PRE-PROCESS cmd='set' data='a=b'/>",
    "X-Pre-Process",
    "<?xml version='1.0'?>",
    "<include>",
    "</include>",
    "<!-- comment -->",
    "-->",
    "--",
    "<!--#set a=b-->",
    "]]>",
    "<![CDATA[x]]>",
    '"/><param name="password" value="',
    "'; DROP TABLE extensions; --",
    '{"json": [1, 2]}',
    "%(interpolation)s %s {0} ${",
    "back\\slash \\n",
    "=1+1",
    "Ärztin Zoë Müller-Łukasz",
    "漢字 かな 한국어",
    "שלום مرحبا",
    "☎ 🎉 e\u0301 \u00a0 \u200d \u200c",
)
HOSTILE_PASSWORDS: Final = (
    "& < > \" '",
    "&amp;amp;",
    "$${default_password}",
    "a$${b",
    "${system(id)}",
    "$$$${{}}$$",
    "x-pre-process",
    "<?",
    "<include>",
    "</include>",
    "<!--",
    "-->",
    "!--#set a=b",
    "]]>",
    "\"/><X-PRE-PROCESS cmd='exec' data='id'/>",
    "back\\slash'quote\"",
    "a=b;c,d|e%f`g~h",
    "pass word",
    "p" * 128,
)


def _hostile_values(field: str) -> tuple[str, ...]:
    """Values that the rules of extensions allow, and that storages get wrong."""
    if field == "password":
        return HOSTILE_PASSWORDS
    if field == "vm_password":
        return ("0", "0000", "007", "9" * 32)
    texts = (text for text in HOSTILE_TEXTS if "${" not in text)
    if field == "accountcode":
        return tuple(text for text in texts if "/" not in text and ".." not in text)
    return tuple(texts)


HOSTILE: Final = tuple((field, value) for field in FIELD_NAMES for value in _hostile_values(field))


CONTRACTS: Final[Mapping[type, type]] = {
    Disables: DisablingContract,
    Renames: RenamingContract,
    Examines: ExaminingContract,
    BlocksReloads: BlocksReloadsContract,
}
"""The contract of each capability that has one."""


class StorageContract(SecretContract, PagingContract):
    """What every storage must do.  Needs a fixture ``make_storage``.

    A storage that has capabilities inherits their contracts too, such as
    ``class TestMine(StorageContract, RenamingContract)``; a test says which are missing.
    """

    @pytest.fixture
    def make_storage(self) -> MakeStorage:
        """Return a function that opens the same, at first empty, storage anew at each call."""
        raise NotImplementedError

    @pytest.fixture
    def storage(self, make_storage: MakeStorage) -> ExtensionStorage:
        """One open storage."""
        return make_storage()

    def test_each_capability_has_its_contract(self, storage: ExtensionStorage) -> None:
        for capability, contract in CONTRACTS.items():
            if isinstance(storage, capability):
                assert isinstance(self, contract), f"Inherit {contract.__name__} as well."
        if storage.keeps_passwords:
            assert isinstance(self, KeepsPasswordsContract), "Inherit KeepsPasswordsContract too."
        if len(storage.domains()) > 1:
            assert isinstance(self, DomainsContract), "Inherit DomainsContract as well."

    # What is not there

    def test_is_empty_at_first(self, storage: ExtensionStorage) -> None:
        assert list(storage.iterate()) == []

    def test_missing_extension_is_not_found(self, storage: ExtensionStorage) -> None:
        storage.create(replace(SAMPLE, id="1001"))
        with pytest.raises(ExtensionNotFound, match="1000"):
            storage.get("1000")
        with pytest.raises(ExtensionNotFound, match="1000"):
            storage.update("1000", {"caller_id_name": "Nobody"})
        with pytest.raises(ExtensionNotFound, match="1000"):
            storage.delete("1000")
        assert [each.id for each in storage.iterate()] == ["1001"]

    # Creating

    def test_created_extension_is_got_and_listed(self, storage: ExtensionStorage) -> None:
        created = storage.create(SAMPLE)
        assert values_of(created) == values_of(SAMPLE)
        assert created.id == "1000"
        assert not created.read_only
        assert storage.get("1000") == created
        assert list(storage.iterate()) == [created]

    def test_there_is_a_password(self, storage: ExtensionStorage) -> None:
        storage.create(SAMPLE)
        for extension in (*storage.iterate(), storage.get("1000"), *storage.find(Query()).items):
            assert extension.has_password

    def test_secrets_are_not_in_repr(self, storage: ExtensionStorage) -> None:
        created = storage.create(SAMPLE)
        for extension in (created, storage.get("1000"), *storage.iterate()):
            for name in SECRET_FIELDS:
                assert getattr(SAMPLE, name) not in repr(extension)

    @pytest.mark.parametrize(
        "extension_id",
        [
            "1",
            "a",
            "A.b-c_d",
            "+15550100042",
            "_x",
            "+",
            "x" * 64,
            "a..b",
            "default.xml",
            "con",
            "0.5",
            "1e3",
            "None",
        ],
    )
    def test_every_allowed_id_can_be_used(
        self, storage: ExtensionStorage, extension_id: str
    ) -> None:
        storage.create(replace(SAMPLE, id=extension_id))
        assert storage.get(extension_id).id == extension_id
        storage.update(extension_id, {"caller_id_name": "New"})
        assert storage.get(extension_id).caller_id_name == "New"
        storage.delete(extension_id)
        assert list(storage.iterate()) == []

    @pytest.mark.parametrize(("first", "second"), [("1000", "1000"), ("Ada", "ada"), ("x", "X")])
    def test_id_is_taken_whatever_its_case(
        self, storage: ExtensionStorage, first: str, second: str
    ) -> None:
        created = storage.create(replace(SAMPLE, id=first))
        with pytest.raises(ExtensionExists):
            storage.create(replace(SAMPLE, id=second, password="another-password"))
        assert list(storage.iterate()) == [created]

    def test_id_is_found_whatever_its_case(self, storage: ExtensionStorage) -> None:
        created = storage.create(replace(SAMPLE, id="Ada"))
        assert storage.get("aDA") == created
        assert storage.update("ADA", {"caller_id_name": "New"}).id == "Ada"
        storage.delete("ada")
        assert list(storage.iterate()) == []

    def test_id_is_free_after_deletion(self, storage: ExtensionStorage) -> None:
        storage.create(SAMPLE)
        storage.delete("1000")
        storage.create(replace(SAMPLE, password="another-password"))
        assert has_password(storage, "1000", "another-password")

    # Values

    @pytest.mark.parametrize("field", FIELD_NAMES)
    def test_values_survive_creation(self, make_storage: MakeStorage, field: str) -> None:
        def survives(number: int, value: str) -> None:
            wanted = replace(SAMPLE, id=f"{number}", **{field: value})  # type: ignore[arg-type]
            assert values_of(make_storage().create(wanted)) == values_of(wanted)
            _assert_stored(make_storage(), wanted)
            make_storage().delete(wanted.id)

        check_each(enumerate(_hostile_values(field), start=1000), survives)

    @pytest.mark.parametrize("field", FIELD_NAMES)
    def test_values_survive_update(self, make_storage: MakeStorage, field: str) -> None:
        neighbours = "0999", "2000"
        make_storage().create_many([replace(SAMPLE, id=each) for each in neighbours])

        def survives(number: int, value: str) -> None:
            storage, own = make_storage(), replace(SAMPLE, id=f"{number}")
            storage.create(own)
            wanted = replace(own, **{field: value})  # type: ignore[arg-type]
            assert values_of(storage.update(own.id, {field: value})) == values_of(wanted)
            _assert_stored(make_storage(), wanted)
            for each in neighbours:
                _assert_stored(make_storage(), replace(SAMPLE, id=each))
            storage.delete(own.id)

        check_each(enumerate(_hostile_values(field), start=1000), survives)

    def test_several_fields_change_at_once(self, storage: ExtensionStorage) -> None:
        storage.create(SAMPLE)
        changes = {"password": "second-password", "caller_id_name": "New", "callgroup": "support"}
        wanted = replace(SAMPLE, **changes)  # type: ignore[arg-type]
        assert values_of(storage.update("1000", changes)) == values_of(wanted)
        _assert_stored(storage, wanted)

    @pytest.mark.parametrize("field", [name for name in FIELD_NAMES if name not in SECRET_FIELDS])
    def test_field_can_be_emptied_and_filled(self, storage: ExtensionStorage, field: str) -> None:
        storage.create(SAMPLE)
        assert getattr(storage.update("1000", {field: ""}), field) == ""
        assert getattr(storage.get("1000"), field) == ""
        wanted = getattr(SAMPLE, field)
        assert getattr(storage.update("1000", {field: wanted}), field) == wanted
        assert values_of(storage.get("1000")) == values_of(SAMPLE)

    @pytest.mark.parametrize("name", ["id", "version", "enabled", "caller_id"])
    def test_an_update_of_an_unknown_field_is_refused(
        self, storage: ExtensionStorage, name: str
    ) -> None:
        created = storage.create(SAMPLE)
        with pytest.raises(InvalidExtension, match=name):
            storage.update("1000", {"caller_id_name": "New", name: "2000"})
        assert list(storage.iterate()) == [created]

    # Versions

    def test_version_is_there_and_fit_for_an_etag(self, storage: ExtensionStorage) -> None:
        version = storage.create(SAMPLE).version
        assert re.fullmatch("[A-Za-z0-9-]+", version)

    def test_version_stays_while_nothing_changes(self, make_storage: MakeStorage) -> None:
        created = make_storage().create(SAMPLE)
        make_storage().create(replace(SAMPLE, id="1001"))
        assert make_storage().get("1000").version == created.version
        assert [each.version for each in make_storage().iterate() if each.id == "1000"] == [
            created.version
        ]

    @pytest.mark.parametrize("changes", [{}, {"caller_id_name": SAMPLE.caller_id_name}])
    def test_update_of_nothing_keeps_the_version(
        self, storage: ExtensionStorage, changes: dict[str, str]
    ) -> None:
        created = storage.create(SAMPLE)
        assert storage.update("1000", changes, version=created.version) == created
        assert storage.get("1000") == created

    @pytest.mark.parametrize("field", FIELD_NAMES)
    def test_every_change_makes_a_new_version(self, storage: ExtensionStorage, field: str) -> None:
        created = storage.create(SAMPLE)
        updated = storage.update("1000", {field: "42"}, version=created.version)
        assert updated.version != created.version
        assert storage.get("1000").version == updated.version

    def test_stale_version_is_refused_and_nothing_lost(self, storage: ExtensionStorage) -> None:
        stale = storage.create(SAMPLE).version
        current = storage.update("1000", {"caller_id_name": "Theirs"})
        with pytest.raises(VersionConflict, match="1000"):
            storage.update("1000", {"caller_id_name": "Mine"}, version=stale)
        with pytest.raises(VersionConflict, match="1000"):
            storage.delete("1000", version=stale)
        assert storage.get("1000") == current
        storage.delete("1000", version=current.version)
        assert list(storage.iterate()) == []

    # Several in one go

    def test_several_are_created_in_their_order(self, storage: ExtensionStorage) -> None:
        storage.create(SAMPLE)
        wanted = [
            replace(SAMPLE, id=id_, password=f"password-{id_}") for id_ in ("1003", "1001", "a.b")
        ]
        created = storage.create_many(wanted)
        assert [values_of(each) for each in created] == [values_of(each) for each in wanted]
        assert [each.id for each in created] == ["1003", "1001", "a.b"]
        for each in created:
            assert storage.get(each.id) == each
            assert has_password(storage, each.id, f"password-{each.id}")
        assert len(list(storage.iterate())) == 4
        assert list(storage.create_many([])) == []

    @pytest.mark.parametrize("ids", [["1001", "taken"], ["1001", "1002", "1001"], ["x", "X"]])
    def test_of_several_none_is_created_if_one_is_taken(
        self, storage: ExtensionStorage, ids: list[str]
    ) -> None:
        storage.create(replace(SAMPLE, id="Taken"))
        with pytest.raises(ExtensionExists, match=re.escape(ids[-1])):
            storage.create_many([replace(SAMPLE, id=id_) for id_ in ids])
        assert [each.id for each in storage.iterate()] == ["Taken"]

    # Taking back

    def test_a_creation_is_taken_back(self, storage: ExtensionStorage) -> None:
        other = storage.create(replace(SAMPLE, id="1001"))
        before = storage.snapshot("1000")
        created = storage.create(SAMPLE)
        storage.restore("1000", before, version=created.version)
        assert list(storage.iterate()) == [other]

    @pytest.mark.parametrize("field", FIELD_NAMES)
    def test_an_update_is_taken_back(self, storage: ExtensionStorage, field: str) -> None:
        created = storage.create(SAMPLE)
        before = storage.snapshot("1000")
        updated = storage.update("1000", {field: "42"})
        storage.restore("1000", before, version=updated.version)
        assert without_version(storage.get("1000")) == without_version(created)

    def test_a_deletion_is_taken_back(self, storage: ExtensionStorage) -> None:
        created = storage.create(SAMPLE)
        before = storage.snapshot("1000")
        storage.delete("1000")
        storage.restore("1000", before, version=None)
        assert without_version(storage.get("1000")) == without_version(created)

    @pytest.mark.parametrize("taken", ["Ada", "aDA"])
    def test_a_deletion_is_not_taken_back_if_the_id_is_anothers_now(
        self, storage: ExtensionStorage, taken: str
    ) -> None:
        storage.create(replace(SAMPLE, id="Ada"))
        before = storage.snapshot("Ada")
        packed = storage.pack(before)
        storage.delete("Ada")
        theirs = storage.create(replace(SAMPLE, id=taken, password="another-password"))
        for snapshot in (before, storage.unpack(packed)):
            with pytest.raises(ExtensionExists, match="Ada"):
                storage.restore("Ada", snapshot, version=None)
        assert list(storage.iterate()) == [theirs]

    def test_what_was_packed_brings_back_the_same(self, storage: ExtensionStorage) -> None:
        created = storage.create(SAMPLE)
        packed = storage.pack(storage.snapshot("1000"))
        assert packed == storage.pack(storage.snapshot("1000"))
        content = storage.content(storage.snapshot("1000"))
        assert content == storage.content(storage.unpack(packed))
        storage.delete("1000")
        snapshot = storage.unpack(packed)
        assert without_version(storage.seen(snapshot)) == without_version(created)
        storage.restore("1000", snapshot, version=None)
        assert without_version(storage.get("1000")) == without_version(created)

    @pytest.mark.parametrize("field", FIELD_NAMES)
    def test_each_change_changes_the_content(self, storage: ExtensionStorage, field: str) -> None:
        storage.create(SAMPLE)
        before = storage.content(storage.snapshot("1000"))
        storage.update("1000", {field: "42"})
        assert storage.content(storage.snapshot("1000")) != before

    def test_snapshots_of_many_are_those_of_each(self, storage: ExtensionStorage) -> None:
        for extension_id in ("1000", "1001"):
            storage.create(replace(SAMPLE, id=extension_id))
        one, none, other = storage.snapshot_many(["1001", "1002", "1000"])
        assert none is None
        assert storage.pack(one) == storage.pack(storage.snapshot("1001"))
        assert storage.pack(other) == storage.pack(storage.snapshot("1000"))

    @pytest.mark.parametrize("packed", [b"", b"x", b"[]", b"{}", b"null", b"\xff", b'{"name": 1}'])
    def test_what_it_did_not_pack_is_refused(
        self, storage: ExtensionStorage, packed: bytes
    ) -> None:
        with pytest.raises(ValueError, match=r"."):
            storage.unpack(packed)

    def test_what_changed_since_is_not_taken_back(self, storage: ExtensionStorage) -> None:
        nothing = storage.snapshot("1000")
        created = storage.create(SAMPLE)
        before = storage.snapshot("1000")
        updated = storage.update("1000", {"caller_id_name": "Mine"})
        theirs = storage.update("1000", {"caller_id_name": "Theirs"})
        for snapshot, version in (
            (nothing, created.version),
            (before, updated.version),
            (before, None),
        ):
            with pytest.raises((VersionConflict, ExtensionExists), match="1000"):
                storage.restore("1000", snapshot, version=version)
        assert storage.get("1000") == theirs

    # Several at once

    def test_changes_are_seen_by_others_and_after_reopening(
        self, make_storage: MakeStorage
    ) -> None:
        one, other = make_storage(), make_storage()
        one.create(SAMPLE)
        assert other.get("1000").caller_id_name == SAMPLE.caller_id_name
        one.update("1000", {"caller_id_name": "New"})
        assert other.get("1000").caller_id_name == "New"
        one.close()
        assert make_storage().get("1000").caller_id_name == "New"
        other.delete("1000")
        assert list(make_storage().iterate()) == []

    def test_no_update_is_lost_between_threads(self, storage: ExtensionStorage) -> None:
        storage.create(replace(SAMPLE, caller_id_number="0"))

        def add_one() -> None:
            while True:
                old = storage.get("1000")
                new = str(int(old.caller_id_number) + 1)
                try:
                    storage.update("1000", {"caller_id_number": new}, version=old.version)
                except VersionConflict:
                    continue
                return

        _run_together([add_one] * 40)
        assert storage.get("1000").caller_id_number == "40"

    def test_one_of_several_creators_wins(self, storage: ExtensionStorage) -> None:
        won: list[str] = []

        def creator(password: str) -> Callable[[], None]:
            def create() -> None:
                try:
                    storage.create(replace(SAMPLE, password=password))
                except ExtensionExists:
                    return
                won.append(password)

            return create

        _run_together([creator(f"password-{number}") for number in range(8)])
        assert len(won) == 1
        assert has_password(storage, "1000", won[0])

    def test_different_extensions_do_not_disturb_each_other(
        self, storage: ExtensionStorage
    ) -> None:
        ids = [str(number) for number in range(2000, 2020)]

        def creator(extension_id: str) -> Callable[[], None]:
            return lambda: _create_and_rename(storage, extension_id)

        _run_together([creator(extension_id) for extension_id in ids])
        assert {each.id: each.caller_id_name for each in storage.iterate()} == {
            extension_id: f"Name of {extension_id}" for extension_id in ids
        }

    # Health

    def test_healthy_storage_passes_its_check(self, storage: ExtensionStorage) -> None:
        storage.check()
        storage.create(SAMPLE)
        storage.check()
        assert [each.id for each in storage.iterate()] == ["1000"]


def _assert_stored(storage: ExtensionStorage, wanted: Extension) -> None:
    assert values_of(storage.get(wanted.id)) == values_of(wanted)
    assert has_password(storage, wanted.id, wanted.password)


def _run_together(tasks: list[Callable[[], None]]) -> None:
    """Run tasks in threads; the first fault of any is raised here."""
    with ThreadPoolExecutor(max_workers=8) as pool:
        for future in [pool.submit(task) for task in tasks]:
            future.result(timeout=60)


def _create_and_rename(storage: ExtensionStorage, extension_id: str) -> None:
    created = storage.create(replace(SAMPLE, id=extension_id))
    storage.update(
        extension_id, {"caller_id_name": f"Name of {extension_id}"}, version=created.version
    )
