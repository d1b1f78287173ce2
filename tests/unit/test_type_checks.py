"""What plugins make is of the types that it says, or their own line fails."""

import pytest

from sipapp.api import (
    Account,
    Call,
    Diagnosis,
    Examination,
    Extension,
    FieldError,
    Finding,
    LiveStatus,
    Registration,
    Role,
    Secret,
)
from sipapp.model.type_checks import checked_result

FINDING = ("code", "note", "/d/x.xml", None, "title", "meaning", "remedy")
REGISTRATION = ("1000", "phone.test", "192.0.2.7", "UDP", "Agent", None, 1.5, "call-id")
CALL = ("id", "1000", "", "1001", "active", 1, "opus", ("1000",))


@pytest.mark.parametrize(
    ("make", "field"),
    [
        (lambda: Extension(5), "Extension.id"),
        (lambda: Extension("1000", caller_id_name=None), "Extension.caller_id_name"),
        (lambda: Extension("1000", version=b"v"), "Extension.version"),
        (lambda: Extension("1000", enabled=None), "Extension.enabled"),
        (lambda: Extension("1000", inherited={"password": None}), "Extension.inherited"),
        (lambda: Extension("1000", resolved=None), "Extension.resolved"),
        (lambda: FieldError("id", None), "FieldError.message"),
        (lambda: Account("ann", "administrator"), "Account.role"),
        (lambda: Account(None, Role.VIEWER), "Account.name"),
        (lambda: Secret(None), "Secret.password"),
        (lambda: Finding(*FINDING[:1], "deadly", *FINDING[2:]), "Finding.severity"),
        (lambda: Finding(*FINDING[:3], "7", *FINDING[4:]), "Finding.line"),
        (lambda: Finding(*FINDING, mending="repair"), "Finding.mending"),
        (lambda: Examination([]), "Examination.findings"),
        (lambda: Examination((None,)), "Examination.findings"),
        (lambda: Diagnosis("check", "bad", "It is."), "Diagnosis.level"),
        (lambda: Registration(*REGISTRATION[:7], None), "Registration.call_id"),
        (lambda: Registration(*REGISTRATION[:5], "now", *REGISTRATION[6:]), "Registration.since"),
        (lambda: Call(*CALL[:4], "hung", *CALL[5:]), "Call.state"),
        (lambda: LiveStatus("test", 1.0, calls=[]), "LiveStatus.calls"),
        (lambda: LiveStatus("test", None), "LiveStatus.since"),
    ],
)
def test_another_type_is_named_where_it_is_made(make, field):
    with pytest.raises(TypeError, match=rf"{field} must be .*, and got "):
        make()


def test_what_is_right_is_made():
    finding = Finding(*FINDING)
    assert Examination((finding,), ("a file",)).findings == (finding,)
    status = LiveStatus(
        "test", 1, registrations=(Registration(*REGISTRATION),), calls=(Call(*CALL),)
    )
    assert status.registrations
    assert Extension("1000", inherited={"password": "$${x}"}).has_password


def test_what_a_plugin_gave_is_passed_on_or_refused_with_its_class():
    assert checked_result("text", str, object(), "ping()") == "text"
    with pytest.raises(TypeError) as caught:
        checked_result(None, str, Secret(), "ping()")
    assert str(caught.value) == "sipapp.model.secret.Secret gave NoneType for ping(), not str."
