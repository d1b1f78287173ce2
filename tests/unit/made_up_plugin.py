"""A plugin that keeps all rules, written as files: a test edits one, and installs it."""

import sys
from dataclasses import dataclass, field
from pathlib import Path

NAME = "acme"
PACKAGE = "sipapp_acme"

FILES = {
    "project/pyproject.toml": """\
[build-system]
requires = ["setuptools>=77,<82"]
build-backend = "setuptools.build_meta"
""",
    "project/README.md": """\
# sipapp-acme

```ini
sipapp.storage = acme
sipapp.storage.acme.file = /var/lib/acme
sipapp.reloader.one.use = acme-switch
sipapp.reloader.one.password_file = /etc/acme
```

| `file` | where it is kept |
| `password_file` | file with the password |
| `timeout` | seconds that a change may take |
""",
    "project/src/sipapp_acme/__init__.py": "",
    "project/src/sipapp_acme/py.typed": "",
    "project/src/sipapp_acme/plugin.py": '''\
"""Offers a storage and a reload strategy."""

import logging
import subprocess
import socket
from pathlib import Path
from typing import TYPE_CHECKING

from sipapp.api import Backend, ExtensionStorage, Option, ReloadStrategy, SwitchUnreachable
from sipapp.api import hookimpl, path, seconds, secret_file

if TYPE_CHECKING:
    from sipapp.freeswitch import api as freeswitch

log = logging.getLogger(__name__)


class AcmeUnreachable(SwitchUnreachable):
    """The switch is off."""


class NoAnswer(Exception):
    """Caught below."""


class LateAnswer(NoAnswer):
    """Caught below, as a kind of the one before."""


def make_storage(file: Path) -> ExtensionStorage:
    raise NotImplementedError


class Switch(ReloadStrategy):
    def __init__(self, *, password_file: str, timeout: float) -> None:
        self.timeout = timeout

    def reload(self, *, timeout: float) -> str:
        try:
            return self.ask("reload", timeout=timeout)
        except NoAnswer as error:
            log.warning("No answer: %s", error)
            raise AcmeUnreachable("No answer.") from error

    def ping(self, *, timeout: float) -> str:
        with socket.create_connection(("127.0.0.1", 1), timeout):
            return "there"

    def ask(self, *words: str, timeout: float) -> str:
        done = subprocess.run(["acme", *words], text=True, timeout=timeout)
        return str(done.stdout)


@hookimpl
def sipapp_storage_backends() -> list[Backend[ExtensionStorage]]:
    options = [Option("file", "where it is kept", path)]
    return [Backend("acme", make_storage, "all extensions at Acme's", options)]


@hookimpl
def sipapp_reload_strategies() -> list[Backend[ReloadStrategy]]:
    options = [
        Option("password_file", "file with the password", secret_file),
        Option("timeout", "seconds that a change may take", seconds, 5.0),
    ]
    return [Backend("acme-switch", Switch, "Acme's switch", options)]
''',
    "project/tests/test_acme.py": """\
from sipapp.api import Extension
from sipapp.testing.memory import MemoryPlugin
from sipapp.testing.reload_contract import ReloadContract
from sipapp.testing.storage_contract import StorageContract


class Common(StorageContract):
    pass


class TestStorage(Common):
    pass


class TestSwitch(ReloadContract):
    pass


def test_it_starts(make_app):
    make_app({})
""",
    "site/sipapp_acme-1.dist-info/METADATA": """\
Metadata-Version: 2.4
Name: sipapp-acme
Version: 1
License: MIT
Requires-Python: >=3.11
Requires-Dist: sipapp<1,>=0.1
Requires-Dist: lxml[html] (<7,>=6) ; python_version > "3"
Requires-Dist: other~=2.1
Requires-Dist: pytest; extra == "test"
Description-Content-Type: text/markdown

# sipapp-acme
""",
    "site/sipapp_acme-1.dist-info/entry_points.txt": """\
[sipapp]
acme = sipapp_acme.plugin
""",
    "site/sipapp_acme-1.dist-info/RECORD": "sipapp_acme-1.dist-info/RECORD,,\n",
}


def full_path(name):
    """The path in FILES that ends in this."""
    (found,) = (path for path in FILES if path.endswith("/" + name))
    return found


@dataclass
class MadeUpPlugin:
    """The files, as text, until they are installed."""

    folder: Path
    files: dict[str, str] = field(default_factory=FILES.copy)

    def edit(self, name, old, new):
        """Replace what stands once in a file."""
        path = full_path(name)
        assert self.files[path].count(old) == 1, (name, old)
        self.files[path] = self.files[path].replace(old, new)

    def append(self, name, text):
        self.files[full_path(name)] += text

    def delete(self, name):
        del self.files[full_path(name)]

    def install(self, monkeypatch):
        """Write all, as an editable install would leave it."""
        for path, text in self.files.items():
            file = self.folder / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        monkeypatch.syspath_prepend(str(self.folder / "site"))
        monkeypatch.syspath_prepend(str(self.folder / "project" / "src"))

    @staticmethod
    def forget():
        """Let the next one of this name be imported anew."""
        for module in [each for each in sys.modules if each.split(".")[0] == PACKAGE]:
            del sys.modules[module]
