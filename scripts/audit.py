#!/usr/bin/env python
"""Check the dependencies against known vulnerabilities, the advisories of OSV (https://osv.dev).

Checked are requirements.lock, the packages of the virtual environment that runs this script, and
the front end's package-lock.json. Only names and versions of packages are sent, and none if
the advisories are in a folder.

Exit status: 0 no advisory found, 1 advisories found, 2 something could not be checked.
"""

import argparse
import json
import re
import sys
import sysconfig
from collections import defaultdict
from collections.abc import Iterator
from http.client import HTTPException
from importlib.metadata import distributions
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.request import Request, urlopen

from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT: Final = Path(__file__).parents[1]
OSV_API: Final = "https://api.osv.dev"
ANSWER_TIMEOUT_S: Final = 30
QUERIES_PER_REQUEST: Final = 1000  # the limit of OSV's API
NONE_FOUND, FOUND, NOT_CHECKED = 0, 1, 2


class Package(NamedTuple):
    """A version of a package, by the name of its registry in OSV."""

    ecosystem: str
    name: str
    version: str


Json = dict[str, Any]
Finding = tuple[Package, Json]


def main(arguments: list[str]) -> int:
    """Print the advisories of all dependencies, and return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument(
        "--osv",
        metavar="DIR|URL",
        default=OSV_API,
        help="a folder of OSV's JSON files, as all.zip of PyPI and of npm have them (offline), or"
        " the address of OSV's API; default: %(default)s",
    )
    source = parser.parse_args(arguments).osv
    affected: set[Package] = set()
    try:
        where = dependencies()
        search = query_api if re.match(r"https?://", source) else search_folder
        for package, advisory in search(source, list(where)):
            affected.add(package)
            print(describe(package, where[package], advisory))
    except (OSError, ValueError, HTTPException, LookupError, TypeError, AttributeError) as error:
        print(
            f"Not all dependencies could be checked: {source}: {error}.\n"
            "Where OSV's API cannot be reached, unpack its files of PyPI and npm into a folder,"
            " and name it: --osv DIR.",
            file=sys.stderr,
        )
        return FOUND if affected else NOT_CHECKED
    print(f"{len(where)} packages were checked by {source}, {len(affected)} have advisories.")
    return FOUND if affected else NONE_FOUND


def describe(package: Package, places: list[str], advisory: Json) -> str:
    """Return the line that says what an advisory is about, and where to read it."""
    names = " ".join([advisory["id"], *advisory.get("aliases", [])])
    return (
        f"{package.ecosystem} {package.name} {package.version} ({', '.join(places)}): {names}:"
        f" {advisory.get('summary', '')} https://osv.dev/vulnerability/{advisory['id']}"
    )


def dependencies() -> dict[Package, list[str]]:
    """Return all dependencies, each with the places that name it."""
    where: defaultdict[Package, list[str]] = defaultdict(list)
    for place, packages in (
        ("requirements.lock", locked()),
        ("virtual environment", installed()),
        ("package-lock.json", front_end()),
    ):
        for package in packages:
            where[package].append(place)
    return where


def locked() -> Iterator[Package]:
    """Read the lock file of the Python dependencies."""
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    for name, version in re.findall(r"(?m)^([\w.-]+)==([^\s;]+)", lock):
        yield Package("PyPI", canonicalize_name(name), version)


def installed() -> Iterator[Package]:
    """List what is installed from a package index, without sipapp itself and its plugins."""
    for distribution in distributions(path=[sysconfig.get_path("purelib")]):
        if distribution.read_text("direct_url.json") is None:
            name = canonicalize_name(distribution.metadata["Name"])
            yield Package("PyPI", name, distribution.version)


def front_end() -> Iterator[Package]:
    """Read npm's lock file; packages of an alias have a name of their own there."""
    lock = json.loads((ROOT / "src/web/package-lock.json").read_text(encoding="utf-8"))
    seen = set()
    for folder, entry in lock["packages"].items():
        name = entry.get("name", folder.rpartition("node_modules/")[2])
        package = Package("npm", name, entry["version"])
        if folder and package not in seen:
            seen.add(package)
            yield package


