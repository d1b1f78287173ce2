"""What goes on at a switch now: which phones are registered, and which calls are up."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal

from sipapp.model.aliases import Aliases
from sipapp.model.extension import id_in, split_id
from sipapp.model.type_checks import check_types

CallState = Literal["dialing", "ringing", "active", "held"]


@dataclass(frozen=True)
class Registration:
    """A phone that is registered.  Its texts are made by ``one_line``, its ``call_id`` is not.

    ``extension`` is the user that a strategy gives, and the extension's id in an overview, which
    also tells the ``alias`` that the phone registered by, if it is not the id.

    ``address`` is where it was seen, ``transport`` such as ``UDP`` or ``WSS``.  Times are
    in seconds since 1970: ``since`` is ``None`` if it was registered before the first look,
    and at ``expires`` the switch forgets it, unless it registers again.
    """

    extension: str
    domain: str
    address: str
    transport: str
    user_agent: str
    since: float | None
    expires: float | None
    call_id: str = field(repr=False)
    """The Call-ID of its REGISTER (RFC 3261, 10.2.4), as the phone chose it."""
    alias: str = ""

    def __post_init__(self) -> None:
        check_types(self)

    @cached_property
    def id(self) -> str:
        """What names it in forms and logs: made of ``call_id``, and as long as it stays."""
        return hashlib.sha256(self.call_id.encode("utf-8", "surrogatepass")).hexdigest()[:16]


@dataclass(frozen=True)
class Call:
    """A call that is up or being set up.  Its texts are made by ``one_line``.

    ``id`` is the switch's own, ``since`` in seconds since 1970; ``extensions`` are those
    that take part: a strategy gives them as ``user@domain``, an overview has their ids.
    """

    id: str
    caller: str
    caller_name: str
    callee: str
    state: CallState
    since: float
    codec: str
    extensions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_types(self)


@dataclass(frozen=True)
class LiveStatus:
    """The live status of one switch.

    ``source`` says how it is known.  Only if ``fresh`` there is something to show:
    otherwise ``since`` says when the source was lost (in seconds since 1970; for a fresh
    one, since when it is there), and ``fault`` why.  A part that is ``None`` is not known:
    ``notes`` say why.
    """

    source: str
    since: float
    fresh: bool = True
    fault: str = ""
    registrations: tuple[Registration, ...] | None = None
    calls: tuple[Call, ...] | None = None
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_types(self)
        if not self.fresh and (self.registrations is not None or self.calls is not None):
            raise ValueError("What is not fresh must not be told.")


def with_ids(status: LiveStatus, domains: Sequence[str]) -> LiveStatus:
    """Return the status with the ids of extensions in place of users and their domains.

    ``domains`` are the storage's, the default one first.
    """
    registrations, calls = status.registrations, status.calls
    if registrations and len(domains) > 1:
        registrations = tuple(registration_with_id(each, domains) for each in registrations)
    if calls:
        calls = tuple(call_with_ids(each, domains) for each in calls)
    return replace(status, registrations=registrations, calls=calls)


def registration_with_id(registration: Registration, domains: Sequence[str]) -> Registration:
    """Return the registration with the id of its extension; as :func:`with_ids`."""
    extension = id_in(registration.extension, registration.domain, domains)
    if extension == registration.extension:
        return registration
    return replace(registration, extension=extension)


def call_with_ids(call: Call, domains: Sequence[str]) -> Call:
    """Return the call with the ids of its extensions; as :func:`with_ids`."""
    extensions = tuple(id_in(*split_id(user), domains) for user in call.extensions)
    return replace(call, extensions=extensions)


def registration_of_owner(registration: Registration, aliases: Aliases) -> Registration:
    """Return a registration by an alias as one of the extension that has the alias."""
    alias = registration.extension
    if alias not in aliases:
        return registration
    return replace(registration, extension=aliases.id_of(alias), alias=alias)


def call_of_owners(call: Call, aliases: Aliases) -> Call:
    """Return a call of aliases as one of the extensions that have them."""
    if not any(each in aliases for each in call.extensions):
        return call
    ids = tuple(dict.fromkeys(map(aliases.id_of, call.extensions)))
    return replace(call, extensions=ids)
