"""What an extension is, and which values its fields may have.

The rules here hold for every storage, because they follow from what FreeSWITCH
does with the values; how a value is written down is the storage's affair.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from string import ascii_uppercase
from typing import Final, Literal, get_args

from sipapp.model.errors import FieldError, InvalidExtension
from sipapp.model.passwords import password_weakness, pin_weakness
from sipapp.model.text import invisible_error
from sipapp.model.type_checks import check_types

MAX_USER: Final = 64
"""Characters of a user: an app's phone may register as a UUID, which has 36."""
# Of what RFC 3261, section 25.1, allows in the user of a SIP URI: what has no meaning of its own in
# any place that an id gets to.  The user is the name of a file; a word of commands such as
# `user_data USER@DOMAIN` and of dial strings, which FreeSWITCH takes apart at spaces, quotes and
# ",|&=[{<!" (switch_utils.c, switch_ivr_originate.c), and where "$" begins a variable; a part of
# paths and URLs ("/;?#%"), and a word that administrators type into a shell ("*~!'()$&").  A dot at
# the beginning hides a file, and a hyphen makes an option of it.
USER_PATTERN: Final = rf"[A-Za-z0-9_+][A-Za-z0-9_+.-]{{0,{MAX_USER - 1}}}"
USER_RULE: Final = (
    f"1 to {MAX_USER} letters, digits, dots, hyphens, underscores or plus signs, and no dot or "
    "hyphen at the beginning"
)
"""The rule of :data:`USER_PATTERN` in words."""
DOMAIN_PATTERN: Final = r"(?:[A-Za-z0-9][A-Za-z0-9.:-]{0,252}|\[[0-9A-Fa-f:.]{1,45}\])"
ID_PATTERN: Final = rf"{USER_PATTERN}(?:@{DOMAIN_PATTERN})?"
MAX_LENGTH: Final = 128

_ID: Final = re.compile(ID_PATTERN)
_USER: Final = re.compile(USER_PATTERN)
_DOMAIN: Final = re.compile(DOMAIN_PATTERN)
# C0, DEL, C1, lone surrogates, and the two Unicode line breaks: none of them can stand
# in a line of the directory or in a SIP header.
_CONTROL: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]")

# "$${default_password}" tells nothing, but "s3cret$${suffix}" is half a password.
# "a1-hash" stands for a password that is there as a hash only; a place in a file is no value.
_VARIABLE: Final = re.compile(r"\$\$?\{[A-Za-z0-9_.-]*\}|a1-hash|/[^$\n]*, line [0-9]+")
_PARTLY: Final = "(partly a variable)"


WithoutPassword = Literal["", "addresses", "refused"]
"""What keeps strangers out of an extension without a password; empty if nothing does."""
Authentication = Literal["password", "addresses", "refused", "none"]
"""What FreeSWITCH asks of a phone: a password, an allowed address, nothing; or it refuses all."""
_CLOSED: Final = frozenset(get_args(WithoutPassword))


