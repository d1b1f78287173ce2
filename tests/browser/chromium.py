"""Which Chromium the browser tests use, and how it is started.

As a program: prints the path, or fails; scripts/install-chromium asks that way.
"""

import shutil
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


if __name__ == "__main__":
    found = find()
    if found is None:
        sys.exit("There is no Chromium on this machine.")
    print(found)
