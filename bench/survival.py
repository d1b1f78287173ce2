"""How often a call lives through a fault, and how soon both sides hear each other again.

``.venv/bin/python bench/survival.py [ROUNDS]``: each fault 50 times unless told otherwise, most of
an hour. By the demo switch, in real browsers, in network namespaces, which need root. Both phones
send a tone without a pause: a moment without sound is one.
"""

import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, Literal

sys.path.insert(0, str(Path(__file__).parents[1]))

from playwright.sync_api import BrowserContext, Error, Playwright, expect, sync_playwright
from tests.browser import chromium
from tests.browser.cuttable import Cuttable
from tests.browser.network import PAGE_HOST, Network, missing
from tests.browser.phone import connect
from tests.browser.server import Application, demo_switch
from tests.browser.tones import ANN, BOB, Toned, open_toned

ROUNDS: Final = 50
# Seconds: so long both sides must be heard without a gap; after so many the call counts as lost.
STEADY, PATIENCE = 1.5, 30.0
# A moment of the tone gives more (RTCInboundRtpStreamStats.totalAudioEnergy).
AUDIBLE: Final = 0.0005
BROKEN: Final = "text=/Reconnecting|Recovering/"
expect.set_options(timeout=15_000)


class Talk:
    """Two phones, one of which is in for trouble, and what can be broken."""

    def __init__(self, playwright: Playwright, running: ExitStack, folder: Path) -> None:
        self._playwright = playwright
        self._folder = folder
        self._application = running.enter_context(Application(folder, demo_switch(folder)))
        self.network = running.enter_context(Network())
        self.network.forward(self._application.port)
        self.way: Cuttable = self.network.forward(self._application.switch.ws_port)
        self.sockets = 0
        self._accounts = [self._make(number) for number in ("2000", "2001")]
        self.far = self._open(self.network.home, BOB)
        self.far.register(*self._accounts[1])
        self.near = self.open_near()

    def open_near(self) -> Toned:
        """A new browser, with what the last one kept."""
        phone = self._open(self.network.name, ANN)
        phone.page.on("websocket", self._count)
        return phone

    def begin(self) -> None:
        """A call is up, and both hear each other."""
        self._until_idle()
        if self.near.button("Register").is_visible():
            self.near.register(*self._accounts[0])
        connect(self.near, self.far, self._accounts[1][0])
        if self.until_heard(lambda: True) is None:
            raise RuntimeError("There is no sound before anything was broken.")

    def until_heard(self, through: Callable[[], bool]) -> float | None:
        """Seconds until both hear each other and go on doing so; None if that does not come."""
        begin = time.monotonic()
        last, since = (0.0, 0.0), None
        while time.monotonic() - begin < PATIENCE:
            now = time.monotonic()
            energies = self._energies()
            heard = all(new - old > AUDIBLE for new, old in zip(energies, last, strict=True))
            last = energies
            if not heard or not through() or self.near.page.locator(BROKEN).count():
                since = None
            elif since is None:
                since = now
            elif now - since > STEADY:
                return since - begin
            self.near.page.wait_for_timeout(50)
        return None

    def until_quiet(self) -> None:
        """What was under way has been played."""
        last = (0.0, 0.0)
        end = time.monotonic() + PATIENCE
        while (energies := self._energies()) != last:
            if time.monotonic() > end:
                raise RuntimeError("What was broken did not silence anybody.")
            last = energies
            self.near.page.wait_for_timeout(100)

    def end(self) -> None:
        """Both are idle, whatever became of the call."""
        self.network.let_through()
        for phone in (self.near, self.far):
            # The other side's end may be faster than the click.
            with suppress(Error):
                if phone.button("Hang up").is_visible():
                    phone.button("Hang up").click(timeout=2_000)
        self._until_idle()
        self.far.expect_idle()

    def kill_browser(self) -> None:
        """As the power of its machine would, but for what is written already."""
        chromium.kill(self._profile(ANN))

    def _until_idle(self) -> None:
        """The phone in trouble has no call, registered or not."""
        expect(self.near.button("Register").or_(self.near.button("Call"))).to_be_visible()

    def _make(self, number: str) -> tuple[str, str]:
        made = self._application.api("POST", "/extensions", {"id": number})
        return number, made.body["password"]

    def _open(self, namespace: str, tone: int) -> Toned:
        origin = f"http://{PAGE_HOST}:{self._application.port}"
        context: BrowserContext = self._playwright.chromium.launch_persistent_context(
            self._profile(tone),
            executable_path=self.network.browser(namespace, self._folder),
            args=self.network.flags(origin),
        )
        return open_toned(context, f"{origin}/sip", tone)

    def _profile(self, tone: int) -> Path:
        return self._folder / f"profile-{tone}"

    def _count(self, _socket: object) -> None:
        self.sockets += 1

    def _energies(self) -> tuple[float, float]:
        near, far = (
            phone.page.evaluate("window.sipappTones?.energy() ?? 0")
            for phone in (self.near, self.far)
        )
        return near, far


