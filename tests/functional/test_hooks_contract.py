"""The contract of hooks passes for a good plugin, and tells what another one does wrong."""

import logging

import pytest

from sipapp.api import AdminColumn, HealthCheck, Option, hookimpl
from sipapp.testing.hooks_contract import HooksContract


class Good:
    __name__ = "good"

    @hookimpl
    def sipapp_admin_columns(self):
        return [AdminColumn("group", "Group", lambda found: {each.id: "x" for each in found})]

    @hookimpl
    def sipapp_health_checks(self):
        return [HealthCheck("one", lambda: "fine"), HealthCheck("two", lambda: "fine")]

    @hookimpl
    def sipapp_plugin_options(self):
        return [Option("title", "title of the column")]


class TestGoodPlugin(HooksContract):
    extension_id = "2000"

    @pytest.fixture
    def plugins(self):
        return [Good()]

    @pytest.fixture
    def ini(self):
        return {"sipapp.plugin.good.title": "Group"}


class TestInstalledPlugins(HooksContract):
    """Those of this repository."""


TESTS = {
    "changes": "test_observers_take_every_kind_of_change",
    "columns": "test_columns_have_cells_for_every_extension",
    "checks": "test_health_checks_pass_and_have_names_of_their_own",
}


@pytest.fixture
def ask(make_app, memory, caplog):
    """Run a test of the contract on a plugin."""

    def ask(name, *plugins):
        contract = HooksContract()
        given = {"sipapp.storage": "memory", "sipapp.reloaders": "switch"}
        app = make_app(
            {**given, "sipapp.reloader.switch.use": "scripted"}, plugins=[memory, *plugins]
        )
        arguments = (app, caplog) if name == "checks" else (app, memory, caplog)
        getattr(contract, TESTS[name])(*arguments)

    return ask


def test_the_changes_of_the_contract_are_of_every_kind_that_a_person_can_make(ask):
    seen = []

    class Observer:
        @hookimpl
        def sipapp_extension_changed(self, event):
            seen.append((event.action, event.apply.state, event.exists))

    ask("changes", Observer())
    assert [action for action, _, _ in seen] == [
        *("created", "updated", "password", "renamed", "disabled", "enabled", "deleted", "undone")
    ]
    assert seen[-2] == ("deleted", "pending", False)


def test_an_observer_that_fails_is_told(ask):
    class Observer:
        @hookimpl
        def sipapp_extension_changed(self, event):
            if event.action == "deleted":
                raise KeyError(event.extension.id)

    with pytest.raises(AssertionError, match="failed in sipapp_extension_changed"):
        ask("changes", Observer())


def test_a_column_that_fails_for_an_extension_without_values_is_told(ask):
    class Columns:
        @hookimpl
        def sipapp_admin_columns(self):
            def cells(found):
                return {each.id: each.callgroup.split(",")[1] for each in found}

            return [AdminColumn("second", "Second group", cells)]

    with pytest.raises(AssertionError, match="A column of plugin"):
        ask("columns", Columns())


@pytest.mark.parametrize(
    ("checks", "words"),
    [
        ([HealthCheck("one", lambda: 1 / 0)], "one"),
        ([HealthCheck("one", str), HealthCheck("one", str)], "Two checks have one name"),
    ],
)
def test_a_check_that_fails_or_shares_its_name_is_told(ask, checks, words):
    class Checks:
        @hookimpl
        def sipapp_health_checks(self):
            return checks

    with pytest.raises(AssertionError, match=words):
        ask("checks", Checks())


def test_what_others_log_is_no_failure(ask):
    class Observer:
        @hookimpl
        def sipapp_extension_changed(self, event):
            logging.getLogger("my_plugin").error("a line of its own")

    ask("changes", Observer())
