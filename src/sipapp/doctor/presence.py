"""What FreeSWITCH tells extensions of each other's calls, and whether phones need that."""

from collections.abc import Iterator
from typing import Final

from sipapp.doctor.questions import Questions
from sipapp.doctor.target import DiagnosisTarget
from sipapp.freeswitch.switch_true import is_true
from sipapp.model.diagnosis import Diagnosis, ok, warning

CHECK: Final = "webrtc.presence"
NAT_CHECK: Final = "webrtc.nat-detection"

_SUBSCRIPTION_PARAMS: Final = ("manage-presence", "manage-shared-appearance")
"""Each of them lets FreeSWITCH answer ``Event: dialog`` (1.10.12, sofia.c:3363 and :5415)."""
_MODES: Final = frozenset({"passive", "pnp"})
"""Values of ``manage-presence`` with which it answers as well (sofia.c:5367).

With ``passive`` only the first NOTIFY of each subscription is sent, which has everything
(sofia_presence.c:1283, before the check at :1310).
"""


def check_subscriptions(target: DiagnosisTarget, questions: Questions) -> Iterator[Diagnosis]:
    """Look at whether extensions are told the Call-IDs of each other's calls."""
    found = _answering(questions)
    wants_sip = target.settings.phone.presence == "sip"
    profile = questions.profile
    restart = f"Then restart the profile (sofia profile {profile} restart)."
    if found:
        everybody = "every extension"
        if not _is_on(questions, "auth-subscriptions", default="true"):
            everybody = "everybody who reaches the SIP port (auth-subscriptions is off)"
        yield warning(
            CHECK,
            f"{found} is on: {everybody} can ask for the Call-IDs and tags of any call "
            "(SUBSCRIBE, Event: dialog), and take that call over with them (Replaces).",
            ("Set sipapp.phone.presence = server, and " if wants_sip else "Set ")
            + f'<param name="{found}" value="false"/> in sip_profiles/{profile}.xml. {restart} '
            "Browsers get presence from this server; lamps of desk phones (BLF) go out.",
        )
    elif wants_sip:
        yield warning(
            CHECK,
            "sipapp.phone.presence is sip, and manage-presence is off: contacts show no presence.",
            "Take sipapp.phone.presence out of the ini: then phones get presence from this server.",
        )


def check_nat_detection(target: DiagnosisTarget, questions: Questions) -> Iterator[Diagnosis]:
    """Look at whether NOTIFYs of subscriptions reach browsers."""
    running = questions.running_profile
    if running is None:
        return
    if running.get("aggressive-nat") == "true":
        yield ok(NAT_CHECK, "aggressive-nat-detection is on.")
    elif target.settings.phone.presence != "sip":
        yield ok(
            NAT_CHECK,
            "aggressive-nat-detection is off; phones do not need it (sipapp.phone.presence).",
        )
    else:
        yield warning(
            NAT_CHECK,
            "aggressive-nat-detection is off: NOTIFYs of presence do not reach browsers, whose "
            "contacts are no addresses.",
            "Take sipapp.phone.presence out of the ini: then phones get presence from this "
            'server. Or <param name="aggressive-nat-detection" value="true"/> in '
            f"sip_profiles/{questions.profile}.xml. Then restart the profile (sofia profile "
            f"{questions.profile} restart): reloadxml is not enough.",
        )


def _answering(questions: Questions) -> str:
    """The parameter by which the profile answers subscriptions; empty if it answers none."""
    return next((name for name in _SUBSCRIPTION_PARAMS if _is_on(questions, name)), "")


def _is_on(questions: Questions, name: str, default: str = "") -> bool:
    value = questions.profile_params.get(name, (default,))[-1]
    return is_true(value) or (name == "manage-presence" and value.casefold() in _MODES)
