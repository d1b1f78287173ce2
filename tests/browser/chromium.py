"""Which Chromium the browser tests use, and how it is started.

Most of them need no windows, which cost more than all that the pages do: for them there is
Debian's headless shell, the same engine without any.

As a program: fails if there is no Chromium; scripts/install-chromium asks that way.
"""

import os
import shutil
import signal
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

NAMES = ("chromium", "google-chrome-stable", "google-chrome", "chromium-browser")

FLAGS = (
    # Root and containers have no sandbox of their own; the tests open our own pages only.
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # A microphone that beeps once in a second, granted without a question.
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
    # Where only "lo" exists there would be no ICE candidate at all, and no INVITE.
    "--allow-loopback-in-peer-connection",
)


def find() -> str | None:
    """The machine's own Chromium or Chrome, else what Playwright downloaded."""
    for name in NAMES:
        found = shutil.which(name)
        if found:
            return found
    with sync_playwright() as playwright:
        downloaded = playwright.chromium.executable_path
    return downloaded if Path(downloaded).exists() else None


def find_shell() -> str | None:
    """The headless shell, else a whole Chromium, which needs more time."""
    return shutil.which("chromium-headless-shell") or find()


def kill(profile: Path) -> None:
    """SIGKILL to the browser that has this profile, and to all its processes."""
    wanted = f"--user-data-dir={profile}".encode()
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if wanted in entry.read_bytes().split(b"\0"):
                os.kill(int(entry.parent.name), signal.SIGKILL)
        except OSError:
            continue


if __name__ == "__main__" and find() is None:
    sys.exit("There is no Chromium on this machine.")
