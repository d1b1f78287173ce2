"""The extension manager's pages: they work without JavaScript, and no GET changes anything."""

from typing import Any, Final

from pyramid.config import Configurator
from pyramid.httpexceptions import HTTPFound
from pyramid.request import Request

from sipapp.views.admin import changes, creating, doctor, editing, health, listing, live, presence

_TEMPLATES: Final = "sipapp:templates/admin_"


def to_list(request: Request) -> HTTPFound:
    """Lead ``/admin/`` to the list."""
    return HTTPFound(request.route_path("admin"))


def includeme(config: Configurator) -> None:
    """Register the pages' routes and views."""
    config.include("sipapp.views.admin.messages")
    config.include("sipapp.views.admin.switch_health")
    config.include("sipapp.views.admin.doctor")
    config.add_route("admin", "", inherit_slash=True)
    config.add_route("admin_slash", "/")
    config.add_route("admin_new", "/new")
    config.add_route("admin_reload", "/reload")
    config.add_route("admin_health", "/health")
    config.add_route("admin_doctor", "/doctor")
    config.add_route("admin_live", "/live")
    config.add_route("admin_live_now", "/live/now")
    config.add_route("admin_live_end", "/live/end-call")
    config.add_route("admin_live_drop", "/live/drop-registration")
    config.add_route("admin_states", "/live.json")
    config.add_route("admin_edit", "/extensions/{id}")
    config.add_route("admin_password", "/extensions/{id}/password")
    config.add_route("admin_enable", "/extensions/{id}/enable")
    config.add_route("admin_disable", "/extensions/{id}/disable")
    config.add_route("admin_delete", "/extensions/{id}/delete")

    def get(view: Any, route: str, template: str | None = None) -> None:
        renderer = template and f"{_TEMPLATES}{template}.pt"
        config.add_view(view, route_name=route, request_method="GET", renderer=renderer)

    def post(view: Any, route: str, template: str | None = None) -> None:
        renderer = template and f"{_TEMPLATES}{template}.pt"
        config.add_view(view, route_name=route, request_method="POST", renderer=renderer, form=True)

    get(listing.listing, "admin", "list")
    get(to_list, "admin_slash")
    get(creating.new, "admin_new", "new")
    post(creating.create, "admin_new", "new")
    get(editing.edit, "admin_edit", "edit")
    post(editing.save, "admin_edit", "edit")
    post(editing.reset_password, "admin_password", "edit")
    post(editing.enable, "admin_enable", "edit")
    post(editing.disable, "admin_disable", "edit")
    get(changes.confirm_deletion, "admin_delete", "delete")
    post(changes.delete, "admin_delete", "delete")
    post(changes.reload, "admin_reload")
    get(health.show, "admin_health", "health")
    post(health.mend, "admin_health", "health")
    get(doctor.show, "admin_doctor", "doctor")
    post(doctor.examine_now, "admin_doctor")
    get(live.show, "admin_live", "live")
    get(live.fragment, "admin_live_now")
    get(presence.states, "admin_states")
    post(live.end_call, "admin_live_end")
    post(live.drop_registration, "admin_live_drop")
