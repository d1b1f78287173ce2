"""Phones that send a tone each, so that it can be told who hears whom."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from playwright.sync_api import BrowserContext, Page
from tests.browser.phone import Phone

_HERE: Final = Path(__file__).parent
PEERS: Final = _HERE / "peers.js"

# Hz. Far enough apart for a codec, and none is an overtone of another.
ANN: Final = 600
BOB: Final = 1000
CAROL: Final = 1400
_EVERYBODY: Final = (ANN, BOB, CAROL)

# Decibels: a tone that is heard gives some -20, silence -100 and less.
_AUDIBLE: Final = -40
# Of the own one a mix for three leaves some -50, and -34 of Firefox's.
_OWN_AUDIBLE: Final = -27

# So often in a row is it looked, some 50 ms apart.
_LOOKS: Final = 8

# A tone played over that time gives some 0.1 (RTCInboundRtpStreamStats.totalAudioEnergy).
_LEAST_ENERGY: Final = 0.05
# What a browser makes up for packets that do not come dies away.
_SILENCE: Final = 0.0001


class Toned(Phone):
    """A phone whose microphone is a tone."""

    def __init__(self, page: Page, tone: int) -> None:
        super().__init__(page)
        self.tone = tone

    def heard(self) -> set[int]:
        """The tones that are heard at this moment."""
        levels = self.page.evaluate("tones => sipappTones.heard(tones)", _EVERYBODY)
        return {
            tone
            for tone, level in zip(_EVERYBODY, levels, strict=True)
            if level > (_OWN_AUDIBLE if tone == self.tone else _AUDIBLE)
        }


def open_toned(context: BrowserContext, url: str, tone: int) -> Toned:
    """Open the phone's page in a context whose pages send this tone."""
    context.add_init_script(path=PEERS)
    context.add_init_script(f"window.sipappTone = {tone};")
    context.add_init_script(path=_HERE / "tones.js")
    phone = Toned(context.new_page(), tone)
    # Leaving a call asks; here the answer is yes.
    phone.page.on("dialog", lambda dialog: dialog.accept())
    phone.page.goto(url)
    return phone


def expect_hears(phone: Toned, *others: Toned) -> None:
    """Exactly these are heard, and steadily: what is on its way may still be played."""
    tones = {other.tone for other in others}
    looks: list[bool] = []

    def steadily() -> bool:
        looks.append(phone.heard() == tones)
        return looks[-_LOOKS:] == [True] * _LOOKS

    phone.wait_until(steadily)


def expect_sound(*phones: Toned) -> None:
    """Each plays what the other side sends, whatever tone that is.

    Not by WebAudio: Chromium 156 gives it nothing more of a connection whose offer was rolled
    back, as after both sides have asked at once. It goes on playing it, which was recorded.
    """
    for phone in phones:
        _wait_for_energy(phone, lambda energy: energy > _LEAST_ENERGY)


def expect_silence(*phones: Toned) -> None:
    """They play nothing any more."""
    for phone in phones:
        _wait_for_energy(phone, lambda energy: 0 <= energy < _SILENCE)


def _wait_for_energy(phone: Toned, fits: Callable[[float], bool]) -> None:
    played: list[float] = []

    def steadily() -> bool:
        played.append(phone.page.evaluate("sipappTones.energy()"))
        return len(played) > _LOOKS and fits(played[-1] - played[-1 - _LOOKS])

    phone.wait_until(steadily)
