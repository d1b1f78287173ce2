"""The commands of a document, as its readers copy them."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def shell_blocks(document: str) -> list[str]:
    """All blocks of shell commands of a document of this repository, in their order."""
    text = (ROOT / document).read_text(encoding="utf-8")
    return re.findall(r"^```(?:sh|bash|shell|console)\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
