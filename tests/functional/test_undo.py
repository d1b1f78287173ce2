"""An id or alias that is somebody else's now is not given away, whatever would bring it back."""

import pytest

from sipapp_xmldir.emulation.directory import Directory, Source


def user(extension_id, attributes="", password=None):
    return (
        f'<include>\n  <user id="{extension_id}"{attributes}>\n    <params>\n'
        f'      <param name="password" value="{password or f"of-{extension_id}"}"/>\n'
        "    </params>\n  </user>\n</include>\n"
    )


@pytest.fixture
def app(xmldir_app):
    return xmldir_app


@pytest.fixture
def act(api, folder):
    """Do something to extensions in one word: by the API, or by hand."""

    def act(step):
        verb, *given = step.split()
        if verb == "write":  # file, id, and an alias
            file, extension_id, *alias = given
            attributes = f' number-alias="{alias[0]}"' if alias else ""
            (folder / file).write_text(user(extension_id, attributes))
        elif verb == "unlink":
            (folder / given[0]).unlink()
        elif verb == "users":  # a file with several
            file, *ids = given
            texts = [user(each).removeprefix("<include>\n") for each in ids]
            inner = "".join(each.removesuffix("</include>\n") for each in texts)
            (folder / file).write_text(f"<include>\n{inner}</include>\n")
        elif verb == "create":
            new = {"id": given[0], "password": f"new-{given[0]}"}
            api("POST /extensions", given=new, status=201)
        elif verb == "rename":
            api(f"POST /extensions/{given[0]}/rename", given={"id": given[1]}, status=200)
        elif verb == "delete":
            api(f"DELETE /extensions/{given[0]}", status=200)
        elif verb == "update":
            api(f"PATCH /extensions/{given[0]}", given={"callgroup": "sales"}, status=200)
        else:
            api(f"POST /extensions/{given[0]}/{verb}", given={}, status=200)

    return act


@pytest.fixture
def found(folder):
    """Whose password FreeSWITCH would want of who registers as any of these."""

    def found(*names):
        files = sorted(folder.glob("*.xml"))
        directory = Directory([Source(str(each), each.read_bytes()) for each in files])
        return {each: directory.data(each.encode(), "param", b"password") for each in names}

    return found


def said(page):
    return " ".join(page.html.main.get_text(" ").split())


def files(folder):
    return {each.name: each.read_bytes() for each in folder.iterdir()}


def entry_of(api, action, extension):
    entries = api("GET /history", status=200).json["entries"]
    return next(
        each["id"] for each in entries if (each["action"], each["extension"]) == (action, extension)
    )


SCENES = {
    "a rename in a file that is not called after its id": (
        ["write 0-hand.xml 2061", "rename 2061 2071", "create 2061"],
        ("renamed", "2071"),
        "Extension '2061' exists already.",
    ),
    "in another case": (
        ["write 0-hand.xml Ada", "rename Ada 2071", "create aDA"],
        ("renamed", "2071"),
        "Extension 'Ada' exists already.",
    ),
    "an alias of a deleted one": (
        ["write 2041.xml 2041 2042", "delete 2041", "create 2042"],
        ("deleted", "2041"),
        "could not tell 2041 from another user: its number-alias 2042 is the id of a user in 2042",
    ),
    "an alias in another case": (
        ["write 2041.xml 2041 Bob", "delete 2041", "create bOB"],
        ("deleted", "2041"),
        "its number-alias Bob is the id of a user in bOB.xml.",
    ),
    "an alias that is another's alias": (
        ["write 2041.xml 2041 2042", "delete 2041", "write 9.xml 9 2042"],
        ("deleted", "2041"),
        "its number-alias 2042 is the number-alias of a user in 9.xml.",
    ),
    "an alias that is the id of a disabled one": (
        ["write 2041.xml 2041 2042", "delete 2041", "create 2042", "disable 2042"],
        ("deleted", "2041"),
        "its number-alias 2042 is the id of a user in 2042.xml.disabled.",
    ),
    "an id that is another's alias": (
        ["write 0-hand.xml 2061", "rename 2061 2071", "write 9.xml 9 2061"],
        ("renamed", "2071"),
        "9.xml has a user with this number-alias.",
    ),
    "an id of a disabled one": (
        ["write 0-hand.xml 2061", "rename 2061 2071", "create 2061", "disable 2061"],
        ("renamed", "2071"),
        "Extension '2061' exists already.",
    ),
    "an id that is among several users of a file": (
        ["write 0-hand.xml 2061", "rename 2061 2071", "users team.xml 2060 2061"],
        ("renamed", "2071"),
        "Extension '2061' exists already.",
    ),
    "an alias that is among several users of a file": (
        ["write 2041.xml 2041 2042", "delete 2041", "users team.xml 2042 2043"],
        ("deleted", "2041"),
        "its number-alias 2042 is the id of a user in team.xml.",
    ),
    "an id in a file that is called after another": (
        ["create 2061", "rename 2061 2071", "write 2071-old.xml 2061"],
        ("renamed", "2071"),
        "Extension '2061' exists already.",
    ),
    "an id that was created again": (
        ["create 2041", "delete 2041", "create 2041"],
        ("deleted", "2041"),
        "Extension '2041' exists already.",
    ),
    "an id that another one got": (
        ["create 2041", "update 2041", "rename 2041 2051", "create 2041"],
        ("updated", "2041"),
        "Extension '2041' is another one now than this change was about",
    ),
    "an update of bytes that had an alias": (
        ["write 2041.xml 2041 2042", "update 2041", "write 2041.xml 2041", "create 2042"],
        ("updated", "2041"),
        "its number-alias 2042 is the id of a user in 2042.xml.",
    ),
    "an update of bytes that had another id": (
        ["write 0-hand.xml 2041", "update 2041", "write 0-hand.xml 2051"],
        ("updated", "2041"),
        "0-hand.xml already, and it holds another extension.",
    ),
    "a disabling, of one whose alias is given since": (
        ["write 2041.xml 2041 2042", "disable 2041", "create 2042"],
        ("disabled", "2041"),
        "its number-alias 2042 is the id of a user in 2042.xml.",
    ),
    "a creation that hides another one": (
        ["create 2041", "write 9.xml 2041"],
        ("created", "2041"),
        "without it, FreeSWITCH would find the user of 9.xml by this id",
    ),
    "an enabling that hides another one": (
        ["write 2041.xml 2041 2042", "disable 2041", "enable 2041", "write 9.xml 9 2042"],
        ("enabled", "2041"),
        "without it, FreeSWITCH would find the user of 9.xml by its number-alias 2042",
    ),
}
NAMES = ("2041", "2042", "2051", "2061", "2071", "Ada", "Bob", "9")


