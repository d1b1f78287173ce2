"""What carries commands to a FreeSWITCH."""

import time
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence

from sipapp.model.diagnosis import Diagnosis
from sipapp.model.errors import SwitchTimeout


class Transport(ABC):
    """Carries API commands to one FreeSWITCH."""

    questions: int = 20
    """Extensions that are asked for after a change of many: each takes two commands."""

    @property
    def is_local(self) -> bool:
        """Whether FreeSWITCH is on this machine, as far as that is known; by default, not."""
        return False

    @abstractmethod
    def command(self, command: str, *, timeout: float) -> str:
        """Run one API command, such as ``reloadxml``; returns what FreeSWITCH printed.

        ``timeout`` is in seconds, for everything.  What FreeSWITCH itself says to a
        command, such as ``-ERR permission denied``, is a reply and no error.  May be
        called from several threads.  Raises a kind of ``SwitchUnreachable`` when no
        answer came, ``ValueError`` for a command with CR, LF or NUL in it.
        """

    def commands(self, commands: Sequence[str], *, timeout: float) -> Iterator[str]:
        """Run several, and give their replies in order; raises as :meth:`command`, at any time.

        ``timeout`` is for all of them.  By default each is run by itself.
        """
        deadline = time.monotonic() + timeout
        for command in commands:
            left = deadline - time.monotonic()
            if left <= 0:
                raise SwitchTimeout("FreeSWITCH did not answer everything within the time limit.")
            yield self.command(command, timeout=left)

    def diagnose(self, *, timeout: float) -> Iterable[Diagnosis]:  # noqa: ARG002  (for those who do)
        """What the doctor should say of the way to FreeSWITCH; by default, nothing."""
        return ()

    def close(self) -> None:
        """Release what the transport holds; it may be used again afterwards."""
        return None
