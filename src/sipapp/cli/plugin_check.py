"""``sipapp plugins check NAME``."""

import argparse
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict

from sipapp.plugin_check.check import Result, check
from sipapp.plugin_check.plugin import load_plugin


def run(arguments: Sequence[str]) -> int:
    """Say which rules a plugin keeps; returns 1 if one is missing.

    Raises ``SettingsError`` if the plugin is not there or cannot be loaded.
    """
    parser = argparse.ArgumentParser(
        prog="sipapp plugins check",
        description="Say which rules of a good plugin an installed one keeps. "
        "Exit status: 0; 1 if one is missing; 2 if the plugin cannot be loaded.",
    )
    parser.add_argument("name", metavar="NAME", help="its name, as sipapp plugins lists it")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parsed = parser.parse_args(arguments)
    results = check(load_plugin(parsed.name))
    if parsed.json:
        print(json.dumps({"plugin": parsed.name, "rules": list(map(asdict, results))}, indent=2))
    else:
        _print(results)
    return int(any(each.answer == "missing" for each in results))


def _print(results: Sequence[Result]) -> None:
    for each in results:
        print(f"{each.answer:<7} {each.rule}: {each.asks}")
        for detail in each.details:
            print(f"        {detail}")
    count = Counter(each.answer for each in results)
    print(", ".join(f"{count[answer]} {answer}" for answer in ("done", "exempt", "missing")) + ".")
