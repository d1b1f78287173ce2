"""How pages name an extension, whose id may come from a foreign file: as text, as address."""

from pyramid.request import Request


def printable(text: str) -> str:
    """Replace what UTF-8 cannot hold: a file name, and so a foreign id, may be any bytes."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def edit_url(request: Request, extension_id: str) -> str | None:
    """The page of an extension, ``None`` if no address can name it."""
    # A server decodes %2F before routes are matched, and browsers resolve dot segments.
    if extension_id in {"", ".", ".."} or "/" in extension_id:
        return None
    if printable(extension_id) != extension_id:
        return None
    address: str = request.route_path("admin_edit", id=extension_id)
    return address
