"""In a machine of its own, follow a document up to a phone that registers at a real FreeSWITCH.

Arguments: a folder, the document, as whom FreeSWITCH runs, and its prefix.
"""

import shutil
import subprocess
import sys
from pathlib import Path

from tests.documented.blocks import shell_blocks
from tests.documented.first_extension import API, install_helpers
from tests.documented.machine import FREESWITCH, ask, enter, following, raise_loopback, report
from tests.documented.steps import STEPS
from tests.live.private import LiveFreeSwitch
from tests.live.sip_phone import Phone


def parts_of(prefix: Path) -> list[Path]:
    """The folders of an installation that are seen in the machine; what is written is its own."""
    if prefix != FREESWITCH:
        return [prefix.parent]
    return [each for each in prefix.iterdir() if each.name in {"bin", "lib", "mod", "share", "etc"}]


def install_freeswitch(prefix: Path, user: str) -> LiveFreeSwitch:
    """As FreeSWITCH's own `make install` leaves it, owned by its user."""
    switch = LiveFreeSwitch(
        prefix,
        FREESWITCH,
        esl_port=8021,
        ws_port=5066,
        wss_port=7443,
        sip_port=5060,
        esl_password="ClueCon",
        conf="conf/vanilla",
        user=user,
    )
    switch.home.mkdir(exist_ok=True)
    switch.configure()
    if not (FREESWITCH / "bin").exists():
        (FREESWITCH / "bin").symlink_to(prefix / "bin")
    if user != "root":
        subprocess.run(["useradd", "--system", "--user-group", user], check=True)
        for path in (FREESWITCH, FREESWITCH / "conf", *switch.configuration.rglob("*")):
            shutil.chown(path, user, user)
            path.chmod(0o750 if path.is_dir() else 0o640)
    return switch


def main(folder: str, document: str, user: str, prefix: str) -> None:
    enter(Path(folder), parts_of(Path(prefix)))
    raise_loopback()
    switch = install_freeswitch(Path(prefix), user)
    install_helpers()
    switch.start()
    steps = [step for _, step in STEPS[document]]
    with following(shell_blocks(document), steps) as done:
        made = ask("POST", API, {"id": "1050"})
        password = made[1].get("password", "")
        registered = {}
        for tried in (password, f"not {password}"):
            phone = Phone(switch, "1050", tried)
            registered["right" if tried == password else "wrong"] = phone.register()
            phone.close()
        results = {
            "health": ask("GET", "/sip/health"),
            "made": made,
            "registered": registered,
            "known": switch.command(f"user_exists id 1050 {switch.domain}"),
            "disabled": ask("POST", f"{API}/1000/disable", {}),
        }
    report(done=done, **results)


if __name__ == "__main__":
    main(*sys.argv[1:])
