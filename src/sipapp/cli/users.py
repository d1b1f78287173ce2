"""``sipapp user``: adding, listing and removing the users of the file."""

import argparse
import getpass
import os
import sys
from collections.abc import Callable, Mapping
from typing import Any

from sipapp.accounts.user_file import UserFile
from sipapp.model.account import Role
from sipapp.model.errors import SettingsError
from sipapp.settings.ini import parse_settings

Subparsers = Any  # argparse's own name for them is private


def add_to(commands: Subparsers, read: Callable[[str], Mapping[str, str]]) -> None:
    """Add the command; ``read`` reads an ini, given its path."""
    user = commands.add_parser("user", help="manage who may use the admin pages, and as what")
    actions = user.add_subparsers(required=True)

    def action(name: str, run: Callable[..., None], text: str) -> argparse.ArgumentParser:
        parser: argparse.ArgumentParser = actions.add_parser(name, help=text)
        parser.add_argument("ini", help="an ini file with sipapp.users")
        parser.set_defaults(run=lambda parsed: run(_file(read(parsed.ini)), parsed))
        return parser

    adding = action("add", _add, "add a user, or give one another role and password")
    adding.add_argument("name")
    adding.add_argument("--role", type=Role, choices=list(Role), default=Role.VIEWER)
    action("list", _list, "list the users and their roles")
    action("remove", _remove, "remove a user").add_argument("name")


def _file(ini: Mapping[str, str]) -> UserFile:
    path = parse_settings({**ini, "sipapp.require_admin_password": "false"}, os.environ).users
    if path is None:
        raise SettingsError("The ini names no file of users: give it sipapp.users = PATH.")
    return UserFile(path)


def _add(file: UserFile, parsed: argparse.Namespace) -> None:
    is_new = parsed.name not in file.users()
    file.put(parsed.name, parsed.role, _password())
    done = "was added" if is_new else "has a new password"
    print(f"User {parsed.name} {done}, as {parsed.role}.")


def _list(file: UserFile, _parsed: argparse.Namespace) -> None:
    for user in file.users().values():
        print(f"{user.name}\t{user.role}")


def _remove(file: UserFile, parsed: argparse.Namespace) -> None:
    file.remove(parsed.name)
    print(f"User {parsed.name} was removed.")


def _password() -> str:
    """Ask twice at a terminal, else read a line: never an argument, which `ps` would show."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    password = getpass.getpass("Password: ")
    if getpass.getpass("Again: ") != password:
        raise SettingsError("The two are not the same. Nothing was changed.")
    return password
