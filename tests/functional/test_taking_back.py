"""A change that a switch refuses is taken back, unless that would give away somebody's id."""

import threading
from concurrent.futures import ThreadPoolExecutor, wait

import pytest

from sipapp.api import SwitchRefused

REFUSAL = "[error near line 3]: no"


@pytest.fixture
def app(xmldir_app):
    return xmldir_app


@pytest.fixture
def write(folder):
    def write(file, extension_id, alias=""):
        attributes = f' number-alias="{alias}"' if alias else ""
        (folder / file).write_text(
            f'<include>\n  <user id="{extension_id}"{attributes}>\n    <params>\n'
            f'      <param name="password" value="of-{file}"/>\n'
            "    </params>\n  </user>\n</include>\n"
        )

    return write


@pytest.fixture
def refuse_once(memory):
    """Make the switch refuse the next reload, after something else has been done."""
    reload = memory.switch.reload

    def refuse_once(first):
        def refusing(*, timeout):
            memory.switch.reload = reload
            first()
            raise SwitchRefused(REFUSAL)

        memory.switch.reload = refusing

    return refuse_once


def files(folder):
    return {each.name: each.read_bytes() for each in folder.iterdir()}


CHANGES = {
    "delete": ("DELETE /extensions/2041", None),
    "disable": ("POST /extensions/2041/disable", {}),
    "rename": ("POST /extensions/2041/rename", {"id": "2051"}),
    "create": ("POST /extensions", {"id": "2051"}),
    "create many": ("POST /batch", {"items": [{"id": "2051"}, {"id": "2052"}]}),
}
MEANWHILE = {
    "2041": {
        "delete": "Extension '2041' exists already.",
        "disable": "Extension '2041' was changed by somebody else in the meantime.",
        "rename": "Extension '2041' exists already.",
    },
    "2042": dict.fromkeys(["delete", "disable"], "its number-alias 2042 is the id of a user in"),
    "2051": dict.fromkeys(["create", "create many"], "would find the user of 9.xml by this id"),
}
CASES = [
    (verb, theirs, words) for theirs, verbs in MEANWHILE.items() for verb, words in verbs.items()
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_an_id_that_was_given_by_hand_meanwhile_is_kept_and_nothing_is_lost(
    api, folder, write, refuse_once, case
):
    verb, theirs, words = case
    write("0-hand.xml", "2041", "2042")
    before = files(folder)
    refuse_once(lambda: write("9.xml", theirs))
    call, given = CHANGES[verb]

    answer = api(call, given=given, status=409)

    assert f"sw said: {REFUSAL}. The change could not be taken back" in answer.json["detail"]
    assert words in answer.json["detail"]
    assert answer.json["apply"]["state"] == "refused"
    # The history has it, and takes it back when the other one is gone.
    (entry,) = api("GET /history", status=200).json["entries"]
    assert entry["apply"]["state"] == "refused"
    api(f"POST /history/{entry['id']}/undo", given={}, status=409)
    (folder / "9.xml").unlink()
    api(f"POST /history/{entry['id']}/undo", given={}, status=200)
    assert files(folder) == before


def test_what_was_taken_back_is_not_in_the_history(api, folder, write, refuse_once):
    write("0-hand.xml", "2041", "2042")
    before = files(folder)
    for call, given in CHANGES.values():
        refuse_once(lambda: None)
        assert "was taken back" in api(call, given=given, status=409).json["detail"]
        assert files(folder) == before
    assert api("GET /history", status=200).json["entries"] == []


PAGES = {
    "delete": {},
    "disable": {},
    "rename": {"id": "2051"},
}


@pytest.mark.parametrize("verb", PAGES)
def test_the_page_does_not_say_that_nothing_was_done(app, folder, write, refuse_once, verb):
    write("0-hand.xml", "2041", "2042")
    form = app.get(f"/sip/admin/extensions/2041/{verb}").form
    for name, value in PAGES[verb].items():
        form[name] = value
    refuse_once(lambda: write("9.xml", "2041"))
    page = form.submit("", status=303).follow()
    said = " ".join(page.html.main.get_text(" ").split())
    assert "The change could not be taken back, and is in the history: " in said
    assert "Nothing was" not in said


class Gate:
    """Holds the next reload until it is told to go on, and refuses it then."""

    def __init__(self, switch):
        self.reached, self.go_on = threading.Event(), threading.Event()
        self._reload, self._switch = switch.reload, switch
        switch.reload = self._hold

    def _hold(self, *, timeout):
        self._switch.reload = self._reload
        self.reached.set()
        assert self.go_on.wait(30)
        raise SwitchRefused(REFUSAL)


@pytest.fixture
def while_refused(memory):
    """Make a change, and another one while the switch is about to refuse the first."""

    def run(first, second):
        gate = Gate(memory.switch)
        with ThreadPoolExecutor(2) as pool:
            one = pool.submit(first)
            assert gate.reached.wait(30)
            other = pool.submit(second)
            # Long enough for it to be stored, if nothing held it up.
            wait([other], timeout=0.3)
            gate.go_on.set()
            return one.result(60), other.result(60)

    return run


@pytest.mark.parametrize("verb", ["delete", "disable"])
def test_an_alias_is_not_given_away_before_it_is_surely_free(
    api, folder, write, while_refused, verb
):
    write("0-hand.xml", "2041", "2042")
    before = files(folder)
    call, given = CHANGES[verb]
    one, other = while_refused(
        lambda: api(call, given=given, status=409),
        lambda: api("POST /extensions", given={"id": "2042"}, status=409),
    )
    assert "The change was taken back." in one.json["detail"]
    assert "0-hand.xml has a user with this number-alias." in other.json["detail"]
    assert files(folder) == before


@pytest.mark.parametrize(
    "undone", ["POST /extensions/2041/rename", "DELETE /extensions/2041"], ids=["rename", "delete"]
)
def test_an_undo_waits_for_the_fate_of_who_is_about_to_get_the_id(
    api, folder, write, while_refused, undone
):
    write("0-hand.xml", "2041")
    before = files(folder)
    api(undone, given={"id": "2051"} if "rename" in undone else None, status=200)
    (entry,) = api("GET /history", status=200).json["entries"]
    while_refused(
        lambda: api("POST /extensions", given={"id": "2041"}, status=409),
        lambda: api(f"POST /history/{entry['id']}/undo", given={}, status=200),
    )
    assert files(folder) == before
