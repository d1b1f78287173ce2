"""The verification before a text is written accepts what was meant, and nothing else."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sipapp.testing.storage_contract import SAMPLE
from sipapp_xmldir.parse.inclusions import Surroundings
from sipapp_xmldir.parse.reader import read
from sipapp_xmldir.parse.xml_elements import Unreadable
from sipapp_xmldir.write.editor import EditFailed, change
from sipapp_xmldir.write.new_file import new_file
from sipapp_xmldir.write.verification import check_change, check_new

OLD = """<include>
  <user id="1000" cidr="192.0.2.0/24">
    <params>
      <param name="password" value="old"/>
    </params>
    <variables>
      <variable name="callgroup" value="sales"/>
    </variables>
    <vcard><x>y</x></vcard>
  </user>
</include>
"""
PASSWORD = ("params", "password")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('value="old"', 'value="other"'),
        ('value="old"', "value='new' value='old'/><param name='x' value='y'"),
        ('"password" value="old"', '"password" value="new"/><param name="password" value="x"'),
        ('id="1000"', 'id="1001"'),
        (' cidr="192.0.2.0/24"', ""),
        ("<x>y</x>", "<x>z</x>"),
        ("</include>", "<user id='1001'/>\n</include>"),
        ("</include>", "<other/>\n</include>"),
        ("</include>", "</users><users>\n</include>"),
        ("</include>", "<!-- \n</include>"),
        ("</vcard>", "</vcards>"),
        ("sales", "other"),
        ("<variables>", "<variables>x-pre-process"),
        ('value="sales"/>', 'value="sales/>'),
    ],
)
def test_what_was_not_meant_is_seen(old: str, new: str):
    wanted = {PASSWORD: "new"}
    changed = OLD.replace('value="old"', 'value="new"')
    check_change(OLD.encode(), changed.encode(), wanted, Surroundings())
    spoilt = OLD.replace(old, new) if old not in changed else changed.replace(old, new)
    with pytest.raises(EditFailed):
        check_change(OLD.encode(), spoilt.encode(), wanted, Surroundings())


def test_a_new_file_is_what_was_meant():
    data = new_file(SAMPLE).encode()
    check_new({"1000.xml": (data, SAMPLE)}, {})
    for field in ("id", "password", "caller_id_name"):
        with pytest.raises(EditFailed, match="so that FreeSWITCH reads it back"):
            check_new({"1000.xml": (data, replace(SAMPLE, **{field: "another"}))}, {})


def test_a_variable_of_freeswitchs_own_can_spoil_a_new_file():
    extension = replace(SAMPLE, outbound_caller_id_name="")
    data = new_file(extension).encode()
    check_new({"1000.xml": (data, extension)}, {"outbound_caller_name": "Acme"})
    with pytest.raises(EditFailed, match="refuse the whole directory"):
        check_new({"1000.xml": (data, extension)}, {"outbound_caller_name": '"/></user>'})


PIECES = st.sampled_from(
    ["<!", "--", ">", "<", '"', "&", "&amp;", "$", "{", "}", "x-pre-process", "<?", "include", "é"]
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(PIECES | st.text(max_size=3), max_size=6).map("".join))
def test_whatever_the_editor_writes_is_read_by_freeswitch_or_refused(value: str):
    for key in (PASSWORD, ("variables", "callgroup"), ("variables", "toll_allow")):
        try:
            new = change(OLD, {key: value})
            check_change(OLD.encode(), new.encode(), {key: value}, Surroundings())
        except (ValueError, EditFailed, Unreadable):
            continue
        found = {(each.section, each.name): each.value for each in read(new)[0].settings}
        assert found[key] == value
