"""The payloads of payloads.yaml."""

from pathlib import Path

import yaml

_CLASSES = yaml.safe_load(Path(__file__).with_name("payloads.yaml").read_text(encoding="utf-8"))


def _text(written):
    return written if isinstance(written, str) else written["repeat"] * written["times"]


WRONG_TYPES = _CLASSES.pop("wrong types")
TEXTS = [_text(each) for written in _CLASSES.values() for each in written]
# Two of each class, for what is attacked by the same way elsewhere with all.
SAMPLES = [_text(each) for written in _CLASSES.values() for each in written[:2]]


def octets(text):
    """The text as an attacker's client sends it: a lone surrogate is no UTF-8."""
    return text.encode("utf-8", "surrogatepass")
