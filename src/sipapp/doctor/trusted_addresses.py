"""Whether FreeSWITCH trusts the proxy's address: all web phones behind a proxy have that one.

Line numbers are of FreeSWITCH 1.10.12.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from sipapp.doctor.bindings import bound_place
from sipapp.doctor.local_addresses import address_of as parse_address
from sipapp.doctor.local_addresses import addresses, connectable
from sipapp.doctor.phone_server import PhoneAddress, address_of
from sipapp.doctor.questions import Questions
from sipapp.doctor.target import DiagnosisTarget
from sipapp.model.diagnosis import Diagnosis, fault, ok, warning

_CHECK: Final = "webrtc.trusted-addresses"
_CONSEQUENCES: Final[Mapping[str, str]] = {
    "apply-inbound-acl": "calls need no password",
    "apply-register-acl": "phones register as any extension without a password",
    "apply-proxy-acl": "a phone may claim any address for itself (X-AUTH-IP)",
}


def check(target: DiagnosisTarget, questions: Questions) -> Iterator[Diagnosis]:
    """Ask FreeSWITCH whether its access lists let in the address of the proxy."""
    running, phone = questions.running_profile, address_of(target)
    if running is None or not phone.proxied:
        return
    certain, possible = _proxy_addresses(running, phone, is_local=questions.is_local)
    if not certain and not possible:
        return
    trusted = False
    for address in (*certain, *possible):
        for name in _CONSEQUENCES:
            lists = _trusting(questions, name, address)
            if lists:
                trusted = True
                yield _trusted(name, lists, address, is_certain=address in certain)
    if not trusted:
        yield ok(
            _CHECK,
            f"No access list of the profile lets in {', '.join((*certain, *possible))}, from where "
            "web phones come through the proxy.",
        )


def _trusted(name: str, lists: Sequence[str], address: str, *, is_certain: bool) -> Diagnosis:
    line = fault if is_certain else warning
    come = "come" if is_certain else "may come"
    return line(
        _CHECK,
        f"Web phones {come} from {address}, the proxy's address, and {name} trusts it "
        f"({', '.join(lists)}): from any browser, {_CONSEQUENCES[name]}.",
        "Take the address out of the list in acl.conf.xml, or out of the cidr of a user in the "
        "directory, then fs_cli -x reloadacl. Or take the list out of the profile and restart it.",
    )


def _proxy_addresses(
    running: Mapping[str, str], phone: PhoneAddress, *, is_local: bool
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The addresses that phones come from for certain, and further ones that they may come from."""
    place = bound_place(running, "ws") or bound_place(running, "wss")
    if place is None:
        return (), ()
    bound = parse_address(place[0])
    if bound is not None and bound.is_loopback:
        return (str(bound),), ()
    # A proxy on FreeSWITCH's machine has the address that it connects to.
    certain = (connectable(place[0]),) if is_local else ()
    found = addresses(phone.host) if phone.host else ()
    possible = dict.fromkeys(str(each) for each in found if not each.is_loopback)
    return certain, tuple(each for each in possible if each not in certain)


def _trusting(questions: Questions, name: str, address: str) -> Sequence[str]:
    """The lists of a parameter that let an address in; none if it is not trusted."""
    lists: list[str] = []
    for value in questions.profile_params.get(name, ()):
        if value.casefold() == "none":  # takes away those before (sofia.c:5730)
            lists.clear()
        elif value:
            # NAME:CONTEXT:CONTEXT (sofia.c:5737)
            lists.append(value.partition(":")[0] if name == "apply-inbound-acl" else value)
    trusting = [each for each in lists if questions.access_list_has(each, address)]
    # For registrations all have to let the address in (sofia_reg.c:2395), else one is enough.
    return () if name == "apply-register-acl" and trusting != lists else trusting