@pytest.mark.parametrize("scene", SCENES)
def test_an_undo_gives_no_taken_id_to_another_extension(api, act, folder, found, scene):
    steps, undone, words = SCENES[scene]
    for step in steps:
        act(step)
    before, holders = files(folder), found(*NAMES)
    entry = entry_of(api, *undone)

    # Not even if what came after is to be lost too.
    for given in ({}, {"anyway": True}):
        answer = api(f"POST /history/{entry}/undo", given=given, status=409)
        if "differences" not in answer.json:
            assert words in answer.json["detail"]
    assert "differences" not in answer.json
    assert (files(folder), found(*NAMES)) == (before, holders)


@pytest.mark.parametrize(
    "scene",
    [
        "a rename in a file that is not called after its id",
        "an alias of a deleted one",
        "an update of bytes that had an alias",
        "a creation that hides another one",
    ],
)
def test_the_page_says_why_and_has_a_way_back(app, api, act, folder, scene):
    steps, undone, words = SCENES[scene]
    for step in steps:
        act(step)
    before = files(folder)
    page = app.get(f"/sip/admin/history/{entry_of(api, *undone)}").form.submit("", status=409)
    if "anyway" in page.form.fields:
        page = page.form.submit("", status=409)
    assert "Nothing was taken back. " in said(page)
    assert words in said(page)
    assert ("delete that one first" in said(page)) is (undone[0] != "created")
    assert "Back to the history" in said(page)
    assert files(folder) == before


def test_it_comes_back_as_soon_as_the_id_is_free(api, act, folder):
    act("write 0-hand.xml 2061")
    before = files(folder)
    act("rename 2061 2071")
    act("create 2061")
    entry = entry_of(api, "renamed", "2071")
    api(f"POST /history/{entry}/undo", given={}, status=409)
    act("delete 2061")
    api(f"POST /history/{entry}/undo", given={}, status=200)
    assert files(folder) == before


# Other ways.


@pytest.fixture
def taken(act):
    """2041 is disabled, and its alias is another's id."""
    for step in ("write 2041.xml 2041 2042", "disable 2041", "create 2042"):
        act(step)


def test_enabling_gives_no_alias_away(api, folder, found, taken):
    before = files(folder)
    answer = api("POST /extensions/2041/enable", given={}, status=409)
    assert "its number-alias 2042 is the id of a user in 2042.xml." in answer.json["detail"]
    assert files(folder) == before
    assert found("2042") == {"2042": b"new-2042"}


def test_the_page_of_a_disabled_one_says_why_it_stays_so(app, folder, taken):
    before = files(folder)
    page = app.get("/sip/admin/extensions/2041")
    (button,) = [each for each in page.html.find_all("button") if each.text.strip() == "Enable"]
    page.form.action = button["formaction"]
    page = page.form.submit("", status=409)
    assert "Nothing was saved. FreeSWITCH could not tell 2041 from another user" in said(page)
    assert page.html.h1.text == "Extension 2041"
    assert files(folder) == before


@pytest.mark.parametrize("verb", ["delete", "disable", "rename"])
def test_the_pages_say_who_would_be_uncovered(app, act, folder, verb):
    act("write 2041.xml 2041")
    act("write 9.xml 2041")
    before = files(folder)
    form = app.get(f"/sip/admin/extensions/2041/{verb}").form
    if verb == "rename":
        form["id"] = "2051"
    page = form.submit("", status=409)
    assert "FreeSWITCH would find the user of 9.xml by this id" in said(page)
    assert page.form.action.endswith(f"/{verb}")
    assert files(folder) == before


def test_the_page_of_a_new_one_says_whose_alias_it_is(app, act):
    act("write 2041.xml 2041 2042")
    form = app.get("/sip/admin/new").form
    form["id"] = "2042"
    page = form.submit("", status=409)
    error = page.html.select_one("#id-error").text
    assert "2041.xml has a user with this number-alias. Choose another id" in error
    assert page.form["id"].value == "2042"


def test_what_would_not_be_seen_is_reported_at_the_form(app, act, folder):
    (folder / "1000.xml").write_text('<include>\n  <user id="1000" cidr="/>\n</include>\n')
    act("write 2000.xml 2000")
    form = app.get("/sip/admin/new").form
    form["id"] = "1001"
    page = form.submit("", status=503)
    assert "Nothing was saved. FreeSWITCH would not see the new file" in said(page)
    assert page.form["id"].value == "1001"


@pytest.mark.parametrize("value", ["2042", 'x" number-alias="2042', "$${alias}"])
def test_no_value_of_a_field_becomes_an_alias(api, act, found, value):
    act("write 2041.xml 2041")
    api("PATCH /extensions/2041", given={"callgroup": value, "accountcode": value})
    assert found("2041", "2042") == {"2041": b"of-2041", "2042": None}
