"""Hooks are called in the order that docs/hooks.md says."""

import re

import pytest
from tests.documented.examples import DOCS

from sipapp.api import Account, Role, hookimpl
from sipapp.hooks import specs
from sipapp.testing.waiting import eventually

NOT_HERE = {"sipapp_commands", "sipapp_switch_changed", "sipapp_validate_extension"}
"""Of the command; without an order; not called where there is the hook for many."""
HOOKS = {name for name in vars(specs) if name.startswith("sipapp_")} - NOT_HERE
OFFERS = ("storage_backends", "reload_strategies", "plugin_options", "admin_links")
RESULTS = {f"sipapp_{name}": () for name in OFFERS} | {
    "sipapp_authenticate": Account("ann", Role.ADMINISTRATOR)
}


class Noting:
    """A plugin with every hook, which notes each call."""

    def __init__(self, name, calls, **options):
        self.__name__ = name
        for hook in HOOKS:
            setattr(self, hook, hookimpl(self._noting(hook, calls), **options))

    def _noting(self, hook, calls):
        def noted():
            calls.append((self.__name__, hook))
            return RESULTS.get(hook)

        return noted


@pytest.fixture
def start(make_app, memory):
    def start(*plugins):
        ini = {"sipapp.storage": "memory"}
        return make_app(ini, plugins=[memory, *plugins], SIP_ADMIN_PASS="s3cret-1")

    return start


def documented():
    """The hooks in the order in which the document names them."""
    text = (DOCS / "hooks.md").read_text(encoding="utf-8")
    _, _, rest = text.partition("## The order of calls\n")
    return list(dict.fromkeys(re.findall(r"`(sipapp_\w+)`", rest.partition("\n## ")[0])))


def test_every_hook_is_in_the_order_of_the_document():
    assert set(documented()) == HOOKS | NOT_HERE


def test_hooks_are_called_in_the_order_of_the_document(start):
    calls = []
    app = start(Noting("noting", calls))
    app.authorization = ("Basic", ("ann", "of-the-company"))
    app.get("/sip/admin")
    app.get("/sip")
    app.post_json("/sip/api/v1/extensions", {"id": "1000"}, status=201)

    def asked():
        app.get("/sip/health", status="*")
        return ("noting", "sipapp_health_checks") in calls

    eventually(asked)
    app.app.registry.close()
    called = list(dict.fromkeys(hook for _, hook in calls))
    assert called == [hook for hook in documented() if hook not in NOT_HERE]


@pytest.mark.parametrize(
    ("options", "order"),
    [({}, ["later", "earlier"]), ({"tryfirst": True}, ["earlier", "later"])],
)
def test_of_several_plugins_the_last_one_is_called_first(start, options, order):
    calls = []
    start(Noting("earlier", calls, **options), Noting("later", calls))
    assert [name for name, hook in calls if hook == "sipapp_started"] == order
