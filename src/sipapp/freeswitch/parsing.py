"""What FreeSWITCH prints about registrations and channels, read into the model.

Line numbers are of FreeSWITCH 1.10.12.  What phones sent is in these texts, so one row
that makes no sense costs that row alone.
"""

import html
import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import unquote

from sipapp.model.errors import SwitchProtocolError, SwitchRefused
from sipapp.model.extension import split_id
from sipapp.model.live import Call, CallState, Registration
from sipapp.model.text import one_line

CHANNELS: Final = "show channels as json"
ROUNDING: Final = 2.0
"""Seconds that times may differ by and be the same."""
_PROFILE: Final = re.compile(r"[A-Za-z0-9._:-]+")
# By lines, as FreeSWITCH writes them (mod_sofia.c:2846): a Call-ID may look like elements, and
# is not escaped, but it cannot contain a line end. No XML parser would read past a control
# character in a user agent.
_REGISTRATION: Final = re.compile(
    r"^[ \t]*<registration>\s*$(.*?)^[ \t]*</registration>\s*$", re.DOTALL | re.MULTILINE
)
_ELEMENT: Final = re.compile(r"^[ \t]*<([a-z-]+)>(.*)</\1>[ \t\r]*$", re.MULTILINE)
_LEFT: Final = re.compile(r"expsecs\((-?\d{1,9})\)")
_TRANSPORT: Final = re.compile(r"transport=([A-Za-z]{2,4})\b")
_USER: Final = re.compile(r"(?P<user>[^@]*)@(?P<domain>[^@]*)")
_ID: Final = re.compile(r"[0-9A-Za-z-]{1,64}")
_CHANNEL_NAME: Final = re.compile(r"sofia/(?P<profile>[^/]+)/(?P<address>[^/@]+@[^/@]+)")
_OVER: Final = frozenset({"HANGUP", "CS_HANGUP", "CS_REPORTING", "CS_DESTROY"})
_STATES: Final[Mapping[str, CallState]] = {
    "DOWN": "dialing",
    "DIALING": "dialing",
    "RINGING": "ringing",
    "RING_WAIT": "ringing",
    "EARLY": "ringing",
    "ACTIVE": "active",
    "UNHELD": "active",
    "HELD": "held",
}


def registrations_command(profile: str) -> str:
    """The command that :func:`read_registrations` reads.

    Not ``show registrations``, which keeps rows of what was flushed, and knows one phone
    of a user only.  Raises ``ValueError`` for what cannot be the name of a SIP profile.
    """
    if not _PROFILE.fullmatch(profile):
        raise ValueError(f"{profile!r} cannot be the name of a SIP profile.")
    return f"sofia xmlstatus profile {profile} reg"


def read_registrations(reply: str, *, now: float) -> dict[str, Registration]:
    """Registrations by Call-ID; ``now`` in seconds since 1970.

    Raises ``SwitchRefused`` if FreeSWITCH does not tell, ``SwitchProtocolError`` if what
    it told is not whole.
    """
    _check(reply, "</profile>", "sofia xmlstatus")
    found = (_registration(row[1], now) for row in _REGISTRATION.finditer(reply))
    return {each.call_id: each for each in found if each}


def steady(
    registrations: Iterable[Registration], before: Mapping[str, Registration]
) -> dict[str, Registration]:
    """Keep from ``before``, by Call-ID, what a snapshot does not tell as well.

    That is since when, and until when if it differs by no more than rounding does.
    """
    return {each.call_id: _steady(each, before.get(each.call_id)) for each in registrations}


def _steady(now: Registration, before: Registration | None) -> Registration:
    if before is None:
        return now
    both = now.expires is not None and before.expires is not None
    same = both and abs(now.expires - before.expires) <= ROUNDING  # type: ignore[operator]
    told = replace(now, since=before.since, expires=before.expires if same else now.expires)
    # The same object has its id, a digest, already.
    return before if told == before else told


def contact_transport(contact: str) -> str:
    """The transport that a Contact names: the last, which FreeSWITCH itself put in fs_path."""
    named = _TRANSPORT.findall(unquote(contact[:2000]))
    if named:
        return str(named[-1]).upper()
    return "TLS" if "sips:" in contact[:200] else "UDP"


@dataclass(frozen=True)
class Channel:
    """One leg of a call.  ``call`` and ``peer`` are ids of channels that it belongs to."""

    id: str
    call: str
    peer: str
    inbound: bool
    caller_name: str
    caller: str
    callee: str
    user: str
    """The extension at its other end, as ``user@domain``; empty if that is none."""
    state: CallState
    since: int
    codec: str


def read_channels(reply: str, profiles: Collection[str] = ()) -> dict[str, Channel]:
    """Channels by id; ``profiles`` as in :func:`make_channel`.

    Raises as :func:`read_registrations`.
    """
    found = (_row(row, profiles) for row in _rows(reply))
    return {each.id: each for each in found if each}


def _rows(reply: str) -> Sequence[Mapping[str, Any]]:
    _check(reply, "}", "show channels")
    try:
        # Without rows there is no "rows" (mod_commands.c:5993).
        rows = list(json.loads(reply, strict=False).get("rows", []))
    except (ValueError, AttributeError, TypeError, RecursionError) as error:
        raise SwitchProtocolError("FreeSWITCH's list of channels is no JSON.") from error
    return [row for row in rows if isinstance(row, dict)]


def read_channels_of(reply: str, address: str) -> Sequence[str]:
    """The ids of the channels of ``USER@DOMAIN``.  Raises as :func:`read_registrations`."""
    return [
        str(row.get("uuid"))
        for row in _rows(reply)
        if _address(row).casefold() == address.casefold() and _ID.fullmatch(str(row.get("uuid")))
    ]


