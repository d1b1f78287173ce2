"""Whether the SIP profile keeps several domains apart: vanilla's has one domain only."""

from collections.abc import Iterator, Mapping
from typing import Final

from sipapp.doctor.questions import Questions
from sipapp.doctor.target import DiagnosisTarget
from sipapp.model.diagnosis import Diagnosis, fault, ok, warning

CHECK: Final = "webrtc.domains"

_CONSEQUENCES: Final[Mapping[str, str]] = {
    "force-register-domain": "phones of all domains register as users of {value}, with the "
    "passwords of these",
    "challenge-realm": "phones of all domains are asked for passwords of users of {value}",
    "force-register-db-domain": "phones of all domains are registered as users of {value}, and "
    "those of the same number take each other's place",
    "force-subscription-domain": "phones of all domains are told the presence of the users of "
    "{value}",
    "presence-hosts": "a call to a number of {value} rings the phones of that number in all "
    "domains, and presence is told across them",
}
"""What each parameter of the profile does to a second domain.

In this order in FreeSWITCH 1.10.12: sofia_reg.c:3203, :1808 and :1322, sofia_presence.c:3736,
mod_sofia.c:4059 and sofia_presence.c:1461.
"""


def check(target: DiagnosisTarget, questions: Questions) -> Iterator[Diagnosis]:
    """Look at what joins the domains of the storage, if it has several."""
    domains = target.storage.domains()
    if len(domains) < 2:
        return
    own = domains[0] or questions.variable("domain") or ""
    joined = _joined(questions)
    if joined:
        found = "; ".join(
            f"{name} is set: {_CONSEQUENCES[name].format(value=value)}"
            for name, value in joined.items()
        )
        yield fault(
            CHECK,
            f"There are several domains, and {found}.",
            f"Take {_listed(joined)} out of sip_profiles/{questions.profile}.xml, then restart the "
            f"profile (sofia profile {questions.profile} restart): reloadxml is not enough.",
        )
    elif not target.settings.domain and target.host.casefold() != own.casefold():
        yield fault(
            CHECK,
            "There are several domains, and sipapp.domain is empty: phones of the default domain "
            f"register with the page's host as their domain, and FreeSWITCH knows them in {own}.",
            f"Set sipapp.domain = {own}.",
        )
    elif own in _addresses(questions):
        yield warning(
            CHECK,
            f"There are several domains, and the default one is the profile's own address {own}: "
            "phones of that domain are told the presence of the same number in other domains.",
            "Give the default domain a name (domain in vars.xml, and sipapp.domain), and restart "
            "the profile.",
        )
    else:
        yield ok(CHECK, f"The profile keeps the domains apart: {', '.join((own, *domains[1:]))}.")


def _joined(questions: Questions) -> Mapping[str, str]:
    """The parameters that are set, with their values."""
    params = questions.profile_params
    values = {name: params.get(name, ("",))[-1] for name in _CONSEQUENCES}
    found = {
        name: value
        for name, value in values.items()
        if value.casefold() not in {"", "auto_to", "auto_from"}
    }
    running = (questions.running_profile or {}).get("pres-hosts", "")
    if running and "presence-hosts" not in found:
        found["presence-hosts"] = running  # taken out, and not restarted since
    return found


def _addresses(questions: Questions) -> set[str]:
    running = questions.running_profile or {}
    return {running.get("sip-ip", ""), running.get("ext-sip-ip", "")}


def _listed(names: Mapping[str, str]) -> str:
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last
