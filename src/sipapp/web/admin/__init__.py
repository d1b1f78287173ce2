"""The extension manager's pages: they work without JavaScript, and no GET changes anything."""

from typing import Any, Final

from pyramid.config import Configurator
from pyramid.httpexceptions import HTTPFound
from pyramid.request import Request

from sipapp.model.account import Effect
from sipapp.web.admin import (
    create_extension,
    delete_or_disable,
    doctor,
    edit_extension,
    extension_list,
    health,
    history,
    live,
    presence,
    reload_switches,
    rename_extension,
)
from sipapp.web.admin.plugin_pages import manager_page

_TEMPLATES: Final = "sipapp:web/templates/admin_"


def to_list(request: Request) -> HTTPFound:
    """Lead ``/admin/`` to the list."""
    return HTTPFound(request.route_path("admin"))


def includeme(config: Configurator) -> None:
    """Register the pages' routes and views."""
    config.add_request_method(manager_page)
    config.include("sipapp.web.admin.reports")
    _add_routes(config)

    def get(view: Any, route: str, effect: Effect, template: str | None = None) -> None:
        config.add_view(
            view,
            route_name=route,
            request_method="GET",
            renderer=template and f"{_TEMPLATES}{template}.pt",
            permission=effect,
        )

    def post(view: Any, route: str, effect: Effect, template: str | None = None) -> None:
        config.add_view(
            view,
            route_name=route,
            request_method="POST",
            renderer=template and f"{_TEMPLATES}{template}.pt",
            permission=effect,
            form=True,
        )

    get(extension_list.listing, "admin", Effect.SEE, "list")
    get(to_list, "admin_slash", Effect.SEE)
    get(create_extension.new, "admin_new", Effect.CREATE, "new")
    post(create_extension.create, "admin_new", Effect.CREATE, "new")
    get(edit_extension.edit, "admin_edit", Effect.SEE, "edit")
    # The least of what it can do: each field that it changes has an effect of its own.
    post(edit_extension.save, "admin_edit", Effect.CHANGE_CALLER_ID, "edit")
    post(edit_extension.reset_password, "admin_password", Effect.SET_PASSWORD, "edit")
    post(edit_extension.enable, "admin_enable", Effect.ENABLE, "edit")
    get(delete_or_disable.confirm_disabling, "admin_disable", Effect.DISABLE, "confirm")
    post(delete_or_disable.disable, "admin_disable", Effect.DISABLE, "confirm")
    get(delete_or_disable.confirm_deletion, "admin_delete", Effect.DELETE, "confirm")
    post(delete_or_disable.delete, "admin_delete", Effect.DELETE, "confirm")
    get(rename_extension.ask, "admin_rename", Effect.RENAME, "rename")
    post(rename_extension.rename, "admin_rename", Effect.RENAME, "rename")
    post(reload_switches.reload, "admin_reload", Effect.RELOAD)
    get(health.show, "admin_health", Effect.SEE, "health")
    post(health.mend, "admin_health", Effect.MEND, "health")
    get(doctor.show, "admin_doctor", Effect.SEE, "doctor")
    post(doctor.examine_now, "admin_doctor", Effect.RUN_DOCTOR)
    get(history.listing, "admin_history", Effect.SEE_HISTORY, "history")
    get(history.show, "admin_history_entry", Effect.SEE_HISTORY, "history_entry")
    post(history.undo, "admin_history_undo", Effect.UNDO, "history_entry")
    get(live.show, "admin_live", Effect.SEE, "live")
    get(live.fragment, "admin_live_now", Effect.SEE)
    get(presence.states, "admin_states", Effect.SEE)
    post(live.end_call, "admin_live_end", Effect.END_CALLS)
    post(live.drop_registration, "admin_live_drop", Effect.DROP_REGISTRATION)


def _add_routes(config: Configurator) -> None:
    config.add_route("admin", "", inherit_slash=True)
    config.add_route("admin_slash", "/")
    config.add_route("admin_new", "/new")
    config.add_route("admin_reload", "/reload")
    config.add_route("admin_health", "/health")
    config.add_route("admin_doctor", "/doctor")
    config.add_route("admin_history", "/history")
    config.add_route("admin_history_entry", "/history/{entry}")
    config.add_route("admin_history_undo", "/history/{entry}/undo")
    config.add_route("admin_live", "/live")
    config.add_route("admin_live_now", "/live/now")
    config.add_route("admin_live_end", "/live/end-call")
    config.add_route("admin_live_drop", "/live/drop-registration")
    config.add_route("admin_states", "/live.json")
    config.add_route("admin_edit", "/extensions/{id}")
    config.add_route("admin_password", "/extensions/{id}/password")
    config.add_route("admin_rename", "/extensions/{id}/rename")
    config.add_route("admin_enable", "/extensions/{id}/enable")
    config.add_route("admin_disable", "/extensions/{id}/disable")
    config.add_route("admin_delete", "/extensions/{id}/delete")
