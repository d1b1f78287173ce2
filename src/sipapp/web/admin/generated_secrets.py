"""Generated secrets, for the one page that shows them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from pyramid.request import Request

from sipapp.changes.service import Saved
from sipapp.model.extension import FIELDS

_LABELS: Final = {each.name: each.label for each in FIELDS}


@dataclass(frozen=True)
class MadeSecret:
    """A secret beside the name of its field."""

    name: str
    label: str
    text: str = field(repr=False)


def made_secrets(saved: Saved) -> Sequence[MadeSecret]:
    """The secrets that were made for a change."""
    return [MadeSecret(name, _LABELS[name], text) for name, text in saved.generated.items()]


def phone_url(request: Request, extension_id: str) -> str:
    """The softphone, filled in but for the password, which must not stand in an address."""
    address: str = request.route_path("phone", _anchor=f"extension={extension_id}")
    return address