def query_api(url: str, packages: list[Package]) -> Iterator[Finding]:
    """Ask OSV's API which packages have advisories, and then for those of each."""
    for start in range(0, len(packages), QUERIES_PER_REQUEST):
        asked = packages[start : start + QUERIES_PER_REQUEST]
        answer = post(f"{url}/v1/querybatch", {"queries": [query(each) for each in asked]})
        for package, result in zip(asked, answer["results"], strict=True):
            if result:
                advisories = post(f"{url}/v1/query", query(package)).get("vulns", [])
                yield from ((package, each) for each in advisories if not each.get("withdrawn"))


def query(package: Package) -> Json:
    """Return the question of OSV's API for a package: name and version."""
    named = {"ecosystem": package.ecosystem, "name": package.name}
    return {"package": named, "version": package.version}


def post(url: str, body: Json) -> Json:
    """Send a request with a JSON body, and return the JSON of the answer."""
    request = Request(  # noqa: S310  (http or https: see main)
        url, json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with urlopen(request, timeout=ANSWER_TIMEOUT_S) as answer:  # noqa: S310
        return dict(json.load(answer))


def search_folder(folder: str, packages: list[Package]) -> Iterator[Finding]:
    """Search the advisories below a folder for the packages.

    Raises ValueError if it has none of a registry, or one that cannot be read.
    """
    missing = {package.ecosystem for package in packages}
    versions = defaultdict(list)
    for package in packages:
        versions[package.ecosystem, package.name].append(package)
    for file in sorted(Path(folder).rglob("*.json")):
        try:
            advisory = json.loads(file.read_text(encoding="utf-8"))
            found = set()
            for affected in [] if advisory.get("withdrawn") else advisory["affected"]:
                ecosystem, name = named(affected)
                missing.discard(ecosystem)
                candidates = versions.get((ecosystem, name), [])
                found |= {each for each in candidates if is_affected(each, affected)}
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            raise ValueError(f"{file} cannot be read: {error!r}") from error
        yield from ((package, advisory) for package in sorted(found))
    if missing:
        raise ValueError(f"no advisories of {' and '.join(sorted(missing))} are there")


def named(affected: Json) -> tuple[str, str]:
    """Return registry and name of the package of an entry `affected`; empty if it has none."""
    package = affected.get("package", {"ecosystem": "", "name": ""})
    if package["ecosystem"] == "PyPI":
        return "PyPI", canonicalize_name(package["name"])
    return package["ecosystem"], package["name"]


def is_affected(package: Package, affected: Json) -> bool:
    """Return whether an entry `affected` of an advisory lists the version, or has it in a range."""
    ranges = [each for each in affected.get("ranges", []) if each["type"] != "GIT"]
    return package.version in affected.get("versions", []) or any(
        is_in_range(package, each["events"]) for each in ranges
    )


def is_in_range(package: Package, events: list[dict[str, str]]) -> bool:
    """Return whether a version is in a range of OSV: events in the order of their versions."""
    order = Version if package.ecosystem == "PyPI" else semantic_order
    version: Any = order(package.version)
    affected = False
    steps = [step for event in events for step in event.items() if step[0] != "limit"]
    for kind, at in sorted(steps, key=lambda step: (step[1] != "0", order(step[1]))):
        if kind == "introduced":
            affected = affected or at == "0" or version >= order(at)
        elif kind == "fixed":
            affected = affected and version < order(at)
        elif kind == "last_affected":
            affected = affected and version <= order(at)
    return affected


def semantic_order(version: str) -> tuple[Any, ...]:
    """Return what npm's versions sort by: numbers, then pre-releases before the release."""
    release, _, before = version.partition("+")[0].partition("-")
    numbers = [int(number) for number in release.split(".")]
    parts = [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in before.split(".")]
    return (numbers + [0] * (3 - len(numbers)), not before, parts)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
