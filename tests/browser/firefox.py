"""Firefox for the browser tests (``make firefox``), as Debian has it, by WebDriver BiDi.

It has sound: without a device Firefox starts no audio graph, and no tone would ever end.
"""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

NAMES = ("firefox-esr", "firefox")

PREFERENCES = {
    # A microphone that hums, granted without a question.
    "media.navigator.streams.fake": True,
    "media.navigator.permission.disabled": True,
    # As of somebody who has allowed the microphone: else ICE hides addresses behind names.
    "media.peerconnection.ice.obfuscate_host_addresses": False,
    # Where only "lo" exists there would be no ICE candidate at all, and no INVITE.
    "media.peerconnection.ice.loopback": True,
    # Sound needs no click.
    "media.autoplay.default": 0,
}

# Seconds until PulseAudio listens.
_PATIENCE = 20


@contextmanager
def launch_options(folder: Path) -> Iterator[dict[str, Any]]:
    """What Playwright starts Firefox with; the folder is for its sound."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        raise RuntimeError("There is no Firefox: run make firefox, or apt-get install firefox-esr")
    with _sound(folder) as server:
        yield {
            "channel": "moz-firefox",
            "executable_path": found,
            "firefox_user_prefs": PREFERENCES,
            "env": os.environ | {"PULSE_SERVER": server},
        }


@contextmanager
def _sound(folder: Path) -> Iterator[str]:
    """A PulseAudio whose only device plays to nobody; where it listens."""
    socket = folder / "socket"
    command = ["pulseaudio", "-n", "--daemonize=no", "--use-pid-file=no", "--exit-idle-time=-1"]
    modules = ("module-null-sink", f"module-native-protocol-unix socket={socket} auth-anonymous=1")
    for module in modules:
        command += ["--load", module]
    home = os.environ | {"HOME": str(folder), "XDG_RUNTIME_DIR": str(folder)}
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, env=home, stdout=log, stderr=log)
    try:
        deadline = time.monotonic() + _PATIENCE
        while not socket.exists():
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"PulseAudio does not start: {(folder / 'log').read_text()}")
            time.sleep(0.05)
        yield f"unix:{socket}"
    finally:
        process.terminate()
        process.wait()
