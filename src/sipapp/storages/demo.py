"""Two extensions to try the phone with, made when there are none."""

from dataclasses import replace
from typing import Final

from sipapp.model.defaults import default_extension
from sipapp.model.passwords import generate_password, generate_pin
from sipapp.storages.base import ExtensionStorage
from sipapp.storages.query import Query

DEMO_IDS: Final = ("1000", "1001")


def seed(storage: ExtensionStorage) -> None:
    """Make extensions 1000 and 1001, each with a password of its own, in an empty storage."""
    if storage.find(Query(), limit=1).items:
        return
    for extension_id in DEMO_IDS:
        storage.create(
            replace(
                default_extension(extension_id),
                password=generate_password(),
                vm_password=generate_pin(),
            )
        )
