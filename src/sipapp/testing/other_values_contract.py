"""What every storage that changes other values with the id must do, as tests."""

import pytest

from sipapp.api import (
    ExtensionNotFound,
    ExtensionStorage,
    Renames,
    RenamesOtherValues,
    VersionConflict,
)
from sipapp.testing.samples import without_version


class OtherValuesStorage(ExtensionStorage, Renames, RenamesOtherValues):
    """A storage that keeps more of an extension than its fields."""


class OtherValuesContract:
    """The tests of ``RenamesOtherValues``, beside those of ``RenamingContract``.

    The fixture ``holding`` is a storage with an extension 1001 and at least two values that are
    no fields, all of which are "1001".
    """

    @pytest.fixture
    def holding(self) -> OtherValuesStorage:
        """To be overridden."""
        raise NotImplementedError("Make a storage whose extension 1001 has other values.")

    def test_a_rename_changes_the_values_that_are_named_and_no_others(
        self, holding: OtherValuesStorage
    ) -> None:
        before = holding.other_values("1001")
        assert len(before) > 1
        assert set(before.values()) == {"1001"}
        first, *rest = before
        renamed = holding.rename_with("1001", "2001", {"accountcode": "2001"}, {first: "2001"})
        assert (renamed.id, renamed.accountcode) == ("2001", "2001")
        assert holding.get("2001") == renamed
        assert holding.other_values("2001") == {first: "2001", **dict.fromkeys(rest, "1001")}
        with pytest.raises(ExtensionNotFound):
            holding.other_values("1001")

    def test_it_is_taken_back(self, holding: OtherValuesStorage) -> None:
        created, values = holding.get("1001"), holding.other_values("1001")
        before = holding.snapshot("1001")
        renamed = holding.rename_with("1001", "2001", {}, dict.fromkeys(values, "2001"))
        holding.restore("2001", before, version=renamed.version)
        assert without_version(holding.get("1001")) == without_version(created)
        assert holding.other_values("1001") == values

    def test_a_value_that_is_not_there_changes_nothing(self, holding: OtherValuesStorage) -> None:
        before = list(holding.iterate())
        with pytest.raises(VersionConflict):
            holding.rename_with("1001", "2001", {}, {"no such value": "2001"})
        assert list(holding.iterate()) == before

    def test_versions_are_respected(self, holding: OtherValuesStorage) -> None:
        old = holding.get("1001")
        updated = holding.update("1001", {"caller_id_name": "New"})
        names = holding.other_values("1001")
        with pytest.raises(VersionConflict):
            holding.rename_with(
                "1001", "2001", {}, dict.fromkeys(names, "2001"), version=old.version
            )
        assert list(holding.iterate()) == [updated]

    def test_no_secret_is_among_them(self, holding: OtherValuesStorage) -> None:
        secrets = {holding.get("1001").password, holding.get("1001").vm_password}
        assert secrets.isdisjoint(holding.other_values("1001").values())
