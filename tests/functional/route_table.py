"""Every method and address that an application answers."""

import re


def routes(app):
    """Method and pattern of each route, such as ``POST /sip/admin/extensions/{id}``."""
    introspector = app.app.registry.introspector
    patterns = {
        each["introspectable"]["name"]: each["introspectable"]["pattern"]
        for each in introspector.get_category("routes")
    }
    found = set()
    for each in introspector.get_category("views"):
        view = each["introspectable"]
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
