"""Whether the SIP profile was restarted since its configuration changed."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final
from urllib.parse import urlsplit

from sipapp.doctor.local_addresses import address_of
from sipapp.doctor.questions import Questions
from sipapp.freeswitch.switch_true import is_true
from sipapp.model.diagnosis import Diagnosis, ok, warning

# What is looked up or found out when the profile starts is not what stands there.
_PLAIN: Final = re.compile(r"[^$]+")

Read = Callable[[str], str | None]
"""What a value comes to, so that two can be compared; ``None`` if that cannot be told."""


def _port(value: str) -> str | None:
    """The port of ``10.0.0.5:7443`` or ``:7443``, or of ``sips:mod_sofia@[::]:7443;...``."""
    place = value.rpartition("@")[2].partition(";")[0]
    try:
        port = urlsplit(f"//{place}").port
    except ValueError:
        return None
    return str(port) if port else None


def _number(value: str) -> str | None:
    return value if value.isdecimal() else None


def _address(value: str) -> str | None:
    address = address_of(value)
    return str(address) if address else None


def _switch(value: str) -> str | None:
    return "on" if is_true(value) else "off"


def _list(value: str) -> str | None:
    return ",".join(each.strip().casefold() for each in value.split(",")) or None


def _text(value: str) -> str | None:
    return value or None


# Name of the parameter, element of "sofia xmlstatus" (mod_sofia.c:3290 to 3380), and how each
# of them is read.
_COMPARED: Final[tuple[tuple[str, str, Read, Read], ...]] = (
    ("sip-ip", "sip-ip", _address, _address),
    ("sip-port", "url", _number, _port),
    ("rtp-ip", "rtp-ip", _address, _address),
    ("ext-rtp-ip", "ext-rtp-ip", _address, _address),
    ("ws-binding", "ws-bind-url", _port, _port),
    ("wss-binding", "wss-bind-url", _port, _port),
    ("context", "context", _text, _text),
    ("inbound-codec-prefs", "inbound-codecs", _list, _list),
    ("aggressive-nat-detection", "aggressive-nat", _switch, _switch),
)


def differences(params: Mapping[str, tuple[str, ...]], running: Mapping[str, str]) -> Iterator[str]:
    """Names of parameters with another value than the profile runs with."""
    for name, element, read_param, read_running in _COMPARED:
        wanted = params.get(name, ("",))[-1]
        runs = running.get(element, "")
        if not (_PLAIN.fullmatch(wanted) and runs and runs != "N/A"):
            if name.endswith("-binding") and bool(wanted) is not bool(runs):
                yield name
            continue
        one, other = read_param(wanted), read_running(runs)
        if one is not None and other is not None and one != other:
            yield name


def check(questions: Questions) -> Iterator[Diagnosis]:
    """Compare both."""
    running = questions.running_profile
    if running is None:
        return
    name = "webrtc.restart"
    found = list(differences(questions.profile_params, running))
    if found:
        yield warning(
            name,
            f"The profile {questions.profile} runs with other values than the configuration has: "
            f"{', '.join(found)}. It was changed and not restarted.",
            f"fs_cli -x 'sofia profile {questions.profile} restart', which ends its calls and "
            "registrations; then look again.",
        )
    else:
        yield ok(
            name,
            f"The profile {questions.profile} runs with what the configuration says, as far as it "
            "tells.",
        )
