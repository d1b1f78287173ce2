"""Accounts of this machine, what they may read, and as whom FreeSWITCH runs."""

import os
import pwd
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from sipapp.api import user_name

PROCESSES: Final = Path("/proc")
CAP_CHOWN: Final = 0
CAP_FOWNER: Final = 3

OWN_STATUS: Final = Path("/proc/thread-self/status")
USER_MAP: Final = Path("/proc/self/uid_map")

# Every page needs it, and a look-up of accounts over a network is slow.
_ACCOUNT_CACHE_SECONDS: Final = 10.0


@dataclass(frozen=True)
class Account:
    """A user of this machine, with all groups."""

    user: int
    groups: frozenset[int]
    group: int

    @classmethod
    def of(cls, user: int) -> "Account":
        """The account of a user id, also of one without a name; cached for a few seconds."""
        return _account(user, int(time.monotonic() / _ACCOUNT_CACHE_SECONDS))

    @property
    def name(self) -> str:
        """The name of the account."""
        return user_name(self.user)

    def may(self, state: os.stat_result, bits: int) -> bool:
        """Whether the permission bits (4 to read, 1 to enter) let this account."""
        if self.user == 0:
            return True
        if state.st_uid == self.user:
            return state.st_mode >> 6 & bits == bits
        if state.st_gid in self.groups:
            return state.st_mode >> 3 & bits == bits
        return state.st_mode & bits == bits


@lru_cache(maxsize=8)
def _account(user: int, _moment: int) -> Account:
    try:
        entry = pwd.getpwuid(user)
    except KeyError:
        # In a container, FreeSWITCH's user mostly has no name: its group has the same number there.
        return Account(user, frozenset([user]), -1)
    groups = os.getgrouplist(entry.pw_name, entry.pw_gid)
    return Account(user, frozenset(groups), entry.pw_gid)


def is_own_group(group: int) -> bool:
    """Whether this process is in a group, which it may give its files without a capability."""
    return group in {os.getegid(), *os.getgroups()}


def may_act_for(user: int, capability: int) -> bool:
    """Whether this process has a capability (capabilities(7)) over files of a user.

    Root of a container may lack it, or know no such user.
    """
    try:
        fields = dict(line.split(":\t", 1) for line in OWN_STATUS.read_text().splitlines())
        maps = USER_MAP.read_text().splitlines()
    except OSError:
        return os.geteuid() == 0  # there is no /proc
    if not int(fields["CapEff"], 16) >> capability & 1:
        return False
    ranges = (map(int, line.split()) for line in maps)
    return any(first <= user < first + count for first, _, count in ranges)


def freeswitch_users() -> Iterator[int]:
    """The users of processes named freeswitch; none where it runs on another machine."""
    for process in PROCESSES.glob("[0-9]*"):
        with suppress(OSError):
            if (process / "comm").read_text(encoding="utf-8", errors="replace") == "freeswitch\n":
                yield process.stat().st_uid
