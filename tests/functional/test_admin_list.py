"""The list of extensions: search, sort, pages, what is special, plugins' columns."""

from dataclasses import replace

import pytest

from sipapp.api import AdminColumn, Extension, StorageUnavailable, SwitchTimeout, hookimpl

PASSWORD = "the-stored-password"
INI = {"sipapp.storage": "memory"}


@pytest.fixture
def add(memory):
    def add(extension_id, **values):
        values.setdefault("password", PASSWORD)
        return memory.storage.create(Extension(extension_id, **values))

    return add


def ids(page):
    return [link.text for link in page.html.select("tbody .cell-id")]


def texts(page, selector):
    return [" ".join(each.get_text().split()) for each in page.html.select(selector)]


def row(page, extension_id):
    (found,) = [
        each
        for each in page.html.select("tbody tr")
        if each.select_one(".cell-id").get_text(strip=True) == extension_id
    ]
    return found


def list_ids(app, query=""):
    return [each.strip() for each in ids(app.get(f"/sip/admin{query}"))]


def test_an_empty_list_says_what_to_do(app):
    page = app.get("/sip/admin")
    assert "There are no extensions yet." in page.html.select_one("#summary").text
    assert "Make the first one" in page.html.select_one("#results").text
    assert page.html.select_one("table") is None
    assert page.click("New extension").request.path == "/sip/admin/new"


def test_the_list_shows_extension_name_and_number_and_leads_to_the_extension(app, add):
    add("1000", caller_id_name="Alice", caller_id_number="5551000")
    page = app.get("/sip/admin")
    assert texts(page, "tbody td")[1:4] == ["1000", "Alice", "5551000"]
    assert page.html.select_one("#summary").text == "1 extension"
    assert "Extension 1000" in page.click("1000").html.h1.text


@pytest.mark.parametrize("needle", ["ALIC", "1000", "555", "%C3%BCller"])
def test_search_finds_parts_of_extension_name_and_number(app, add, needle):
    add("1000", caller_id_name="Alice Müller", caller_id_number="555")
    add("2001", caller_id_name="Bob", caller_id_number="666")
    page = app.get(f"/sip/admin?search={needle}")
    assert list_ids(app, f"?search={needle}") == ["1000"]
    assert "1 extension with" in page.html.select_one("#summary").text


def test_search_works_as_a_form_without_script_and_keeps_the_sorting(app, add):
    add("1000", caller_id_name="B")
    add("1001", caller_id_name="A")
    add("2000", caller_id_name="A")
    form = app.get("/sip/admin?sort=-id").form
    form["search"] = " 100 "
    page = form.submit()
    assert [each.strip() for each in ids(page)] == ["1001", "1000"]
    assert page.form["search"].value == "100"


def test_no_match_says_so_and_offers_the_way_back(app, add):
    add("1000")
    page = app.get('/sip/admin?search=<b>"x')
    assert page.html.select_one("#summary").text == 'No extension with “<b>"x”'
    assert page.html.select_one("table") is None
    assert [each.strip() for each in ids(page.click("Show all"))] == ["1000"]


def test_headings_sort_up_and_down_and_say_so(app, add):
    add("9", caller_id_name="Zoe", caller_id_number="1")
    add("10", caller_id_name="adam", caller_id_number="20")
    add("100", caller_id_name="Bea", caller_id_number="3")
    page = app.get("/sip/admin")
    assert list_ids(app) == ["9", "10", "100"]
    assert page.html.select_one("th[aria-sort=ascending]").text.strip() == "Extension"
    page = page.click("^Name$")
    assert [each.strip() for each in ids(page)] == ["10", "100", "9"]
    page = page.click("^Name$")
    assert [each.strip() for each in ids(page)] == ["9", "100", "10"]
    assert texts(page, "th[aria-sort]") == ["Name"]
    assert page.html.select_one("th[aria-sort]")["aria-sort"] == "descending"
    assert [each.strip() for each in ids(page.click("^Number$"))] == ["9", "100", "10"]


