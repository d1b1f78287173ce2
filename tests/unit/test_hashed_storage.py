"""A storage that keeps hashes of passwords only keeps to the contract of storages."""

from dataclasses import replace

import pytest

from sipapp.api import ListedStorage, Secret, ha1
from sipapp.testing.memory import MemoryStorage
from sipapp.testing.samples import REALM
from sipapp.testing.storage_contract import MakeStorage, StorageContract


class HashedStorage(ListedStorage):
    """Keeps the hash where a storage in memory has the password."""

    keeps_passwords = False

    def __init__(self):
        self._stored = MemoryStorage()

    def list(self):
        return [shown(each) for each in self._stored.list()]

    def get(self, extension_id):
        return shown(self._stored.get(extension_id))

    def secret(self, extension_id):
        return Secret(ha1=self._stored.get(extension_id).password)

    def create(self, extension):
        hashed = ha1(extension.id, REALM, extension.password)
        return shown(self._stored.create(replace(extension, password=hashed)))

    def update(self, extension_id, changes, *, version=None):
        if "password" in changes:
            own_id = self._stored.get(extension_id).id
            changes = {**changes, "password": ha1(own_id, REALM, changes["password"])}
        return shown(self._stored.update(extension_id, changes, version=version))

    def delete(self, extension_id, *, version=None):
        self._stored.delete(extension_id, version=version)

    def snapshot(self, extension_id):
        return self._stored.snapshot(extension_id)

    def restore(self, extension_id, snapshot, *, version):
        self._stored.restore(extension_id, snapshot, version=version)

    def seen(self, snapshot):
        return shown(self._stored.seen(snapshot))

    def pack(self, snapshot):
        return self._stored.pack(snapshot)

    def unpack(self, data):
        return self._stored.unpack(data)


def shown(extension):
    return replace(extension, password="", inherited={"password": "a1-hash"})


class TestHashedStorage(StorageContract):
    @pytest.fixture
    def make_storage(self) -> MakeStorage:
        storage = HashedStorage()
        return lambda: storage
