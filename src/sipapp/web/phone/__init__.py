"""The softphone: its page, the files of the installable app, and its API."""

from pyramid.config import Configurator


def includeme(config: Configurator) -> None:
    """Register all of it."""
    prefix = config.registry.app.settings.prefix
    config.include("sipapp.web.phone.api", route_prefix=f"{prefix}/phone")
    config.include("sipapp.web.phone.app")
    config.include("sipapp.web.phone.page")
