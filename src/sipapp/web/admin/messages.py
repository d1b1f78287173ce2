"""Messages of pages: in the answer itself, or flashed for the page after a redirect."""

import json
from collections.abc import Callable, Collection, Iterator
from dataclasses import asdict, dataclass
from functools import lru_cache, partial
from typing import Any, Final, Literal

from pyramid.request import Request
from pyramid.session import SignedCookieSessionFactory

from sipapp.changes.write_checks import WriteChecks
from sipapp.files.signing_key import SigningKey
from sipapp.history.history import History
from sipapp.model.apply import Apply, SwitchOutcome
from sipapp.model.extension import Extension
from sipapp.model.text import one_line
from sipapp.state.failed_networks import PERIOD_S, FailedNetworks
from sipapp.state.shared import SharedState
from sipapp.state.throttle import ACCOUNTS, ACCOUNTS_BY_LINK, PHONES
from sipapp.switches.sync_state import Behind
from sipapp.web.switch_status import SwitchStatus

Kind = Literal["ok", "info", "warning", "error"]

# A browser keeps cookies up to 4096 bytes, and base64 and the signature add to these.
_MAX_COOKIE_BYTES: Final = 2800
_MAX_TEXT: Final = 800
_MAX_DETAILS: Final = 1600
_MAX_WORDS: Final = 600
_MAX_COOKIE_PATHS: Final = 16
"""Paths of the phone for which a factory of sessions is kept: those of different proxies."""
_LOG_INS: Final = {
    ACCOUNTS: "account",
    ACCOUNTS_BY_LINK: "account, by links of other sites:",
    PHONES: "extension",
}


@dataclass(frozen=True)
class Message:
    """A message: a sentence, details below it, and whether a button to reload is shown."""

    kind: Kind
    text: str
    details: tuple[str, ...] = ()
    retry: bool = False


def outcome(done: str, apply: Apply) -> Message:
    """The message about a change: ``done``, without a full stop, and what each switch answered."""
    if apply.state == "unchanged":
        return Message("info", "Nothing was changed: it is like that already.")
    if not apply.switches:
        return Message(
            "ok", f"{done}. No switch is set up to hear of it (sipapp.reloaders in the ini)."
        )
    if apply.state == "applied":
        times = ", ".join(f"{each.name} in {each.seconds:.1f} s" for each in apply.switches)
        return Message("ok", f"{done}. Applied by {times}.", tuple(_forgotten(apply)))
    details = tuple(_detail(each) for each in apply.switches)
    if apply.state == "refused":
        return Message("error", f"{done}, but not every switch accepted it:", details, retry=True)
    return Message(
        "warning", f"{done}, but not every switch has applied it yet:", details, retry=True
    )


def weak_secrets(extension: Extension, fields: Collection[str]) -> list[Message]:
    """Warnings that secrets which were just set are guessed easily."""
    weak = extension.weak_secrets
    return [Message("warning", text) for name, text in weak.items() if name in fields]


def behind(switches: SwitchStatus) -> list[Message]:
    """A warning that lists the switches that have not applied all stored changes."""
    details = tuple(_behind(name, each) for name, each in switches.behind().items())
    if not details:
        return []
    return [Message("warning", "Not every switch has what is stored here:", details, retry=True)]


def write_faults(checks: WriteChecks | None, history: History) -> Iterator[Message]:
    """Errors: storage or history cannot be written, or the last change was not recorded."""
    faults = checks.faults() if checks else ()
    if faults:
        yield Message("error", "Nothing can be saved now:", tuple(faults))
    if history.fault:
        yield Message("error", f"{history.fault} The entry is in the server's log.")


def examination_fault(fault: str) -> list[Message]:
    """A warning that the findings are missing, with the reason."""
    words = f"What is wrong with extensions is not shown: they were not examined. {fault}"
    return [Message("warning", words)] if fault else []


