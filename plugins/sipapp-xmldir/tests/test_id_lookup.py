"""After any sequence of changes, each id and alias still leads FreeSWITCH to its own user."""

import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from sipapp.changes.service import ExtensionService, ServiceParts
from sipapp.history.history import History
from sipapp.history.sqlite_store import sqlite_store
from sipapp.hooks.manager import Plugins
from sipapp.model.errors import SipappError, SwitchRefused
from sipapp.state.memory import MemoryState
from sipapp.switches.fleet import SwitchFleet
from sipapp.switches.strategy import SwitchContext
from sipapp.testing.memory import ScriptedSwitch
from sipapp_xmldir.emulation.directory import Directory, Source
from sipapp_xmldir.storage import XmlDirectory

NAMES = ("1", "2", "3", "5", "ada", "ADA")
names = st.sampled_from(NAMES)
SECRET = '<params>\n<param name="password" value="of-%(file)s"/>\n</params>\n'
USER = f'<user id="%(name)s">\n{SECRET}</user>\n'
# What people write into files of a directory.
FORMS = {
    "usual": USER,
    "alias": f'<user id="%(name)s" number-alias="%(other)s">\n{SECRET}</user>\n',
    "pointer": f'<user id="%(name)s" type="pointer" number-alias="%(other)s">\n{SECRET}</user>\n',
    "type": f'<user id="%(name)s" type="agent">\n{SECRET}</user>\n',
    "cacheable": f'<user id="%(name)s" number-alias="%(other)s" cacheable="1">\n{SECRET}</user>\n',
    "two users": USER + '<user id="%(other)s">\n<params>\n'
    '<param name="password" value="of-2-%(file)s"/>\n</params>\n</user>\n',
    "three on one line": '<user id="%(name)s" number-alias="%(other)s"><params>'
    '<param name="password" value="of-%(file)s"/></params></user>'
    '<user id="5"><params><param name="password" value="of-5-%(file)s"/></params></user>'
    '<user id="%(other)s"><params><param name="password" value="of-2-%(file)s"/></params></user>\n',
    "one beside a pointer": USER + '<user id="%(other)s" type="pointer"/>\n',
    "one before a type": USER + f'<user id="%(other)s" type="agent">\n{SECRET}</user>\n',
    "two and a variable": '<X-PRE-PROCESS cmd="set" data="who=%(other)s"/>\n'
    + USER
    + '<user id="7"><params><param name="password" value="of-7-%(file)s"/></params></user>\n',
    "two ids": f'<user id="%(name)s" id="%(other)s">\n{SECRET}</user>\n',
    "character reference": f'<user id="&#%(code)s;">\n{SECRET}</user>\n',
    "variable": '<X-PRE-PROCESS cmd="set" data="who=%(other)s"/>\n' + USER,
    "variable as id": f'<user id="$${{who}}">\n{SECRET}</user>\n',
    "variable as alias": f'<user id="%(name)s" number-alias="$${{who}}">\n{SECRET}</user>\n',
    "include": '<X-PRE-PROCESS cmd="include" data="more/%(code)s.xml"/>\n',
    "default alias": '<!DOCTYPE a [\n<!ATTLIST user number-alias CDATA "%(other)s">\n]>\n' + USER,
    "entity": f'<!DOCTYPE a [\n<!ENTITY who "%(other)s">\n]>\n<user id="&who;">\n{SECRET}</user>\n',
    "no user": "<!-- nobody -->\n",
    "quote that is not closed": '<user id="%(name)s" cidr="/>\n',
    "comment that is not closed": USER + "<!-- \n",
    "comment that is closed": "-->\n" + USER,
    "users that are closed": "</users><users>\n" + USER,
    "group that is closed": '</users></group><group name="x"><users>\n' + USER,
    "users of the domain": "</users></group></groups><users>\n"
    + USER
    + "</users><groups><group><users>\n",
    "tag that is not closed": '<user id="%(name)s">\n',
    "neighbour": f'<user id="neighbour">\n{SECRET}</user>\n',
}
hand_made = st.tuples(
    st.sampled_from(["0.xml", "1.xml", "2.xml", "y.xml", "z.xml", "z.xml.disabled"]),
    st.sampled_from(list(FORMS)),
    names,
    names,
)


