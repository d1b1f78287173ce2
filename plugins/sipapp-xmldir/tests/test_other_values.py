"""Values of a user that are no fields of an extension."""

from pathlib import Path

import pytest

from sipapp.api import ExtensionNotFound
from sipapp_xmldir.parse.other_values import other_values
from sipapp_xmldir.storage import XmlDirectory

USER = """<include>
<user id="Ada" number-alias="77" cidr="192.0.2.0/24">
<params>
<param name="Password" value="p"/>
<param name="vm-password" value="1"/>
<param name="MailBox" value="1"/>
<param name="mailbox" value="2"/>
<param name="reverse-auth-pass" value="s"/>
<param name="a1-hash" value="h"/>
</params>
<variables>
<variable name="Directory_Full_Name" value="Ada &amp; Bob"/>
<variable name="site" value="$${site}"/>
<variable name="callgroup" value="x"/>
<variable name="web_api_key" value="k"/>
</variables>
</user>
</include>
"""
FOUND = {
    "number-alias": "77",
    "param mailbox": "2",
    "variable directory_full_name": "Ada & Bob",
}


def test_fields_secrets_and_variables_are_none_of_them() -> None:
    assert other_values(USER.encode(), "ada") == FOUND
    assert other_values(USER.replace("77", "$${alias}").encode(), "ada").keys() == {
        *FOUND.keys() - {"number-alias"}
    }


@pytest.mark.parametrize("text", ["<include>\n<user>", USER.replace("Ada", "Bob"), ""])
def test_a_file_without_the_user_has_none(text: str) -> None:
    assert other_values(text.encode(), "ada") == {}


def test_a_disabled_user_has_them_too(tmp_path: Path) -> None:
    text = USER.replace('<param name="a1-hash" value="h"/>\n', "")
    (tmp_path / "ada.xml").write_text(text)
    storage = XmlDirectory(directory=tmp_path, create=False)
    storage.set_enabled("Ada", enabled=False)
    assert storage.other_values("ada") == FOUND
    renamed = storage.rename_with("Ada", "Bob", {}, {"number-alias": "78", "param mailbox": "3"})
    assert (renamed.enabled, renamed.aliases) == (False, ("78",))
    expected = text.replace("Ada", "Bob", 1).replace("77", "78")
    expected = expected.replace('name="mailbox" value="2"', 'name="mailbox" value="3"')
    assert (tmp_path / "ada.xml.disabled").read_text() == expected


def test_a_file_that_is_deleted_meanwhile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "ada.xml").write_text(USER)
    storage = XmlDirectory(directory=tmp_path, create=False)

    def gone(*_: object, **__: object) -> None:
        raise FileNotFoundError

    assert storage.get("Ada")
    monkeypatch.setattr("sipapp_xmldir.storage.read_file", gone)
    with pytest.raises(ExtensionNotFound):
        storage.other_values("Ada")
