"""How long a person waits for the phone, beside a page with nothing but JsSIP on the same switch.

``.venv/bin/python bench/phone_times.py``; with ``SIPAPP_LIVE_FREESWITCH`` by that FreeSWITCH, else
by the demo switch.  In real browsers; each click is one of a person.
"""

import statistics
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

sys.path.insert(0, str(Path(__file__).parents[1]))

from measuring import Measurement, heading, report
from playwright.sync_api import Browser, Page, sync_playwright
from switch_in_use import switch_in_use
from tests.browser import built, chromium
from tests.browser.server import Application, Switch

LOADS: Final = 11
CALLS: Final = 21
PERMISSIONS: Final = ["microphone"]
WATCH: Final = Path(__file__).with_name("watch.js")
LIMITS: Final = {
    "load to usable": 1.2,
    "load to registered": 1.2,
    "click to INVITE": 0.6,
    "click to ringing": 0.6,
    "answer to first sound": 0.6,
}

Times = dict[str, float]


@dataclass(frozen=True)
class Account:
    """What a phone registers as."""

    server: str
    domain: str
    extension: str
    password: str


@dataclass(frozen=True)
class Kind:
    """Where a kind of page has what a person uses; CSS, which costs the page next to nothing.

    Roles and names would be computed in the page, again and again, while it works.
    """

    register: str
    number: str
    """Where a number is typed, while there is no call."""
    call: str
    answer: str
    hang_up: str
    fields: tuple[str, ...]
    """Of an account, those that are filled in; each has its name for an id."""


OURS: Final = Kind(
    register="phone-register-form .button-primary",
    number="phone-dialler #number",
    call="phone-dialler .button-go",
    answer="[aria-keyshortcuts=A]",
    hang_up="[aria-keyshortcuts=E]",
    fields=("extension", "password"),
)
BARE: Final = Kind(
    register="#register-now",
    number="[data-state=registered] #number",
    call="#call button",
    answer="[data-state=incoming] #answer",
    hang_up="[data-state=talking] #hang-up",
    fields=("server", "domain", "extension", "password"),
)


class Pair:
    """Two pages of a kind: one calls the other."""

    def __init__(self, kind: Kind, url: str, neighbour: str, accounts: list[Account]) -> None:
        self._kind = kind
        self._url = url
        self._neighbour = neighbour
        self._accounts = accounts

    def load(self, browser: Browser) -> Times:
        """Load it as somebody who was never here."""
        with browser.new_context(permissions=PERMISSIONS) as context:
            page = context.new_page()
            usable = self._open(page, self._accounts[0])
            return {
                "load to usable": usable,
                "load to registered": usable + _since(page, "registered", "Register"),
            }

    def begin(self, browser: Browser) -> None:
        """Both register, to stay."""
        self._pages = [browser.new_context(permissions=PERMISSIONS).new_page() for _ in range(2)]
        for page, account in zip(self._pages, self._accounts, strict=True):
            self._open(page, account)

    def call(self) -> Times:
        """One call, from the click to its end."""
        caller, callee = self._pages
        for page in self._pages:
            page.locator(self._kind.number).wait_for()
            page.evaluate("sipappWatch.forget()")
        caller.locator(self._kind.number).fill(self._accounts[1].extension)
        caller.locator(self._kind.call).click()
        callee.locator(self._kind.answer).click()
        times = {
            "click to INVITE": _since(caller, "invite", "Call"),
            "click to ringing": _since(caller, "ringing", "Call"),
            "answer to first sound": _since(callee, "sound", "Answer"),
        }
        caller.locator(self._kind.hang_up).click()
        return times

    def _open(self, page: Page, account: Account) -> float:
        """Register; returns the seconds until that could be begun."""
        page.add_init_script(path=WATCH)
        # From a page of the same server no process has to be started, for either kind.
        page.goto(self._neighbour)
        page.goto(self._url)
        usable = _since(page, "usable")
        for name in self._kind.fields:
            page.locator(f"#{name}").press_sequentially(getattr(account, name))
        page.locator(self._kind.register).click()
        page.locator(self._kind.number).wait_for()
        return usable


def _since(page: Page, name: str, click: str | None = None) -> float:
    handle = page.wait_for_function(
        "([name, click]) => sipappWatch.since(name, click ?? undefined)",
        arg=[name, click],
        polling=20,
    )
    milliseconds: float = handle.json_value()
    return milliseconds / 1000


def main() -> None:
    """Measure, and print a table."""
    with _pairs() as (ours, bare), sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium.find_shell(), args=list(chromium.FLAGS)
        )
        loads = [(ours.load(browser), bare.load(browser)) for _ in range(LOADS)]
        for pair in (ours, bare):
            pair.begin(browser)
        calls = [(ours.call(), bare.call()) for _ in range(CALLS)]
        browser.close()
    heading("a page with nothing but JsSIP", "times")
    for rounds in (loads, calls):
        _report(rounds[1:])


def _report(rounds: list[tuple[Times, Times]]) -> None:
    for name in rounds[0][0]:
        seconds = [ours[name] for ours, _ in rounds]
        floors = [bare[name] for _, bare in rounds]
        ratio = statistics.median(one / other for one, other in zip(seconds, floors, strict=True))
        measured = Measurement(statistics.median(seconds), statistics.median(floors), ratio)
        limit = LIMITS[name]
        report(name, len(rounds), measured, limit=f"<= {limit}", kept=ratio <= limit)


@contextmanager
def _pairs() -> Iterator[tuple[Pair, Pair]]:
    with (
        TemporaryDirectory(prefix="sipapp-phone-times-") as folder,
        ExitStack() as running,
    ):
        switch = switch_in_use(Path(folder), running)
        application = running.enter_context(Application(Path(folder), switch))
        accounts = [_make(application, switch, str(2000 + number)) for number in range(4)]
        url = running.enter_context(built.serve("bare"))
        yield (
            Pair(OURS, application.url, f"{application.url}/health", accounts[:2]),
            Pair(BARE, url, url.replace("index.html", "assets/"), accounts[2:]),
        )


def _make(application: Application, switch: Switch, number: str) -> Account:
    made = application.api("POST", "/extensions", {"id": number})
    server = f"ws://127.0.0.1:{switch.ws_port}"
    return Account(server, switch.domain, number, made.body["password"])


if __name__ == "__main__":
    main()
