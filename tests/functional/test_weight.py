"""How much a browser loads before the phone can be used."""

import gzip
import json

from sipapp.web.assets import STATIC

# Of all JavaScript and CSS, as it travels: a promise of the README. JsSIP alone is 55 of it.
LIMIT = 95_500


def first_load(chunks, name, seen=None):
    """Collect the files of an entry and of all that it imports at once, not on demand."""
    seen = set() if seen is None else seen
    if name not in seen:
        seen.add(name)
        chunk = chunks[name]
        yield chunk["file"]
        yield from chunk.get("css", [])
        for imported in chunk.get("imports", []):
            yield from first_load(chunks, imported, seen)


def test_the_phone_weighs_little():
    chunks = json.loads((STATIC / ".vite" / "manifest.json").read_text(encoding="utf-8"))
    # The first view, and the phone beside it, which is loaded without being asked for.
    (page,) = (name for name, chunk in chunks.items() if chunk.get("name") == "page")
    names = {*first_load(chunks, "phone/main.ts"), *first_load(chunks, page)}

    weights = {name: len(gzip.compress((STATIC / name).read_bytes(), 6)) for name in names}

    assert any(name.endswith(".css") for name in weights)
    assert sum(weights.values()) <= LIMIT, weights
