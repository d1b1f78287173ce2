"""Taking changes back through the whole application gives the bytes that were there."""

import os
import stat

import pytest

ODD = (
    b"\xef\xbb\xbf<include>\r\n<!-- by hand: keep -->\r\n"
    b"\t<user number-alias='77' id = \"1000\">\r\n"
    b'<params><param value="secret-one" name="password"  /></params><variables>\r\n'
    b"<variable name=\"x\" value='y'/></variables></user>\r\n</include>"
)


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "default"
    made.mkdir()
    return made


@pytest.fixture
def app(make_app, folder, tmp_path):
    return make_app(
        {
            "sipapp.storage": "xmldir",
            "sipapp.storage.xmldir.directory": str(folder),
            "sipapp.history": str(tmp_path / "history"),
        }
    )


def bytes_of(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def undo_last(app, **given):
    entry = app.get("/sip/api/v1/history").json["entries"][0]
    return app.post_json(f"/sip/api/v1/history/{entry['id']}/undo", given)


CHANGES = {
    "update": lambda app: app.patch_json(
        "/sip/api/v1/extensions/1000", {"caller_id_name": "Zoë & “Co”", "toll_allow": "local"}
    ),
    "password": lambda app: app.post_json("/sip/api/v1/extensions/1000/password", {}),
    "disable": lambda app: app.post_json("/sip/api/v1/extensions/1000/disable", {}),
    "delete": lambda app: app.delete("/sip/api/v1/extensions/1000"),
    "create": lambda app: app.post_json("/sip/api/v1/extensions", {"id": "1001"}),
}


@pytest.mark.parametrize("change", CHANGES)
def test_any_change_is_taken_back_to_the_byte(app, folder, change):
    (folder / "1000.xml").write_bytes(ODD)
    (folder / "1000.xml").chmod(0o640)
    before, mode = bytes_of(folder), (folder / "1000.xml").stat().st_mode

    CHANGES[change](app)
    changed = bytes_of(folder)
    assert changed != before
    undo_last(app)
    assert bytes_of(folder) == before
    assert (folder / "1000.xml").stat().st_mode == mode

    # And the taking back is taken back.
    undo_last(app)
    assert bytes_of(folder) == changed


def test_an_edit_by_hand_since_is_not_lost_unasked(app, folder):
    (folder / "1000.xml").write_bytes(ODD)
    CHANGES["update"](app)
    by_hand = (folder / "1000.xml").read_bytes().replace(b"by hand", b"by HAND")
    (folder / "1000.xml").write_bytes(by_hand)

    entry = app.get("/sip/api/v1/history").json["entries"][0]
    app.post_json(f"/sip/api/v1/history/{entry['id']}/undo", {}, status=409)
    assert (folder / "1000.xml").read_bytes() == by_hand
    undo_last(app, anyway=True)
    assert (folder / "1000.xml").read_bytes() == ODD


def test_an_undo_keeps_the_mode_and_owner_that_the_file_got_since(app, folder):
    file = folder / "1000.xml"
    file.write_bytes(ODD)
    file.chmod(0o640)
    CHANGES["update"](app)
    file.chmod(0o660)
    os.setxattr(file, "user.note", b"hers")
    if os.geteuid() == 0:
        os.chown(file, 1234, 2345)
    before = file.stat()
    undo_last(app)
    after = file.stat()
    assert file.read_bytes() == ODD
    assert (after.st_mode, after.st_uid, after.st_gid) == (
        before.st_mode,
        before.st_uid,
        before.st_gid,
    )
    assert os.getxattr(file, "user.note") == b"hers"


def test_a_deleted_file_comes_back_with_the_mode_that_it_had_but_for_everybody(app, folder):
    file = folder / "1000.xml"
    file.write_bytes(ODD)
    file.chmod(0o624)
    CHANGES["delete"](app)
    undo_last(app)
    assert file.read_bytes() == ODD
    assert stat.S_IMODE(file.stat().st_mode) == 0o620


def test_of_an_extension_that_was_disabled_since_both_are_taken_back(app, folder):
    (folder / "1000.xml").write_bytes(ODD)
    CHANGES["update"](app)
    entry = app.get("/sip/api/v1/history").json["entries"][0]
    CHANGES["disable"](app)
    app.post_json(f"/sip/api/v1/history/{entry['id']}/undo", {"anyway": True})
    assert bytes_of(folder) == {"1000.xml": ODD}
