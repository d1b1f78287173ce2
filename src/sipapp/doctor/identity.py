"""Whether FreeSWITCH tells phones who is at the other end after a transfer or a pick-up."""

from collections.abc import Iterator
from typing import Final

from sipapp.doctor.questions import Questions
from sipapp.freeswitch.switch_true import is_true
from sipapp.model.diagnosis import Diagnosis, ok, warning

CHECK: Final = "webrtc.identity"

_NEEDED: Final = ("send-display-update", "allow-update")
"""Without one of them FreeSWITCH reports no new party (1.10.12, mod_sofia.c:1985, sofia.c:6139).

Both are on where the profile does not name them (sofia.c:4671).
"""


def check(questions: Questions) -> Iterator[Diagnosis]:
    """Look at the parameters of the profile that keep reports of a new party back."""
    params = questions.profile_params
    off = [name for name in _NEEDED if not is_true(params.get(name, ("true",))[-1])]
    if not off:
        yield ok(CHECK, "Phones are told who is there after a transfer, a pick-up or a park.")
        return
    names = " and ".join(off)
    yield warning(
        CHECK,
        f"{names} {'is' if len(off) == 1 else 'are'} off: after a transfer, a pick-up or a park, "
        "phones go on showing who was there before.",
        f"Take {names} out of sip_profiles/{questions.profile}.xml. Then restart the profile "
        f"(sofia profile {questions.profile} restart): reloadxml is not enough.",
    )
