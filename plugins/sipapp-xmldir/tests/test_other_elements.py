"""Users with gateways, skinny or vcard: what FreeSWITCH moves in these hinders no edit."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sipapp.api import InvalidExtension, StorageError
from sipapp.freeswitch.api import PLACES
from sipapp_xmldir.directory.entry import entries_of
from sipapp_xmldir.emulation.directory import Directory, Source
from sipapp_xmldir.parse.inclusions import Surroundings
from sipapp_xmldir.storage import XmlDirectory
from sipapp_xmldir.write.contents import changed_values, edited_content

ONE_LINE = """<include>
  <user id="5101">
    <gateways>
      <gateway name="a"><param name="username" value="5"/><param name="realm" value="x"/></gateway>
    </gateways>
    <params>
      <param name="password" value="reg-secret-5101"/>
    </params>
    <variables>
      <variable name="effective_caller_id_name" value="{}"/>
    </variables>
    <vcard><N><b/><i/></N></vcard>
  </user>
</include>
"""


@pytest.fixture
def storage(tmp_path: Path):
    made = XmlDirectory(directory=tmp_path, create=False)
    yield made
    made.close()


@pytest.mark.parametrize("new", ["Empfang Süd", "A & B", 'The "Desk"', "電話", "📞" * 200, "x"])
@pytest.mark.parametrize("old", ["Front desk", "Empfang Süd", "A &amp; B"])
def test_a_name_of_any_characters_is_changed_beside_elements_on_one_line(
    storage: XmlDirectory, tmp_path: Path, old: str, new: str
):
    file = tmp_path / "5101.xml"
    file.write_text(ONE_LINE.format(old))
    before = storage.snapshot("5101")
    changed = storage.update("5101", {"caller_id_name": new})
    assert changed.caller_id_name == new
    escaped = new.replace("&", "&amp;").replace('"', "&quot;")
    assert file.read_text() == ONE_LINE.format(escaped)
    storage.restore("5101", before, version=changed.version)
    assert file.read_text() == ONE_LINE.format(old)


def test_a_user_of_whom_freeswitch_loses_a_part_is_not_changed(
    storage: XmlDirectory, tmp_path: Path
):
    text = ONE_LINE.format("Desk").replace("<gateways>", "<note>a &lt;! b</note><gateways>")
    (tmp_path / "5101.xml").write_text(text)
    with pytest.raises(StorageError, match="loses a part of this user because of “<!” in it"):
        storage.update("5101", {"caller_id_name": "Other"})
    assert (tmp_path / "5101.xml").read_text() == text


TEXTS = st.sampled_from(
    ["", " ", "\n", "\n    ", "text", "é", "&amp;", "&quot;", "&#228;", "\t", "日本", "&#13;", "''"]
)
ATTRIBUTES = st.sampled_from(["", ' a="ü"', " b='&lt;\"'", ' c="x&#10;y"', ' value="$${domain}"'])
ELEMENTS = st.recursive(
    st.builds("<x{}/>".format, ATTRIBUTES),
    lambda inner: st.builds(
        lambda attributes, parts: f"<p{attributes}>{''.join(parts)}</p>",
        ATTRIBUTES,
        st.lists(TEXTS | inner, max_size=4),
    ),
    max_leaves=6,
)
GAPS = st.sampled_from(["", "\n", "\n      ", " ", "<!-- é -->"])
SECTIONS = st.sampled_from(
    [
        '<params><param name="password" value="sécret"/></params>{}<variables></variables>',
        '<params>\n<param name="password" value="s"/></params>{}<variables>\n</variables><b/>',
        '{}<params><param name="password" value="s"/></params>',
    ]
)


@st.composite
def files(draw: st.DrawFn) -> bytes:
    others = draw(st.lists(ELEMENTS, min_size=1, max_size=3))
    inner = draw(SECTIONS).format(draw(GAPS) + others[0] + draw(GAPS))
    inner = draw(GAPS).join([inner, *others[1:]])
    text = f'<include>\n<user id="1000">{draw(GAPS)}{inner}{draw(GAPS)}</user>\n</include>\n'
    if draw(st.booleans()):
        text = text.replace("\n", "\r\n")
    return text.encode(draw(st.sampled_from(["utf-8", "utf-8", "utf-8-sig"])))


VALUES = st.text(
    st.sampled_from("aé\u2026日📞&<>\"'$ {}!-") | st.characters(codec="utf-8"), max_size=30
) | st.builds(lambda text, size: text * size, st.sampled_from("é日📞&"), st.integers(1, 700))


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(files(), VALUES, st.sampled_from(["caller_id_name", "password", "callgroup"]))
def test_every_value_is_written_into_every_file_or_refused_with_the_reason(
    data: bytes, value: str, field: str
):
    (entry,) = entries_of("1000.xml", "1000.xml", data)
    assert not entry.extension.read_only
    try:
        changes = changed_values(entry.extension, {field: value})
    except InvalidExtension as error:
        (fault,) = error.errors
        assert fault.field == field
        reasons = {"anyone in": not value, "cannot be written": True, "<!": "<!" in value}
        assert any(words in fault.message and may for words, may in reasons.items())
        return
    new = edited_content(entry.extension, data, changes, Surroundings()) if changes else data
    read = Directory([Source("1000.xml", new)])
    section, name = PLACES[field]
    kind = {"params": "param", "variables": "var"}[section]
    assert (read.data(b"1000", kind, name.encode()) or b"").decode() == value
    (changed,) = entries_of("1000.xml", "1000.xml", new)
    same = {"version": changed.extension.version, field: value}
    assert changed.extension == replace(entry.extension, **same)
