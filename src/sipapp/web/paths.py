"""Paths of requests below ``sipapp.prefix``."""

from pyramid.request import Request


def path_below_prefix(request: Request) -> str:
    """The path of a request below the prefix and its slash; empty if it is not below it."""
    # Not request.path: that one fails for a path that is not UTF-8.
    path = str(request.environ.get("PATH_INFO", "")).encode("latin-1").decode(errors="replace")
    prefix = f"{request.app.settings.prefix}/"
    return path.removeprefix(prefix) if path.startswith(prefix) else ""
