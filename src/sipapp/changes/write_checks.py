"""Checks whether a change could be stored and recorded now, before one is made."""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Final

from sipapp.concurrency.background_check import BackgroundCheck, refresh
from sipapp.model.errors import DirectoryBroken, SipappError
from sipapp.storages.base import ExtensionStorage
from sipapp.storages.capabilities import blocking_fault

log = logging.getLogger(__name__)

RESULT_MAX_AGE_S: Final = 5.0
"""Seconds for which pages use the last result: the checks write to a disk."""
PAGE_WAIT_S: Final = 0.5
"""Seconds that a page waits for a check that it has begun."""
CHECK_TIMEOUT_S: Final = 5.0
"""Seconds that a check may take."""


def check_changes(storage: ExtensionStorage) -> None:
    """Check that a change could be stored, and that no stored data would make it be refused.

    Raises what ``storage.check`` raises, and ``DirectoryBroken``.
    """
    storage.check()
    place = blocking_fault(storage)
    if place:
        raise DirectoryBroken(place)


class WriteChecks:
    """Tries to write where a change writes.  For several threads.

    ``checks`` has a check by the name of what it looks at; it raises a ``SipappError`` with
    what is wrong and what to do, which is logged once.
    """

    def __init__(
        self, checks: Mapping[str, Callable[[], None]], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._said: dict[str, str] = {}
        self.checks: Mapping[str, BackgroundCheck] = {
            name: BackgroundCheck(
                f"The check of the {name}",
                partial(self._is_well, name, check),
                CHECK_TIMEOUT_S,
                clock,
            )
            for name, check in checks.items()
        }
        """By the names of the checks."""

    def faults(self) -> Sequence[str]:
        """What keeps a change from being made, in words.

        The result of the checks is at most :data:`RESULT_MAX_AGE_S` seconds old.
        """
        deadline = time.monotonic() + PAGE_WAIT_S
        refresh(self.checks.values(), keep=RESULT_MAX_AGE_S, deadline=deadline)
        return [self._words(name) for name, each in self.checks.items() if each.state == "fault"]

    def _words(self, name: str) -> str:
        return self._said.get(name) or f"The {name} does not answer. The log has more."

    def _is_well(self, name: str, check: Callable[[], None]) -> bool:
        try:
            check()
        except SipappError as error:
            words = str(error)
            if self._said.get(name) != words:
                log.error("%s", words)  # noqa: TRY400  (the text says it all)
            self._said[name] = words
            return False
        except Exception:
            self._said.pop(name, None)
            raise
        self._said.pop(name, None)
        return True
