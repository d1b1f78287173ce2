"""What FreeSWITCH keeps of a user: how it is dropped, and what came of that."""

import time
from collections.abc import Sequence

from sipapp.freeswitch.client import FreeSwitch, drop_pin_command
from sipapp.model.errors import SwitchRefused, SwitchTimeout
from sipapp.model.extension import split_id


def forget_user(
    freeswitch: FreeSwitch, user: str, domain: str, profiles: Sequence[str], *, deadline: float
) -> str:
    """Drop the cache and all registrations of a user; says how that went.

    Raises ``ValueError`` for what cannot be an argument, and a kind of ``SwitchUnreachable``.
    """
    sentences = []
    try:
        cleared = freeswitch.flush_cache(user, domain, timeout=deadline - time.monotonic())
        if cleared:
            sentences.append(f"{_count(cleared, 'cache entry', 'cache entries')} dropped.")
    except SwitchRefused as error:
        sentences.append(f"Its cache entry was not dropped: {error}.")
    dropped, untold = 0, False
    for profile in profiles:
        try:
            count = _flush(freeswitch, user, domain, profile, deadline)
        except SwitchRefused as error:
            sentences.append(f"Its registrations with {profile} were not dropped: {error}.")
        else:
            dropped, untold = dropped + (count or 0), untold or count is None
    if untold:
        sentences.append("Its registrations were dropped.")
    elif dropped:
        sentences.append(f"{_count(dropped, 'registration', 'registrations')} dropped.")
    return " ".join(sentences) or "No phone was registered as it."


def _flush(
    freeswitch: FreeSwitch, user: str, domain: str, profile: str, deadline: float
) -> int | None:
    """Returns how many registrations there were; ``None`` if it does not say."""

    def count() -> int | None:
        try:
            left = deadline - time.monotonic()
            return freeswitch.registrations_of(user, domain, profile, timeout=left)
        except SwitchRefused:
            return None

    before = count()
    freeswitch.flush_registrations(user, domain, profile, timeout=deadline - time.monotonic())
    after = count() if before else 0
    if after:
        raise SwitchRefused(f"{_count(after, 'phone', 'phones')} still registered")
    return before


def end_calls_of(freeswitch: FreeSwitch, user: str, domain: str, *, deadline: float) -> str:
    """Hang up all calls of a user; says how many.  Raises as :func:`forget_user`."""
    channels = freeswitch.channels_of(user, domain, timeout=deadline - time.monotonic())
    ended = 0
    for channel in channels:
        try:
            freeswitch.end_call(channel, timeout=deadline - time.monotonic())
        except SwitchRefused:
            continue  # it is over already, perhaps with the one before
        ended += 1
    return f"{_count(ended, 'call', 'calls')} ended." if ended else "It had no call."


def drop_own_pins(
    freeswitch: FreeSwitch, users: Sequence[str], domain: str, *, deadline: float
) -> str:
    """Remove the voicemail PINs that people have set by phone; says how that went.

    Empty if there was none.  Raises as :func:`forget_user`.
    """
    try:
        profiles = freeswitch.voicemail_profiles(timeout=deadline - time.monotonic())
        found = [
            (user, profile)
            for profile in profiles
            for user in _with_own_pin(freeswitch, users, domain, profile, deadline)
        ]
        for user, profile in found:
            freeswitch.drop_own_pin(user, domain, profile, timeout=deadline - time.monotonic())
        left = [
            (user, profile)
            for user, profile in found
            if _with_own_pin(freeswitch, [user], domain, profile, deadline)
        ]
    except SwitchRefused as error:
        example = drop_pin_command("default", domain or "DOMAIN", split_id(users[0])[0])
        return (
            "A PIN that was set by phone may still open the mailbox beside the new one: FreeSWITCH "
            f"does not let it be removed ({error}). Run in fs_cli: {example}"
        )
    if left:
        user, profile = left[0]
        name, own = split_id(user)
        return (
            "The PIN that was set by phone still opens the mailbox beside the new one. "
            f"Run in fs_cli: {drop_pin_command(profile, own or domain, name)}"
        )
    if not found:
        return ""
    if len(users) == 1:
        return "The PIN that was set by phone was removed: the mailbox opens by the new one alone."
    count = _count(len(found), "PIN that had been set by phone", "PINs that had been set by phone")
    return f"{count} removed."


def _with_own_pin(
    freeswitch: FreeSwitch, users: Sequence[str], domain: str, profile: str, deadline: float
) -> Sequence[str]:
    left = deadline - time.monotonic()
    pins = freeswitch.own_pins(users, domain, profile, timeout=left)
    if len(pins) < len(set(users)):
        raise SwitchTimeout("FreeSWITCH did not tell in time who has set a PIN by phone.")
    return [user for user, has_own in pins.items() if has_own]


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many} {'was' if number == 1 else 'were'}"
