"""The message about a refused change, on the page that shows its form again."""

from collections.abc import Container, Sequence
from dataclasses import dataclass

from sipapp.model.errors import ChangeRefused, FieldError, InvalidExtension, SipappError
from sipapp.web.admin.messages import Message
from sipapp.web.faults import UNEXPECTED, fault_of, page_status


@dataclass(frozen=True)
class Refusal:
    """The status of the page, the message on it, and the errors of single fields.

    A page that has the fields shows ``errors`` beside them; another one shows ``message``.
    """

    status: int
    message: Message
    errors: Sequence[FieldError] = ()

    @property
    def messages(self) -> Sequence[Message]:
        """The message, unless the errors of fields say all of it."""
        return () if self.errors else (self.message,)


def refusal(
    error: SipappError,
    nothing: str,
    *,
    details: Sequence[str] = (),
    has_field: Container[str] = (),
) -> Refusal:
    """Tell why a change was not made; ``nothing`` is such as "Nothing was saved".

    ``details`` are listed below the message.  An error about a field of ``has_field`` is shown
    beside it.
    Raises the error again if no page is meant to tell it.
    """
    fault = fault_of(error)
    if fault is UNEXPECTED:
        raise error
    # What could not be taken back was not nothing, and its text says so.
    is_kept = isinstance(error, ChangeRefused) and error.kept is not None
    sentence = "{error}" if is_kept else fault.sentence
    text = f"{sentence.format(nothing=nothing, error=error)} {fault.advice}".strip()
    errors = error.errors if isinstance(error, InvalidExtension) else ()
    if fault.field in has_field:
        errors = (FieldError(fault.field, f"{error} {fault.advice}".strip()),)
    return Refusal(page_status(error), Message(fault.level, text, tuple(details)), errors)
