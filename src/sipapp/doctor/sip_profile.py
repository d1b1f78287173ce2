"""What FreeSWITCH's SIP profile needs for browsers."""

import ipaddress
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Final

from sipapp.doctor import (
    certificate,
    dialplan,
    domains,
    identity,
    presence,
    profile_restart,
    trusted_addresses,
)
from sipapp.doctor.bindings import bound_endpoint
from sipapp.doctor.local_addresses import address_of as parse_address
from sipapp.doctor.local_addresses import addresses, is_here
from sipapp.doctor.phone_server import address_of
from sipapp.doctor.questions import Questions
from sipapp.doctor.target import DiagnosisTarget
from sipapp.doctor.websocket import NoHandshake, shake_hands
from sipapp.freeswitch.vanilla import CONTEXT
from sipapp.model.diagnosis import Diagnosis, fault, ok, warning

Check = tuple[str, Callable[[], Iterable[Diagnosis]]]

_PRIVATE_LISTS: Final = frozenset({"rfc1918.auto", "any_v4.auto", "localnet.auto"})
_RESTART: Final = "Then restart the profile (sofia profile {} restart): reloadxml is not enough."


def checks(target: DiagnosisTarget, questions: Questions) -> Iterator[Check]:
    """All checks of the profile that phones register with."""
    yield "webrtc.profile", partial(_running, questions)
    yield "webrtc.restart", partial(profile_restart.check, questions)
    for kind in ("ws", "wss"):
        yield f"webrtc.{kind}", partial(_binding, target, questions, kind)
    yield "webrtc.certificate", partial(_certificate, target, questions)
    yield "webrtc.trusted-addresses", partial(trusted_addresses.check, target, questions)
    yield "webrtc.candidates", partial(_candidates, target, questions)
    yield "webrtc.codecs", partial(_codecs, questions)
    yield "webrtc.rtp-address", partial(_rtp_address, target, questions)
    yield "webrtc.registrations", partial(_registrations, questions)
    yield identity.CHECK, partial(identity.check, questions)
    yield presence.CHECK, partial(presence.check_subscriptions, target, questions)
    yield presence.NAT_CHECK, partial(presence.check_nat_detection, target, questions)
    yield domains.CHECK, partial(domains.check, target, questions)
    yield "webrtc.sip-alg", partial(_sip_alg, questions)
    yield "dialplan.unknown", partial(_unknown_name, questions)
    yield "dialplan.recovery", partial(_recovery, target, questions)


def _running(questions: Questions) -> Iterator[Diagnosis]:
    check, name = "webrtc.profile", questions.profile
    if questions.running_profile is None:
        yield fault(
            check,
            f"The SIP profile {name} does not run: no phone can register.",
            f"fs_cli -x 'sofia profile {name} start'; if it does not start, the log says why, "
            "most often that a port is taken. Is mod_sofia loaded?",
        )
    else:
        yield ok(check, f"The SIP profile {name} runs.")


def _binding(target: DiagnosisTarget, questions: Questions, kind: str) -> Iterator[Diagnosis]:
    running = questions.running_profile
    if running is None:
        return
    check, endpoint = f"webrtc.{kind}", bound_endpoint(running, kind)
    if endpoint is None:
        yield _not_bound(target, questions, kind)
        return
    try:
        shake_hands(endpoint)
    except NoHandshake as error:
        yield warning(
            check,
            f"FreeSWITCH has bound {endpoint}, and no handshake succeeds from here: {error}",
            "A firewall? sofia-sip's WebSockets can also freeze: restart the profile.",
        )
    else:
        yield ok(check, f"{endpoint} is bound, and a handshake for SIP succeeds.")


def _not_bound(target: DiagnosisTarget, questions: Questions, kind: str) -> Diagnosis:
    phone = address_of(target)
    # Behind a proxy phones need ws here; without one, what their address says.
    needed = ("ws" if phone.proxied else "wss") if phone.endpoint.secure else "ws"
    found = f"The profile {questions.profile} has bound no {kind} address"
    if kind != needed:
        return ok(f"webrtc.{kind}", f"{found}; phones do not need one here.")
    example = "127.0.0.1:5066" if kind == "ws" else ":7443"
    return fault(
        f"webrtc.{kind}",
        f"{found}, and phones connect there.",
        f'<param name="{kind}-binding" value="{example}"/> in '
        f"sip_profiles/{questions.profile}.xml. {_RESTART.format(questions.profile)}",
    )


