"""The numbers that the phone's buttons call: whether FreeSWITCH's dialplan has them."""

from collections.abc import Iterator
from typing import Final

from sipapp.doctor import dialplan
from sipapp.doctor.questions import Questions
from sipapp.doctor.target import DiagnosisTarget
from sipapp.freeswitch.vanilla import CONTEXT
from sipapp.model.diagnosis import Diagnosis, ok, warning
from sipapp.settings.phone import PhoneSettings

_ROOM: Final = "47"


def examine(target: DiagnosisTarget, questions: Questions) -> Iterator[Diagnosis]:
    """One line for each number that the ini gives."""
    context = questions.context(CONTEXT)
    for setting, number, application, purpose in _numbers(target.settings.phone):
        check = f"dialplan.{setting.split('_')[0]}"
        found = list(dialplan.catchers(context, number, questions.module_exists))
        reached = [name for name, what in found if application in what.split(", ")]
        if reached:
            yield ok(check, f"{number} leads to {reached[0]}: {purpose}.")
            continue
        leads = f"leads to {found[0][0]} ({found[0][1]})" if found else "leads nowhere"
        yield warning(
            check,
            f"{number} {leads} in the context {CONTEXT}, as far as can be seen; the phone takes it "
            f"for: {purpose}.",
            f"Set sipapp.phone.{setting} to what your dialplan has, or add it there; "
            "docs/phone.md has an example.",
        )


def _numbers(phone: PhoneSettings) -> Iterator[tuple[str, str, str, str]]:
    """Setting, number, the application that should answer, and what it is for."""
    if phone.echo_number:
        yield "echo_number", phone.echo_number, "echo", "the echo test"
    if phone.voicemail_number:
        yield "voicemail_number", phone.voicemail_number, "voicemail", "an extension's messages"
    prefix = phone.conference_prefix
    if prefix:
        room = prefix + (_ROOM if prefix.isdecimal() else "abcd1234")
        yield "conference_prefix", room, "conference", "a conference room"
