"""What every storage of extensions with aliases must do, as tests."""

from dataclasses import replace

import pytest

from sipapp.api import Disables, ExtensionExists, ExtensionStorage, Query, Renames
from sipapp.testing.samples import SAMPLE


class AliasesContract:
    """The tests of ``Extension.aliases``, beside those of ``StorageContract``.

    A switch finds one user by a name: nobody's id or alias becomes another's.
    """

    @pytest.fixture
    def aliased(self, storage: ExtensionStorage) -> ExtensionStorage:
        """A storage with an extension 1001 whose alias is Alias, and no other one."""
        storage.create(replace(SAMPLE, id="1001", aliases=("Alias",)))
        return storage

    def test_aliases_are_told(self, aliased: ExtensionStorage) -> None:
        assert aliased.get("1001").names == ("1001", "Alias")

    @pytest.mark.parametrize("name", ["Alias", "aLIAS", "1001"])
    def test_every_name_leads_to_the_extension(self, aliased: ExtensionStorage, name: str) -> None:
        aliases = aliased.aliases()
        assert aliases.id_of(name) == "1001"
        assert (name in aliases) is (name != "1001")
        assert aliases.names_of("1001") == ("1001", "Alias")
        # No other name leads to it.
        aliased.create(replace(SAMPLE, id="1002"))
        again = aliased.aliases()
        assert (again.id_of("1002"), again.names_of("1002")) == ("1002", ("1002",))
        assert again.version == aliases.version

    def test_an_alias_leads_to_no_extension_that_is_gone(self, aliased: ExtensionStorage) -> None:
        if isinstance(aliased, Disables):
            aliased.set_enabled("1001", enabled=False)
            assert aliased.aliases().id_of("Alias") == "Alias"
            aliased.set_enabled("1001", enabled=True)
            assert aliased.aliases().id_of("Alias") == "1001"
        aliased.delete("1001")
        assert not aliased.aliases()

    def test_an_alias_leads_to_the_new_id_of_a_renamed_extension(
        self, aliased: ExtensionStorage
    ) -> None:
        if isinstance(aliased, Renames):
            assert aliased.rename("1001", "1002", {}).names == ("1002", "Alias")
            assert aliased.aliases().names_of("1002") == ("1002", "Alias")

    def test_a_search_finds_an_extension_by_its_alias(self, aliased: ExtensionStorage) -> None:
        assert [each.id for each in aliased.find(Query("LIA")).items] == ["1001"]

    @pytest.mark.parametrize("taken", ["Alias", "aLIAS"])
    def test_an_id_that_is_an_alias_is_not_taken(
        self, aliased: ExtensionStorage, taken: str
    ) -> None:
        before = list(aliased.iterate())
        with pytest.raises(ExtensionExists, match=taken):
            aliased.create(replace(SAMPLE, id=taken))
        with pytest.raises(ExtensionExists, match=taken):
            aliased.create_many([replace(SAMPLE, id="1002"), replace(SAMPLE, id=taken)])
        assert list(aliased.iterate()) == before

    @pytest.mark.parametrize("taken", ["Alias", "aLIAS"])
    def test_a_deletion_is_not_taken_back_if_the_alias_is_anothers_id_now(
        self, aliased: ExtensionStorage, taken: str
    ) -> None:
        before = aliased.snapshot("1001")
        packed = aliased.pack(before)
        aliased.delete("1001")
        theirs = aliased.create(replace(SAMPLE, id=taken))
        for snapshot in (before, aliased.unpack(packed)):
            with pytest.raises(ExtensionExists, match="1001"):
                aliased.restore("1001", snapshot, version=None)
        assert list(aliased.iterate()) == [theirs]

    def test_a_deletion_is_not_taken_back_if_the_id_is_anothers_alias_now(
        self, aliased: ExtensionStorage
    ) -> None:
        alias = aliased.snapshot("1001")
        aliased.delete("1001")
        aliased.create(replace(SAMPLE, id="Alias"))
        before = aliased.snapshot("Alias")
        aliased.delete("Alias")
        aliased.restore("1001", alias, version=None)
        with pytest.raises(ExtensionExists, match="Alias"):
            aliased.restore("Alias", before, version=None)
        assert [each.id for each in aliased.iterate()] == ["1001"]

    def test_an_extension_keeps_its_alias_in_every_change(self, aliased: ExtensionStorage) -> None:
        before = aliased.snapshot("1001")
        updated = aliased.update("1001", {"caller_id_name": "New"})
        assert updated.aliases == ("Alias",)
        aliased.restore("1001", before, version=updated.version)
        assert aliased.get("1001").aliases == ("Alias",)
