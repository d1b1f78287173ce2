"""Of what a real FreeSWITCH 1.10.12 lost, something is said; of what it read well, nothing bad.

``freeswitch_cases.json`` says what it read from contents of ``3000.xml``: see test_emulation.py.
"""

import json
from pathlib import Path

import pytest

from sipapp_xmldir.storage import XmlDirectory

CASES = json.loads(Path(__file__).with_name("freeswitch_cases.json").read_text(encoding="utf-8"))
NEIGHBOUR = """<include>
  <user id="{}">
    <params>
      <param name="password" value="ctl"/>
    </params>
    <variables>
      <variable name="user_context" value="default"/>
    </variables>
  </user>
</include>
"""
# What each of these says is more than "this is worth knowing".
SERIOUS = {
    "breaks-reload": {"breaks-reload", "swallows-next"},
    "neighbour is lost": {"swallows-next", "type", "alias-takes-id", "duplicate-id"},
    "user is lost": {"no-user", "no-id", "dropped", "duplicate-id"},
    "anyone gets in": {"no-password", "password-variable-not-set", "type"},
}


@pytest.fixture
def storage(tmp_path):
    folder = tmp_path / "default"
    folder.mkdir()
    for extension_id in (2999, 3002):
        (folder / f"{extension_id}.xml").write_text(NEIGHBOUR.format(extension_id))
    (tmp_path / "vars.xml").write_text("<include>\n</include>\n")
    return XmlDirectory(directory=folder, create=False, vars=tmp_path / "vars.xml")


def what_went_wrong(case):
    users = case.get("users", {})
    own, neighbours = users.get("3000"), [users.get("2999"), users.get("3002")]
    if case["reload"] != "Success":
        return "breaks-reload"
    if "3002" in users and any((each or {}).get("param password") != "ctl" for each in neighbours):
        return "neighbour is lost"
    if "3000" in users and own is None:
        return "user is lost"
    if own and "param password" in own and not own["param password"]:
        return "anyone gets in"
    return ""


@pytest.mark.parametrize(
    "case", CASES, ids=[case["name"].encode().decode("ascii", "replace") for case in CASES]
)
def test_what_freeswitch_lost_is_found(storage, tmp_path, case):
    (tmp_path / "default" / "3000.xml").write_bytes(case["file"].encode("latin-1"))
    examination = storage.examine()

    codes = {each.code for each in examination.findings}
    wrong = what_went_wrong(case)
    if wrong:
        assert codes & SERIOUS[wrong], wrong
    else:
        assert not codes & SERIOUS["breaks-reload"]
