"""What every storage with more than one domain must do, as tests."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from sipapp.api import (
    Disables,
    ExtensionExists,
    ExtensionNotFound,
    ExtensionStorage,
    InvalidExtension,
    Query,
    Renames,
    VersionConflict,
    join_id,
)
from sipapp.testing.samples import SAMPLE, has_password, values_of, without_version


class StorageOfDomains(ExtensionStorage, Renames, Disables):
    """A storage that can rename and disable."""


def _ids(storage: ExtensionStorage) -> list[str]:
    return [each.id for each in storage.iterate()]


class DomainsContract:
    """The tests of domains, beside those of ``StorageContract``.

    Needs a fixture ``make_storage`` whose storage has a second domain.
    """

    @pytest.fixture
    def domain(self, storage: ExtensionStorage) -> str:
        """The second domain."""
        return storage.domains()[1]

    @pytest.fixture
    def other_id(self, domain: str) -> str:
        """The id of user 1000 of the second domain."""
        return join_id("1000", domain)

    @pytest.fixture
    def both(self, storage: ExtensionStorage, other_id: str) -> tuple[str, str]:
        """The ids of user 1000 in both domains, who are stored with passwords of their own."""
        storage.create(SAMPLE)
        storage.create(replace(SAMPLE, id=other_id, password="other-password"))
        return "1000", other_id

    def test_a_user_of_two_domains_is_two_extensions(
        self, make_storage: Callable[[], ExtensionStorage], both: tuple[str, str], domain: str
    ) -> None:
        storage = make_storage()
        first, second = (storage.get(each) for each in both)
        assert (first.id, first.user, first.domain) == ("1000", "1000", "")
        assert (second.id, second.user, second.domain) == (both[1], "1000", domain)
        assert has_password(storage, first.id, SAMPLE.password)
        assert list(storage.iterate()) == [first, second]
        assert list(storage.iterate(after="1000")) == [second]
        assert storage.get_many(both) == {both[0]: first, both[1]: second}
        assert [each.id for each in storage.find(Query()).items] == list(both)
        assert has_password(storage, both[1], "other-password")

    def test_pages_go_through_all_domains(
        self, storage: ExtensionStorage, both: tuple[str, str]
    ) -> None:
        page = storage.find(Query("1000"), limit=1)
        following = storage.find(Query("1000"), limit=1, after=page.after)
        found = [*page.items, *following.items]
        assert ([each.id for each in found], following.after) == (list(both), "")

    def test_several_are_created_in_their_domains(
        self, storage: ExtensionStorage, domain: str
    ) -> None:
        ids = [join_id("1001", domain), "1000", join_id("1000", domain), "1001"]
        created = storage.create_many([replace(SAMPLE, id=each) for each in ids])
        assert [each.id for each in created] == ids
        assert _ids(storage) == sorted(ids)

    def test_of_several_none_is_created_if_one_is_taken(
        self, storage: ExtensionStorage, other_id: str
    ) -> None:
        storage.create(replace(SAMPLE, id=other_id))
        with pytest.raises(ExtensionExists, match=other_id):
            storage.create_many([SAMPLE, replace(SAMPLE, id=other_id)])
        assert _ids(storage) == [other_id]

    def test_an_update_is_one_of_its_domain(
        self, storage: ExtensionStorage, both: tuple[str, str]
    ) -> None:
        untouched = storage.get("1000")
        revision, version = storage.revision(), storage.get(both[1]).version
        updated = storage.update(both[1], {"caller_id_name": "New"}, version=version)
        assert (updated.id, updated.caller_id_name) == (both[1], "New")
        assert list(storage.iterate()) == [untouched, updated]
        assert storage.revision() != revision
        with pytest.raises(VersionConflict, match=both[1]):
            storage.update(both[1], {"caller_id_name": "Newer"}, version=version)

    @pytest.mark.parametrize("place", [0, 1])
    def test_a_deletion_leaves_the_other_domain(
        self, storage: ExtensionStorage, both: tuple[str, str], place: int
    ) -> None:
        storage.delete(both[place])
        assert _ids(storage) == [both[1 - place]]
        with pytest.raises(ExtensionNotFound, match=both[place]):
            storage.get(both[place])
        assert list(storage.get_many(both)) == [both[1 - place]]

    def test_a_user_is_renamed_in_its_domain(
        self, storage: StorageOfDomains, both: tuple[str, str], domain: str
    ) -> None:
        new_id = join_id("2000", domain)
        before = storage.snapshot(both[1])
        renamed = storage.rename(both[1], new_id, {"callgroup": "x"})
        assert (renamed.id, _ids(storage)) == (new_id, ["1000", new_id])
        storage.restore(new_id, before, version=renamed.version)
        assert _ids(storage) == list(both)

    def test_a_user_is_not_renamed_into_another_domain(
        self, storage: StorageOfDomains, both: tuple[str, str], domain: str
    ) -> None:
        before = list(storage.iterate())
        for old, new in ((both[0], join_id("2000", domain)), (both[1], "2000")):
            with pytest.raises(InvalidExtension) as caught:
                storage.rename(old, new, {})
            assert [each.field for each in caught.value.errors] == ["id"]
        assert list(storage.iterate()) == before

    def test_a_user_is_disabled_in_its_domain(
        self, storage: StorageOfDomains, both: tuple[str, str]
    ) -> None:
        disabled = storage.set_enabled(both[1], enabled=False)
        assert (disabled.id, disabled.enabled) == (both[1], False)
        assert [each.enabled for each in storage.iterate()] == [True, False]
        assert storage.secret(both[1]) is None
        assert has_password(storage, "1000", SAMPLE.password)
        assert storage.set_enabled(both[1], enabled=True).enabled

    @pytest.mark.parametrize("place", [0, 1])
    def test_a_deletion_is_taken_back_in_its_domain(
        self,
        make_storage: Callable[[], ExtensionStorage],
        both: tuple[str, str],
        place: int,
    ) -> None:
        storage = make_storage()
        before = list(storage.iterate())
        packed = storage.pack(storage.snapshot(both[place]))
        content = storage.content(storage.snapshot(both[place]))
        storage.delete(both[place])
        storage = make_storage()
        snapshot = storage.unpack(packed)
        assert storage.seen(snapshot).id == both[place]
        assert storage.pack(snapshot) == packed
        assert storage.content(snapshot) == content
        assert storage.content(storage.snapshot(both[1 - place])) != content
        storage.restore(both[place], snapshot, version=None)
        assert [*map(without_version, storage.iterate())] == [*map(without_version, before)]

    def test_a_creation_is_taken_back_in_its_domain(
        self, storage: ExtensionStorage, other_id: str
    ) -> None:
        storage.create(SAMPLE)
        assert storage.snapshot_many([other_id, "1000"])[0] is None
        created = storage.create(replace(SAMPLE, id=other_id))
        storage.restore(other_id, None, version=created.version)
        assert _ids(storage) == ["1000"]

    def test_ids_are_found_whatever_their_case(
        self, storage: ExtensionStorage, domain: str
    ) -> None:
        created = storage.create(replace(SAMPLE, id=join_id("Ada", domain)))
        key = join_id("aDA", domain.swapcase())
        assert storage.get(key) == created
        assert storage.update(key, {"caller_id_name": "New"}).id == created.id
        with pytest.raises(ExtensionExists):
            storage.create(replace(SAMPLE, id=join_id("aDA", domain)))
        storage.delete(key)
        assert _ids(storage) == []

    def test_an_unknown_domain_is_refused(self, storage: ExtensionStorage, other_id: str) -> None:
        unknown = replace(SAMPLE, id="1000@unknown.example")
        for extensions in ([unknown], [SAMPLE, replace(SAMPLE, id=other_id), unknown]):
            with pytest.raises(InvalidExtension, match=r"unknown\.example") as caught:
                storage.create_many(extensions)
            assert [each.field for each in caught.value.errors] == ["id"]
        with pytest.raises(ExtensionNotFound, match=r"unknown\.example"):
            storage.get(unknown.id)
        assert storage.snapshot(unknown.id) is None
        assert _ids(storage) == []

    def test_values_survive_in_each_domain(
        self, make_storage: Callable[[], ExtensionStorage], both: tuple[str, str]
    ) -> None:
        assert values_of(make_storage().get(both[1])) == values_of(SAMPLE)
        assert has_password(make_storage(), both[1], "other-password")
