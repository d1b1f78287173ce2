"""The REST API."""

from pyramid.config import Configurator


def includeme(config: Configurator) -> None:
    """Register the API's routes."""
