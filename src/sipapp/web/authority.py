"""Which fields of an extension the account of a request may change, by its role."""

from collections.abc import Collection

from pyramid.httpexceptions import HTTPForbidden
from pyramid.request import Request

from sipapp.model.account import OPERATOR_FIELDS
from sipapp.model.extension import FIELD_NAMES, FIELDS


def open_fields(request: Request) -> Collection[str]:
    """The fields that the account of the request may change."""
    return FIELD_NAMES if request.may["admin"] else OPERATOR_FIELDS


def check_authority(request: Request, fields: Collection[str]) -> None:
    """Raise ``HTTPForbidden`` if the account may not change one of the fields."""
    allowed = open_fields(request)
    refused = [field.label for field in FIELDS if field.name in set(fields) - set(allowed)]
    if refused:
        raise HTTPForbidden(
            f"Your role does not change {', '.join(refused)}: that takes an administrator. "
            "Nothing was changed."
        )
