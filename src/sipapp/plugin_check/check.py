"""The check of a plugin: each rule asked in turn, and the exemptions that the plugin declares."""

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from sipapp.plugin_check import rules_of_behaviour as behaviour
from sipapp.plugin_check import rules_of_metadata as metadata
from sipapp.plugin_check import rules_of_source as source
from sipapp.plugin_check import rules_of_tests as tests
from sipapp.plugin_check.plugin import Plugin, SourcesMissing

Rule = Callable[[Plugin], Iterator[str]]
"""Yields what is missing, each a sentence that says what to do; its docstring says what it asks."""
Answer = Literal["done", "exempt", "missing"]

_RULES: Final[tuple[Rule, ...]] = (
    metadata.entry_point,
    metadata.build_system,
    metadata.requires_python,
    metadata.requires_sipapp,
    metadata.dependency_ranges,
    metadata.licence,
    metadata.readme,
    metadata.typed,
    source.annotations,
    source.public_imports,
    source.own_errors,
    source.time_limits,
    source.logging,
    source.no_print,
    source.no_shell,
    source.no_eval,
    behaviour.hooks,
    behaviour.no_io_on_import,
    behaviour.descriptions,
    behaviour.ini_example,
    behaviour.option_help,
    behaviour.options_in_readme,
    behaviour.secret_files,
    behaviour.timeout_option,
    tests.test_imports,
    tests.storage_contract,
    tests.reload_contract,
    tests.whole_application,
)
RULES: Final[Mapping[str, Rule]] = {rule.__name__.replace("_", "-"): rule for rule in _RULES}
"""All rules by name, in the order in which they are asked."""

NEEDLESS: Final = "It is kept, so its exemption is needless: remove that from pyproject.toml."


@dataclass(frozen=True)
class Result:
    """Whether a plugin keeps one rule.

    ``asks`` is the rule in one sentence.  ``details`` are sentences: the reason of an exemption,
    or what is missing and what to do.
    """

    rule: str
    asks: str
    answer: Answer
    details: tuple[str, ...] = ()


def check(plugin: Plugin) -> list[Result]:
    """Ask each rule.  Raises ``SettingsError`` if the plugin's files cannot be understood."""
    project = plugin.project_or_none
    exemptions = project.exemptions(frozenset(RULES)) if project else {}
    return [_ask(name, plugin, exemptions.get(name)) for name in RULES]


def what_it_asks(rule: Rule) -> str:
    """A rule in one sentence."""
    return inspect.cleandoc(rule.__doc__ or "")


def _ask(name: str, plugin: Plugin, reason: str | None) -> Result:
    rule = RULES[name]
    asks = what_it_asks(rule)
    try:
        missing = tuple(rule(plugin))
    except SourcesMissing as error:
        return Result(name, asks, "missing", (str(error),))
    if reason is None:
        return Result(name, asks, "missing" if missing else "done", missing)
    if missing:
        return Result(name, asks, "exempt", (reason,))
    return Result(name, asks, "done", (NEEDLESS,))
