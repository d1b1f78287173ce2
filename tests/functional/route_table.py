"""Every method and address that an application answers."""

import re

from pyramid.security import NO_PERMISSION_REQUIRED


def routes(app):
    """Method and pattern of each route, such as ``POST /sip/admin/extensions/{id}``."""
    views = app.app.registry.introspector.get_category("views")
    return _routes(app, (each["introspectable"] for each in views))


def public_routes(app):
    """The same, of those that ask for no permission."""
    permissions = app.app.registry.introspector.get_category("permissions")
    (public,) = (
        each["related"]
        for each in permissions
        if each["introspectable"]["value"] == NO_PERMISSION_REQUIRED
    )
    return _routes(app, (each for each in public if each.category_name == "views"))


def _routes(app, views):
    patterns = {
        each["introspectable"]["name"]: each["introspectable"]["pattern"]
        for each in app.app.registry.introspector.get_category("routes")
    }
    found = set()
    for view in views:
        if view["route_name"] is None:
            continue
        methods = view["request_methods"] or ()
        for method in [methods] if isinstance(methods, str) else methods:
            found.add((method, "/" + patterns[view["route_name"]].lstrip("/")))
    return sorted(found)


def path_of(pattern, extension="1000"):
    """An address that a pattern matches; only that of an extension may exist."""
    path = pattern.replace("{id}", extension).replace("*subpath", "x")
    return re.sub(r"\{[^}]*\}", "x", path)
