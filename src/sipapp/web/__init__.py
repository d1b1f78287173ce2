"""Pages and API: parse, authorise, call the service, render."""

from pyramid.config import Configurator


def includeme(config: Configurator) -> None:
    """Register all routes; the order of includes is the order of matching."""
    prefix = config.registry.app.settings.prefix
    config.include("sipapp.web.errors")
    config.include("sipapp.web.forms")
    config.include("sipapp.web.health", route_prefix=prefix)
    config.include("sipapp.web.api", route_prefix=f"{prefix}/api/v1")
    config.include("sipapp.web.admin", route_prefix=f"{prefix}/admin")
    config.include("sipapp.web.phone")