def _certificate(target: DiagnosisTarget, questions: Questions) -> Iterator[Diagnosis]:
    check = "webrtc.certificate"
    endpoint = bound_endpoint(questions.running_profile or {}, "wss")
    if endpoint is None:
        return
    phone = address_of(target)
    if phone.is_at(endpoint.port):
        return  # judged as what phones see: webrtc.phone-certificate
    try:
        found = certificate.look(endpoint.address, endpoint.port, phone.host)
    except OSError as error:
        yield warning(
            check,
            f"{endpoint} shows no certificate that can be read ({type(error).__name__}).",
            "See wss.pem in FreeSWITCH's certs_dir: key, certificate and chain in one file.",
        )
        return
    yield ok(
        check, f"{endpoint} presents a certificate {found.describe()}. Phones are not sent there."
    )


def _candidates(target: DiagnosisTarget, questions: Questions) -> Iterator[Diagnosis]:
    check = "webrtc.candidates"
    lists = questions.profile_params.get("apply-candidate-acl", ())
    remedy = (
        "apply-candidate-acl with localnet.auto, rfc1918.auto, loopback.auto and any_v4.auto in "
        f"sip_profiles/{questions.profile}.xml. {_RESTART.format(questions.profile)}"
    )
    has_stun = bool(target.settings.phone.ice_servers)
    if not lists:
        line = warning if has_stun else fault
        yield line(
            check,
            "apply-candidate-acl is not set: FreeSWITCH refuses the private addresses of browsers, "
            "and their calls end with 488.",
            remedy,
        )
    elif not _PRIVATE_LISTS & set(lists) and all(each.endswith(".auto") for each in lists):
        yield warning(
            check,
            f"apply-candidate-acl is {', '.join(lists)}: none of these has private addresses.",
            remedy,
        )
    else:
        yield ok(check, f"apply-candidate-acl is {', '.join(lists)}.")


def _codecs(questions: Questions) -> Iterator[Diagnosis]:
    running = questions.running_profile
    if running is None:
        return
    check, remedy = "webrtc.codecs", "Name OPUS and PCMU in inbound-codec-prefs of the profile."
    listed = running.get("inbound-codecs", "")
    codecs = {each.partition("@")[0].strip().upper() for each in listed.split(",")}
    if not codecs & {"OPUS", "PCMU", "PCMA"}:
        yield fault(check, f"No codec of browsers is among {listed}: calls end with 488.", remedy)
    elif "OPUS" in codecs and not questions.module_exists("mod_opus"):
        yield warning(
            check,
            f"The profile names OPUS, and mod_opus is not loaded: calls use {listed} without it.",
            "Load mod_opus in modules.conf.xml, for sound that survives lost packets.",
        )
    elif missing := [each for each in ("OPUS", "PCMU") if each not in codecs]:
        yield warning(check, f"{' and '.join(missing)} is not among {listed}.", remedy)
    else:
        yield ok(check, f"Codecs: {listed}.")


def _rtp_address(target: DiagnosisTarget, questions: Questions) -> Iterator[Diagnosis]:
    running = questions.running_profile
    if running is None:
        return
    check = "webrtc.rtp-address"
    local = running.get("rtp-ip", "")
    advertised = running.get("ext-rtp-ip", "")
    advertised = local if advertised in {"", "N/A"} else advertised
    remedy = (
        "Set ext-rtp-ip of the profile (external_rtp_ip in vars.xml) to the address at which "
        f"browsers reach this FreeSWITCH. {_RESTART.format(questions.profile)}"
    )
    address = parse_address(advertised.removeprefix("autonat:"))
    if address is None:
        yield ok(check, f"Browsers are told to send sound to {advertised}.")
    elif address.is_unspecified:
        yield fault(
            check, f"Browsers are told to send sound to {advertised}, which is nowhere.", remedy
        )
    elif address.is_loopback and not is_here(target.host or "localhost"):
        yield fault(
            check,
            f"Browsers are told to send sound to {advertised}: only this machine itself can.",
            remedy,
        )
    elif address.is_private and _is_public(target.host):
        yield fault(
            check,
            f"Browsers are told to send sound to {advertised}, a private address, but they reach "
            f"{target.host} at a public one: FreeSWITCH is behind NAT, and calls are silent.",
            remedy,
        )
    elif address.is_private:
        where = "this machine" if address.is_loopback else "the same network"
        yield ok(
            check, f"Browsers are told to send sound to {advertised}: right for those in {where}."
        )
    else:
        yield ok(check, f"Browsers are told to send sound to {advertised}, a public address.")


