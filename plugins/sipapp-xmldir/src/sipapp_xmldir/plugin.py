"""What this distribution offers to sipapp."""

import argparse

from sipapp.api import Backend, ExtensionStorage, Option, boolean, hookimpl, path, paths
from sipapp_xmldir.commands import add_commands
from sipapp_xmldir.factory import make_storage, users_file
from sipapp_xmldir.writer import OWN_FILE


@hookimpl
def sipapp_storage_backends() -> list[Backend[ExtensionStorage]]:
    """Offer the storage ``xmldir``."""
    return [
        Backend(
            "xmldir",
            make_storage,
            "one XML file for each extension, in FreeSWITCH's static directory",
            [
                Option(
                    "directory",
                    "the directory of EXTENSION.xml files, or a file that has a whole `<domain>` "
                    "with its users; several, one a line, when FreeSWITCH has several domains: "
                    "that of the first is the default one",
                    paths,
                ),
                Option("create", "make the directory if it is missing", boolean, default=False),
                Option("vars", "path of vars.xml, for what `$${...}` stands for", path, None),
                Option(
                    "dialplan",
                    "file or folder of the dialplan that calls the extensions, such as "
                    "dialplan/default.xml; the health page says which extensions it cannot reach",
                    path,
                    None,
                ),
                Option(
                    "freeswitch_user",
                    "name of the user that FreeSWITCH runs as, who has to read the files; "
                    "when empty, the owner of the directory",
                    default="",
                ),
                Option(
                    "new_users",
                    "where a new extension goes: `own-file`, or the name of a file of the "
                    "directory, such as `floor2.xml`, to whose users it is added at the end",
                    users_file,
                    OWN_FILE,
                ),
            ],
        )
    ]


@hookimpl
def sipapp_commands(
    subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]",
) -> None:
    """Add ``sipapp xmldir read``."""
    add_commands(subparsers)
