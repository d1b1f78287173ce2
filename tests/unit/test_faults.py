"""Every error that is raised on purpose has a row that says how it is answered."""

import importlib
import pkgutil
from http import HTTPStatus

import pytest

import sipapp
from sipapp.model.errors import (
    ChangeRefused,
    ExtensionExists,
    FieldError,
    InvalidExtension,
    ServerBusy,
    SettingsError,
    SipappError,
    StorageError,
    SwitchTimeout,
    VersionConflict,
)
from sipapp.web.admin.refusals import refusal
from sipapp.web.faults import FAULTS, api_status, page_status


def kinds(base=SipappError):
    """Every error of the core: those of plugins and tests are derived from one of them."""
    for module in pkgutil.walk_packages(sipapp.__path__, "sipapp."):
        if not module.name.startswith("sipapp.testing"):
            importlib.import_module(module.name)
    for kind in base.__subclasses__():
        if kind.__module__.startswith("sipapp."):
            yield kind
            yield from kinds(kind)


@pytest.mark.parametrize("kind", sorted(set(kinds()), key=lambda kind: kind.__qualname__))
def test_every_error_has_a_row(kind):
    assert kind in FAULTS, f"say in sipapp.web.faults how {kind.__name__} is answered"


def test_an_error_of_a_plugin_is_answered_like_the_one_that_it_is_derived_from():
    class Locked(StorageError):
        pass

    assert api_status(Locked()) is page_status(Locked()) is HTTPStatus.SERVICE_UNAVAILABLE
    assert refusal(Locked("It is locked."), "Nothing was saved").message.text == (
        "Nothing was saved. It is locked."
    )


def test_a_conflict_is_a_precondition_for_the_api_alone():
    error = VersionConflict("1000")
    assert (api_status(error), page_status(error)) == (412, 409)


def test_an_unexpected_error_is_not_revealed_by_a_page():
    with pytest.raises(SettingsError):
        refusal(SettingsError("/etc/sipapp.ini, line 3"), "Nothing was saved")


@pytest.mark.parametrize(
    ("error", "level", "words"),
    [
        (ServerBusy("Too many.", 1), "error", "Nothing was saved. Too many. Try again in 1 s."),
        (SwitchTimeout("No answer."), "error", "Nothing was saved. The switch says: No answer."),
        (ChangeRefused("No.", apply=None), "error", "Nothing was saved. No."),
        (ChangeRefused("It was made.", apply=None, kept=[]), "error", "It was made."),
    ],
)
def test_a_message_says_what_was_not_done_and_why(error, level, words):
    message = refusal(error, "Nothing was saved").message
    assert (message.kind, message.text) == (level, words)


def test_errors_of_fields_stand_beside_them():
    invalid = InvalidExtension([FieldError("vm_password", "Use digits.")])
    refused = refusal(invalid, "Nothing was saved")
    assert (refused.errors, refused.messages) == (invalid.errors, ())
    taken = ExtensionExists("1000")
    assert refusal(taken, "Nothing was saved").errors == ()
    refused = refusal(taken, "Nothing was saved", has_field=("id",))
    assert [each.field for each in refused.errors] == ["id"]
    assert refused.messages == ()