Breaks = Callable[[Talk], None]


def cut(talk: Talk) -> None:
    talk.way.cut()


def stall(talk: Talk) -> None:
    talk.way.stall()


def reload(talk: Talk) -> None:
    talk.near.page.reload()


def kill(talk: Talk) -> None:
    talk.kill_browser()
    talk.near = talk.open_near()


def change_network(talk: Talk) -> None:
    talk.network.leave()
    talk.network.join_other()


def break_sound(talk: Talk) -> None:
    old = talk.network.address
    talk.network.join_other()
    talk.network.drop_media(old)


@dataclass(frozen=True)
class Fault:
    """What is done, and what tells that it has come about."""

    name: str
    breaks: Breaks
    sign: Literal["new socket", "new page", "silence"]
    after: float = 0
    """Milliseconds that the call has been up then."""


FAULTS: Final = (
    Fault("WebSocket cut", cut, "new socket"),
    Fault("WebSocket silent", stall, "new socket"),
    Fault("page loaded again", reload, "new page"),
    # Chromium writes what a page keeps to the disk every five seconds.
    Fault("browser killed, started again", kill, "new page", after=8000),
    Fault("another network", change_network, "new socket"),
    Fault("the sound's way only", break_sound, "silence"),
)


def main() -> None:
    """Measure, and print a table."""
    reason = missing()
    if reason is not None:
        raise SystemExit(f"NOT RUN: {reason}")
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    print(f"{'':32}{'lived':>9}{'median':>10}{'longest':>10}", flush=True)
    for fault in FAULTS:
        times = list(_repeat(fault, rounds))
        lived = [each for each in times if each is not None]
        seconds = (
            f"{statistics.median(lived):>8.1f} s{max(lived):>8.1f} s" if lived else f"{'-':>10}"
        )
        print(f"{fault.name:32}{len(lived):>4} of {rounds}{seconds}", flush=True)


def _repeat(fault: Fault, rounds: int) -> Iterator[float | None]:
    # The sound's way is sure only while there is but one address.
    at_once = 1 if fault.sign == "silence" else rounds
    for _ in range(0, rounds, at_once):
        with _talk() as talk:
            for _ in range(at_once):
                yield _measure(talk, fault)


@contextmanager
def _talk() -> Iterator[Talk]:
    with (
        TemporaryDirectory(prefix="sipapp-survival-") as folder,
        ExitStack() as running,
        sync_playwright() as playwright,
    ):
        yield Talk(playwright, running, Path(folder))


def _measure(talk: Talk, fault: Fault) -> float | None:
    talk.begin()
    talk.near.page.wait_for_timeout(fault.after)
    sockets = talk.sockets
    begin = time.monotonic()
    fault.breaks(talk)
    if fault.sign == "silence":
        talk.until_quiet()
    waited = time.monotonic() - begin
    try:
        heard = talk.until_heard(lambda: fault.sign != "new socket" or talk.sockets > sockets)
    except Error as error:
        print(error, file=sys.stderr)
        heard = None
    talk.end()
    return None if heard is None else waited + heard


if __name__ == "__main__":
    main()
