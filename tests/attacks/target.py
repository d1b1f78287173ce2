"""The application on a real directory, and what must hold after each attack on it."""

import os
import re
from contextlib import contextmanager
from functools import lru_cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import quote

from tests.attacks.payloads import octets

import sipapp.web
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
    "voicemail status",
    r"vm_prefs default/{id}@phone.test\|password",
    "vm_fsdb_pref_password_set default phone.test {id} ''",
    re.escape(EVENTS),
)
TEMPLATES = Path(sipapp.web.__file__).parent / "templates"
TAGS = {
    tag
    for template in TEMPLATES.glob("*.pt")
    for tag in re.findall(r"<([a-z][a-z0-9-]*)", template.read_text(encoding="utf-8"))
}
OWN = re.compile(r"/(?!/)|https?://localhost|#|\?|$|data:image/svg")
CONTENT_TYPES = {"text/html", "text/plain", "application/json", "application/problem+json"}


class Target:
    """``attack()`` sends a request, checks everything, and puts the directory back."""

    def __init__(self, app, switch, folder):
        self.app = app
        self.switch = switch
        self.folder = folder
        self.directory = folder / "directory"
        self.users = self.read()
        self._states = dict(states(self.folder))
        self._files = {path: Path(path).read_bytes() for path in self._states}

    def attack(self, send, *ids, stored):
        """Send a request about extensions, and check that it did nothing but what it may.

        If it is not refused, it must have led to exactly ``stored``: extensions by id, each
        with its fields, ``None`` for one that FreeSWITCH must not read any more.
        """
        self.switch.commands.clear()
        answer = send()
        changed = self._changed()
        try:
            check(answer)
            self._check_commands({"1000", "1001", *ids})
            if answer.status_int >= 400:
                assert not changed, "it was refused, and something changed"
            else:
                self._check_files(changed, {"1000", *ids})
                read = self.read() if changed else self.users
                assert read == self.with_changes(stored), "not exactly that was stored"
        finally:
            self._restore(changed)
        return answer

    def outcome(self, send):
        """What a request does with nothing hostile in it, as :meth:`attack` takes it."""
        send()
        changed = self._changed()
        read = self.read()
        self._restore(changed)
        return dict.fromkeys(self.users.keys() - read.keys()) | {
            each: fields for each, fields in read.items() if self.users.get(each) != fields
        }

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

    def with_changes(self, changes):
        """All extensions after these changes of some; ``None`` is for one that is gone."""
        after = self.users | changes
        return {each: fields for each, fields in after.items() if fields is not None}

    def changed(self, **fields):
        """Extension 1000, if these fields of it were changed."""
        return {"1000": self.users["1000"] | fields}

    def renamed(self, new_id, **fields):
        """Extension 1000 with another number, which is in some of its fields too."""
        own = {"caller_id_number": new_id, "accountcode": new_id}
        return {"1000": None, new_id: self.users["1000"] | own | fields}

    def _check_commands(self, ids):
        names = "|".join(re.escape(each) for each in ids if check_id(each) is None)
        allowed = [each.replace("{id}", f"({names})") for each in COMMANDS]
        for packet in self.switch.commands:
            command = packet.removeprefix("api ").removesuffix("\nconsole_execute: true")
            assert any(re.fullmatch(each, command) for each in allowed), f"sent {packet!r}"

    def _check_files(self, changed, ids):
        names = {f"{each}.xml{end}" for each in ids for end in ("", ".disabled")}
        assert changed.keys() <= {str(self.directory / name) for name in names}, (
            "other files changed"
        )

    def _changed(self):
        """What files hold that are not as they were; ``None`` is for one that is gone."""
        now = dict(states(self.folder))
        changed = dict.fromkeys(self._states.keys() - now.keys())
        # Some thousand requests change nothing: only what looks changed is read.
        for path in (path for path, state in now.items() if self._states.get(path) != state):
            content = Path(path).read_bytes()
            if content != self._files.get(path):
                changed[path] = content
        self._states = now
        return changed

    def _restore(self, changed):
        for path in changed:
            if path in self._files:
                Path(path).write_bytes(self._files[path])
            else:
                Path(path).unlink()
        if changed:
            self._states = dict(states(self.folder))


def states(folder):
    """By the path of each file in a folder what tells that it was written or replaced."""
    for entry in os.scandir(folder):
        if entry.is_dir(follow_symlinks=False):
            yield from states(entry)
        else:
            state = entry.stat(follow_symlinks=False)
            yield entry.path, (state.st_mtime_ns, state.st_size, state.st_ino)


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
    if answer.content_type == "text/html":
        check_page(answer.text)


# Most of what is refused is answered by the same page.
@lru_cache(maxsize=100)
def check_page(page):
    CheckedPage().feed(page)


class CheckedPage(HTMLParser):
    """Raises for anything in a page that no template wrote, could run, or leads elsewhere."""

    def handle_starttag(self, tag, attrs):
        assert tag in TAGS, f"<{tag}>, which no template has"
        assert tag != "script" or dict(attrs).get("src") or ("type", "application/json") in attrs, (
            "a script in the page"
        )
        for name, value in attrs:
            assert re.fullmatch("[a-z][a-z-]*", name), f"an attribute {name!r}"
            assert not name.startswith("on"), name
            assert name != "style"
            if name in {"href", "src", "action", "formaction"}:
                assert OWN.match(value), value

    def handle_endtag(self, tag):
        assert tag in TAGS, f"</{tag}>, which no template has"

    def handle_comment(self, data):
        raise AssertionError(f"a comment: {data!r}")

    def handle_decl(self, decl):
        assert decl == "DOCTYPE html", decl

    def handle_pi(self, data):
        raise AssertionError(f"a processing instruction: {data!r}")

    def unknown_decl(self, data):
        raise AssertionError(f"a marked section: {data!r}")


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