def failed_log_ins(state: SharedState) -> list[Message]:
    """A warning that lists the names whose log-ins failed from many networks."""
    details = tuple(
        f"{what} {one_line(name)}"
        for throttle, what in _LOG_INS.items()
        for name in sorted(FailedNetworks(state, throttle).names())
    )
    words = f"Many log-ins from many addresses failed within {PERIOD_S / 3600:.0f} h:"
    return [Message("warning", words, details)] if details else []


def flash(request: Request, message: Message) -> None:
    """Keep a message in the cookie, for the next page that the browser shows.

    If the messages do not fit into the cookie, the oldest are dropped.
    """
    budget = _MAX_DETAILS // max(1, len(message.details))
    details = [_cut(detail, budget) for detail in message.details]
    text = _cut(message.text, _MAX_TEXT)
    kept = [*_kept_before(request), asdict(message) | {"text": text, "details": details}]
    while len(json.dumps(kept)) > _MAX_COOKIE_BYTES:
        del kept[0]
    for each in kept:
        request.session.flash(each)


def take_flashed(request: Request) -> Iterator[Message]:
    """Take the flashed messages out of the cookie."""
    for kept in _kept_before(request):
        yield Message(**kept | {"details": tuple(kept["details"])})


def _kept_before(request: Request) -> list[dict[str, Any]]:
    # Not popped where there is nothing: that would set a cookie.
    kept: list[dict[str, Any]] = request.session.peek_flash() and request.session.pop_flash()
    return kept


def _detail(switch: SwitchOutcome) -> str:
    if switch.outcome == "applied":
        return f"{switch.name}: applied in {switch.seconds:.1f} s. {switch.forgotten}".strip()
    words = "refused it" if switch.outcome == "refused" else "has not applied it"
    return f"{switch.name} {words}: {switch.detail} {switch.forgotten}".strip()


def _forgotten(apply: Apply) -> Iterator[str]:
    """What each switch did with registrations, cache and calls."""
    return (f"{each.name}: {each.forgotten}" for each in apply.switches if each.forgotten)


def _behind(name: str, behind: Behind) -> str:
    why = behind.why if len(behind.why) <= _MAX_WORDS else f"{behind.why[:_MAX_WORDS]}…"
    if behind.given_up:
        at = "was tried often enough: nothing more is tried until you press the button"
    elif behind.next_try:
        at = f"is tried again at {behind.next_try:%H:%M:%S}"
    else:
        at = "is tried again now"
    return f"{name} is behind since {behind.since:%Y-%m-%d %H:%M:%S} (UTC), and {at}. {why}"


def _cut(text: str, max_bytes: int) -> str:
    """Shorten a text until its JSON, as the cookie holds it, fits."""
    cut = text
    while len(json.dumps(cut)) > max_bytes:
        cut = cut[: len(cut) * 3 // 4]
    return cut if cut == text else f"{cut}…"


def cookie_sessions(key: SigningKey) -> Callable[[Request], Any]:
    """Sessions in a signed cookie, for the messages that the next page shows."""
    make = partial(
        SignedCookieSessionFactory,
        key.derive("session cookie").hex(),
        reissue_time=None,
        httponly=True,
        samesite="Strict",
    )

    @lru_cache(maxsize=_MAX_COOKIE_PATHS)
    def plain(path: str) -> Callable[[Request], Any]:
        session: Callable[[Request], Any] = make(
            cookie_name="sipapp_session", path=path, secure=False
        )
        return session

    # As the cookie of CSRF tokens: no other host of the domain can set it.
    over_tls = make(cookie_name="__Host-sipapp_session", path="/", secure=True)

    def session(request: Request) -> Any:
        if request.scheme == "https":
            return over_tls(request)
        # Not the path of the phone: of "/sip/" cookies would not be sent to "/sip".
        path = request.route_path("phone").removesuffix("/")
        return plain(path or "/")(request)

    return session
