"""What a reload plugin imports, beside :mod:`sipapp.api`, to speak to a FreeSWITCH."""

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
from sipapp.freeswitch.transport import Transport
from sipapp.freeswitch.values import PLACES

__all__ = [
    "CHANNELS",
    "PLACES",
    "Channel",
    "FreeSwitchReload",
    "Poller",
    "Transport",
    "calls_of",
    "contact_transport",
    "make_channel",
    "network_address",
    "read_channels",
    "read_registrations",
    "registrations_command",
    "steady",
]