def _is_public(host: str) -> bool:
    found = addresses(host) if host else ()
    return any(isinstance(each, ipaddress.IPv4Address) and each.is_global for each in found)


def _registrations(questions: Questions) -> Iterator[Diagnosis]:
    check = "webrtc.registrations"
    value = questions.profile_params.get("multiple-registrations", ("false",))[-1]
    if value.casefold() in {"false", "no", "off", "0", ""}:
        yield warning(
            check,
            "multiple-registrations is off: of two tabs or phones of one extension only the last "
            "rings, and the other is not told.",
            '<param name="multiple-registrations" value="contact"/> in '
            f"sip_profiles/{questions.profile}.xml. {_RESTART.format(questions.profile)}",
        )
    else:
        yield ok(check, f"multiple-registrations is {value}: all phones of an extension ring.")


def _sip_alg(questions: Questions) -> Iterator[Diagnosis]:
    ports = questions.profile_params.get("sip-port", ("5060",))
    if "5060" in ports:
        found = (
            "SIP over UDP is on port 5060, where a router's SIP ALG rewrites it. Browsers over TLS "
            "are safe from that; if desk phones lose calls, switch it off in the router."
        )
    else:
        found = f"SIP is on port {ports[-1]}; SIP ALGs of routers look at 5060."
    yield ok("webrtc.sip-alg", found)


def _unknown_name(questions: Questions) -> Iterator[Diagnosis]:
    check = "dialplan.unknown"
    context = questions.context(CONTEXT)
    found = list(dialplan.catchers(context, dialplan.UNKNOWN_NAME, questions.module_exists))
    if not found:
        yield ok(check, f"A number that nobody has is refused in the context {CONTEXT}.")
        return
    takers = _takers(found)
    yield warning(
        check,
        f"A number that nobody has is not refused in the context {CONTEXT}, but taken by {takers}: "
        "who misdials hears ringing or music instead of a word.",
        'End the context with <action application="respond" data="404"/>, or take that '
        "extension out of dialplan/default.xml.",
    )


def _recovery(target: DiagnosisTarget, questions: Questions) -> Iterator[Diagnosis]:
    """A phone calls that name with Replaces; the dialplan gets it if the old call is over."""
    check, name = "dialplan.recovery", target.settings.phone.recovery_user
    called = f"The name that a phone calls to take over a call that was cut off ({name})"
    if target.storage.get_many([name]):
        yield fault(
            check,
            f"{called} is an extension: its phones ring when the old call is over.",
            "Set sipapp.phone.recovery_user to a name that nobody has.",
        )
        return
    found = list(dialplan.catchers(questions.context(CONTEXT), name, questions.module_exists))
    if not found:
        yield ok(check, f"{called} reaches nobody in the context {CONTEXT}.")
        return
    yield warning(
        check,
        f"{called} is taken by {_takers(found)} in the context {CONTEXT}, when the old call is "
        "over: instead of an end there is ringing, music or a stranger.",
        "Put before it, such as in dialplan/default/00_sipapp.xml: "
        f'<extension name="sipapp-recovery"><condition field="destination_number" '
        f'expression="^{name}$"><action application="respond" data="480"/></condition>'
        "</extension>. Or set sipapp.phone.recovery_user to a name that is refused already.",
    )


def _takers(found: Iterable[tuple[str, str]]) -> str:
    return "; ".join(f"{name} ({what})" for name, what in found)
