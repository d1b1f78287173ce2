"""Errors as pages: what happened, what to do, and nothing of the inside."""

import pytest
from pyramid.httpexceptions import HTTPSeeOther

from sipapp.api import StorageError, hookimpl

INI = {"sipapp.storage": "memory"}


class Failing:
    """A plugin with views that go wrong."""

    @hookimpl
    def sipapp_configure(self, config):
        def fail(request):
            raise RuntimeError("inner secret")

        def redirect(request):
            raise HTTPSeeOther("/sip")

        def storage(request):
            raise StorageError("The storage says no.")

        config.add_route("odd", "/odd")
        config.add_view(fail, route_name="odd", request_param="x")
        for name, view in (("fail", fail), ("redirect", redirect), ("storage", storage)):
            config.add_route(name, f"/{name}")
            config.add_view(view, route_name=name, request_method=("GET", "PUT"))


@pytest.fixture
def failing(make_app, memory):
    return make_app(INI, plugins=[memory, Failing()])


@pytest.mark.parametrize(
    "path", ["/nothing", "/sip/nothing", "/sip/admin/nothing", "/sip/static/x"]
)
def test_an_unknown_address_is_a_page_with_a_way_on(app, path):
    page = app.get(path, status=404)
    assert page.html.h1.text == "There is nothing here"
    links = [each["href"] for each in page.html.main.find_all("a")]
    assert links == ["/sip/admin", "/sip"]


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("POST", "/sip/admin", "GET"),
        ("DELETE", "/sip/admin/extensions/1", "GET, POST"),
        ("PUT", "/sip/admin/reload", "POST"),
        ("POST", "/sip/health", "GET"),
    ],
)
def test_another_method_is_not_allowed(app, method, path, allowed):
    page = app.request(path, method=method, status=405)
    assert page.headers["Allow"] == allowed
    assert page.html.h1.text == "This cannot be done here"


def test_the_methods_of_a_plugins_view_count_too(failing):
    assert failing.delete("/sip/fail", status=405).headers["Allow"] == "GET, PUT"


def test_a_view_that_wants_something_else_is_not_found(failing):
    assert failing.get("/sip/odd", status=404).html.h1.text == "There is nothing here"


def test_an_unexpected_error_has_a_reference_number_that_is_in_the_log(failing, caplog):
    page = failing.get("/sip/fail", status=500)
    number = page.html.main.code.text
    assert f"Error {number}" in caplog.text
    assert "inner secret" in caplog.text
    assert "inner secret" not in page.text
    assert "Traceback" not in page.text
    assert failing.get("/sip/fail", status=500).html.main.code.text != number


def test_a_redirect_that_is_raised_redirects(failing):
    assert failing.get("/sip/redirect", status=303).location.endswith("/sip")


def test_the_words_of_a_storage_are_shown(failing):
    page = failing.get("/sip/storage", status=503)
    assert "The storage says no." in page.text
    assert page.html.h1.text == "The extensions cannot be reached"


@pytest.mark.parametrize("path", ["/sip/admin/extensions/%ff", "/%ff"])
def test_a_path_that_is_not_utf8_is_a_bad_request(app, path):
    page = app.get(path, status=400)
    assert page.html.h1.text == "This request cannot be read"


def test_hostile_text_in_the_address_is_escaped(app):
    page = app.get("/sip/admin/extensions/<script>alert(1)<%2Fscript>", status=404)
    assert "<script>alert" not in page.text


@pytest.mark.parametrize("path", ["/sip/api/v1/nothing", "/sip/api/nothing"])
def test_below_the_api_errors_are_problem_documents(app, path):
    answer = app.get(path, status=404)
    assert answer.content_type == "application/problem+json"


def test_a_head_request_is_answered_without_a_body(app):
    assert app.head("/sip/admin/nothing", status=404).body == b""
