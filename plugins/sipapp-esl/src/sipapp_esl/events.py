"""An event of FreeSWITCH, as ``event json`` brings it."""

import json
from collections.abc import Mapping

from sipapp_esl.protocol import Message

Event = Mapping[str, str]
"""Headers by name.  A value is what some phone sent, or empty."""


def read_event(message: Message) -> Event | None:
    """Read the event of a message; ``None`` if it cannot be read."""
    try:
        data = json.loads(message.text, strict=False)
    except (ValueError, RecursionError):
        return None
    if not isinstance(data, dict):
        return None
    return {name: value for name, value in data.items() if isinstance(value, str)}
