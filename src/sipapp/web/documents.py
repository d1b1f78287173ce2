"""Extensions and outcomes of changes as JSON documents of the API."""

from dataclasses import asdict
from typing import Any, Final

from sipapp.changes.service import Saved
from sipapp.model.apply import Apply
from sipapp.model.extension import FIELDS, Extension
from sipapp.model.field_warnings import field_warnings
from sipapp.model.mentions import Mention

_SHOWN: Final = (
    "id",
    *(field.name for field in FIELDS if not field.secret),
    "enabled",
    "has_password",
    "authentication",
    "version",
    "source",
    "read_only",
)


def mention_document(mention: Mention) -> dict[str, Any]:
    """A value that holds the number of an extension; without what may be a secret."""
    hidden = mention.is_hidden
    return {
        "name": mention.name,
        "label": mention.label,
        "old": "" if hidden else mention.old,
        "new": "" if hidden else mention.new,
        "follows": mention.follows,
        "hidden": hidden,
    }


def extension_document(extension: Extension) -> dict[str, Any]:
    """An extension, without its secrets."""
    shown = {name: getattr(extension, name) for name in _SHOWN}
    inherited, resolved = dict(extension.inherited), dict(extension.resolved)
    aliases = list(extension.aliases)
    warnings = [asdict(each) for each in field_warnings(extension)]
    return {
        **shown,
        "inherited": inherited,
        "resolved": resolved,
        "aliases": aliases,
        "warnings": warnings,
    }


def change_document(saved: Saved) -> dict[str, Any]:
    """The outcome of a change, beside the extension."""
    unrecorded = {"unrecorded": saved.unrecorded} if saved.unrecorded else {}
    return {"apply": apply_document(saved.apply), **unrecorded}


def apply_document(apply: Apply) -> dict[str, Any]:
    """The outcome of a change at each switch."""
    switches = [
        {
            "name": switch.name,
            "outcome": switch.outcome,
            "detail": switch.detail,
            "forgotten": switch.forgotten,
            "seconds": round(switch.seconds, 3),
        }
        for switch in apply.switches
    ]
    return {"state": apply.state, "switches": switches}
