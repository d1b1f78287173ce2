"""What a reload plugin imports, beside :mod:`sipapp.api`, to speak to a FreeSWITCH."""

from sipapp.freeswitch.dialplan import (
    Action,
    Condition,
    DialplanExtension,
    Match,
    Outcome,
    Pattern,
    read_extensions,
)
from sipapp.freeswitch.parsing import (
    CHANNELS,
    Channel,
    calls_of,
    contact_transport,
    make_channel,
    network_address,
    read_channels,
    read_registrations,
    registrations_command,
    steady,
)
from sipapp.freeswitch.poller import Poller
from sipapp.freeswitch.strategy import FreeSwitchReload
from sipapp.freeswitch.switch_true import is_true
from sipapp.freeswitch.transport import Transport
from sipapp.freeswitch.values import PLACES
from sipapp.freeswitch.vanilla import (
    CONTEXT,
    DEFAULT_PASSWORD,
    EVENT_SOCKET_PASSWORD,
    GUESSED_PASSWORDS,
)

__all__ = [
    "CHANNELS",
    "CONTEXT",
    "DEFAULT_PASSWORD",
    "EVENT_SOCKET_PASSWORD",
    "GUESSED_PASSWORDS",
    "PLACES",
    "Action",
    "Channel",
    "Condition",
    "DialplanExtension",
    "FreeSwitchReload",
    "Match",
    "Outcome",
    "Pattern",
    "Poller",
    "Transport",
    "calls_of",
    "contact_transport",
    "is_true",
    "make_channel",
    "network_address",
    "read_channels",
    "read_extensions",
    "read_registrations",
    "registrations_command",
    "steady",
]
