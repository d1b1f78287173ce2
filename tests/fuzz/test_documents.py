"""Requests that fit an API's OpenAPI document, or do not, get answers that the document knows.

Schemathesis makes the requests from the documents themselves, so that what they get wrong, or
leave out, shows too.
"""

from contextlib import suppress

import pytest
import schemathesis
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from tests.functional.phone_client import INI, PASSWORD, Phone
from webtest import TestApp

from sipapp.api import Extension, ExtensionExists
from sipapp.testing.memory import MemoryPlugin
from sipapp.web.api import DOCUMENT
from sipapp.web.phone.api import DOCUMENT as PHONE_DOCUMENT

# As Hypothesis marks its tests itself, which it cannot see here.
pytestmark = [pytest.mark.hypothesis, pytest.mark.usefixtures("unmeasured")]

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
ANN = Extension("1000", password=PASSWORD)


@pytest.fixture
def memory():
    return MemoryPlugin()


@pytest.fixture
def app(make_app, memory):
    """One for each operation: others may have changed a password, or guessed too often."""
    return make_app(INI, [memory]).app


def operations(file):
    document = yaml.safe_load(file.read_text(encoding="utf-8"))
    schema = schemathesis.openapi.from_dict(document)
    return {each.ok().label: each.ok() for each in schema.get_all_operations()}


MANAGER = operations(DOCUMENT)
PHONE = operations(PHONE_DOCUMENT)


def ask(app, memory, operation, headers):
    """Send an operation many requests, some of them about an extension that there is."""

    requests = [operation.as_strategy(generation_mode=mode) for mode in MODES]
    few = settings.default.max_examples // 10

    @settings(max_examples=few, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.one_of(requests), st.booleans())
    def send(case, known):
        with suppress(ExtensionExists):
            memory.storage.create(ANN)
        if known and "id" in case.path_parameters:
            case.path_parameters["id"] = ANN.id
        case.call_and_validate(app=app, headers=headers, checks=CHECKS)

    send()


@pytest.mark.parametrize("label", MANAGER)
def test_the_managers_api(app, memory, label):
    ask(app, memory, MANAGER[label], {})


@pytest.mark.parametrize("label", PHONE)
def test_the_phones_api(app, memory, label):
    with suppress(ExtensionExists):
        memory.storage.create(ANN)
    client = Phone(TestApp(app))
    client.log_in()
    ask(app, memory, PHONE[label], client.headers)
