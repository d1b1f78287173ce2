"""What the account of a request may do beside the effect of the view itself, by its role."""

from collections.abc import Collection

from pyramid.httpexceptions import HTTPForbidden
from pyramid.request import Request

from sipapp.model.account import EFFECTS, Effect, effect_of_field
from sipapp.model.extension import FIELD_NAMES, FIELDS


def open_fields(request: Request) -> Collection[str]:
    """The fields that the account of the request may change."""
    return [name for name in FIELD_NAMES if request.may[effect_of_field(name)]]


def check_fields_permitted(request: Request, fields: Collection[str]) -> None:
    """Raise ``HTTPForbidden`` if the account may not change one of the fields."""
    allowed = open_fields(request)
    refused = [field.label for field in FIELDS if field.name in set(fields) - set(allowed)]
    if refused:
        raise HTTPForbidden(
            f"Your role does not change {', '.join(refused)}: that takes an administrator. "
            "Nothing was changed."
        )


def calls_to_be_ended(request: Request, *, asked: bool) -> bool:
    """Whether a change ends calls, as was ``asked`` for.

    Raises ``HTTPForbidden`` if it was and the account may not.
    """
    if asked and not request.may[Effect.END_CALLS]:
        raise HTTPForbidden(
            f"Your role does not end calls: that takes an {EFFECTS[Effect.END_CALLS].role}. Leave "
            "it out to do the rest. Nothing was changed."
        )
    return asked
