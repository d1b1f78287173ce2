"""Pages and API: parse, authorise, call the service, render."""

from pyramid.config import Configurator


def includeme(config: Configurator) -> None:
    """Register all routes; the order of includes is the order of matching."""
    prefix = config.registry.sipapp_settings.prefix
    config.include("sipapp.views.errors")
    config.include("sipapp.views.forms")
    config.include("sipapp.views.health", route_prefix=prefix)
    config.include("sipapp.views.api", route_prefix=f"{prefix}/api/v1")
    config.include("sipapp.views.admin", route_prefix=f"{prefix}/admin")
    config.include("sipapp.views.phone")
