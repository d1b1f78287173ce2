"""What FreeSWITCH's own configuration ("vanilla") has, and is publicly known."""

from typing import Final

from sipapp.model.defaults import DEFAULTS

CONTEXT: Final = DEFAULTS["user_context"]
"""The context of the dialplan that its extensions call from."""
DEFAULT_PASSWORD: Final = "1234"  # noqa: S105  (no secret)
"""The value of ``default_password`` (vars.xml:15), which its extensions register with."""
EVENT_SOCKET_PASSWORD: Final = "ClueCon"  # noqa: S105  (no secret)
"""The password of Event Socket (event_socket.conf.xml)."""
GUESSED_PASSWORDS: Final = frozenset(
    {
        DEFAULT_PASSWORD,
        "12345678",
        "123456789",
        "password",
        EVENT_SOCKET_PASSWORD.casefold(),
        "freeswitch",
    }
)
"""Passwords that are among the first to be tried, folded."""