@dataclass(frozen=True, slots=True)
class Extension:
    """One user of the FreeSWITCH directory who can register a phone.

    ``id`` is the user alone in the default domain, and ``user@domain`` in another one.
    An empty string means that the value is absent.  ``inherited`` names the
    fields whose value the storage holds as a reference to something else
    (``{"password": "$${default_password}"}``), or has from another file
    (``{"callgroup": "/etc/freeswitch/office.xml, line 3"}``); such a field is empty here.
    ``resolved`` says what that comes to, where the storage knows; of no secret.
    ``version`` is the storage's mark of this content, of ASCII letters, digits and
    hyphens: it changes whenever the stored extension does.  ``read_only`` is the
    reason why the storage will not change this entry, empty if it will.  ``source``
    says where it is kept.  ``hidden`` names the secrets that :meth:`without_secrets`
    took out, ``weak_secrets`` says which of them are guessed easily, and why, by field.
    ``aliases`` are other names by which a switch finds this user.  ``without_password`` says
    what keeps strangers out while there is no password: ``addresses`` if FreeSWITCH lets it in
    from certain addresses only, ``refused`` if nobody can register or call as it, as with a
    mailbox without a phone.
    """

    id: str
    password: str = field(default="", repr=False)
    vm_password: str = field(default="", repr=False)
    caller_id_name: str = ""
    caller_id_number: str = ""
    outbound_caller_id_name: str = ""
    outbound_caller_id_number: str = ""
    user_context: str = ""
    toll_allow: str = ""
    callgroup: str = ""
    accountcode: str = ""
    enabled: bool = True
    inherited: Mapping[str, str] = field(default_factory=dict)
    resolved: Mapping[str, str] = field(default_factory=dict, compare=False)
    version: str = ""
    source: str = ""
    read_only: str = ""
    hidden: frozenset[str] = frozenset()
    aliases: tuple[str, ...] = ()
    without_password: WithoutPassword = ""
    weak_secrets: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)

    @property
    def user(self) -> str:
        """What a phone registers as and people of the same domain dial."""
        return split_id(self.id)[0]

    @property
    def domain(self) -> str:
        """The domain, empty for the default one."""
        return split_id(self.id)[1]

    @property
    def names(self) -> tuple[str, ...]:
        """All by which a switch finds it: its id and its aliases."""
        return self.id, *self.aliases

    def __post_init__(self) -> None:
        try:
            # Takes text only, in a fraction of the time: there is one for each file.
            "".join(
                (
                    self.id,
                    self.password,
                    self.vm_password,
                    self.caller_id_name,
                    self.caller_id_number,
                    self.outbound_caller_id_name,
                    self.outbound_caller_id_number,
                    self.user_context,
                    self.toll_allow,
                    self.callgroup,
                    self.accountcode,
                    self.version,
                    self.source,
                    self.read_only,
                    *self.inherited.values(),
                    *self.resolved.values(),
                )
            )
        except (TypeError, AttributeError):
            is_right = False
        else:
            is_right = isinstance(self.enabled, bool) and self.without_password in _CLOSED
        if not is_right:
            check_types(self)

    @property
    def has_password(self) -> bool:
        """Whether a phone must know a password."""
        return bool(self.password) or "password" in self.hidden or "password" in self.inherited

    @property
    def authentication(self) -> Authentication:
        """What FreeSWITCH asks of a phone that registers or calls as this extension."""
        return "password" if self.has_password else self.without_password or "none"

    def without_secrets(self) -> "Extension":
        """The same extension, fit to be shown, sent or logged."""
        hidden = self.hidden.union(name for name in SECRET_FIELDS if getattr(self, name))
        inherited = {
            name: text if name not in SECRET_FIELDS or _VARIABLE.fullmatch(text) else _PARTLY
            for name, text in self.inherited.items()
        }
        weak = {**self.weak_secrets, **dict(self._weak_secrets())}
        return replace(
            self, password="", vm_password="", hidden=hidden, inherited=inherited, weak_secrets=weak
        )

    def _weak_secrets(self) -> Iterator[tuple[str, str]]:
        found = {
            "password": password_weakness(self.password, self.user) if self.password else "",
            "vm_password": pin_weakness(self.vm_password, self.user) if self.vm_password else "",
        }
        return ((name, weakness) for name, weakness in found.items() if weakness)


@dataclass(frozen=True)
class Field:
    """A field that people edit: its attribute name, its label and its help text."""

    name: str
    label: str
    help: str
    common: bool = False
    secret: bool = False


FIELDS: Final = (
    Field(
        "caller_id_name",
        "Caller ID name",
        "Shown to the people this extension calls.",
        common=True,
    ),
    Field(
        "caller_id_number",
        "Caller ID number",
        "The number shown to the people this extension calls inside the company.",
        common=True,
    ),
    Field(
        "password",
        "Password",
        "What the phone registers with. Leave empty to have a strong one made.",
        common=True,
        secret=True,
    ),
    Field(
        "vm_password",
        "Voicemail PIN",
        "Digits that open the mailbox from any phone. Leave empty to have one made.",
        secret=True,
    ),
    Field(
        "outbound_caller_id_name",
        "Outbound name",
        "Shown on calls that leave through a gateway.",
    ),
    Field(
        "outbound_caller_id_number",
        "Outbound number",
        "The number shown on calls that leave through a gateway.",
    ),
    Field(
        "user_context",
        "Context",
        "The dialplan context that the extension's calls start in; vanilla uses “default”. A new "
        "one counts from the next call on.",
    ),
    Field(
        "toll_allow",
        "Toll allow",
        "Kinds of call the dialplan permits, separated by commas: “domestic,international,local”. "
        "A new value counts from the next call on; a call that is up goes on.",
    ),
    Field(
        "callgroup",
        "Call group",
        "A group that can be called or picked up as one, for example “sales”.",
    ),
    Field(
        "accountcode",
        "Account code",
        "Written to the call records; mod_cdr_csv names a file after it.",
    ),
)
FIELD_NAMES: Final = tuple(each.name for each in FIELDS)
SECRET_FIELDS: Final = tuple(each.name for each in FIELDS if each.secret)


_ASCII_UPPER: Final = {ord(letter): letter.lower() for letter in ascii_uppercase}


def split_id(extension_id: str) -> tuple[str, str]:
    """Return user and domain of an id; the domain is empty for the default one."""
    user, _, domain = extension_id.partition("@")
    return user, domain


def join_id(user: str, domain: str) -> str:
    """Return the id of a user in a domain, which is empty for the default one."""
    return f"{user}@{domain}" if domain else user


