"""One switch: can it be asked, does it reload, does it read what sipapp writes."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Final

from sipapp.doctor import feature_numbers, sip_profile, switch_directory
from sipapp.doctor.local_addresses import is_here
from sipapp.doctor.questions import NotTold, Questions
from sipapp.doctor.target import DiagnosisTarget
from sipapp.freeswitch.vanilla import DEFAULT_PASSWORD, EVENT_SOCKET_PASSWORD
from sipapp.model.diagnosis import Diagnosis, fault, ok, warning
from sipapp.model.errors import (
    StorageError,
    SwitchAccessDenied,
    SwitchConnectionRefused,
    SwitchError,
    SwitchRefused,
    SwitchTimeout,
    SwitchUnreachable,
    SwitchWrongPassword,
)
from sipapp.model.type_checks import checked_result
from sipapp.storages.capabilities import blocking_fault
from sipapp.switches.strategy import ReloadStrategy

CLOCKS_APART: Final = 5.0
"""Seconds that two clocks may differ; an answer has whole seconds only."""

_REMEDIES: Final[Mapping[type[SwitchError], str]] = {
    SwitchConnectionRefused: "Start FreeSWITCH (systemctl start freeswitch), and see that "
    "mod_event_socket is loaded and listens where the ini says (event_socket.conf.xml).",
    SwitchAccessDenied: "Let this machine into the list of apply-inbound-acl in "
    "event_socket.conf.xml; without one FreeSWITCH lets in the loopback only. Then restart "
    "mod_event_socket: fs_cli -x 'reload mod_event_socket'.",
    SwitchWrongPassword: "Put the password of event_socket.conf.xml (or esl-password of the "
    "account) into the file that password_file of this switch names.",
    SwitchTimeout: "See whether FreeSWITCH is stopped, overloaded or behind a firewall that drops.",
}
_UNREACHABLE: Final = "docs/freeswitch.md, section 4, has how sipapp reaches FreeSWITCH."


def none_configured(_: DiagnosisTarget) -> Iterator[Diagnosis]:
    """Say so where the ini names no switch."""
    yield warning(
        "switch.configured",
        "The ini names no switch: what is saved is stored, and no switch is told.",
        "Set sipapp.reloaders, such as: sipapp.reloaders = local, sipapp.reloader.local.use = "
        "fs_cli.",
    )


def examine(target: DiagnosisTarget, name: str) -> Iterator[Diagnosis]:
    """Look at one switch; each line says which."""
    for line in _lines(target, target.strategies[name]):
        yield replace(line, about=name)


def _lines(target: DiagnosisTarget, strategy: ReloadStrategy) -> Iterator[Diagnosis]:
    yield from _guarded("switch.account", lambda: strategy.diagnose(timeout=strategy.timeout))
    try:
        said = strategy.ping(timeout=min(strategy.timeout, 5.0))
        version = checked_result(said, str, strategy, "ping()")
    except SwitchError as error:
        yield _unreachable(target, strategy, error)
        return
    yield ok("switch.reachable", f"It answers: {version}.")
    access = strategy.freeswitch()
    if access is None:
        yield ok(
            "switch.kind", "This is not FreeSWITCH, so there are no more questions to ask here."
        )
        return
    questions = Questions(access, strategy.timeout)
    try:
        yield from _about_freeswitch(target, strategy, questions)
    except SwitchUnreachable as error:
        yield fault(
            "switch.answers",
            f"It stopped answering: {error} The rest was not looked at.",
            _REMEDIES[SwitchTimeout],
        )


def _unreachable(
    target: DiagnosisTarget, strategy: ReloadStrategy, error: SwitchError
) -> Diagnosis:
    check = "switch.reachable"
    is_freeswitch = strategy.freeswitch() is not None
    if not target.running and not is_freeswitch:
        # Such as the demo switch: it lives in the server's process.
        return warning(
            check,
            f"It cannot be asked from here: {error}",
            "The server may have started it: look at the page “Doctor”.",
        )
    remedy = next((text for kind, text in _REMEDIES.items() if isinstance(error, kind)), "")
    rest = " Nothing else could be asked." if is_freeswitch else ""
    return fault(check, f"{error}{rest}", remedy or _UNREACHABLE)


def _about_freeswitch(
    target: DiagnosisTarget, strategy: ReloadStrategy, questions: Questions
) -> Iterator[Diagnosis]:
    checks: tuple[tuple[str, Callable[[], Iterable[Diagnosis]]], ...] = (
        ("switch.reload", partial(_reload, target, strategy)),
        ("switch.domain", partial(_domain, target, questions)),
        ("directory.read", partial(switch_directory.examine, target, questions)),
        ("switch.access-list", partial(_event_socket, questions)),
        ("switch.clock", partial(_clock, questions)),
        ("password.default", partial(_default_password, questions)),
        ("dialplan.numbers", partial(feature_numbers.examine, target, questions)),
        *sip_profile.checks(target, questions),
    )
    for check, look in checks:
        yield from _guarded(check, look)


def _guarded(check: str, look: Callable[[], Iterable[Diagnosis]]) -> Iterator[Diagnosis]:
    """One check: what FreeSWITCH does not tell, or the storage, costs no other."""
    try:
        yield from look()
    except StorageError:
        yield warning(
            check,
            "It was not looked at, because the stored extensions cannot be read.",
            "Mend what the line directory.writable says.",
        )
    except NotTold as error:
        yield warning(
            check,
            f"FreeSWITCH does not tell. {error}",
            "If the account has esl-allowed-api, add that command to it, or look for yourself.",
        )


def _reload(target: DiagnosisTarget, strategy: ReloadStrategy) -> Iterator[Diagnosis]:
    check = "switch.reload"
    try:
        said = _reload_now(target, strategy)
    except SwitchRefused as error:
        place = _broken_file(target)
        yield fault(
            check,
            f"reloadxml is refused: {error}. FreeSWITCH keeps what it had, and no change of any "
            f"extension arrives.{place and f' The fault is in {place}.'}",
            "Correct the file, or move it out of the directory."
            if place
            else "The line is one of freeswitch.xml.fsxml in its log directory, where all its "
            "files are merged.",
        )
    else:
        yield ok(check, f"reloadxml works: {said}.")


def _broken_file(target: DiagnosisTarget) -> str:
    """The file and line that FreeSWITCH cannot read; empty if it is not known."""
    try:
        return blocking_fault(target.storage, thorough=True)
    except StorageError:
        return ""


def _reload_now(target: DiagnosisTarget, strategy: ReloadStrategy) -> str:
    """In the server only in turn with other reloads, which a switch has one at a time."""
    if target.apply is None:
        return strategy.reload(timeout=strategy.timeout)
    name = next(name for name, each in target.strategies.items() if each is strategy)
    (outcome,) = target.apply(name).switches
    if outcome.outcome == "applied":
        return outcome.detail
    kind = SwitchRefused if outcome.outcome == "refused" else SwitchUnreachable
    raise kind(outcome.detail)


def _domain(target: DiagnosisTarget, questions: Questions) -> Iterator[Diagnosis]:
    check = "switch.domain"
    own, wanted = questions.variable("domain"), target.settings.domain
    if own is None:
        if wanted:
            yield ok(check, f"FreeSWITCH has no default domain; the ini says {wanted}.")
            return
        yield fault(
            check,
            "FreeSWITCH has no default domain, and the ini has none: nothing can be verified.",
            "Set sipapp.domain to the domain of the directory.",
        )
    elif not wanted:
        yield ok(check, f"The domain is {own}, FreeSWITCH's own; the ini leaves it to that.")
    elif wanted.casefold() == own.casefold():
        yield ok(check, f"The domain is {own}, here as there.")
    else:
        yield warning(
            check,
            f"FreeSWITCH's own domain is {own}, and the ini says {wanted}. Phones register in the "
            "second; with vanilla's force-register-domain they end up in the first.",
            f"Set sipapp.domain = {own} or leave it empty, unless the directory has a domain "
            f"{wanted} of its own.",
        )


def _event_socket(questions: Questions) -> Iterator[Diagnosis]:
    check = "switch.access-list"
    settings = questions.event_socket
    listens = settings.get("listen-ip", ("127.0.0.1",))[-1]
    lists = settings.get("apply-inbound-acl", ())
    lets_in = f"the list {', '.join(lists)}" if lists else "the loopback only (no list is set)"
    found = f"Event Socket listens on {listens} and lets in {lets_in}"
    is_open = not is_here(listens) and bool(lists)
    if questions.event_socket_is_vanilla:
        line = fault if is_open else warning
        yield line(
            check,
            f"{found}. Its password is “{EVENT_SOCKET_PASSWORD}”, which everybody knows: whoever "
            "gets there can run any program as FreeSWITCH.",
            "Set a long one in event_socket.conf.xml, and here in password_file.",
        )
    elif is_open and {"any_v4.auto", "any_v6.auto", "wan.auto", "wan_v4.auto"} & set(lists):
        yield warning(
            check,
            f"{found}: strangers can try passwords.",
            "Name a list of acl.conf.xml that has nobody but this machine.",
        )
    else:
        yield ok(check, f"{found}.")


def _clock(questions: Questions) -> Iterator[Diagnosis]:
    theirs, ours = questions.clock()
    apart = theirs + 0.5 - ours
    if abs(apart) > CLOCKS_APART:
        yield warning(
            "switch.clock",
            f"FreeSWITCH's clock is {apart:+.0f} s from that of this machine.",
            "Keep both right with NTP; times on the live page are wrong until then.",
        )
    else:
        yield ok("switch.clock", "FreeSWITCH's clock is that of this machine.")


def _default_password(questions: Questions) -> Iterator[Diagnosis]:
    check = "password.default"
    password = questions.variable("default_password")
    remedy = (
        "Change default_password in vars.xml and reload; give extensions passwords of their own."
    )
    if password == DEFAULT_PASSWORD:
        yield fault(
            check,
            f"default_password is {DEFAULT_PASSWORD}: strangers register with it, and vanilla's "
            "dialplan makes every call wait for ten seconds.",
            remedy,
        )
    elif password is not None and len(password) < 8:
        yield warning(check, "default_password is shorter than 8 characters.", remedy)
    else:
        is_set = "not set" if password is None else f"not {DEFAULT_PASSWORD}"
        yield ok(check, f"default_password is {is_set}.")
