"""The application on a real directory, and what must hold after each attack on it."""

import os
import re
from contextlib import contextmanager
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import quote

from tests.attacks.payloads import octets

from sipapp.model.defaults import default_extension
from sipapp.model.extension import FIELD_NAMES, check_id
from sipapp_esl.subscription import EVENTS
from sipapp_xmldir.emulation.copying import copy
from sipapp_xmldir.emulation.directory import SECTIONS, Directory, Source, settings
from sipapp_xmldir.parse.fields import FIELDS_BY_PLACE

DOMAIN = "phone.test"
# What the application may say to the switch; {id} is an extension that the attack is about.
COMMANDS = (
    "reloadxml",
    "version short",
    "user_exists id {id} phone.test",
    "user_data {id}@phone.test attr (id|type)",
    "user_data {id}@phone.test (param|var) [a-z_-]+",
    "xml_flush_cache id {id} phone.test",
    "sofia profile internal flush_inbound_reg {id}@phone.test",
    "sofia xmlstatus profile internal (reg|user {id}@phone.test)",
    "show channels as json",
    "global_getvar (domain|conf_dir)",
    re.escape(EVENTS),
)
FOREIGN = {"x-attack", "img", "iframe", "object", "embed", "base"}
OWN = re.compile(r"/(?!/)|https?://localhost|#|\?|$|data:image/svg")
CONTENT_TYPES = {"text/html", "application/json", "application/problem+json"}


class Target:
    """``attack()`` sends a request, checks everything, and puts the directory back."""

    def __init__(self, app, switch, folder):
        self.app = app
        self.switch = switch
        self.folder = folder
        self.directory = folder / "directory"
        self.users = self.read()
        self._files = self._content()

    def attack(self, send, *ids, stored=None):
        """Send a request about extensions, and check that it did nothing but what it may.

        If it is not refused, it must have led to exactly ``stored``: extensions by id, each
        with its fields.  ``None`` allows any change of 1000 and of the extensions ``ids``.
        """
        self.switch.commands.clear()
        answer = send()
        now = self._content()
        try:
            check(answer)
            self._check_commands({"1000", "1001", *ids})
            if answer.status_int >= 400:
                assert now == self._files, "it was refused, and something changed"
            elif now != self._files:
                self._check_files(now, {"1000", *ids})
                if stored is not None:
                    assert self.read() == self.users | stored, "not exactly that was stored"
            elif stored is not None:
                assert self.users == self.users | stored, "nothing was stored"
        finally:
            self._restore(now)
        return answer

    def seen(self, answers):
        """Check answers, and what they made the switch hear."""
        for answer in answers:
            check(answer)
        self._check_commands({"1000"})

    def read(self):
        """What FreeSWITCH reads from the directory: the fields of each extension."""
        files = sorted(self.directory.glob("*.xml"), key=bytes)
        read = Directory([Source(str(file), file.read_bytes()) for file in files])
        assert read.fault is None
        assert list(read.strays()) == []
        found = {}
        for user in read.users:
            copied = copy(user)
            assert [name for name, _ in copied.attributes] == [b"id"]
            values = {
                FIELDS_BY_PLACE[section, each.name.decode()]: each.value.decode()
                for section in SECTIONS
                for each in settings(copied, section)
            }
            found[copied.attribute(b"id").decode()] = values
        return found

    def changed(self, **fields):
        """Extension 1000, if these fields of it were changed."""
        return {"1000": self.users["1000"] | fields}

    def _check_commands(self, ids):
        names = "|".join(re.escape(each) for each in ids if check_id(each) is None)
        allowed = [each.replace("{id}", f"({names})") for each in COMMANDS]
        for packet in self.switch.commands:
            command = packet.removeprefix("api ").removesuffix("\nconsole_execute: true")
            assert any(re.fullmatch(each, command) for each in allowed), f"sent {packet!r}"

    def _check_files(self, now, ids):
        changed = {name for name in {*now, *self._files} if now.get(name) != self._files.get(name)}
        own = {f"directory/{each}.xml{end}" for each in ids for end in ("", ".disabled")}
        assert changed <= own, "other files changed"

    def _content(self):
        files = (Path(path, name) for path, _, names in os.walk(self.folder) for name in names)
        return {str(file.relative_to(self.folder)): file.read_bytes() for file in files}

    def _restore(self, now):
        for name in {*now, *self._files}:
            if name not in self._files:
                (self.folder / name).unlink()
            elif now.get(name) != self._files[name]:
                (self.folder / name).write_bytes(self._files[name])


def new_extension(extension_id, **fields):
    """A new extension, with FreeSWITCH's usual values but for some fields."""
    usual = default_extension(extension_id)
    return {extension_id: {name: getattr(usual, name) for name in FIELD_NAMES} | fields}


def check(answer):
    """Nobody foresaw nothing, nothing is executable in a page, and no header was slipped in."""
    assert answer.status_int < 500, answer.text
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    for name, value in answer.headers.items():
        assert "attack" not in name.lower()
        assert not re.search(r"[\r\n\0]", value)
    if not answer.body:
        return
    if answer.status_int not in {301, 302, 303}:
        assert answer.content_type in CONTENT_TYPES
    if answer.content_type == "text/html" and b"ttack" in answer.body:
        CheckedPage().feed(answer.text)


class CheckedPage(HTMLParser):
    """Raises for anything in a page that could run, or lead to another server."""

    def handle_starttag(self, tag, attrs):
        assert tag not in FOREIGN, tag
        assert tag != "script" or dict(attrs).get("src"), "a script in the page"
        for name, value in attrs:
            assert not name.startswith("on"), name
            assert name != "style"
            if name in {"href", "src", "action", "formaction"}:
                assert OWN.match(value), value


@contextmanager
def about(*what):
    """Say in a failure what it was about."""
    try:
        yield
    except Exception as error:
        error.add_note(" <- ".join(repr(each)[:200] for each in what))
        raise


def escaped(text):
    """The text as a piece of a path or a query."""
    return quote(octets(text), safe="")


def form_body(fields):
    return "&".join(f"{escaped(name)}={escaped(value)}" for name, value in fields.items()).encode()
