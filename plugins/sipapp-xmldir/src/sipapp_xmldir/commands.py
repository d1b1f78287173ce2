"""The subcommand ``sipapp xmldir``."""

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from sipapp_xmldir.emulation.directory import Source
from sipapp_xmldir.emulation.preprocessor import read_variables
from sipapp_xmldir.emulation.report import report
from sipapp_xmldir.files.regular_files import read_any

_READ_HELP = """\
Print, as JSON, what FreeSWITCH 1.10.12 would read from directory files: of each file
its users with id, attributes, params and variables, what breaks the reload, and what is
dropped, with the line. Passwords are printed as they stand in the files, unless
--redact is given. Several files, or the *.xml of a folder, are read as one directory in
the order of FreeSWITCH's glob. Exit status: 0; 1 if the reload would fail; 2 if a file
cannot be read.
"""


def add_commands(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add ``xmldir read``."""
    xmldir = subparsers.add_parser("xmldir", help="look at files of a FreeSWITCH directory")
    commands = xmldir.add_subparsers(required=True)
    read = commands.add_parser(
        "read", help="print as JSON what FreeSWITCH would read from files", description=_READ_HELP
    )
    read.add_argument("file", nargs="+", type=Path, help="a file, or a folder of *.xml files")
    read.add_argument(
        "--vars",
        type=Path,
        metavar="FILE",
        help="the vars.xml that $${...} refers to; otherwise the one two folders above the first "
        "file, if there is one",
    )
    read.add_argument(
        "--set",
        action="append",
        default=[],
        type=_assignment,
        metavar="NAME=VALUE",
        help="a variable besides, such as local_ip_v4, which FreeSWITCH finds out by itself",
    )
    read.add_argument("--redact", action="store_true", help="print *** instead of passwords")
    read.set_defaults(run=_read)


def _read(parsed: argparse.Namespace) -> int:
    sources, failed = _sources(parsed.file)
    vars_file = parsed.vars or _vars_beside(parsed.file[0])
    variables = read_variables(str(vars_file), vars_file.read_bytes()) if vars_file else {}
    variables.update(parsed.set)
    described = report(sources, variables, redact=parsed.redact)
    described["vars"] = str(vars_file) if vars_file else None
    sys.stdout.write(json.dumps(described, indent=2) + "\n")
    if failed:
        return 2
    return 0 if described["reload"]["ok"] else 1


def _assignment(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=VALUE.")
    return name, value


def _sources(paths: list[Path]) -> tuple[list[Source], bool]:
    """The files in FreeSWITCH's order, and whether one could not be read."""
    sources, failed = [], False
    for path, read in sorted(_files(paths), key=lambda each: os.fsencode(each[0])):
        try:
            sources.append(Source(str(path), read(path)))
        except OSError as error:
            sys.stderr.write(f"sipapp: {path}: {error.strerror}. FreeSWITCH skips it.\n")
            failed = True
    return sources, failed


def _files(paths: list[Path]) -> Iterator[tuple[Path, Callable[[Path], bytes]]]:
    """The files, and how to read each: a named one may be a pipe of the shell."""
    for path in paths:
        if path.is_dir():
            found = (each for each in path.glob("*.xml") if not each.name.startswith("."))
            yield from ((each, lambda file: read_any(str(file))) for each in found)
        else:
            yield path, Path.read_bytes


def _vars_beside(path: Path) -> Path | None:
    folder = path if path.is_dir() else path.parent
    found = folder.absolute().parent.parent / "vars.xml"
    return found if found.is_file() else None
