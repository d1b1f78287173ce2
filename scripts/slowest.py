#!/usr/bin/env python
"""List the slowest files and tests of the last `make test`, from its var/junit.xml."""

import sys
from collections import defaultdict
from heapq import nlargest
from operator import itemgetter
from pathlib import Path
from typing import Final
from xml.etree import ElementTree as ET

REPORT: Final = Path(__file__).parents[1] / "var" / "junit.xml"
LISTED: Final = 20


def main(arguments: list[str]) -> int:
    """List what took longest, in seconds; another report may be named."""
    report = Path(arguments[0]) if arguments else REPORT
    if not report.exists():
        print(f"There is no {report}: run make test first.", file=sys.stderr)
        return 1
    files: defaultdict[str, float] = defaultdict(float)
    tests: defaultdict[str, float] = defaultdict(float)
    for case in ET.parse(report).iter("testcase"):  # noqa: S314  (pytest wrote it)
        file = case.attrib["file"]
        seconds = float(case.attrib["time"])
        files[file] += seconds
        tests[f"{file}: {case.attrib['name']}"] += seconds
    for heading, found in ("files", files), ("tests", tests):
        print(f"Slowest of {len(found)} {heading}, of {sum(found.values()):.1f} s:")
        for name, seconds in nlargest(LISTED, found.items(), key=itemgetter(1)):
            print(f"{seconds:8.1f} s  {name}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
