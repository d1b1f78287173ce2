"""Old passwords are removed from the history, and its entries are not."""

import pytest

from sipapp.cli import main


@pytest.fixture
def kept(tmp_path):
    return tmp_path / "history"


@pytest.fixture
def app(make_app, memory, folder, kept):
    """The application on files in a folder, with a history on disk."""
    ini = {"sipapp.storage": "xmldir", "sipapp.storage.xmldir.directory": str(folder)}
    ini |= {"sipapp.reloaders": "sw", "sipapp.reloader.sw.use": "scripted"}
    return make_app(ini | {"sipapp.history": str(kept)}, plugins=[memory])


@pytest.fixture
def forget(tmp_path, capsys):
    def run(extension_id, text):
        ini = tmp_path / "test.ini"
        ini.write_text(f"[app:main]\nuse = egg:sipapp\n{text}\n")
        status = main.main(["history", "forget", extension_id, str(ini)])
        return status, capsys.readouterr()

    return run


def entries(api):
    return api("GET /history", status=200).json["entries"]


def test_a_deleted_extension_is_forgotten_while_the_server_runs(api, app, kept, forget, folder):
    api("POST /extensions", given={"id": "1000", "password": "first-s3cret"}, status=201)
    api("PATCH /extensions/1000", given={"vm_password": "9911"}, status=200)
    api("POST /extensions", given={"id": "1001"}, status=201)
    api("DELETE /extensions/1001", status=200)
    api("POST /extensions/1000/rename", given={"id": "2000"}, status=200)
    api("DELETE /extensions/2000", status=200)
    before = entries(api)
    status, said = forget("2000", f"sipapp.history = {kept}")
    assert status == 0
    assert "2000: 2 changes cannot be taken back" in said.out
    assert "It also had the id 1000" in said.out
    status, said = forget("1000", f"sipapp.history = {kept}")
    assert "1000: 1 changes" in said.out
    assert entries(api) == before
    for entry in before:
        if entry["extension"] in {"1000", "2000"} and entry["action"] != "created":
            refused = api(f"POST /history/{entry['id']}/undo", given={}, status=409).json
            assert "removed from the history (sipapp history forget)" in refused["detail"]
    assert list(folder.iterdir()) == []
    # What was there before is not taken for nothing: another one's history is as it was.
    (deleted,) = (
        each for each in before if (each["action"], each["extension"]) == ("deleted", "1001")
    )
    api(f"POST /history/{deleted['id']}/undo", given={}, status=200)
    assert [each.name for each in folder.iterdir()] == ["1001.xml"]


def test_an_undo_that_was_forgotten_deletes_nothing(api, kept, forget, folder):
    api("POST /extensions", given={"id": "1000"}, status=201)
    api("PATCH /extensions/1000", given={"caller_id_name": "New"}, status=200)
    api(f"POST /history/{entries(api)[0]['id']}/undo", given={}, status=200)
    forget("1000", f"sipapp.history = {kept}")
    api(f"POST /history/{entries(api)[0]['id']}/undo", given={"anyway": True}, status=409)
    assert [each.name for each in folder.iterdir()] == ["1000.xml"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "names no history on disk"),
        ("sipapp.history = {kept}", "There is no history at"),
    ],
)
def test_where_nothing_is_kept_that_is_said(kept, forget, text, words):
    status, said = forget("1000", text.format(kept=kept))
    assert status == 2
    assert words in said.err
    assert not kept.exists()
