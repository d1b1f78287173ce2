"""Factory of the storage that the settings name: of one folder, or of several domains."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from sipapp.api import ExtensionStorage, SettingsError, is_domain
from sipapp_xmldir.directory.folder import is_domain_file
from sipapp_xmldir.directory.remembered_place import is_file_name
from sipapp_xmldir.domains import XmlDomains
from sipapp_xmldir.health.domain import load_domain, load_domain_file
from sipapp_xmldir.health.variables import load_variables
from sipapp_xmldir.storage import XmlDirectory
from sipapp_xmldir.writer import OWN_FILE, missing_file

_SETTING: Final = "sipapp.storage.xmldir.directory"


def users_file(text: str) -> str:
    """Parse the option ``new_users``."""
    if text == OWN_FILE or is_file_name(text):
        return text
    raise ValueError(f"it must be {OWN_FILE}, or the name of a file such as floor2.xml.")


def make_storage(
    *,
    directory: Sequence[Path],
    create: bool,
    vars: Path | None = None,  # noqa: A002  (the name of the option)
    dialplan: Path | None = None,
    freeswitch_user: str = "",
    new_users: str = OWN_FILE,
) -> ExtensionStorage:
    """Make the storage of one folder, or of several domains.

    Raises ``SettingsError`` if it is not known which domain a folder belongs to, or if the file
    of ``new_users`` is missing.
    """
    folders = [
        XmlDirectory(
            directory=each,
            create=create,
            vars=vars,
            dialplan=dialplan,
            freeswitch_user=freeswitch_user,
            new_users=new_users,
        )
        for each in directory
    ]
    for each in directory:
        if new_users != OWN_FILE and each.is_dir() and not (each / new_users).is_file():
            raise SettingsError(missing_file(new_users, each))
    if len(folders) == 1:
        return folders[0]
    return XmlDomains(dict(zip(_names(directory, vars), folders, strict=True)))


def _names(folders: Sequence[Path], vars_file: Path | None) -> Sequence[str]:
    """The domains of the folders, the first of which may have an unknown name.

    Raises ``SettingsError``.
    """
    found: dict[str, Path] = {}
    for folder in folders:
        names, why = _names_of(folder, vars_file)
        name = names[0] if len(names) == 1 else ""
        if found and not is_domain(name):
            why = why or f"the domain is {' or '.join(map(repr, names))}"
            raise SettingsError(
                f"Setting {_SETTING}: it is not known which domain {folder} belongs to: {why}. "
                f"{_remedy(folder)}"
            )
        name = name if is_domain(name) else ""
        other = next((each for each in found if each.lower() == name.lower()), None)
        if other is not None:
            raise SettingsError(
                f"Setting {_SETTING}: {found[other]} and {folder} both belong to the domain "
                f"{name}. Give one folder for each domain."
            )
        found[name] = folder
    return list(found)


def _remedy(folder: Path) -> str:
    if is_domain_file(folder):
        return 'It has to be a file with one <domain name="branch.example">.'
    return (
        f'FreeSWITCH has to read a file {folder}.xml in which <domain name="branch.example"> '
        f"includes {folder.name}/*.xml; docs/freeswitch.md has one."
    )


def _names_of(folder: Path, vars_file: Path | None) -> tuple[Sequence[str], str]:
    """The domains that include a folder, or why there are none."""
    file = vars_file or folder.parent.parent / "vars.xml"
    variables, _ = load_variables(file if file.is_file() else None)
    load = load_domain_file if is_domain_file(folder) else load_domain
    domain, _ = load(folder, variables.values)
    return domain.names, domain.gap
