"""Findings about single users."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from sipapp.api import (
    DEFAULT_CONTEXT,
    NEW_PASSWORD,
    NO_PASSWORD_ON_PURPOSE,
    Finding,
    WithoutPassword,
    fold_id,
)
from sipapp.freeswitch.api import DEFAULT_PASSWORD
from sipapp_xmldir.directory.snapshot import ListedEntry
from sipapp_xmldir.health.domain import Domain
from sipapp_xmldir.health.variables import Variables
from sipapp_xmldir.parse.authentication import without_password
from sipapp_xmldir.parse.blanking import REFERENCE

# Elements of users that stand for a provider's account, or for a phone without SIP.
_OTHER_ACCOUNTS: Final = frozenset({"gateways", "skinny"})
_ON_PURPOSE: Final = {
    "addresses": "let in from certain addresses only",
    "refused": "nobody can register as it",
}
_LET_IN: Final = "Anyone who reaches FreeSWITCH can register as it and call in its name: "


@dataclass(frozen=True, slots=True)
class User:
    """One user as FreeSWITCH has it, as far as the checks need it.

    ``id`` has its variables put in; ``extension`` is the id in sipapp's list.  So has
    ``password``: ``inherited`` tells that it comes from a variable, ``unset`` names
    that variable if nothing sets it.  ``without_password`` is what keeps strangers out where there
    is none.  ``kind`` is the attribute ``type``.  ``editable`` tells that sipapp can change the
    user.  A ``phone`` is meant to register and be called.
    """

    id: str
    extension: str
    source: str
    line: int
    version: str
    editable: bool
    phone: bool
    password: str = field(repr=False)
    inherited: bool
    has_context: bool
    unset: str = ""
    hashed: bool = False
    without_password: WithoutPassword = ""
    kind: str | None = None
    alias: str = ""
    cidr: str = ""

    @property
    def is_pointer(self) -> bool:
        """Whether it only leads to the user of the same id."""
        return self.kind is not None and fold_id(self.kind) == "pointer"

    @property
    def is_wildcard(self) -> bool:
        """Whether FreeSWITCH finds it whatever it looks for (switch_xml.c:1906)."""
        return self.kind is not None and not self.is_pointer

    @property
    def is_open(self) -> bool:
        """Whether FreeSWITCH lets anyone in as this user (sofia_reg.c:3333)."""
        return not (self.password or self.hashed or self.without_password)


def plain_user(listed: ListedEntry, variables: Variables) -> User:
    """The user of a file of the usual form."""
    extension = listed.extension
    reference = extension.inherited.get("password", "")
    password, unset = extension.password, ""
    if reference:
        known = variables.resolve(reference)
        # The password is known to FreeSWITCH only: the reference stands for it.
        password = reference if known is None else known
        unset = reference if variables.lacks(reference) else ""
    return User(
        id=extension.id,
        extension=extension.id,
        source=extension.source,
        line=listed.line,
        version=extension.version,
        editable=not extension.read_only,
        phone=True,
        password=password,
        inherited=bool(reference),
        has_context=bool(extension.user_context or "user_context" in extension.inherited),
        unset=unset,
        without_password=extension.without_password,
    )


def described_user(described: Mapping[str, Any], listed: ListedEntry, variables: Variables) -> User:
    """A user of another file, as :func:`sipapp_xmldir.emulation.report.report` describes it.

    Variables whose value is not known stand there as ``$${name}``.
    """
    extension = listed.extension
    params, context = _folded(described["params"]), _folded(described["variables"])
    attributes, others = described["attributes"], set(described["other_elements"])
    password = params.get("password", "")
    hashed = bool(params.get("a1-hash"))
    is_meant_so = bool(password) or hashed or not extension.read_only
    closed = without_password(params)
    is_mailbox = closed == "refused" and not (password or hashed)
    return User(
        id=described["id"] or "",
        extension=extension.id,
        source=extension.source,
        line=described["line"],
        version=extension.version,
        editable=not extension.read_only,
        phone=is_meant_so and not (is_mailbox or others & _OTHER_ACCOUNTS),
        password=password,
        inherited="password" in extension.inherited,
        has_context=bool(context.get("user_context")),
        unset=password if REFERENCE.fullmatch(password) and variables.lacks(password) else "",
        hashed=hashed,
        without_password=closed,
        kind=attributes.get("type"),
        alias=attributes.get("number-alias", ""),
        cidr=attributes.get("cidr", ""),
    )


def _folded(settings: Mapping[str, str]) -> dict[str, str]:
    return {fold_id(name): value for name, value in settings.items()}


def findings_of(user: User, domain: Domain) -> Iterator[Finding]:
    """The findings about one user by itself."""
    if user.is_wildcard:
        yield _wildcard(user)
    if not user.id:
        yield _no_id(user)
    if not user.is_pointer:
        yield from _password_findings(user, domain)
        if user.phone and not (user.has_context or domain.has_context):
            yield _no_context(user)
    if user.cidr:
        yield _cidr(user)


def _password_findings(user: User, domain: Domain) -> Iterator[Finding]:
    if user.unset:
        is_closed = user.without_password or domain.refuses_empty_passwords
        yield about(
            user,
            code="password-variable-not-set",
            severity="warning" if is_closed else "critical",
            title=f"No password: {user.unset} is not set",
            meaning="FreeSWITCH puts nothing in for a variable that nothing sets, and vars.xml "
            "does not set this one: no phone can register as it by a password."
            if is_closed
            else f"{_LET_IN}FreeSWITCH puts nothing in for a variable that nothing sets, and "
            "a user without a password needs none. vars.xml does not set this one.",
            remedy="Set the variable in vars.xml, or give the extension a password of its own.",
            mending=NEW_PASSWORD if user.editable else None,
        )
    elif user.is_open and domain.refuses_empty_passwords:
        yield _on_purpose(user, "refused")
    elif user.without_password and not (user.password or user.hashed):
        yield _on_purpose(user, user.without_password)
    elif user.is_open:
        yield about(
            user,
            code="no-password",
            severity="critical",
            title="No password: anyone can register",
            meaning=f"{_LET_IN}FreeSWITCH asks for nothing where no password is. The attribute "
            "cidr keeps no other addresses out.",
            remedy="Set a password. If nobody should register as it, delete it, or give it the "
            "param allow-empty-password with the value false. If some addresses need no password, "
            "give it the param auth-acl with the name of an access list.",
            mending=NEW_PASSWORD if user.editable else None,
        )
    elif user.password and _is_guessed(user):
        yield about(
            user,
            code="guessable-password",
            severity="critical",
            title="A password that is tried first",
            meaning="The password is the extension itself, or the one that FreeSWITCH is "
            "delivered with. Programs that search the net for telephones try these first, and "
            "then call at your expense.",
            remedy="Set a new password, and enter it into the phone.",
            mending=NEW_PASSWORD if user.editable else None,
        )


def _on_purpose(user: User, how: WithoutPassword) -> Finding:
    from_addresses = how == "addresses"
    return about(
        user,
        code=NO_PASSWORD_ON_PURPOSE,
        severity="note",
        title=f"No password, on purpose: {_ON_PURPOSE[how]}",
        meaning="It has no password, and auth-acl keeps out all addresses that are not in its "
        "access list. A profile with apply-proxy-acl does not ask that list of addresses that are "
        "no proxy's."
        if from_addresses
        else "It has no password, and FreeSWITCH refuses everybody who would register or call as "
        "it (allow-empty-password or sip-forbid-register). Its mailbox works.",
        remedy="Nothing, if that is wanted. A password can be set; addresses are looked at then "
        "as well."
        if from_addresses
        else "Nothing, if that is wanted. A phone can be used once it has a password.",
    )


def _is_guessed(user: User) -> bool:
    # An inherited default password is a finding about the variable.
    is_known = user.password == DEFAULT_PASSWORD and not user.inherited
    return is_known or user.password.lower() == user.id.lower()


def _no_context(user: User) -> Finding:
    return about(
        user,
        code="no-context",
        severity="warning",
        title="No context",
        meaning="Its calls start in the context of the SIP profile. That is “public” as "
        "FreeSWITCH is delivered, which is for calls from outside: hardly anything can be dialled.",
        remedy="Set the variable user_context; FreeSWITCH's own extensions have “default”.",
        mending=DEFAULT_CONTEXT if user.editable else None,
    )


def _wildcard(user: User) -> Finding:
    return about(
        user,
        code="type",
        severity="critical",
        title="A type that answers for everybody",
        meaning='FreeSWITCH knows only type="pointer". It finds a user with any other type '
        "whatever id it looks for: the users behind this one, in the order of the files, are "
        "never found, and phones register with the password of this one.",
        remedy="Remove the attribute “type” from the user.",
    )


def _no_id(user: User) -> Finding:
    return about(
        user,
        code="no-id",
        severity="warning",
        title="A user with an empty id",
        meaning="No phone can register as it, and nobody can call it.",
        remedy="Give the user an id, or delete it.",
    )


def _cidr(user: User) -> Finding:
    return about(
        user,
        code="cidr",
        severity="note",
        title="Addresses that need no password",
        meaning="A user with the attribute cidr is let in from those addresses without a password, "
        'where a SIP profile has apply-inbound-acl="domains", as “internal” has.',
        remedy="If that is not wanted, remove the attribute, and say reloadacl to FreeSWITCH.",
    )


def about(user: User, **more: Any) -> Finding:
    """A finding about a user."""
    return Finding(
        source=user.source,
        line=user.line,
        extension=user.extension,
        version=user.version,
        **more,
    )
