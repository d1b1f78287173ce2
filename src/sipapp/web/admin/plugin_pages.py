"""Pages of plugins in the manager's frame, and the links to them."""

from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

from pyramid.interfaces import IRoutesMapper
from pyramid.renderers import get_renderer
from pyramid.request import Request

from sipapp.hooks.backends import AdminLink
from sipapp.model.errors import SettingsError
from sipapp.web.admin.page_frame import page

FRAME: Final = "sipapp:web/templates/admin_frame.pt"
SLOTS: Final = ("main", "title", "tools")
"""The slots of the frame; a page has to fill the first."""
_FILLED: Final = "__slot_"
"""How Chameleon's context names what fills a slot."""


class Link(NamedTuple):
    """A link in the menu."""

    title: str
    url: str


class Frame:
    """The macro around a page of a plugin: the manager's, with errors for misspelt slots."""

    def __init__(self, template: Any) -> None:
        self._template = template

    def include(self, stream: Any, econtext: Mapping[str, Any], *args: Any, **kwargs: Any) -> None:
        """Render the frame, as Chameleon asks for it.  Raises ``ValueError`` for wrong slots."""
        filled = [
            key.removeprefix(_FILLED)
            for key, fillers in econtext.items()
            if key.startswith(_FILLED) and fillers
        ]
        known = f"The frame has the slots {', '.join(SLOTS)}."
        for name in filled:
            if name not in SLOTS:
                raise ValueError(f"The template fills a slot {name!r} of the frame. {known}")
        if SLOTS[0] not in filled:
            raise ValueError(
                f"The template does not fill the slot {SLOTS[0]!r} of the frame, so that the page "
                f"would be empty. {known}"
            )
        self._template.include(stream, econtext, *args, **kwargs)


def manager_page(request: Request, title: str, **values: Any) -> dict[str, Any]:
    """Return the values of the template of a plugin's page; ``frame`` is the macro around it.

    Raises ``TypeError`` for a value whose name the frame needs itself.
    """
    frame = Frame(get_renderer(FRAME).implementation())
    own = page(request, title, frame=frame)
    for name in values:
        if name in own:
            raise TypeError(
                f"manager_page was given a value {name!r}, which the frame needs itself. Taken "
                f"names: {', '.join(sorted(own))}."
            )
    return {**own, **values}


def menu(request: Request) -> list[Link]:
    """The links of plugins to pages that the request's account may see."""
    return [
        Link(link.title, request.route_path(link.route))
        for _, link in request.app.plugins.admin_links
        if request.may[link.permission]
    ]


def check_links(links: Iterable[tuple[str, AdminLink]], routes: IRoutesMapper) -> None:
    """Make sure that each link leads to a route.  Raises ``SettingsError`` with its plugin."""
    for plugin, link in links:
        words = f"Plugin {plugin}: the link {link.title!r} leads to the route {link.route!r}"
        route = routes.get_route(link.route)
        if route is None:
            raise SettingsError(f"{words}, which nobody adds in sipapp_configure.")
        try:
            route.generate({})
        except KeyError as error:
            raise SettingsError(
                f"{words}, whose pattern has a placeholder, {error}. Link to a route without."
            ) from error
