"""In a machine of its own, follow a document up to the first extension, beside a fake FreeSWITCH.

Arguments: a folder, the document, and as whom FreeSWITCH runs.
"""

import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import mkdtemp
from xml.etree import ElementTree as ET

import trustme
from tests.documented.blocks import shell_blocks
from tests.documented.machine import (
    DIRECTORY,
    FREESWITCH,
    HELPERS,
    ask,
    enter,
    following,
    raise_loopback,
    report,
)
from tests.documented.steps import STEPS

from sipapp.testing.fake_freeswitch import FakeEventSocket, FakeFsCli

API = "/sip/api/v1/extensions"
USER = """<include>
  <user id="{0}">
    <params>
      <param name="password" value="of-{0}-x7-Qp"/>
    </params>
    <variables>
      <variable name="user_context" value="default"/>
    </variables>
  </user>
</include>
"""


class FreeSwitch(FakeEventSocket):
    """A fake one that reads the directory with its own user's rights, and where the real one is.

    ``as_user`` is the command that runs another one as that user.
    """

    def __init__(self, *as_user: str) -> None:
        super().__init__()
        self.port = 8021
        self.directory = Path(mkdtemp())
        self._as_user = as_user
        self.passwords: dict[str, str] = {}

    def answer(self, command: str) -> str:
        if command == "reloadxml":
            self.read()
        return super().answer(command)

    def read(self) -> None:
        """Read the directory as FreeSWITCH would."""
        told = subprocess.run(
            [*self._as_user, "sh", "-c", f"cat {DIRECTORY}/*.xml"],
            capture_output=True,
            text=True,
            check=False,  # it leaves out what it may not read
        )
        text = f"<all>{told.stdout}</all>"
        (self.directory / "readable.xml").write_text(text)
        users = ET.fromstring(text).iter("user")  # noqa: S314  (our own files)
        self.passwords = {
            str(user.get("id")): param.get("value", "")
            for user in users
            for param in user.iterfind("params/param[@name='password']")
        }


def install_freeswitch(user: str) -> None:
    """Put there what FreeSWITCH's own `make install` leaves, and its user if it is not root."""
    for folder in (DIRECTORY, FREESWITCH / "bin", FREESWITCH / "certs"):
        folder.mkdir(parents=True)
    for number in ("1000", "1001"):
        (DIRECTORY / f"{number}.xml").write_text(USER.format(number))
    FakeFsCli(FREESWITCH / "bin")
    (FREESWITCH / "bin" / "fs_cli.runs").touch()
    (FREESWITCH / "bin" / "fs_cli.runs").chmod(0o666)
    if user != "root":
        subprocess.run(["useradd", "--system", "--user-group", user], check=True)
        for path in (DIRECTORY, *DIRECTORY.iterdir()):
            path.chmod(0o750 if path.is_dir() else 0o640)
            shutil.chown(path, user, user)


def install_helpers() -> None:
    """What people have or do: a certificate, and an editor that they type into."""
    HELPERS.mkdir()
    editor = HELPERS / "editor"
    editor.write_text('#!/bin/sh\necho "a long one of your own" > "$1"\n')
    editor.chmod(0o755)
    certificate = trustme.CA().issue_cert("localhost")
    certificate.private_key_pem.write_to_path("/root/privkey.pem")
    for part in certificate.cert_chain_pems:
        part.write_to_path("/root/fullchain.pem", append=True)


def create_and_change(switch: FreeSwitch) -> dict[str, object]:
    """Create 1050 and change 1000; returns the answers, and what FreeSWITCH read between."""
    made = ask("POST", API, {"id": "1050"})
    return {
        "health": ask("GET", "/sip/health"),
        "made": made,
        "read": dict(switch.passwords),
        # Of a file that is not sipapp's own, which the first change makes it.
        "disabled": ask("POST", f"{API}/1000/disable", {}),
        "enabled": ask("POST", f"{API}/1000/enable", {}),
        "changed": ask("PATCH", f"{API}/1000", {"caller_id_name": "Zoë"}),
    }


def main(folder: str, document: str, user: str) -> None:
    enter(Path(folder))
    raise_loopback()
    install_freeswitch(user)
    install_helpers()
    switch = FreeSwitch("runuser", "-u", user, "--")
    steps = [step for _, step in STEPS[document]]
    with switch, following(shell_blocks(document), steps) as done:
        results = {
            **create_and_change(switch),
            "deleted": ask("DELETE", f"{API}/1001"),
            "page": ask("GET", "/sip/admin"),
            "read at last": dict(switch.passwords),
        }
    report(done=done, **results)


if __name__ == "__main__":
    main(*sys.argv[1:])
