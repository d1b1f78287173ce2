"""The switch that phones are measured on: a real FreeSWITCH if one is named, else the demo's."""

import os
from contextlib import ExitStack
from pathlib import Path

from tests.browser.server import Switch, demo_switch
from tests.live.private import VARIABLE, private_freeswitch, switch_of


def switch_in_use(folder: Path, running: ExitStack) -> Switch:
    """Start it, with all that it writes in ``folder``; it ends with ``running``."""
    prefix = os.environ.get(VARIABLE)
    if not prefix:
        return demo_switch(folder)
    return switch_of(running.enter_context(private_freeswitch(Path(prefix), folder)))
