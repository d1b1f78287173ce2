"""The active calls of an extension, and the check box that ends them with a change."""

from dataclasses import dataclass
from typing import Final

from pyramid.request import Request

from sipapp.model.account import Effect
from sipapp.switches.live_view import LiveOverview
from sipapp.web.authority import calls_to_be_ended

END_CALLS: Final = "end_calls"
"""The name of the box in forms; any value is yes."""


@dataclass(frozen=True)
class CallsNow:
    """Whether this account can end calls, and how many there are now, in words."""

    can_end: bool
    words: str


def calls_now(request: Request, extension_id: str) -> CallsNow:
    """The active calls of an extension, as far as the switches tell."""
    live: LiveOverview = request.app.live.overview()
    if not live.views or not request.may[Effect.END_CALLS]:
        return CallsNow(can_end=False, words="")
    if any(view.summary.calls is None for view in live.views):
        return CallsNow(can_end=True, words="How many there are is not known now.")
    count = len(live.calls_of([extension_id]).get(extension_id, ()))
    words = {0: "There is none now.", 1: "There is one now."}
    return CallsNow(can_end=True, words=words.get(count, f"There are {count} now."))


def wants_calls_ended(request: Request) -> bool:
    """Whether the check box was ticked.

    Raises ``HTTPForbidden`` if the account has no permission to end calls.
    """
    return calls_to_be_ended(request, asked=END_CALLS in request.form)