def test_pages_of_fifty_keep_search_and_sorting(app, add):
    for number in range(1000, 1120):
        add(str(number), caller_id_name="x")
    add("2000")
    page = app.get("/sip/admin?search=x&sort=-id")
    assert len(ids(page)) == 50
    assert page.html.select_one("#summary").text == "120 extensions with “x”"
    assert page.html.select_one("a[rel=prev]") is None
    page = page.click("Next").click("Next")
    assert [each.strip() for each in ids(page)][-1] == "1000"
    assert len(ids(page)) == 20
    assert "Page 3 of 3" in page.html.nav.text
    assert page.html.select_one("a[rel=next]") is None
    assert len(ids(page.click("Previous"))) == 50


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("page=0", "1000"),
        ("page=-1", "1000"),
        ("page=99999999999999999999", "1000"),
        ("page=99", "1050"),
        ("page=%C2%B2", "1000"),
        ("sort=password", "1000"),
        ("sort=--id", "1000"),
        ("sort=id&sort=-id", "1050"),
        ("search=&page=", "1000"),
        ("search=%00&search=", "1000"),
    ],
)
def test_a_query_that_makes_no_sense_is_as_if_left_out(app, add, query, first):
    for number in range(1000, 1051):
        add(str(number))
    assert list_ids(app, f"?{query}")[0] == first


def test_a_query_that_is_not_utf8_is_a_bad_request(app):
    page = app.get("/sip/admin?search=%ff", status=400)
    assert "not UTF-8" in page.text


def test_what_is_special_stands_in_the_row(app, add):
    add("1000", password="", inherited={"password": "$${default_password}"})
    add("1001", enabled=False)
    add("1002", read_only="It has <gateways>.")
    add("1003", password="")
    page = app.get("/sip/admin")
    assert "Inherited password" in row(page, "1000").text
    assert "Disabled" in row(page, "1001").text
    assert "Read-only" in row(page, "1002").text
    assert "It has <gateways>." in row(page, "1002").text
    assert "No password" in row(page, "1003").text
    assert "No password" not in row(page, "1000").text


@pytest.mark.parametrize("extension_id", ["a b?#&", "%2f", "ü", "..x", "<i>", "50%", "a+b", "\\"])
def test_odd_ids_of_foreign_files_lead_to_their_page(app, add, extension_id):
    add(extension_id, read_only="Odd.")
    page = app.get("/sip/admin")
    assert row(page, extension_id).a["href"].startswith("/sip/admin/extensions/")
    assert page.click(href="/extensions/").html.h1.text == f"Extension {extension_id}"


@pytest.mark.parametrize("extension_id", ["a/b", "..", ".", "/", "bad\udcff"])
def test_ids_that_no_address_can_name_are_shown_without_a_link(app, add, extension_id):
    add(extension_id, read_only="Odd.")
    page = app.get("/sip/admin")
    assert page.html.select_one("tbody a") is None
    assert "Odd." in page.text


def test_very_long_numbers_are_sorted_too(app, add):
    add("1000", caller_id_number="9" * 5000)
    add("1001", caller_id_number="007")
    add("1002", caller_id_number="8")
    assert list_ids(app, "?sort=caller_id_number") == ["1001", "1002", "1000"]


class Columns:
    """A plugin whose columns work, fail, and are of the wrong kind."""

    def __init__(self, *columns):
        self.columns = columns
        self.asked = []

    @hookimpl
    def sipapp_admin_columns(self, request):
        return self.columns


class Raising:
    @hookimpl
    def sipapp_admin_columns(self, request):
        raise RuntimeError("column secret")


def test_a_plugin_adds_a_column_of_escaped_text(make_app, memory, add):
    seen = []

    def cells(extensions):
        seen.extend(extensions)
        return {"1000": "<img src=x>", "elsewhere": "no"}

    add("1000")
    add("1001")
    app = make_app(INI, plugins=[memory, Columns(AdminColumn("phone", "Phone <b>", cells))])
    page = app.get("/sip/admin")
    assert "Phone <b>" in texts(page, "th")
    assert texts(page, ".cell-more") == ["<img src=x>", ""]
    assert page.html.select_one("tbody img") is None
    assert [each.password for each in seen] == ["", ""]


