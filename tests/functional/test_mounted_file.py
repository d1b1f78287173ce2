"""One file that is mounted into the directory by itself, as a person learns of it."""

import pytest
from tests.mounts import bound
from tests.unprivileged import only_root

USER = """<include>
  <user id="{0}">
    <params>
      <param name="password" value="x7-Qp.9zz-Ue4"/>
    </params>
  </user>
</include>
"""
REASON = "1000.xml is mounted there by itself, so it cannot be replaced in one step"


@pytest.fixture
def directory(tmp_path):
    place = tmp_path / "default"
    place.mkdir()
    for number in ("1000", "1001"):
        (place / f"{number}.xml").write_text(USER.format(number))
    return place


@only_root
def test_it_is_told_before_anything_is_tried(make_app, directory, tmp_path):
    app = make_app({"sipapp.storage": "xmldir", "sipapp.storage.xmldir.directory": str(directory)})
    source = tmp_path / "host.xml"
    source.write_text(USER.format("1000"))
    with bound(source, directory / "1000.xml"):
        listed = app.get("/sip/api/v1/extensions").json["items"]
        assert {each["id"]: bool(each["read_only"]) for each in listed} == {
            "1000": True,
            "1001": False,
        }
        page = app.get("/sip/admin/extensions/1000")
        assert REASON in " ".join(page.html.text.split())
        assert not page.html.select("input[name=caller_id_name]")
        assert app.get("/sip/admin/extensions/1001").html.select("input[name=caller_id_name]")
        health = " ".join(app.get("/sip/admin/health").html.text.split())
        assert "The file is mounted into the directory by itself" in health
        refused = app.patch_json(
            "/sip/api/v1/extensions/1000", {"caller_id_name": "Zoë"}, status=409
        )
        assert REASON in refused.text
        app.patch_json("/sip/api/v1/extensions/1001", {"caller_id_name": "Zoë"})
    app.patch_json("/sip/api/v1/extensions/1000", {"caller_id_name": "Zoë"})
