"""The API of phones."""

import logging
from pathlib import Path
from typing import Final

from pyramid.config import Configurator
from pyramid.request import Request
from pyramid.response import Response
from pyramid.security import NO_PERMISSION_REQUIRED

from sipapp.model.errors import StorageError
from sipapp.phone.service import Unavailable
from sipapp.web.openapi.contract import Contract, Operation
from sipapp.web.openapi.routing import Handler, View, add_api, document_handler, make_view
from sipapp.web.phone.operations import OPERATIONS, report_handler
from sipapp.web.phone.session import extension_of

log = logging.getLogger(__name__)

DOCUMENT: Final = Path(__file__).parents[1] / "openapi" / "phone.yaml"


def includeme(config: Configurator) -> None:
    """Register the API as its document has it.

    The permissions of the admin pages are for other people: every operation asks for a phone's
    session instead, unless the document says that it needs none.
    """
    contract = Contract.load(config.route_prefix, DOCUMENT)
    schema = contract.document["components"]["schemas"]["Report"]
    handlers = {
        **OPERATIONS,
        "getPhoneDocument": document_handler(contract),
        "report": report_handler(schema),
    }
    add_api(
        config,
        "phone",
        contract,
        handlers,
        permission=NO_PERMISSION_REQUIRED,
        view_of=_view_for_phones,
    )


def _view_for_phones(operation: Operation, handler: Handler) -> View:
    view = make_view(operation, handler)

    def checked(request: Request) -> Response:
        try:
            if not operation.is_public:
                extension_of(request)
            return view(request)
        except StorageError as error:
            # Its words are the administrator's: they may name files.
            log.warning("A phone's request failed: %s", error)
            raise Unavailable("The server cannot look at its extensions now.") from error

    return checked
