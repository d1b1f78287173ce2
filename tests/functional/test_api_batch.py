"""Many extensions in one request: all or none, and one reload."""

import pytest

from sipapp.api import Extension, ExtensionExists, FieldError, StorageUnavailable, hookimpl

BATCH = "POST /batch"


def errors(answer):
    return {each["field"]: each["message"] for each in answer.json["errors"]}


def test_several_are_created_with_one_reload(api, memory):
    items = [{"id": "1003", "caller_id_name": "Carol"}, {"id": "1001", "password": "own-password"}]
    answer = api(BATCH, given={"items": items}, status=201).json
    first, second = answer["items"]
    assert (first["id"], first["caller_id_name"], second["id"]) == ("1003", "Carol", "1001")
    assert memory.storage.get("1003").password == first["password"]
    assert memory.storage.get("1001").password == "own-password"
    assert "password" not in second
    assert len({first["vm_password"], second["vm_password"], first["password"]}) == 3
    assert answer["apply"]["state"] == "applied"
    assert memory.switch.reloads == 1


def test_a_thousand_are_created_and_no_more(api, memory):
    items = [{"id": str(number)} for number in range(1000, 2001)]
    answer = api(BATCH, given={"items": items}, status=422)
    assert errors(answer) == {"items": "Give at most 1000 of these."}
    answer = api(BATCH, given={"items": items[1:]}, status=201)
    assert len(answer.json["items"]) == len(memory.storage.list()) == 1000
    assert memory.switch.reloads == 1


def test_every_fault_is_reported_with_its_place(api, memory):
    memory.storage.create(Extension("1001", password="x"))
    items = [
        {"id": "1000"},
        {"id": "-1"},
        {"id": "1002", "accountcode": "../x", "colour": "red"},
        {"caller_id_name": "Nobody"},
        {"id": "1003", "password": 4711},
        "1004",
    ]
    found = errors(api(BATCH, given={"items": items}, status=422))
    assert found.keys() == {
        "items[1].id",
        "items[2].colour",
        "items[2].accountcode",
        "items[3].id",
        "items[4].password",
        "items[5]",
    }
    assert "names a file" in found["items[2].accountcode"]
    assert [each.id for each in memory.storage.list()] == ["1001"]
    assert memory.switch.reloads == 0


def test_ids_that_are_taken_are_reported_with_their_place(api, memory):
    memory.storage.create(Extension("Taken", password="x"))
    items = [{"id": id_} for id_ in ("1000", "taken", "1001", "b", "B")]
    assert errors(api(BATCH, given={"items": items}, status=422)) == {
        "items[1].id": "Extension 'taken' exists already.",
        "items[4].id": "Extension 'B' exists already.",
    }
    assert len(memory.storage.list()) == 1


def test_a_plugin_may_refuse_one_and_so_all(make_app, make_api, memory):
    class Picky:
        @hookimpl
        def sipapp_validate_extension(self, new):
            return [FieldError("id", "Not this one.")] if new.id == "1001" else []

    app = make_app({"sipapp.storage": "memory"}, plugins=[memory, Picky()])
    items = [{"id": "1000"}, {"id": "1001"}]
    answer = make_api(app)(BATCH, given={"items": items}, status=422)
    assert errors(answer) == {"items[1].id": "Not this one."}
    assert memory.storage.list() == []


def test_observers_hear_of_each(make_app, make_api, memory):
    heard = []

    class Observer:
        @hookimpl
        def sipapp_extension_changed(self, event):
            heard.append((event.action, event.extension.id, event.extension.password, event.fields))

    app = make_app({"sipapp.storage": "memory"}, plugins=[memory, Observer()])
    make_api(app)(BATCH, given={"items": [{"id": "1000"}, {"id": "1001"}]}, status=201)
    fields = ("id", "password", "vm_password")
    assert heard == [("created", "1000", "", fields), ("created", "1001", "", fields)]


@pytest.mark.parametrize("given", [{}, {"items": []}, {"items": {}}, {"items": None}, []])
def test_without_items(api, given):
    api(BATCH, given=given, status=422)


def test_what_comes_in_between_leaves_nothing(api, memory, monkeypatch):
    real = memory.storage.create

    def create(extension):
        if extension.id == "1001":
            raise ExtensionExists("1001")
        return real(extension)

    monkeypatch.setattr(memory.storage, "create", create)
    items = [{"id": "1000"}, {"id": "1001"}, {"id": "1002"}]
    api(BATCH, given={"items": items}, status=409)
    assert memory.storage.list() == []
    assert memory.switch.reloads == 0


def test_storage_that_fails(api, memory, monkeypatch):
    def fail(_):
        raise StorageUnavailable("The disk is full. Nothing was changed.")

    monkeypatch.setattr(memory.storage, "create_many", fail)
    answer = api(BATCH, given={"items": [{"id": "1000"}]}, status=503)
    assert answer.json["detail"] == "The disk is full. Nothing was changed."


def test_body_may_be_a_mebibyte(api):
    body = b'{"items": [{"id": "1000"}]}'
    api(BATCH, body=body.ljust(1 << 20), content_type="application/json", status=201)
    answer = api(BATCH, body=body.ljust((1 << 20) + 1), content_type="application/json", status=413)
    assert "1048576 bytes" in answer.json["detail"]
