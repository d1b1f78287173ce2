"""What the emulation of sipapp-xmldir reads from odd files, and what a real FreeSWITCH does."""

import random
import re

import pytest

from sipapp_xmldir.emulation.directory import Directory, Source
from sipapp_xmldir.emulation.parser import parse
from sipapp_xmldir.storage import XmlDirectory

pytestmark = pytest.mark.live

FILE = """<?xml version="1.0"?>
<include>
  <user id="3000" number-alias="3500">
    <params>
      <param name="password" value="pw"/><!-- c -->
      <param name='vm-password' value='7"7' />
    </params>
    <variables>
      <variable name="user_context" value="a &amp; $${domain}"/>
    </variables>
  </user>
  <user id="3001"><params><param name="password" value="second"/></params></user>
</include>
"""
NEIGHBOUR = """<include>
<user id="{}"><params>
<param name="password" value="ctl"/>
</params></user>
</include>
"""
WORDS = """
    " ' < > / /> & = { } $ # &amp; &#65; &#x41 &#0; &lt;! &quot; &#34; -- --> <!-- <!--> ]]>
    <![CDATA[ $${domain} $${undefined} $${ ${domain} <include> </include> <? ?> x-pre-process
    X-PRE-PROCESS <!--#comment <!--#set(q=8)--> &unknown; id="3001" number-alias="3001" type="x"
    type="pointer" <user(id="3002"/> </user> </users> <params> </params> <variables/>
    value="twice" unquoted=1 <param(name="PASSWORD"(value="two"/> <param(name="password"/> &#10;
    &#233; &#xD800; é ☎
"""
# A parenthesis that opens stands for a blank, one that closes for nothing.
PIECES = [each.replace("(", " ").replace(")", "") for each in WORDS.split()]
PIECES += ["\n", "\r", "\t", "\0"]
ASKED = [
    ("attr", "id"),
    ("attr", "type"),
    ("param", "password"),
    ("param", "vm-password"),
    ("var", "user_context"),
]


def changed(chance):
    text = FILE
    for _ in range(chance.choice([1, 1, 2, 3])):
        place = chance.randrange(len(text))
        if chance.random() < 0.7:
            text = text[:place] + chance.choice(PIECES) + text[place:]
        else:
            text = text[:place] + text[place + chance.choice([1, 3, 20]) :]
    return text.encode()


def answers(freeswitch, name):
    found = {}
    for kind, key in ASKED:
        reply = freeswitch.command(f"user_data {name}@{freeswitch.domain} {kind} {key}")
        found[kind, key] = None if reply == "-ERR no reply" else reply
    return found


@pytest.mark.parametrize("seed", range(60))
def test_an_odd_file_is_read_as_the_emulation_says(restored, seed):
    # Between two neighbours, and before all that is there: what is broken shows at once.
    content = {
        "0998.xml": NEIGHBOUR.format("0998").encode(),
        "0999.xml": changed(random.Random(seed)),  # noqa: S311  (the same each time)
        "09995.xml": NEIGHBOUR.format("09995").encode(),
    }
    for name, data in content.items():
        (restored.directory / name).write_bytes(data)
    order = sorted(file for file in restored.directory.glob("*.xml"))
    read = Directory(
        [Source(str(file), file.read_bytes()) for file in order],
        {"domain": restored.domain, "default_password": restored.default_password},
    )

    reply = restored.command("reloadxml")

    merged = (restored.home / "log" / "freeswitch.xml.fsxml").read_bytes()
    _, fault = parse(merged)
    assert reply == f"+OK [{fault or 'Success'}]"
    assert bool(read.fault) == bool(fault)
    if fault:
        assert read.fault.message == fault.message
        return
    for name in ("0998", "09995", "3000", "3001", "3002", "3500"):
        exists = restored.command(f"user_exists id {name} {restored.domain}")
        assert exists == str(read.exists(name.encode())).lower(), name
        if exists == "true":
            for (kind, key), answer in answers(restored, name).items():
                said = read.data(name.encode(), kind, key.encode())
                assert (said.decode() if said else None) == answer, (name, kind, key)


def test_values_that_are_written_arrive(restored):
    storage = XmlDirectory(directory=restored.directory, create=False)
    chance = random.Random(1)  # noqa: S311  (the same each time)
    for _ in range(40):
        value = "".join(chance.choice(PIECES) for _ in range(3))
        value = re.sub(r"[\0-\x1f]|<!", "", value)
        storage.update("1000", {"caller_id_name": value})
        assert restored.command("reloadxml") == "+OK [Success]"
        question = f"user_data 1000@{restored.domain} var effective_caller_id_name"
        assert restored.command(question) == (value or "-ERR no reply")
    storage.close()
