"""The built front end: hashed files, found through Vite's manifest."""

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from pyramid.config import Configurator
from pyramid.request import Request
from pyramid.settings import asbool

STATIC: Final = Path(__file__).parents[1] / "static"
_YEAR: Final = 365 * 24 * 3600


@dataclass(frozen=True)
class Entry:
    """The files of one page's entry, as paths below the static folder.

    ``imports`` are those that the scripts load themselves: a browser told of them
    early need not wait to find out.
    """

    scripts: tuple[str, ...]
    styles: tuple[str, ...]
    imports: tuple[str, ...] = ()


def read_manifest(static: Path = STATIC) -> dict[str, Entry]:
    """Read Vite's manifest; empty when the front end is not built."""
    file = static / ".vite" / "manifest.json"
    if not file.exists():
        return {}
    chunks = json.loads(file.read_text(encoding="utf-8"))
    return {
        name: Entry(
            (chunk["file"],),
            tuple(_styles(chunks, name)),
            tuple(chunks[imported]["file"] for imported in chunk.get("imports", [])),
        )
        for name, chunk in chunks.items()
        if chunk.get("isEntry")
    }


def _styles(chunks: dict[str, Any], name: str, seen: set[str] | None = None) -> list[str]:
    """Collect the styles of a chunk and of the chunks that it imports, those first."""
    seen = seen if seen is not None else set()
    if name in seen:
        return []
    seen.add(name)
    styles: list[str] = []
    for imported in chunks[name].get("imports", []):
        styles += _styles(chunks, imported, seen)
    return styles + [css for css in chunks[name].get("css", []) if css not in styles]


def includeme(config: Configurator) -> None:
    """Serve the hashed files with long caching, and give requests ``asset_entry(name)``."""
    load = read_manifest
    if not asbool(config.registry.settings.get("pyramid.reload_templates")):
        load = lru_cache(maxsize=1)(read_manifest)

    def entry(_request: Request, name: str) -> Entry | None:
        return load().get(name)

    config.add_request_method(entry, "asset_entry")
    prefix = config.registry.app.settings.prefix
    # A name in there changes with the content, so a browser may keep a file for ever.  What lies
    # beside it has no such name (sipapp.web.phone.app), or is not public, as the manifest.
    name = f"{prefix}/static/assets".removeprefix("/")
    config.add_static_view(name, "sipapp:static/assets", cache_max_age=_YEAR)
