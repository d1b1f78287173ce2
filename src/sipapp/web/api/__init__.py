"""The REST API of the extension manager."""

from pathlib import Path
from typing import Final

from pyramid.config import Configurator

from sipapp.web.api.operations import API, OPERATIONS
from sipapp.web.openapi.contract import Contract
from sipapp.web.openapi.routing import add_api, document_handler

DOCUMENT: Final = Path(__file__).parents[1] / "openapi" / "manager.yaml"


def includeme(config: Configurator) -> None:
    """Register the API as its document has it."""
    contract = Contract.load(config.route_prefix, DOCUMENT)
    add_api(config, API, contract, {**OPERATIONS, "getDocument": document_handler(contract)})
