"""Pages of plugins in the manager's frame: links to them, slots and values of their templates."""

import re

import pytest

from sipapp.accounts.user_file import UserFile
from sipapp.api import AdminLink, Role, SettingsError, hookimpl

PAGE = """\
<metal:page use-macro="frame">
  <metal:main fill-slot="main"><h1>${heading}</h1> <p>${said}</p></metal:main>
</metal:page>
"""
USERS = {"viewer": Role.VIEWER, "operator": Role.OPERATOR, "administrator": Role.ADMINISTRATOR}
PASSWORD = "a-long-password"


class Pages:
    """A plugin with one page, whose template is a file of the test."""

    __name__ = "pages"

    def __init__(self, template, *links, **values):
        self.template, self.links = template, links
        self.values = {"said": "Hello", **values}

    def show(self, request):
        return request.manager_page("A page", **self.values)

    @hookimpl
    def sipapp_configure(self, config):
        config.add_route("shown", "/ext/pages/shown")
        config.add_route("one", "/ext/pages/{id}")
        config.add_view(
            self.show, route_name="shown", renderer=str(self.template), permission="view"
        )

    @hookimpl
    def sipapp_admin_links(self):
        return self.links


@pytest.fixture
def template(tmp_path):
    return tmp_path / "page.pt"


@pytest.fixture
def start(make_app, memory, template):
    def started(*links, text=PAGE, ini=(), **values):
        template.write_text(text)
        plugin = Pages(template, *links, **values)
        return make_app({"sipapp.storage": "memory", **dict(ini)}, plugins=[memory, plugin])

    return started


def links(page):
    own = {"Live: phones and calls", "History"}
    return [link.text for link in page.html.select(".live-summary a") if link.text not in own]


def test_a_link_leads_to_the_page_from_above_the_list(start):
    app = start(AdminLink("Pages <of> mine", "shown"))
    page = app.get("/sip/admin")
    assert links(page) == ["Pages <of> mine"]
    assert "Hello" in page.click("Pages &lt;of&gt; mine").html.main.text


def test_a_link_is_shown_to_accounts_that_may_follow_it(start, tmp_path):
    users = UserFile(tmp_path / "users")
    for name, role in USERS.items():
        users.put(name, role, PASSWORD)
    app = start(
        AdminLink("All", "shown", "view"),
        AdminLink("Operators", "shown", "operate"),
        AdminLink("Administrators", "shown"),
        ini={"sipapp.users": str(tmp_path / "users")},
    )
    seen = {}
    for name in USERS:
        app.authorization = ("Basic", (name, PASSWORD))
        seen[name] = links(app.get("/sip/admin"))
    everything = ["All", "Operators", "Administrators"]
    assert seen == {"viewer": ["All"], "operator": everything[:2], "administrator": everything}


@pytest.mark.parametrize(
    ("route", "words"),
    [
        ("shwon", "the link 'Mine' leads to the route 'shwon', which nobody adds"),
        ("one", "the link 'Mine' leads to the route 'one', whose pattern has a placeholder, 'id'"),
    ],
)
def test_a_link_that_leads_nowhere_stops_the_start(start, route, words):
    with pytest.raises(SettingsError, match=f"^Plugin pages: {words}"):
        start(AdminLink("Mine", route))


def test_a_permission_that_is_none_is_refused():
    with pytest.raises(ValueError, match=r"'veiw' is no permission. Permissions: view, operate"):
        AdminLink("Mine", "shown", "veiw")
    with pytest.raises(TypeError, match=r"AdminLink\.title must be str"):
        AdminLink(None, "shown")


def test_what_is_no_link_stops_the_start(start):
    with pytest.raises(SettingsError, match="Plugin pages failed in sipapp_admin_links"):
        start("/ext/pages/shown")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (PAGE.replace('"main"', '"mian"'), "fills a slot 'mian' of the frame"),
        (PAGE.replace("</metal:page>", '<p metal:fill-slot="tool" /></metal:page>'), "slot 'tool'"),
        ('<p metal:use-macro="frame">Hello</p>', "does not fill the slot 'main' of the frame"),
    ],
)
def test_a_misspelt_slot_is_an_error_that_names_the_slots(start, caplog, text, words):
    page = start(text=text).get("/sip/ext/pages/shown", status=500)
    assert "Hello" not in page
    assert words in caplog.text
    assert "The frame has the slots main, title, tools." in caplog.text


def test_all_slots_of_the_frame_can_be_filled(start):
    text = PAGE.replace(
        "</metal:page>",
        '<b metal:fill-slot="title">Mine</b><i metal:fill-slot="tools">Tool</i></metal:page>',
    )
    page = start(text=text, width="admin-wide").get("/sip/ext/pages/shown")
    assert [page.html.select_one(f"header {tag}").text for tag in "bi"] == ["Mine", "Tool"]
    assert "admin-wide" in page.html.main["class"]


def test_a_template_may_have_a_macro_of_its_own_around_the_frame(start, tmp_path):
    (tmp_path / "base.pt").write_text(
        PAGE.replace("<p>${said}</p>", '<div><metal:own define-slot="own" /></div>')
    )
    text = '<p metal:use-macro="load: base.pt"><b metal:fill-slot="own">${said}</b></p>'
    page = start(text=text).get("/sip/ext/pages/shown")
    assert page.html.select_one("main div b").text == "Hello"


def test_a_value_that_the_frame_needs_itself_is_an_error_that_names_it(start, caplog):
    start(entry="x").get("/sip/ext/pages/shown", status=500)
    assert re.search(r"a value 'entry', which the frame needs itself. Taken names: ", caplog.text)
