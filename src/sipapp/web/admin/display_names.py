"""Display text and page address of extensions, whose ids may come from foreign files."""

from typing import Final
from urllib.parse import quote

from pyramid.request import Request, RequestLocalCache
from pyramid.traversal import PATH_SEGMENT_SAFE

from sipapp.model.text import one_line

MAX_SHOWN: Final = 600
"""Characters of a text that a page shows."""

# Pyramid's own way to each of fifty addresses takes a tenth of the whole page's time.
_folder: Final = RequestLocalCache(lambda request: request.route_path("admin_edit", id=""))


def shown(text: str) -> str:
    """A text that may come from a file or a network, as one line that a page can bear."""
    return one_line(text, MAX_SHOWN)


def edit_url(request: Request, extension_id: str) -> str | None:
    """The page of an extension, ``None`` if no address can name it."""
    # A server decodes %2F before routes are matched, and browsers resolve dot segments.
    if extension_id in {"", ".", ".."} or "/" in extension_id:
        return None
    try:
        name = quote(extension_id, safe=PATH_SEGMENT_SAFE)
    except UnicodeEncodeError:  # a file name, and so a foreign id, may be any bytes
        return None
    return f"{_folder.get_or_create(request)}{name}"