def test_a_column_that_fails_costs_only_itself(make_app, memory, add, caplog):
    def fail(extensions):
        raise RuntimeError("broken")

    add("1000")
    plugins = [
        memory,
        Raising(),
        Columns(
            AdminColumn("bad", "Bad", fail),
            AdminColumn("worse", "Worse", lambda extensions: None),
            "no column at all",
            AdminColumn("good", "Good", lambda extensions: {"1000": 7}),
        ),
    ]
    page = make_app(INI, plugins=plugins).get("/sip/admin")
    assert texts(page, "thead th")[4:] == ["Good", "Remarks"]
    assert texts(page, ".cell-more") == ["7"]
    assert "broken" in caplog.text


def test_a_hook_that_returns_no_columns_costs_only_itself(make_app, memory, add, caplog):
    class Wrong:
        @hookimpl
        def sipapp_admin_columns(self, request):
            return 5

    add("1000")
    assert list_ids(make_app(INI, plugins=[memory, Wrong()])) == ["1000"]
    assert "gave int instead of columns" in caplog.text


def test_the_bar_says_how_the_switch_is(app, make_app, memory):
    link = app.get("/sip/admin").html.select_one("a.health")
    assert " ".join(link.text.split()) == "Switch OK"
    assert link["href"] == "/sip/admin/health"
    ini = {**INI, "sipapp.reloaders": "sw", "sipapp.reloader.sw.use": "scripted"}
    memory.switch.fault = SwitchTimeout("No answer.")
    other = make_app(ini, plugins=[memory]).get("/sip/admin")
    assert " ".join(other.html.select_one("a.health").text.split()) == "Switch Fault"
    without = make_app(INI, plugins=[memory]).get("/sip/admin")
    assert " ".join(without.html.select_one("a.health").text.split()) == "Switch None"


def test_the_switch_is_not_asked_for_every_letter_of_a_search(app, memory, monkeypatch):
    asked = []
    monkeypatch.setattr(memory.switch, "ping", lambda *, timeout: asked.append(timeout) or "here")
    for _ in range(3):
        app.get("/sip/admin")
    assert asked == [1.0]


def test_a_storage_that_cannot_be_read_is_a_page_with_its_words(app, memory, monkeypatch):
    def fail():
        raise StorageUnavailable("The directory /x cannot be read: permission denied.")

    monkeypatch.setattr(memory.storage, "list", fail)
    page = app.get("/sip/admin", status=503)
    assert "/x cannot be read: permission denied." in page.text
    assert "load the page again" in page.text


def test_stored_text_is_escaped_and_passwords_are_nowhere(app, memory, add):
    hostile = '"><script>alert(1)</script>${1+1}'
    stored = add("1000", caller_id_name=hostile, vm_password="9753197")
    memory.storage.create(replace(stored, id="x", caller_id_number=hostile, read_only=hostile))
    for path in ("", "/extensions/1000", "/extensions/x", "/extensions/1000/delete"):
        page = app.get(f"/sip/admin{path}")
        assert "<script>alert" not in page.text
        values = [field.get("value") for field in page.html.find_all("input")]
        assert hostile in page.html.text or hostile in values
        assert PASSWORD not in page.text
        assert "9753197" not in page.text


def test_a_slash_at_the_end_leads_to_the_list(app):
    assert app.get("/sip/admin/", status=302).location.endswith("/sip/admin")


def test_another_prefix_moves_everything(make_app, memory, add):
    add("1000")
    app = make_app({**INI, "sipapp.prefix": "/tel/desk"}, plugins=[memory])
    page = app.get("/tel/desk/admin")
    assert "/sip" not in page.html.body.decode().replace("/sipapp", "")
    assert page.click("1000").request.path == "/tel/desk/admin/extensions/1000"


def test_without_the_built_front_end_the_pages_work_and_say_so(make_app, memory, monkeypatch):
    monkeypatch.setattr("sipapp.web.assets.read_manifest", dict)
    page = make_app(INI, plugins=[memory]).get("/sip/admin")
    assert "make install" in page.text
    assert page.click("New extension").form["id"].value == ""
