"""Rules on the tests of a plugin, which are found in its project's folder."""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from sipapp.plugin_check.module import Module
from sipapp.plugin_check.plugin import Kind, Plugin
from sipapp.plugin_check.rules_of_source import PUBLIC, private_imports

_TEST_FILE: Final = re.compile(r"(?:.*/)?(?:test_[^/]*|[^/]*_test)\.py")


def test_imports(plugin: Plugin) -> Iterator[str]:
    """Of sipapp, its tests import the public modules and sipapp.testing only."""
    yield from private_imports(plugin.project.tests, _is_for_tests)


def storage_contract(plugin: Plugin) -> Iterator[str]:
    """A test class inherits StorageContract for each storage."""
    yield from _contract(plugin, "storage", "StorageContract")


def reload_contract(plugin: Plugin) -> Iterator[str]:
    """A test class inherits ReloadContract for each reload strategy."""
    yield from _contract(plugin, "reload strategy", "ReloadContract")


def whole_application(plugin: Plugin) -> Iterator[str]:
    """A test runs the whole application on it, with the fixture make_app."""
    arguments = {
        argument.arg
        for module in plugin.project.tests
        for function in module.functions()
        for argument in function.args.args
    }
    if "make_app" not in arguments:
        yield "Write a test that takes the fixture make_app and starts sipapp on the plugin."


def _is_for_tests(name: str) -> bool:
    return name in PUBLIC or name == "sipapp.testing" or name.startswith("sipapp.testing.")


def _contract(plugin: Plugin, kind: Kind, contract: str) -> Iterator[str]:
    offered = [offer.backend.name for offer in plugin.offers if offer.kind == kind]
    if not offered:
        return
    tests = [each for each in plugin.project.tests if _TEST_FILE.fullmatch(each.shown)]
    found = set(_heirs(tests, contract))
    if len(found) < len(offered):
        yield (
            f"It offers {', '.join(offered)}, and its tests have {len(found)} classes that inherit "
            f"{contract}: write one for each {kind}."
        )


def _heirs(tests: Iterable[Module], contract: str) -> Iterator[str]:
    """The test classes that inherit a contract, directly or by way of others."""
    bases = {
        each.name: {module.full_name(base).rpartition(".")[2] for base in each.bases}
        for module in tests
        for each in module.classes()
    }
    known = {contract}
    while new := {name for name in bases if bases[name] & known} - known:
        known |= new
    return (name for name in known if name.startswith("Test"))
