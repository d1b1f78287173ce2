"""The SIP of a page: what it sends can be changed or kept back, and messages can be put in."""

import re
from collections.abc import Callable
from itertools import count

from playwright.sync_api import Page, WebSocketRoute

_BRANCH = "z9hG4bK-put-in-"


class Wire:
    """The WebSockets that a page opens from now on; to be made before the page is opened.

    Messages that are put in belong to the last call that the page made and got an answer to.
    """

    def __init__(self, page: Page) -> None:
        self.sent: list[str] = []
        """What the page has sent, and what it answered to what was put in."""
        self.received: list[str] = []
        self._page: WebSocketRoute | None = None
        self._server: WebSocketRoute | None = None
        self._change: Callable[[str], str] = str
        self._is_kept: Callable[[str], bool] = lambda _: False
        self._kept: list[str] = []
        self._numbers = count(1)
        page.route_web_socket(re.compile("^wss?:"), self._open)

    def change(self, how: Callable[[str], str]) -> None:
        """Change each message that the page sends from now on."""
        self._change = how

    def keep_back(self, which: Callable[[str], bool]) -> None:
        """Keep back messages of the page until `release`."""
        self._is_kept = which

    def release(self) -> None:
        """Send what was kept back, and keep back nothing more."""
        kept, self._kept = self._kept, []
        self._is_kept = lambda _: False
        for message in kept:
            self._to_server(message)

    def send_to_server(self, message: str) -> None:
        """Send a message in the page's place."""
        self._to_server(message)

    def put_in(self, method: str, *headers: str, body: str = "") -> str:
        """Send the page a request in its dialog, as a switch does; returns the Via's branch."""
        invite, answer = self._call()
        branch = f"{_BRANCH}{next(self._numbers)}"
        target = re.search("<([^>]*)>", _header(invite, "Contact"))
        assert target is not None
        # The number is not above the first one of the other phone, whose BYE comes later.
        lines = [
            f"{method} {target[1]} SIP/2.0",
            f"Via: SIP/2.0/WS switch.invalid;branch={branch}",
            "Max-Forwards: 70",
            f"From: {_header(answer, 'To')}",
            f"To: {_header(invite, 'From')}",
            f"Call-ID: {_header(invite, 'Call-ID')}",
            f"CSeq: 1 {method}",
            f"Contact: {_header(answer, 'Contact')}",
            *headers,
            *(["Content-Type: application/sdp"] if body else []),
            f"Content-Length: {len(body.encode())}",
        ]
        assert self._page is not None
        self._page.send("\r\n".join([*lines, "", body]))
        return branch

    def send_in_call(self, method: str, *headers: str) -> None:
        """Send the other phone a request in the page's place."""
        invite, answer = self._call()
        target = re.search("<([^>]*)>", _header(answer, "Contact"))
        assert target is not None
        lines = [
            f"{method} {target[1]} SIP/2.0",
            f"Via: {_header(invite, 'Via')}{next(self._numbers)}",
            "Max-Forwards: 70",
            *(f"Route: {each}" for each in reversed(_headers(answer, "Record-Route"))),
            f"From: {_header(answer, 'From')}",
            f"To: {_header(answer, 'To')}",
            f"Call-ID: {_header(invite, 'Call-ID')}",
            f"CSeq: {int(_header(invite, 'CSeq').split()[0]) + 1} {method}",
            f"Contact: {_header(invite, 'Contact')}",
            *headers,
            "Content-Length: 0",
        ]
        self._to_server("\r\n".join([*lines, "", ""]))

    def answers_to(self, branch: str) -> list[str]:
        """The statuses that the page has answered so far to what was put in."""
        return [
            each.split("\r\n")[0].removeprefix("SIP/2.0 ")
            for each in self.sent
            if each.startswith("SIP/2.0") and _header(each, "Via").endswith(branch)
        ]

    def offer(self) -> str:
        """The description of the other phone, as an offer of the same session."""
        answer = next(each for each in reversed(self.received) if "\r\n\r\nv=0" in each)
        return re.sub("a=setup:[a-z]+", "a=setup:actpass", answer.partition("\r\n\r\n")[2])

    def _call(self) -> tuple[str, str]:
        """The last INVITE that the page has sent, and its answer."""
        invite = next(each for each in reversed(self.sent) if each.startswith("INVITE"))
        call_id = _header(invite, "Call-ID")
        answer = next(
            each
            for each in reversed(self.received)
            if each.startswith("SIP/2.0 200")
            and _header(each, "Call-ID") == call_id
            and _header(each, "CSeq").endswith("INVITE")
        )
        return invite, answer

    def _open(self, route: WebSocketRoute) -> None:
        self._page = route
        self._server = route.connect_to_server()
        route.on_message(lambda message: self._from_page(str(message)))
        self._server.on_message(lambda message: self._from_server(str(message)))

    def _from_page(self, message: str) -> None:
        self.sent.append(message)
        if _BRANCH in message:
            return
        if self._is_kept(message):
            self._kept.append(message)
        else:
            self._to_server(self._change(message))

    def _from_server(self, message: str) -> None:
        self.received.append(message)
        assert self._page is not None
        self._page.send(message)

    def _to_server(self, message: str) -> None:
        assert self._server is not None
        self._server.send(message)


def _header(message: str, name: str) -> str:
    found = _headers(message, name)
    assert found, f"{name} in {message}"
    return found[0]


def _headers(message: str, name: str) -> list[str]:
    return re.findall(rf"^{name}: *(.*?)\r?$", message, re.MULTILINE | re.IGNORECASE)
