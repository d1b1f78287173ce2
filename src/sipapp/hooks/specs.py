"""Every hook that a plugin can implement.

pluggy discovers and contributes; small abstract classes do the work.  Write
``from sipapp.api import hookimpl`` and name your function as here; leave out the
arguments that you do not need.  Each hook says what a failure of a plugin does.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

import pluggy

if TYPE_CHECKING:
    import argparse

    from pyramid.config import Configurator
    from pyramid.request import Request

    from sipapp.hooks.backends import (
        AdminColumn,
        AdminLink,
        Backend,
        ExtensionChanged,
        HealthCheck,
        ProposedChange,
    )
    from sipapp.model.account import Account
    from sipapp.model.errors import FieldError
    from sipapp.model.extension import Extension
    from sipapp.model.switch_changed import SwitchChanged
    from sipapp.settings.options import Option
    from sipapp.storages.base import ExtensionStorage
    from sipapp.switches.strategy import ReloadStrategy

hookspec = pluggy.HookspecMarker("sipapp")


@hookspec
def sipapp_storage_backends() -> "Iterable[Backend[ExtensionStorage]]":  # type: ignore[empty-body]
    """Offer storages of extensions.

    All offers are listed by ``sipapp plugins``; the ini makes exactly one with
    ``sipapp.storage = NAME``.  Called once at start-up, before anything is made:
    do no I/O here.  A failure stops the start.
    """


@hookspec
def sipapp_reload_strategies() -> "Iterable[Backend[ReloadStrategy]]":  # type: ignore[empty-body]
    """Offer ways to make a switch take over a change.

    The ini names its switches with ``sipapp.reloaders = NAME ...``, and the offer that each
    uses with ``sipapp.reloader.NAME.use = OFFER``.  Called once at start-up: do no I/O here.
    A failure stops the start.
    """


@hookspec
def sipapp_plugin_options() -> "Iterable[Option]":  # type: ignore[empty-body]
    """Declare options of the plugin itself: ``sipapp.plugin.NAME.OPTION`` in the ini.

    ``NAME`` is the plugin's name.  They are parsed and refused as those of back ends are, and
    ``sipapp_started`` gets the values.  Called once at start-up: do no I/O here.  A failure
    stops the start.
    """


@hookspec
def sipapp_started(options: "Mapping[str, Any]", extensions: Any) -> None:
    """The application has started, and answers its first request afterwards.

    ``options`` are the values of ``sipapp_plugin_options``, by name.  ``extensions`` is what
    views have as ``request.extensions``; its changes are recorded in the name of the plugin.
    Must not fail because a network is down.  A failure stops the start: a plugin that has not
    started could not do its work.
    """


@hookspec
def sipapp_stopped() -> None:
    """The application ends: end threads and connections.  Storage and switches still work.

    Called also if the start of another plugin has failed.  A failure is logged; the others
    are called.
    """


@hookspec
def sipapp_configure(config: "Configurator") -> None:
    """Add routes and views of your own, below ``sipapp.prefix``.

    Use ``config.include(..., route_prefix="ext/YOUR-NAME")``.  A view without a
    permission of its own asks for the administrator's: nothing is public by
    omission.  A failure stops the start, because half a configuration is worse than none.
    """


@hookspec
def sipapp_authenticate(username: str, password: str) -> "Account | None":
    """Say who logs in with this name and password, ``None`` if you do not know.

    Asked after the environment's administrator and the file of users, for every
    request that they do not know: be quick, or remember.  Attempts are throttled
    before, and while a few do not come back, others are not asked (503).  Never log
    the password.  A failure is logged, and counts as an unknown user.
    """


@hookspec
def sipapp_validate_extension(  # type: ignore[empty-body]
    new: "Extension", old: "Extension | None"
) -> "Iterable[FieldError]":
    """Veto a change before it is stored; each error is shown at its field.

    ``old`` is ``None`` for a new extension.  Both carry their passwords: never
    log them.  ``None`` is no objection.  On failure the change is refused: what raises,
    or returns something else than errors, has not checked it.
    """


@hookspec
def sipapp_validate_extensions(  # type: ignore[empty-body]
    changes: "Sequence[ProposedChange]",
) -> "Sequence[Iterable[FieldError]]":
    """Veto changes that are made together, in one call: one list of errors for each of them.

    The lists are in the order of ``changes``; of one change too, it is a sequence of one.  A
    plugin that has this hook is not called with ``sipapp_validate_extension``.  ``None`` is no
    objection to any of them.  On failure all the changes are refused.
    """


@hookspec
def sipapp_extension_changed(event: "ExtensionChanged") -> None:
    """Observe a stored change, with what the switches answered.

    A change that a switch refused is taken back, and not observed; neither is one that
    changes nothing.  The event holds no password; after a rename, ``old_id`` has the id
    before.  Called after the switches have answered, in the thread of the request: hand long
    work to a thread of your own.  A failure is logged; the change stays, and the other
    plugins are called.
    """


@hookspec
def sipapp_switch_changed(event: "SwitchChanged") -> None:
    """Observe a switch that falls behind, is given up, or has caught up.

    Called in a thread for these events, one event after the other.  A failure is logged;
    the other plugins are called.
    """


@hookspec
def sipapp_admin_columns(request: "Request") -> "Iterable[AdminColumn]":  # type: ignore[empty-body]
    """Add columns to the list of extensions.

    Called once for each page that is shown; a column fills its cells for all rows
    of the page in one call.  A failure is logged, and costs the plugin's columns.
    """


@hookspec
def sipapp_admin_links() -> "Iterable[AdminLink]":  # type: ignore[empty-body]
    """Add links to pages of your own above the list of extensions.

    Called once at start-up: do no I/O here.  A failure stops the start, and so does a link to a
    route that ``sipapp_configure`` does not add.
    """


@hookspec
def sipapp_phone_config(request: "Request") -> "Mapping[str, object]":  # type: ignore[empty-body]
    """Add settings to the softphone's page, as JSON values, under the plugin's name.

    The page is public: put nothing secret here.  A failure is logged, and costs the plugin's
    settings.  Be quick: eight requests ask plugins at a time, and pages that wait for a second are
    sent without these settings.
    """


@hookspec
def sipapp_health_checks() -> "Sequence[HealthCheck]":  # type: ignore[empty-body]
    """Add lines to ``/sip/health`` and the health page.  A check that raises has failed.

    Called every few seconds while clients ask, and so are the checks, each in a thread
    of its own: one that takes five seconds is a fault, and is not begun again before it
    has ended.  A failure of the hook is logged, and costs the plugin's lines.
    """


@hookspec
def sipapp_commands(
    subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]",
    open_storage: "Callable[[str], AbstractContextManager[ExtensionStorage]]",
) -> None:
    """Add subcommands of your own to the ``sipapp`` command.

    ``subparsers.add_parser("my-command").set_defaults(run=function)``; the function
    gets the parsed arguments, and returns the exit status or ``None`` for 0.  Name the
    command after your plugin.  ``with open_storage(parsed.ini) as storage`` opens the storage
    that an ini names, passwords included.  A failure is logged; the other commands work.
    """
