"""Words that stand for a secret in the name of a value."""

import re
from typing import Final

_SECRET: Final = re.compile(
    r"pass|secret|pwd|hash|token|credential|key|(?<![a-z])pin(?![a-z])", re.IGNORECASE
)


def names_secret(text: str) -> bool:
    """Whether a text, such as the name of a param, has a word that stands for a secret."""
    return _SECRET.search(text) is not None
