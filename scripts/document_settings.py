"""Write docs/settings.md's tables from the declarations of the options.

``python scripts/document_settings.py`` rewrites them; with ``--check`` it only says, by its
exit status, whether they are as declared.
"""

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from sipapp.hooks.manager import Plugins
from sipapp.settings.ini import CORE
from sipapp.settings.options import Option
from sipapp.settings.phone import PHONE
from sipapp.settings.proxies import Proxies

DOCUMENT: Final = Path(__file__).parents[1] / "docs" / "settings.md"
BEGIN: Final = "<!-- The tables from here on are written by scripts/document_settings.py. -->\n"


def main(arguments: list[str]) -> int:
    """Rewrite the document, or check it."""
    text = DOCUMENT.read_text(encoding="utf-8")
    introduction, _, _ = text.partition(BEGIN)
    wanted = introduction + BEGIN + "".join(f"{line}\n" for line in tables())
    if arguments == ["--check"]:
        if text != wanted:
            print("docs/settings.md is out of date: run python scripts/document_settings.py")
        return int(text != wanted)
    DOCUMENT.write_text(wanted, encoding="utf-8")
    return 0


def tables() -> Iterable[str]:
    """All tables, as lines of Markdown."""
    yield from table("The application", "sipapp.", CORE)
    yield from table("The softphone", "sipapp.phone.", PHONE)
    ours = {"xmldir", "fs_cli", "esl", "kamailio"}
    plugins = Plugins.load()
    for name, backend in sorted(plugins.storages.items()):
        if name in ours:
            title = f"Storage `{name}`: {backend.description}"
            yield from table(title, f"sipapp.storage.{name}.", backend.options)
    for name, backend in sorted(plugins.strategies.items()):
        if name in ours:
            title = f"Switch `{name}`: {backend.description}"
            yield from table(title, "sipapp.reloader.NAME.", backend.options)


def table(title: str, prefix: str, options: Iterable[Option]) -> Iterable[str]:
    """One table, with its heading."""
    yield from ("", f"## {title}", "")
    yield from ("| key | default | meaning |", "|---|---|---|")
    for option in options:
        yield f"| `{prefix}{option.name}` | {default(option)} | {cell(option.help)} |"


def default(option: Option) -> str:
    """What holds when the ini says nothing."""
    if option.required:
        return "required"
    value: Any = option.default
    if value is None or value in ("", (), Proxies()):
        return "none"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    return f"`{value:g}`" if isinstance(value, float) else f"`{value}`"


def cell(text: str) -> str:
    """Text as it may stand in a cell."""
    return text.replace("|", "\\|")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
