"""A private FreeSWITCH with two domains, set up as docs/freeswitch.md says."""

import os
import re
from contextlib import contextmanager
from pathlib import Path

from tests.live.private import VARIABLE, private_freeswitch

BRANCH = "branch.example"
MAIN = "main.example"
PARAMS = (
    "force-register-domain",
    "force-subscription-domain",
    "force-register-db-domain",
    "presence-hosts",
)
"""What vanilla's SIP profile has for one domain only."""

_BLOCK = re.MULTILINE | re.DOTALL
_DOCUMENT = Path(__file__).parents[2] / "docs" / "freeswitch.md"


@contextmanager
def two_domain_freeswitch(home):
    """Start one, with all that it writes in ``home``."""
    prefix = Path(os.environ[VARIABLE])
    with private_freeswitch(prefix, home, configure=_configure_two_domains) as instance:
        yield instance


def _configure_two_domains(instance):
    """Configure the default domain by name, a second one, and a profile that serves both."""
    instance.domain = MAIN
    instance.configure()
    directory = instance.configuration / "directory"
    text = _DOCUMENT.read_text(encoding="utf-8")
    written = re.search(rf'^<include>\n  <domain name="{BRANCH}">.*?^</include>\n', text, _BLOCK)
    (directory / "branch.xml").write_text(written[0])
    branch_folder(instance).mkdir()
    profile = instance.configuration / "sip_profiles" / "internal.xml"
    content = profile.read_text()
    section = text[text.index("**Several domains**") : text.index("## 4. Reload")]
    for name in PARAMS:
        assert f"`{name}`" in section
        content, times = re.subn(rf'<param\s+name="{name}"\s+value="[^"]*"\s*/>', "", content)
        assert times, f"{profile} has no {name}: not a vanilla configuration?"
    profile.write_text(content)
    between = re.search(r'^<extension name="other_domain".*?^</extension>\n', section, _BLOCK)
    dialplan = instance.configuration / "dialplan" / "default.xml"
    before = '<extension name="Local_Extension">'
    assert before in dialplan.read_text(), f"{dialplan} is no vanilla dialplan"
    dialplan.write_text(dialplan.read_text().replace(before, f"{between[0]}{before}"))


def branch_folder(instance):
    """Where the files of the second domain are."""
    return instance.directory.with_name("branch")


def folders_of(instance):
    """The folders of both domains, the default one first, as the ini names them."""
    return f"\n    {instance.directory}\n    {branch_folder(instance)}"
