"""What this distribution offers to sipapp."""

from sipapp.api import Backend, ExtensionStorage, Option, hookimpl, path
from sipapp_jsonfile.storage import JsonFileStorage


@hookimpl
def sipapp_storage_backends() -> list[Backend[ExtensionStorage]]:
    return [
        Backend(
            "jsonfile",
            JsonFileStorage,
            "all extensions in one JSON file",
            [Option("file", "path of the file", path)],
        )
    ]
