"""Child processes that end with the server, also when it is killed."""

from collections.abc import Sequence
from typing import Final, Literal

SETPRIV: Final = "setpriv"
"""The program of util-linux that :func:`with_parent_death_signal` runs."""


def with_parent_death_signal(
    command: Sequence[str], signal: Literal["TERM", "KILL"]
) -> Sequence[str]:
    """The command line that runs ``command`` so that it gets a signal when its parent ends.

    The kernel sends the signal when the *thread* that started the process ends (prctl(2),
    PR_SET_PDEATHSIG): that thread has to wait for the process.  A program behind ``sudo`` gets
    none.
    """
    return [SETPRIV, "--pdeathsig", signal, *command]
