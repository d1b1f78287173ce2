"""How long a person waits for the phone, beside a page with nothing but JsSIP on the same switch.

``.venv/bin/python bench/phone_times.py``; with ``SIPAPP_LIVE_FREESWITCH`` by that FreeSWITCH, else
by the demo switch.  In real browsers; each click is one of a person.
"""

import os
import statistics
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, Protocol

sys.path.insert(0, str(Path(__file__).parents[1]))

from measuring import Measurement, heading, report
from playwright.sync_api import Browser, Page, expect, sync_playwright
from tests.browser import built, chromium
from tests.browser.phone import Phone
from tests.browser.server import Application, Switch, demo_switch
from tests.live.private import VARIABLE, private_freeswitch, switch_of

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


class Candidate(Protocol):
    """A page that is measured, as a person uses it."""

    page: Page

    def register(self, account: Account) -> None: ...
    def call(self, number: str) -> None: ...
    def answer(self) -> None: ...
    def hang_up(self) -> None: ...


class Ours:
    """The phone."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self._phone = Phone(page)

    def register(self, account: Account) -> None:
        self._phone.register(account.extension, account.password)

    def call(self, number: str) -> None:
        self._phone.call(number)

    def answer(self) -> None:
        self._phone.button("Answer").click()
        self._phone.expect_in_call()

    def hang_up(self) -> None:
        self._phone.button("Hang up").click()
        self._phone.expect_idle()


class Bare:
    """JsSIP alone."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def register(self, account: Account) -> None:
        for label, value in (
            ("Server", account.server),
            ("Domain", account.domain),
            ("Extension", account.extension),
            ("Password", account.password),
        ):
            self.page.get_by_label(label, exact=True).fill(value)
        self._press("Register")
        self._expect("registered")

    def call(self, number: str) -> None:
        self.page.get_by_label("Number to call").fill(number)
        self._press("Call")

    def answer(self) -> None:
        self._expect("incoming")
        self._press("Answer")
        self._expect("in call")

    def hang_up(self) -> None:
        self._press("Hang up")
        self._expect("registered")

    def _press(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).click()

    def _expect(self, state: str) -> None:
        expect(self.page.locator("#state")).to_have_text(state)


class Pair:
    """Two pages of a kind: one calls the other."""

    def __init__(
        self, kind: Callable[[Page], Candidate], url: str, accounts: list[Account]
    ) -> None:
        self._kind = kind
        self._url = url
        self._accounts = accounts

    def load(self, browser: Browser) -> Times:
        """Load it as somebody who was never here."""
        with browser.new_context(permissions=PERMISSIONS) as context:
            phone = self._open(context.new_page(), self._accounts[0])
            usable = _since(phone.page, "usable")
            registering = _since(phone.page, "registered", "Register")
            return {"load to usable": usable, "load to registered": usable + registering}

    def begin(self, browser: Browser) -> None:
        """Both register, to stay."""
        self._caller, self._callee = (
            self._open(browser.new_context(permissions=PERMISSIONS).new_page(), account)
            for account in self._accounts
        )

    def call(self) -> Times:
        """One call, from the click to its end."""
        for phone in (self._caller, self._callee):
            phone.page.evaluate("sipappWatch.forget()")
        self._caller.call(self._accounts[1].extension)
        self._callee.answer()
        times = {
            "click to INVITE": _since(self._caller.page, "invite", "Call"),
            "click to ringing": _since(self._caller.page, "ringing", "Call"),
            "answer to first sound": _since(self._callee.page, "sound", "Answer"),
        }
        self._caller.hang_up()
        return times

    def _open(self, page: Page, account: Account) -> Candidate:
        page.add_init_script(path=WATCH)
        page.goto(self._url)
        phone = self._kind(page)
        phone.register(account)
        return phone


def _since(page: Page, name: str, click: str | None = None) -> float:
    handle = page.wait_for_function(
        "([name, click]) => sipappWatch.since(name, click ?? undefined)", arg=[name, click]
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
        switch = _switch(Path(folder), running)
        application = running.enter_context(Application(Path(folder), switch))
        accounts = [_make(application, switch, str(2000 + number)) for number in range(4)]
        url = running.enter_context(built.serve("bare"))
        yield Pair(Ours, application.url, accounts[:2]), Pair(Bare, url, accounts[2:])


def _switch(folder: Path, running: ExitStack) -> Switch:
    prefix = os.environ.get(VARIABLE)
    if not prefix:
        return demo_switch(folder)
    return switch_of(running.enter_context(private_freeswitch(Path(prefix), folder)))


def _make(application: Application, switch: Switch, number: str) -> Account:
    made = application.api("POST", "/extensions", {"id": number})
    server = f"ws://127.0.0.1:{switch.ws_port}"
    return Account(server, switch.domain, number, made.body["password"])


if __name__ == "__main__":
    main()
