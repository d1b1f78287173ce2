"""One user among several in a file, changed on a real FreeSWITCH, which keeps the others."""

from contextlib import contextmanager

import pytest
from tests.live.settings import live_settings

pytestmark = pytest.mark.live

EXTENSIONS = "/sip/api/v1/extensions"
HISTORY = "/sip/api/v1/history"
USERS = """<user id="{0}01">
<params><param name="password" value="secret-1"/></params>
</user>
<user id="{0}02"><params><param name="password" value="secret-2"/></params></user><user id='{0}03'>
  <params>
    <param name='password' value='secret-3'/>
  </params>
  <variables><variable name="effective_caller_id_name" value="Zoë"/></variables>
</user>
"""
FLOOR = f"<include>\n<!-- the floor -->\n{USERS.format(32)}</include>\n"
DOMAIN = (
    '<include>\n<domain name="whole.example">\n<groups>\n<group name="all">\n<users>\n'
    f'{USERS.format(26)}</users>\n</group>\n<group name="front">\n<users>\n'
    '<user id="2602" type="pointer"/>\n</users>\n</group>\n</groups>\n</domain>\n</include>\n'
)


@pytest.fixture(params=["file of the folder", "file of a domain"])
def site(request, restored, make_app):
    """The server, the file, the domain of its users, and what their ids begin with."""
    is_domain = request.param == "file of a domain"
    folder = restored.directory.parent if is_domain else restored.directory
    file = folder / ("whole.xml" if is_domain else "floor.xml")
    file.write_text(DOMAIN if is_domain else FLOOR)
    domain = "whole.example" if is_domain else restored.domain
    app = make_app(
        {
            **live_settings(restored, "esl"),
            "sipapp.domain": domain,
            "sipapp.storage.xmldir.directory": str(file if is_domain else folder),
            "sipapp.storage.xmldir.new_users": "own-file" if is_domain else file.name,
        }
    )
    assert restored.command("reloadxml") == "+OK [Success]"
    yield app, file, domain, "26" if is_domain else "32"
    for each in folder.glob(f"{file.stem}.*"):
        each.unlink()


def told(freeswitch, domain, prefix):
    """What FreeSWITCH has of each user, also of those that are not there."""
    asked = ("attr id", "param password", "var effective_caller_id_name")
    return {
        number: [
            freeswitch.command(f"user_data {prefix}{number}@{domain} {each}") for each in asked
        ]
        for number in ("01", "02", "03", "04")
    }


def applied(answer):
    assert answer.json["apply"]["state"] == "applied", answer.json["apply"]
    return answer.json


def test_each_change_of_one_user_arrives_and_leaves_the_others(restored, site):
    app, file, domain, prefix = site
    before, content = told(restored, domain, prefix), file.read_bytes()
    assert before["03"] == [f"{prefix}03", "secret-3", "Zoë"]
    nobody = before["04"]

    @contextmanager
    def undone():
        yield
        entry = app.get(HISTORY).json["entries"][0]
        applied(app.post_json(f"{HISTORY}/{entry['id']}/undo", {}))
        assert told(restored, domain, prefix) == before
        assert file.read_bytes() == content

    for number in ("01", "02", "03"):
        place = f"{EXTENSIONS}/{prefix}{number}"
        with undone():
            value = "Söderström & “Co” $5"
            applied(app.patch_json(place, {"caller_id_name": value}))
            new = [*before[number][:2], value]
            assert told(restored, domain, prefix) == {**before, number: new}
        with undone():
            applied(app.post_json(f"{place}/rename", {"id": f"{prefix}04"}))
            found = told(restored, domain, prefix)
            assert found["04"][1] == before[number][1]
            assert {**found, "04": nobody, number: before[number]} == before
        for way in (app.delete, lambda path: app.post_json(f"{path}/disable", {})):
            with undone():
                applied(way(place))
                assert told(restored, domain, prefix) == {**before, number: nobody} or (
                    # A pointer to it is what FreeSWITCH finds then.
                    told(restored, domain, prefix)
                    == {**before, number: [f"{prefix}{number}", *nobody[1:]]}
                )
        applied(app.post_json(f"{place}/disable", {}))
        applied(app.post_json(f"{place}/enable", {}))
        assert told(restored, domain, prefix) == before
        assert file.read_bytes() == content
    with undone():
        created = applied(app.post_json(EXTENSIONS, {"id": f"{prefix}04"}, status=201))
        assert told(restored, domain, prefix)["04"][1] == created["password"]
        assert told(restored, domain, prefix)["01"] == before["01"]
        assert file.read_bytes() != content