class Holders(RuleBasedStateMachine):
    """The service on files, some made by hand; each extension has a password of its own.

    After each change, what FreeSWITCH would find by each name is what it found before, but for
    the one extension that was changed: its names lead to it, or to nobody.
    """

    def __init__(self):
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name)
        self.storage = XmlDirectory(directory=self.path, create=False)
        self.history = History(sqlite_store(None), self.storage)
        state = MemoryState()
        self.switch = ScriptedSwitch()
        self.fleet = SwitchFleet({"sw": self.switch}, state)
        self.service = ExtensionService(
            ServiceParts.make(self.storage, self.fleet, Plugins.load([]), self.history, state)
        )
        self.fleet.start(SwitchContext("phone.test", self.storage))
        self.made = 0

    def teardown(self):
        self.fleet.stop()
        self.storage.close()
        self.folder.cleanup()

    @initialize(files=st.lists(hand_made, max_size=4, unique_by=lambda file: file[0]))
    def write(self, files):
        for file, form, name, other in files:
            text = FORMS[form] % {
                "file": file,
                "name": name,
                "other": other,
                "code": ord(other[0]),
            }
            (self.path / file).write_text(f"<include>\n{text}</include>\n")
        (self.path / "more").mkdir()
        for name in NAMES:
            included = USER % {"file": f"included-{name}", "name": name}
            (self.path / "more" / f"{ord(name[0])}.xml").write_text(included)

    def holders(self):
        """The password of whom FreeSWITCH finds, by name; nobody can register as a pointer."""
        files = sorted(self.path.glob("*.xml"))
        directory = Directory([Source(str(each), each.read_bytes()) for each in files])
        found = {each: directory.data(each.encode(), "param", b"password") for each in NAMES}
        pointers = {each for each in NAMES if directory.data(each.encode(), "attr", b"type")}
        return {each: None if each in pointers else found[each] for each in NAMES}

    def passwords(self):
        """The password of each extension that can be changed, by its id."""
        return {
            each.id.lower(): each.password for each in self.storage.list() if not each.read_only
        }

    def change(self, make, *ids):
        """Make a change of the extension that has, or gets, one of these ids."""
        before, passwords = self.holders(), self.passwords()
        try:
            saved = make()
        except SipappError:
            assert (self.holders(), self.passwords()) == (before, passwords)
            return
        if saved.apply.state == "unchanged":
            assert (self.holders(), self.passwords()) == (before, passwords)
            return
        after = self.passwords()
        changed = [saved.extension.id.lower(), *ids]
        own = {passwords[each] for each in changed if each in passwords}
        own = own or {after[each] for each in changed if each in after}
        assert len(own) == 1
        for name, now in self.holders().items():
            if now != before[name]:
                assert {now, before[name]} <= {None, *(each.encode() for each in own)}
        saved_id = saved.extension.id
        if saved_id.lower() in after and self.storage.get(saved_id).enabled:
            holder = self.holders()[saved_id]
            # Another file can hide a user who was there before.
            was_hidden = saved_id.lower() in passwords and before[saved_id] is None
            assert (holder is None and was_hidden) or holder.decode() in own

    @rule()
    def refuse_reloads(self):
        """Each change is taken back."""
        self.switch.fault = SwitchRefused("It is broken.")

    @rule()
    def take_over_reloads(self):
        self.switch.fault = None

    @rule(extension_id=names)
    def create(self, extension_id):
        self.made += 1
        password = {"password": f"made-{self.made}"}
        self.change(lambda: self.service.create(extension_id, password))

    @rule(extension_id=names, new_id=names)
    def rename(self, extension_id, new_id):
        self.change(lambda: self.service.rename(extension_id, new_id), extension_id.lower())

    @rule(extension_id=names)
    def delete(self, extension_id):
        self.change(lambda: self.service.delete(extension_id))

    @rule(extension_id=names, enabled=st.booleans())
    def set_enabled(self, extension_id, enabled):
        self.change(lambda: self.service.set_enabled(extension_id, enabled=enabled))

    @rule(extension_id=names, group=st.sampled_from(["sales", "support"]))
    def update(self, extension_id, group):
        self.change(lambda: self.service.update(extension_id, {"callgroup": group}))

    @precondition(lambda self: self.history.find().entries)
    @rule(place=st.integers(0, 9), anyway=st.booleans())
    def undo(self, place, anyway):
        entries = self.history.find().entries
        entry = entries[place % len(entries)]
        ids = [entry.extension.lower()]
        self.change(lambda: self.service.undo(entry, anyway=anyway), *ids)


TestHolders = Holders.TestCase
# Each example takes as long as many of other tests.
TestHolders.settings = settings(
    deadline=None, stateful_step_count=20, max_examples=settings.default.max_examples // 4
)
