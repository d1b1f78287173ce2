"""How pages name an extension, whose id may come from a foreign file: as text, as address."""

from typing import Final
from urllib.parse import quote

from pyramid.request import Request, RequestLocalCache
from pyramid.traversal import PATH_SEGMENT_SAFE

# Pyramid's own way to each of fifty addresses takes a tenth of the whole page's time.
_folder: Final = RequestLocalCache(lambda request: request.route_path("admin_edit", id=""))


def printable(text: str) -> str:
    """Replace what UTF-8 cannot hold: a file name, and so a foreign id, may be any bytes."""
    if text.isascii():
        return text
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def edit_url(request: Request, extension_id: str) -> str | None:
    """The page of an extension, ``None`` if no address can name it."""
    # A server decodes %2F before routes are matched, and browsers resolve dot segments.
    if extension_id in {"", ".", ".."} or "/" in extension_id:
        return None
    if printable(extension_id) != extension_id:
        return None
    return f"{_folder.get_or_create(request)}{quote(extension_id, safe=PATH_SEGMENT_SAFE)}"