def id_in(user: str, domain: str, domains: Sequence[str]) -> str:
    """Return the id of a user whose domain a switch or a phone names.

    ``domains`` are the storage's, the default one first, which every other name stands for.
    """
    folded = domain.lower()
    return join_id(user, next((each for each in domains[1:] if each.lower() == folded), ""))


def check_domain(extension_id: str, domains: Sequence[str]) -> FieldError | None:
    """Say what is wrong with a new extension's domain, ``None`` if nothing is.

    ``domains`` are the storage's, the default one first.
    """
    user, domain = split_id(extension_id)
    if not domain or domain in domains[1:]:
        return None
    if domain.lower() == domains[0].lower():
        return FieldError("id", f"{domain} is the default domain: give {user} alone.")
    spelt = next((each for each in domains[1:] if each.lower() == domain.lower()), "")
    if spelt:
        return FieldError("id", f"The domain is spelt {spelt} here.")
    known = ", ".join(domains[1:])
    there = f"Beside the default domain, there is {known}." if known else "There is one domain."
    return FieldError("id", f"There is no domain {domain} here. {there} Give one of these.")


def check_new_id(extension_id: str, new_id: str) -> FieldError | None:
    """Say what is wrong with the new id of an extension that is renamed: its domain stays."""
    user, domain = split_id(new_id)
    _, own = split_id(extension_id)
    if domain == own:
        return None
    return FieldError("id", f"An extension keeps its domain: give {join_id(user, own)}.")


def fold_id(extension_id: str) -> str:
    """The id in the form in which ids are compared: FreeSWITCH folds ASCII letters only."""
    # strcasecmp() of the C locale. str.lower() does the same for ASCII, in a tenth of the time.
    return extension_id.lower() if extension_id.isascii() else extension_id.translate(_ASCII_UPPER)


def check_id(extension_id: str) -> FieldError | None:
    """Say what is wrong with an extension's id, ``None`` if nothing is."""
    if _ID.fullmatch(extension_id):
        return None
    user, at, domain = extension_id.partition("@")
    if at and is_user(user) and not _DOMAIN.fullmatch(domain):
        return FieldError("id", "Behind the “@”, give a domain: a host name or an address.")
    return FieldError(
        "id",
        f"An extension has {USER_RULE}.",
    )


def is_user(text: str) -> bool:
    """Whether this can be the user of an id: by :data:`USER_PATTERN`, the only rule of it."""
    return _USER.fullmatch(text) is not None


def is_domain(text: str) -> bool:
    """Whether this is a host name or an address, as a domain is."""
    return _DOMAIN.fullmatch(text) is not None


def refuse_unknown_fields(names: Iterable[str]) -> None:
    """Raise ``InvalidExtension`` if one of the names is not in :data:`FIELD_NAMES`."""
    known = ", ".join(FIELD_NAMES)
    errors = [
        FieldError(name, f"There is no field {name!r} that can be changed. There is {known}.")
        for name in names
        if name not in FIELD_NAMES
    ]
    if errors:
        raise InvalidExtension(errors)


def check_fields(values: Mapping[str, str]) -> Iterator[FieldError]:
    """Yield what is wrong with new values of fields, given by field name."""
    for name, value in values.items():
        message = _check_text(value)
        if message is None:
            message = _RULES.get(name, _check_variable)(value)
        if message is not None:
            yield FieldError(name, message)


def _check_text(value: str) -> str | None:
    if len(value) > MAX_LENGTH:
        return f"Use at most {MAX_LENGTH} characters."
    if _CONTROL.search(value):
        return "Remove the line breaks or control characters: no phone can send them."
    return invisible_error(value)


def _check_variable(value: str) -> str | None:
    # switch_channel.c:1508: a channel variable whose value contains "${" is refused at call
    # time, with no word to the caller. "$${" contains it too.
    if "${" in value:
        return "FreeSWITCH refuses a value that contains “${”. Remove it."
    return None


def _check_password(value: str) -> str | None:
    if not value:
        return "A password is needed: FreeSWITCH lets anyone in without one."
    if value.strip() != value:
        return "Remove the spaces before and after the password."
    # Digest hashes raw bytes (sofia_reg.c:3339) and phones disagree about which.
    if not value.isascii():
        return "Use ASCII characters only: phones disagree about how to hash others."
    return None


def _check_vm_password(value: str) -> str | None:
    if not value.isascii() or not value.isdigit():
        return "A voicemail PIN has digits only: it is typed on a dial pad."
    return None


def _check_accountcode(value: str) -> str | None:
    # mod_cdr_csv.c:243 makes a file path of it.
    if "/" in value or ".." in value:
        return "An account code must not contain “/” or “..”: FreeSWITCH names a file after it."
    return _check_variable(value)


_RULES: Final[Mapping[str, Callable[[str], str | None]]] = {
    "password": _check_password,
    "vm_password": _check_vm_password,
    "accountcode": _check_accountcode,
}
