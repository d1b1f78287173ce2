"""The fields of the forms: their values and errors, and which of them were changed."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from sipapp.model import defaults
from sipapp.model.errors import FieldError
from sipapp.model.extension import FIELD_NAMES, FIELDS, SECRET_FIELDS, Extension, Field, join_id
from sipapp.model.field_warnings import field_warnings
from sipapp.model.passwords import GENERATED, RandomText
from sipapp.model.text import invisible_error
from sipapp.web.admin.authentication import NOTES
from sipapp.web.admin.display_names import shown

SEEN: Final = "seen."
"""Before the names of hidden fields: the values that the editor saw when the page was made."""

_TYPE_AGAIN: Final = "Type it again: what is secret is not kept in a page."
_KEEP: Final = "It is never shown. Leave empty to keep the present one."
_GROUPS: Final = (
    ("Voicemail", ("vm_password",)),
    ("Calls to the outside", ("outbound_caller_id_name", "outbound_caller_id_number")),
    ("Dialplan and billing", ("user_context", "toll_allow", "callgroup", "accountcode")),
)
_COMMON: Final = tuple(field.name for field in FIELDS if field.common)

ID: Final = Field(
    "id",
    "Extension",
    "What phones register as and people dial: letters, digits, dots, hyphens, underscores, plus.",
    common=True,
)
DOMAIN: Final = Field("domain", "Domain", "Where the extension is, behind the “@”.", common=True)


@dataclass(frozen=True)
class FormField:
    """A field as the page shows it; ``seen`` is ``None`` where there was nothing to see.

    ``choices`` are the values of a field that has some only, each with its words; ``warnings``
    say what is wrong with the stored value, and ``note`` what state that is.
    """

    name: str
    label: str
    help: str
    secret: bool
    value: str = ""
    seen: str | None = None
    inherited: str = ""
    resolved: str = ""
    placeholder: str = ""
    errors: Sequence[str] = ()
    warnings: Sequence[str] = ()
    note: str = ""
    focus: bool = False
    locked: bool = False
    choices: Sequence[tuple[str, str]] = ()

    @property
    def generated(self) -> RandomText | None:
        """How a value of the field is generated; ``None`` if it is no secret."""
        return GENERATED.get(self.name)

    @property
    def marked(self) -> str:
        """The value with its invisible characters as escapes; empty if it has none."""
        return shown(self.value) if invisible_error(self.value) else ""

    @property
    def described_by(self) -> str:
        """The ids of the elements that say more about the field."""
        parts = (
            ("error", self.errors),
            ("warnings", self.warnings),
            ("state", self.note),
            ("marks", self.marked),
            ("note", self.inherited),
            ("help", self.help),
        )
        return " ".join(f"{self.name}-{part}" for part, is_there in parts if is_there)


@dataclass(frozen=True)
class Group:
    """Fields under a heading that folds."""

    title: str
    fields: Sequence[FormField]

    @property
    def open(self) -> bool:
        """Whether it shows its fields from the start: an error must not be folded away."""
        return any(field.errors or field.warnings or field.marked for field in self.fields)


@dataclass(frozen=True)
class Form:
    """All fields of a page, and the faults that belong to none of them."""

    common: Sequence[FormField]
    groups: Sequence[Group]
    errors: Sequence[str]

    @property
    def shown(self) -> Sequence[FormField]:
        """All fields, as the page shows them from top to bottom."""
        return [*self.common, *(field for group in self.groups for field in group.fields)]

    @property
    def faulty(self) -> Sequence[FormField]:
        """The fields with errors."""
        return [field for field in self.shown if field.errors]

    @property
    def readable(self) -> Sequence[FormField]:
        """The fields of which there is something to read; secrets have no value here."""
        return [field for field in self.shown if field.value or field.inherited]


def with_domain(typed: str, domain: str) -> str:
    """Return the id that was typed, in the domain unless one was typed as well."""
    return typed if "@" in typed else join_id(typed, domain)


def creation_form(
    typed: Mapping[str, str],
    errors: Iterable[FieldError] = (),
    domains: Sequence[str] = ("",),
) -> Form:
    """Make the form for a new extension, with what was typed.

    ``domains`` are those of the storage; if there are several, one can be chosen.
    """
    found = _by_field(errors, typed)
    focus = _first_faulty(found) or ID.name

    def make(field: Field) -> FormField:
        return FormField(
            field.name,
            field.label,
            field.help,
            field.secret,
            value="" if field.secret else typed.get(field.name, ""),
            placeholder=_placeholder(field),
            errors=found.get(field.name, ()),
            focus=field.name == focus,
        )

    first = [make(ID)]
    if len(domains) > 1:
        default, *others = domains
        choices = [("", default or "the default domain"), *((each, each) for each in others)]
        first.append(replace(make(DOMAIN), choices=choices))
    return _form(first, {field.name: make(field) for field in FIELDS}, found)


def editing_form(
    stored: Extension,
    typed: Mapping[str, str],
    errors: Iterable[FieldError] = (),
    *,
    open_fields: Collection[str] = FIELD_NAMES,
) -> Form:
    """Make the form for an extension as it is stored, with changed values as they were typed.

    Fields other than ``open_fields`` can be read, and not changed.
    """
    found = _by_field(errors, typed)
    focus = _first_faulty(found)
    warnings = _by_field(field_warnings(stored), {})

    def make(field: Field) -> FormField:
        seen = "" if field.secret else str(getattr(stored, field.name))
        # Invisible characters have words of their own, and a value that was typed has errors.
        is_told = invisible_error(seen) is not None or field.name in typed
        return FormField(
            field.name,
            field.label,
            _KEEP if field.secret else field.help,
            field.secret,
            value="" if field.secret else typed.get(field.name, seen),
            seen=None if field.secret else seen,
            inherited=stored.inherited.get(field.name, ""),
            resolved=stored.resolved.get(field.name, ""),
            errors=found.get(field.name, ()),
            warnings=() if is_told else warnings.get(field.name, ()),
            note=NOTES.get(stored.authentication, "") if field.name == "password" else "",
            focus=field.name == focus,
            locked=field.name not in open_fields,
        )

    return _form([], {field.name: make(field) for field in FIELDS}, found)


def _placeholder(field: Field) -> str:
    """The default value, which a new extension gets for an empty field."""
    default = defaults.DEFAULTS.get(field.name, "")
    return "as the extension" if default == defaults.USER else default.replace(defaults.USER, "…")


def changed(form: Mapping[str, str]) -> dict[str, str]:
    """Return the fields of a posted form whose value is not the one that the editor saw.

    A secret is changed if one was typed.  A field that was not posted is not changed.
    """
    changes = {}
    for field in FIELDS:
        typed = form.get(field.name, "")
        seen = "" if field.secret else form.get(SEEN + field.name, "")
        if field.name in form and _one_line(typed) != _one_line(seen):
            changes[field.name] = typed if field.secret else typed.strip()
    return changes


def differences(form: Mapping[str, str], stored: Extension) -> list[tuple[str, str, str]]:
    """Return label, value seen and value now of the fields that another editor changed."""
    found = []
    for field in FIELDS:
        seen, now = form.get(SEEN + field.name), getattr(stored, field.name)
        if not field.secret and seen is not None and _one_line(seen) != _one_line(now):
            found.append((field.label, seen, now))
    return found


def _one_line(text: str) -> str:
    # A browser takes line ends out of a text field, which is no change that a person made.
    return text.replace("\r", "").replace("\n", "")


def _by_field(errors: Iterable[FieldError], typed: Mapping[str, str]) -> dict[str, list[str]]:
    """Collect messages by field; a secret that was typed has to be typed again."""
    found: dict[str, list[str]] = {}
    for error in errors:
        found.setdefault(error.field, []).append(error.message)
    for name in SECRET_FIELDS:
        if typed.get(name):
            found.setdefault(name, []).append(_TYPE_AGAIN)
    return found


def _first_faulty(found: Mapping[str, object]) -> str | None:
    grouped = (name for _, names in _GROUPS for name in names)
    return next((name for name in (ID.name, *_COMMON, *grouped) if name in found), None)


def _form(
    first: Sequence[FormField], fields: Mapping[str, FormField], found: Mapping[str, Sequence[str]]
) -> Form:
    common = [fields[name] for name in _COMMON]
    shown = {*(each.name for each in first), *fields}
    return Form(
        common=[*first, *common],
        groups=[Group(title, [fields[name] for name in names]) for title, names in _GROUPS],
        errors=[message for name in found if name not in shown for message in found[name]],
    )
