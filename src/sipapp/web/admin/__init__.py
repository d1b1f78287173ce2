"""The extension manager's pages: they work without JavaScript, and no GET changes anything."""

from typing import Any, Final

from pyramid.config import Configurator
from pyramid.httpexceptions import HTTPFound
from pyramid.request import Request

from sipapp.model.account import Permission
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

    def get(
        view: Any,
        route: str,
        template: str | None = None,
        permission: Permission = Permission.VIEW,
    ) -> None:
        config.add_view(
            view,
            route_name=route,
            request_method="GET",
            renderer=template and f"{_TEMPLATES}{template}.pt",
            permission=permission,
        )

    def post(
        view: Any,
        route: str,
        template: str | None = None,
        permission: Permission = Permission.ADMIN,
    ) -> None:
        config.add_view(
            view,
            route_name=route,
            request_method="POST",
            renderer=template and f"{_TEMPLATES}{template}.pt",
            permission=permission,
            form=True,
        )

    get(extension_list.listing, "admin", "list")
    get(to_list, "admin_slash")
    get(create_extension.new, "admin_new", "new", Permission.ADMIN)
    post(create_extension.create, "admin_new", "new")
    get(edit_extension.edit, "admin_edit", "edit")
    post(edit_extension.save, "admin_edit", "edit", Permission.OPERATE)
    post(edit_extension.reset_password, "admin_password", "edit", Permission.OPERATE)
    post(edit_extension.enable, "admin_enable", "edit")
    get(delete_or_disable.confirm_disabling, "admin_disable", "confirm", Permission.ADMIN)
    post(delete_or_disable.disable, "admin_disable", "confirm")
    get(delete_or_disable.confirm_deletion, "admin_delete", "confirm", Permission.ADMIN)
    post(delete_or_disable.delete, "admin_delete", "confirm")
    get(rename_extension.ask, "admin_rename", "rename", Permission.ADMIN)
    post(rename_extension.rename, "admin_rename", "rename")
    post(reload_switches.reload, "admin_reload", permission=Permission.OPERATE)
    get(health.show, "admin_health", "health")
    post(health.mend, "admin_health", "health")
    get(doctor.show, "admin_doctor", "doctor")
    post(doctor.examine_now, "admin_doctor", permission=Permission.OPERATE)
    get(history.listing, "admin_history", "history")
    get(history.show, "admin_history_entry", "history_entry")
    post(history.undo, "admin_history_undo", "history_entry")
    get(live.show, "admin_live", "live")
    get(live.fragment, "admin_live_now")
    get(presence.states, "admin_states")
    post(live.end_call, "admin_live_end")
    post(live.drop_registration, "admin_live_drop")


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
