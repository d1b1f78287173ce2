"""The softphone's page, as a person and a program find their way in it: by accessible names."""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from playwright.sync_api import Locator, Page, expect

# Energy of a second of audio (RTCInboundRtpStreamStats.totalAudioEnergy): the fake microphone's
# beep gives 0.2 and more, a muted track less than 0.0005.
SILENCE = 0.001

# What the phone says of a far side that sends nothing; "has" while there is little that came.
NOTHING_ARRIVES = "Nothing (arrives|has arrived) from the other side"

# Seconds. As long as what is expected of a page by its accessible names may take.
PATIENCE = 15

LOOK_MS = 50

# Packets: 0.7 s of sound, in which the fake microphone's beep of each half second begins.
ENOUGH = 36


@dataclass(frozen=True)
class Audio:
    """What went through a page's connections in a stretch of time."""

    sent: int
    received: int
    lost: int
    energy: float
    open: int

    def __sub__(self, earlier: "Audio") -> "Audio":
        return Audio(
            self.sent - earlier.sent,
            self.received - earlier.received,
            self.lost - earlier.lost,
            self.energy - earlier.energy,
            self.open,
        )


# What the page says of a call, also for a moment only: a slow machine would not see it.
RECORD = """() => {
  const said = new Set();
  const look = () => {
    for (const one of document.querySelectorAll('.call-state, .notice')) {
      said.add(one.textContent.replace(/\\s+/g, ' ').trim());
    }
  };
  new MutationObserver(look).observe(document.body, {
    childList: true, subtree: true, characterData: true,
  });
  look();
  window.said = () => [...said].join('\\n');
}"""


class Phone:
    """One tab with the phone."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.extension = self.field("Extension")
        self.password = self.field("Password")
        self.number = self.field("Number to call")

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)

    def field(self, name: str) -> Locator:
        return self.page.get_by_label(name, exact=True)

    def status(self, text: str | re.Pattern[str]) -> Locator:
        return self.page.get_by_role("status").filter(has_text=text)

    def register(self, extension: str, password: str) -> None:
        self.submit(extension, password)
        expect(self.status(re.compile(rf"^Registered as {re.escape(extension)}$"))).to_be_visible()

    def submit(self, extension: str, password: str) -> None:
        self.extension.fill(extension)
        self.password.fill(password)
        self.button("Register").click()

    def forget_device(self) -> None:
        self.button("Settings").click()
        self.button("Forget this device").click()
        self.button("Forget everything").click()

    def call(self, number: str) -> None:
        self.number.fill(number)
        self.button("Call").click()

    def expect_idle(self) -> None:
        expect(self.button("Call")).to_be_visible()
        expect(self.button("Hang up")).to_have_count(0)

    def expect_in_call(self) -> None:
        # Mute needs a call that is up: while it rings the button is off.
        expect(self.button("Mute").or_(self.button("Unmute"))).to_be_enabled()
        expect(self.button("Hang up")).to_be_enabled()

    def wait_until(self, holds: Callable[[], bool]) -> None:
        """Wait for what only a promise tells: wait_for_function takes any promise for true."""
        deadline = time.monotonic() + PATIENCE
        while not holds():
            assert time.monotonic() < deadline, "it did not come true"
            self.page.wait_for_timeout(LOOK_MS)

    @contextmanager
    def expect_connection(self) -> Iterator[None]:
        """Because of what is done meanwhile the page makes another WebSocket."""
        before = self.page.evaluate("sipappTest.sockets()")
        yield
        self.wait_until(lambda: self.page.evaluate("sipappTest.sockets()") > before)

    def record_words(self) -> Callable[[], str]:
        """Write down what the page says of calls from now on; what is returned reads that."""
        self.page.evaluate(RECORD)

        def words() -> str:
            said: str = self.page.evaluate("said()")
            return said

        return words

    def expect_no_media(self) -> None:
        """No connection is left open, and the microphone is given back."""
        self.wait_until(lambda: self.audio().open == 0)

    def audio(self) -> Audio:
        return Audio(**self.page.evaluate("sipappTest.audio()"))


def connect(caller: Phone, callee: Phone, number: str) -> None:
    """Call and answer."""
    caller.call(number)
    callee.button("Answer").click()
    caller.expect_in_call()
    callee.expect_in_call()


def expect_talk(*phones: Phone) -> None:
    """Everybody sends, and hears something that is not silence.

    Of several calls of a phone, a held one sends as well, and receives nothing.
    """
    _listen(
        *phones,
        until=lambda heard: (
            heard.sent >= ENOUGH
            and heard.received >= max(ENOUGH, heard.sent / heard.open / 2)
            and heard.energy > SILENCE
        ),
    )


def expect_sound(phone: Phone) -> None:
    """It hears something that is not silence."""
    _listen(phone, until=lambda heard: heard.energy > SILENCE)


def expect_silence(phone: Phone) -> None:
    """Packets arrive, and after those that were on their way there is nothing in them."""
    deadline = time.monotonic() + PATIENCE
    while True:
        (heard,) = _listen(phone, until=lambda heard: heard.received >= ENOUGH)
        if heard.energy < SILENCE:
            return
        assert time.monotonic() < deadline, heard


def _listen(*phones: Phone, until: Callable[[Audio], bool]) -> list[Audio]:
    """Measure the audio of all in the same stretch of time, until it is so for each."""
    deadline = time.monotonic() + PATIENCE
    before = [phone.audio() for phone in phones]
    while True:
        phones[0].page.wait_for_timeout(LOOK_MS)
        after = [phone.audio() for phone in phones]
        if [one.open for one in before] != [one.open for one in after]:
            # What is counted is that of open connections. One that was taken over goes later.
            before = after
        heard = [now - then for now, then in zip(after, before, strict=True)]
        if all(map(until, heard)):
            return heard
        assert time.monotonic() < deadline, heard