def _address(row: Mapping[str, Any]) -> str:
    return str(row.get("presence_id") or _caller(str(row.get("name")), str(row.get("direction"))))


def make_channel(
    *,
    uuid: str,
    call: str,
    peer: str,
    direction: str,
    caller_name: str,
    caller: str,
    callee: str,
    presence: str,
    states: Iterable[str],
    since: int,
    codec: str,
    name: str = "",
    profiles: Collection[str] = (),
) -> Channel | None:
    """Make a channel of FreeSWITCH's words; ``None`` for one that is over or makes no sense.

    ``profiles`` are the SIP profiles that phones register with.  In theirs, the name of the
    channel of a phone that calls tells its address: with ``manage-presence`` off FreeSWITCH
    gives such a channel no ``presence`` (sofia.c:11279).
    """
    words = list(states)
    if not _ID.fullmatch(uuid) or not _OVER.isdisjoint(words):
        return None
    return Channel(
        id=uuid,
        call=call,
        peer=peer,
        inbound=direction == "inbound",
        caller_name=one_line(caller_name),
        caller=one_line(caller),
        callee=one_line(callee),
        user=one_line(presence or _caller(name, direction, profiles)),
        state=next((_STATES[word] for word in words if word in _STATES), "dialing"),
        since=since,
        codec=one_line(codec, 20),
    )


def calls_of(channels: Iterable[Channel]) -> tuple[Call, ...]:
    """Put the legs of each call together, the oldest call first."""
    ordered = sorted(channels, key=lambda each: (each.since, not each.inbound, each.id))
    groups: dict[str, list[Channel]] = {}
    calls: list[list[Channel]] = []
    for leg in ordered:
        names = [name for name in (leg.id, leg.call, leg.peer) if name]
        group = next((groups[name] for name in names if name in groups), None)
        if group is None:
            group = []
            calls.append(group)
        group.append(leg)
        for name in names:
            groups.setdefault(name, group)
    return tuple(_call(legs) for legs in calls)


def _call(legs: list[Channel]) -> Call:
    first, others = legs[0], legs[1:]
    second = others[0] if others else None
    if first.inbound:
        caller, callee = first.caller, first.callee
    elif second is None:
        caller, callee = first.caller, _number(first)
    else:
        # What a transfer leaves: FreeSWITCH has called both.
        caller, callee = _number(first), _number(second)
    return Call(
        id=first.id,
        caller=caller,
        caller_name=first.caller_name if first.inbound and first.caller_name != caller else "",
        callee=callee,
        state=_state(first, others),
        since=first.since,
        codec=" / ".join(dict.fromkeys(each.codec for each in legs if each.codec)),
        extensions=tuple(dict.fromkeys(each.user for each in legs if each.user)),
    )


def _number(leg: Channel) -> str:
    """What is at the other end of a leg that FreeSWITCH has called."""
    return split_id(leg.user)[0] or leg.callee


def _state(first: Channel, others: Iterable[Channel]) -> CallState:
    states = [first.state, *(each.state for each in others)]
    if "held" in states:
        return "held"
    if first.state == "active":
        return "active"
    return "ringing" if set(states) & {"ringing", "active"} else "dialing"


def _registration(row: str, now: float) -> Registration | None:
    values: dict[str, str] = dict(_ELEMENT.findall(row))
    user = _USER.fullmatch(values.get("user", ""))
    if user is None or not values.get("call-id"):
        return None
    left = _LEFT.search(values.get("status", ""))
    return Registration(
        extension=one_line(user["user"]),
        domain=one_line(user["domain"]),
        address=network_address(values.get("network-ip", ""), values.get("network-port", "")),
        transport=contact_transport(html.unescape(values.get("contact", ""))),
        user_agent=one_line(html.unescape(values.get("agent", ""))),
        since=None,
        expires=now + int(left[1]) if left else None,
        call_id=values["call-id"],
    )


def network_address(ip: str, port: str) -> str:
    """An address and its port as one text."""
    host = f"[{ip}]" if ":" in ip else ip
    return one_line(f"{host}:{port}" if port else host)


def _caller(name: str, direction: str, profiles: Collection[str] | None = None) -> str:
    """The address of the phone that calls by a channel of this name, in one of the profiles."""
    found = _CHANNEL_NAME.fullmatch(name) if direction == "inbound" else None
    if found is None or (profiles is not None and found["profile"] not in profiles):
        return ""
    return found["address"]


def _row(row: Mapping[str, Any], profiles: Collection[str]) -> Channel | None:
    def text(name: str) -> str:
        return str(row.get(name) or "")

    created = text("created_epoch")
    return make_channel(
        uuid=text("uuid"),
        call=text("call_uuid"),
        peer="",
        direction=text("direction"),
        caller_name=text("cid_name"),
        caller=text("cid_num"),
        callee=text("dest"),
        presence=text("presence_id"),
        states=(text("callstate"), text("state")),
        since=int(created) if re.fullmatch(r"[0-9]{1,12}", created) else 0,
        codec=text("read_codec"),
        name=text("name"),
        profiles=profiles,
    )


def _check(reply: str, end: str, command: str) -> None:
    text = reply.strip()
    if text.endswith(end):
        return
    if text.startswith("-ERR") or text == "Invalid Profile!":
        raise SwitchRefused(f"FreeSWITCH says {one_line(text)!r} to {command}.")
    raise SwitchProtocolError(
        f"FreeSWITCH's answer to {command} is not whole: {one_line(text, 60)!r}"
    )
