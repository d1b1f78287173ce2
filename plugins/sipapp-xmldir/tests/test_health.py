"""Each thing that can be wrong with a directory is found, and is gone when it is mended."""

import fcntl
import os
import pwd
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from sipapp.api import (
    DEFAULT_CONTEXT,
    NEW_PASSWORD,
    Examination,
    ExtensionExists,
    Finding,
    StorageUnavailable,
    VersionConflict,
)
from sipapp.testing.waiting import eventually
from sipapp_xmldir.emulation import preprocessor
from sipapp_xmldir.health import domain, file_description
from sipapp_xmldir.health.variables import load_variables
from sipapp_xmldir.storage import XmlDirectory

SECRET = "s3cret-kR7"
AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")

VARS = """<include>
  <X-PRE-PROCESS cmd="set" data="default_password=Zq7-own"/>
  <X-PRE-PROCESS cmd="set" data="empty="/>
  <X-PRE-PROCESS cmd="set" data="provider=example.com"/>
  <X-PRE-PROCESS cmd="env-set" data="from_environment=$SIP_PASSWORD"/>
</include>
"""
DOMAIN = """<include>
  <domain name="$${domain}">
    <params>
    </params>
    <groups>
      <group name="default">
        <users>
          <X-PRE-PROCESS cmd="include" data="default/*.xml"/>
        </users>
      </group>
      <group name="sales">
        <users>
          <user id="1000" type="pointer"/>
          <user id="1001" type="pointer"/>
        </users>
      </group>
    </groups>
  </domain>
</include>
"""
DIALPLAN = """<include>
  <context name="default">
    <extension name="local">
      <condition field="destination_number" expression="^(10[01][0-9])$">
        <action application="set" data="dialed_extension=$1"/>
        <action application="bridge" data="user/${dialed_extension}@${domain_name}"/>
      </condition>
    </extension>
    <X-PRE-PROCESS cmd="include" data="default/*.xml"/>
    <extension name="all others">
      <condition field="destination_number" expression="^(.*)$">
        <action application="playback" data="$${hold_music}"/>
      </condition>
    </extension>
  </context>
</include>
"""


def user(
    extension_id: str,
    password: str = SECRET,
    *,
    attributes: str = "",
    params: str = "",
    variables: str = '<variable name="user_context" value="default"/>',
    more: str = "",
) -> str:
    return f"""<include>
  <user id="{extension_id}"{attributes}>
    <params>
      <param name="password" value="{password}"/>
{params}    </params>
    <variables>
      {variables}
    </variables>
{more}  </user>
</include>
"""


class Configuration:
    """A configuration of FreeSWITCH with two users, and nothing wrong with it."""

    def __init__(self, root: Path) -> None:
        self.vars = root / "vars.xml"
        self.domain = root / "directory" / "default.xml"
        self.users = root / "directory" / "default"
        self.dialplan = root / "dialplan" / "default.xml"
        self.users.mkdir(parents=True)
        (root / "dialplan" / "default").mkdir(parents=True)
        self.vars.write_text(VARS)
        self.domain.write_text(DOMAIN)
        self.dialplan.write_text(DIALPLAN)
        self.write("1000.xml", user("1000"))
        self.write("1001.xml", user("1001"))

    def write(self, name: str, text: str | bytes) -> Path:
        path = self.users / name
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    def storage(self, **more: str) -> XmlDirectory:
        return XmlDirectory(
            directory=self.users, create=False, vars=self.vars, dialplan=self.dialplan, **more
        )


@pytest.fixture
def conf(open_folder: Path) -> Configuration:
    return Configuration(open_folder)


@pytest.fixture
def storage(conf: Configuration) -> XmlDirectory:
    return conf.storage()


def found(examination: Examination, code: str) -> list[Finding]:
    assert SECRET not in repr(examination)
    return [each for each in examination.findings if each.code == code]


def codes(storage: XmlDirectory) -> list[str]:
    examination = storage.examine()
    assert SECRET not in repr(examination)
    return [each.code for each in examination.findings]


def only(storage: XmlDirectory, code: str) -> Finding:
    (finding,) = found(storage.examine(), code)
    assert finding.title
    assert finding.meaning.endswith(".")
    assert finding.remedy.endswith(".")
    return finding


def place(finding: Finding) -> tuple[str, int | None, str]:
    return Path(finding.source).name, finding.line, finding.extension


def test_a_directory_that_is_well_has_no_findings(conf: Configuration, storage: XmlDirectory):
    examination = storage.examine()
    assert examination.findings == ()
    assert examination.not_looked_at == ()
    assert examination.looked_at[0] == f"2 files of {conf.users}"


def test_what_the_ini_does_not_name_is_said_not_to_be_looked_at(tmp_path: Path):
    (tmp_path / "1000.xml").write_text(user("1000"))
    examination = XmlDirectory(directory=tmp_path, create=False).examine()
    assert examination.findings == ()
    words = "\n".join(examination.not_looked_at)
    assert "sipapp.storage.xmldir.vars does not name" in words
    assert "sipapp.storage.xmldir.dialplan does not name" in words
    assert f"no file in {tmp_path.parent} includes {tmp_path.name}/*.xml" in words


def test_nothing_is_examined_again_as_long_as_nothing_changes(
    conf: Configuration, storage: XmlDirectory
):
    for each in (conf.vars, conf.domain, conf.dialplan, *conf.dialplan.parent.iterdir()):
        os.utime(each, (1_700_000_000, 1_700_000_000))
    wait_for_the_clock(conf)
    first = storage.examine()
    assert storage.examine() is first
    conf.write("1002.xml", user("1002"))
    assert storage.examine() is not first


def wait_for_the_clock(conf: Configuration) -> None:
    """Until the stamps of all files are older than what may change again unseen."""
    storage = conf.storage()
    while storage.examine() is not storage.examine():
        pass


# Users.


@pytest.mark.parametrize(
    "text",
    [
        user("1005", ""),
        user("1005").replace(f'<param name="password" value="{SECRET}"/>', ""),
        user("1005", "$${empty}"),
        user("1005", "my-x-pre-process"),
        user("1005", "x-pre-$${nothing}process"),
        user("1005", params='<param name="PASSWORD" value=""/>\n'),
    ],
    ids=["empty", "absent", "empty variable", "dropped line", "put together", "the last counts"],
)
def test_without_a_password_anyone_gets_in(conf: Configuration, storage: XmlDirectory, text: str):
    conf.write("1005.xml", text)
    finding = only(storage, "no-password")
    assert finding.severity == "critical"
    assert place(finding) == ("1005.xml", 2, "1005")
    conf.write("1005.xml", user("1005"))
    assert codes(storage) == []


def test_a_missing_password_can_be_set(conf: Configuration, storage: XmlDirectory):
    conf.write("1005.xml", user("1005", ""))
    finding = only(storage, "no-password")
    assert finding.mending == NEW_PASSWORD
    storage.update("1005", {"password": SECRET}, version=finding.version)
    assert codes(storage) == []


@pytest.mark.parametrize(
    ("params", "words"),
    [
        (('allow-empty-password="false"',), "nobody can register as it"),
        (('Allow-Empty-Password="no"',), "nobody can register as it"),
        (('allow-empty-password=""',), "nobody can register as it"),
        (('allow-empty-password="0.9"',), "nobody can register as it"),
        (('allow-empty-password="true"', 'allow-empty-password="off"'), "nobody can register"),
        (('sip-forbid-register="True"', 'allow-empty-password="true"'), "nobody can register"),
        (('auth-acl="10.20.0.0/16"',), "let in from certain addresses only"),
        (('auth-acl="10.20.0.0/16,192.0.2.0/24"',), "let in from certain addresses only"),
        (('auth-acl="trunks"',), "let in from certain addresses only"),
        (('auth-acl=""',), "let in from certain addresses only"),
        (('auth-acl="x"', 'allow-empty-password="false"'), "nobody can register as it"),
    ],
)
def test_without_a_password_on_purpose_is_a_state_and_no_fault(
    conf: Configuration, storage: XmlDirectory, params: tuple[str, ...], words: str
):
    conf.write("1005.xml", user("1005", "", params=_params(*params)))
    finding = only(storage, "no-password-on-purpose")
    assert finding.severity == "note"
    assert words in finding.title
    wanted = "refused" if "nobody" in words else "addresses"
    assert storage.get("1005").authentication == wanted


@pytest.mark.parametrize(
    "params",
    [
        ('allow-empty-password="true"',),
        ('allow-empty-password="1"',),
        ('allow-empty-password="no"', 'allow-empty-password="yes"'),
        ('sip-forbid-register="false"',),
        ('auth-acl="0.0.0.0/0"',),
        ('auth-acl="10.0.0.0/8,::/0"',),
        ('auth-acl="any_v4.auto"',),
    ],
)
def test_params_that_keep_nobody_out_are_a_fault(
    conf: Configuration, storage: XmlDirectory, params: tuple[str, ...]
):
    conf.write("1005.xml", user("1005", "", params=_params(*params)))
    assert only(storage, "no-password").severity == "critical"
    assert storage.get("1005").authentication == "none"


def test_a_mailbox_without_a_phone_needs_no_context(conf: Configuration, storage: XmlDirectory):
    text = user("1005", "", params=_params('allow-empty-password="false"'))
    conf.write("1005.xml", text.replace("user_context", "something_else"))
    assert codes(storage) == ["no-password-on-purpose"]


def test_cidr_keeps_nobody_else_out(conf: Configuration, storage: XmlDirectory):
    conf.write("1005.xml", user("1005", "").replace("<user ", '<user cidr="192.0.2.0/24" '))
    assert codes(storage) == ["no-password", "cidr"]
    assert storage.get("1005").authentication == "none"


def test_a_hash_is_a_password(conf: Configuration, storage: XmlDirectory):
    params = _params('a1-hash="c6440e5de50b403206989679159de89a"', 'auth-acl="x"')
    conf.write("1005.xml", user("1005", "", params=params))
    assert codes(storage) == []
    assert storage.get("1005").authentication == "password"


def _params(*settings: str) -> str:
    each = (setting.partition("=") for setting in settings)
    return "".join(f'<param name="{name}" value={value}/>\n' for name, _, value in each)


@pytest.mark.parametrize("more", ["", "    <vcard/>\n"], ids=["usual form", "other form"])
def test_an_unset_variable_of_a_user_who_is_refused_lets_nobody_in(
    conf: Configuration, storage: XmlDirectory, more: str
):
    params = _params('allow-empty-password="false"')
    conf.write("1005.xml", user("1005", "$${Default_Passwort}", params=params, more=more))
    finding = only(storage, "password-variable-not-set")
    assert finding.severity == "warning"
    assert "no phone can register" in finding.meaning


def test_each_user_of_a_file_is_examined(conf: Configuration, storage: XmlDirectory):
    first, second = user("1005", ""), user("1006$${empty}", "")
    conf.write("two.xml", first.replace("</include>\n", "") + second.replace("<include>\n", ""))
    places = [(each.extension, each.line) for each in found(storage.examine(), "no-password")]
    assert places == [("1005", 2), ("1006", 10)]
    offered = {each.extension: each.mending for each in found(storage.examine(), "no-password")}
    assert offered == {"1005": NEW_PASSWORD, "1006": None}


@pytest.mark.parametrize("value", ["false", "no", "0", "off", ""])
def test_a_domain_that_refuses_empty_passwords(
    conf: Configuration, storage: XmlDirectory, value: str
):
    conf.write("1005.xml", user("1005", ""))
    param = f'<params>\n<param name="allow-empty-password" value="{value}"/>'
    conf.domain.write_text(DOMAIN.replace("<params>", param))
    assert codes(storage) == ["no-password-on-purpose"]


def test_a_domain_that_allows_empty_passwords(conf: Configuration, storage: XmlDirectory):
    conf.write("1005.xml", user("1005", ""))
    param = '<params>\n<param name="allow-empty-password" value="yes"/>'
    conf.domain.write_text(DOMAIN.replace("<params>", param))
    assert codes(storage) == ["no-password"]


@pytest.mark.parametrize("more", ["", "    <vcard/>\n"], ids=["usual form", "other form"])
def test_an_unset_variable_is_no_password(conf: Configuration, storage: XmlDirectory, more: str):
    conf.write("1005.xml", user("1005", "$${Default_Passwort}", more=more))
    finding = only(storage, "password-variable-not-set")
    assert finding.severity == "critical"
    assert finding.title == "No password: $${Default_Passwort} is not set"
    conf.write("1005.xml", user("1005", "$${Default_Password}", more=more))
    assert codes(storage) == []


def test_a_variable_that_only_freeswitch_knows_may_be_a_password(
    conf: Configuration, storage: XmlDirectory
):
    conf.write("1005.xml", user("1005", "$${from_environment}"))
    assert codes(storage) == []


def test_without_vars_nothing_is_said_about_variables(conf: Configuration):
    conf.write("1005.xml", user("1005", "$${default_password}"))
    conf.write("1006.xml", user("1006", "$${default_password}", more="    <vcard/>\n"))
    conf.write("1007.xml", user("$${provider}", "$${provider_password}"))
    storage = XmlDirectory(directory=conf.users, create=False)
    assert codes(storage) == []


def test_vars_that_cannot_be_read_are_said(conf: Configuration, storage: XmlDirectory):
    conf.vars.unlink()
    assert any(
        "vars.xml cannot be read: No such" in each for each in storage.examine().not_looked_at
    )
    conf.vars.write_text(VARS)
    assert storage.examine().not_looked_at == ()


@pytest.mark.parametrize("password", ["a1005", "A1005", "1234", "&#49;234"])
def test_a_password_that_is_tried_first(conf: Configuration, storage: XmlDirectory, password: str):
    conf.write("1005.xml", user("a1005", password))
    finding = only(storage, "guessable-password")
    assert finding.severity == "critical"
    assert finding.mending == NEW_PASSWORD
    assert password not in (finding.title + finding.meaning + finding.remedy)
    storage.update("a1005", {"password": SECRET})
    assert "guessable-password" not in codes(storage)


def test_the_default_password_that_freeswitch_is_delivered_with(
    conf: Configuration, storage: XmlDirectory
):
    conf.write("1005.xml", user("1005", "$${default_password}"))
    conf.vars.write_text(VARS.replace("Zq7-own", "1234"))
    assert codes(storage) == ["default-password"]
    finding = only(storage, "default-password")
    assert (finding.severity, place(finding)) == ("critical", ("vars.xml", 2, ""))
    assert "1 extension has it" in finding.meaning
    assert "10 seconds" in finding.meaning
    conf.write("1005.xml", user("1005"))
    assert only(storage, "default-password").severity == "warning"
    conf.vars.write_text(VARS)
    assert codes(storage) == []


@pytest.mark.parametrize("more", ["", "    <vcard/>\n"], ids=["usual form", "other form"])
def test_a_user_without_a_context(conf: Configuration, storage: XmlDirectory, more: str):
    conf.write("1005.xml", user("1005", variables="", more=more))
    finding = only(storage, "no-context")
    assert finding.severity == "warning"
    assert finding.mending == (None if storage.get("1005").read_only else DEFAULT_CONTEXT)
    conf.write("1005.xml", user("1005", more=more))
    assert codes(storage) == []


def test_a_context_of_the_domain_is_one(conf: Configuration, storage: XmlDirectory):
    conf.write("1005.xml", user("1005", variables=""))
    variable = '<variables><variable name="user_context" value="inside"/></variables>\n<groups>'
    conf.domain.write_text(DOMAIN.replace("<groups>", variable))
    assert codes(storage) == []


def test_a_providers_account_needs_no_context(conf: Configuration, storage: XmlDirectory):
    gateway = '<gateways><gateway name="$${provider}"/></gateways>\n'
    conf.write("p.xml", user("$${provider}", variables="", more=gateway))
    assert codes(storage) == []


def test_addresses_that_need_no_password(conf: Configuration, storage: XmlDirectory):
    conf.write("1005.xml", user("1005", attributes=' cidr="192.0.2.0/24"'))
    assert only(storage, "cidr").severity == "note"


def test_a_type_is_a_wildcard(conf: Configuration, storage: XmlDirectory):
    conf.write("0999.xml", user("1005", attributes=' type="static"'))
    finding = only(storage, "type")
    assert (finding.severity, place(finding)) == ("critical", ("0999.xml", 2, "1005"))
    conf.write("0999.xml", user("1005"))
    assert codes(storage) == []


# Ids.


def test_of_two_users_with_one_id_the_first_counts(conf: Configuration, storage: XmlDirectory):
    conf.write("1000b.xml", user("1000"))
    finding = only(storage, "duplicate-id")
    assert (finding.severity, place(finding)) == ("warning", ("1000b.xml", 2, "1000"))
    assert finding.title == "Hidden by 1000.xml:2"
    (conf.users / "1000b.xml").unlink()
    assert codes(storage) == []


def test_a_hidden_user_has_no_other_finding(conf: Configuration, storage: XmlDirectory):
    conf.write("1000b.xml", user("1000", "", variables=""))
    assert codes(storage) == ["duplicate-id"]
    (conf.users / "1000.xml").unlink()
    assert codes(storage) == ["no-password", "no-context"]


def test_a_user_who_is_no_longer_hidden_is_looked_at_anew(
    conf: Configuration, storage: XmlDirectory
):
    file = conf.write("1000b.xml", user("1000", "", variables=""))
    # As old as files are that are not read again.
    eventually(lambda: time.time() > file.stat().st_ctime + 0.1)
    assert codes(storage) == ["duplicate-id"]
    (conf.users / "1000.xml").unlink()
    assert codes(storage) == ["no-password", "no-context"]


def test_ids_are_compared_without_regard_to_case_in_the_order_of_bytes(
    conf: Configuration, storage: XmlDirectory
):
    conf.dialplan.write_text(DIALPLAN.replace("10[01][0-9]", ".*"))
    conf.write("b.xml", user("Bob"))
    conf.write("B.xml", user("bOB"))
    assert place(only(storage, "duplicate-id")) == ("b.xml", 2, "Bob")


def test_letters_that_are_not_ascii_differ_from_their_capitals(
    conf: Configuration, storage: XmlDirectory
):
    conf.dialplan.write_text(DIALPLAN.replace("10[01][0-9]", ".*"))
    conf.write("b.xml", user("\u00e9", attributes=' number-alias="\u00e4"'))
    conf.write("c.xml", user("\u00c9", attributes=' number-alias="\u00c4"'))
    assert codes(storage) == []


def test_two_users_with_one_id_in_one_file(conf: Configuration, storage: XmlDirectory):
    first, second = user("1005"), user("1005")
    conf.write("two.xml", first.replace("</include>\n", "") + second.replace("<include>\n", ""))
    finding = only(storage, "dropped")
    assert (finding.line, finding.extension) == (10, "1005")
    assert "is found first" in finding.title


def test_an_alias_that_is_the_id_of_another(conf: Configuration, storage: XmlDirectory):
    conf.write("0999.xml", user("1005", attributes=' number-alias="1001"'))
    finding = only(storage, "alias-takes-id")
    assert (finding.severity, place(finding)) == ("critical", ("0999.xml", 2, "1005"))
    assert finding.title == "Its number-alias is the id of 1001.xml:2"
    (conf.users / "0999.xml").rename(conf.users / "1005.xml")
    finding = only(storage, "alias-without-effect")
    assert (finding.severity, place(finding)) == ("warning", ("1005.xml", 2, "1005"))
    conf.write("1005.xml", user("1005", attributes=' number-alias="1006"'))
    assert codes(storage) == []


def test_two_with_one_alias(conf: Configuration, storage: XmlDirectory):
    conf.write("1005.xml", user("1005", attributes=' number-alias="500"'))
    conf.write("1006.xml", user("1006", attributes=' number-alias="500"'))
    conf.write("1007.xml", user("1007", attributes=' number-alias="1007"'))
    assert place(only(storage, "alias-without-effect")) == ("1006.xml", 2, "1006")


def test_a_pointer_to_a_missing_user(conf: Configuration, storage: XmlDirectory):
    (conf.users / "1001.xml").unlink()
    finding = only(storage, "lost-pointer")
    assert (finding.severity, place(finding)) == ("warning", ("default.xml", 14, ""))
    assert finding.title == "Group “sales” has user 1001, who is not there"
    conf.write("other.xml", user("1001"))
    assert codes(storage) == []


def test_a_disabled_user_is_only_missed_by_pointers(conf: Configuration, storage: XmlDirectory):
    conf.write("1001.xml", user("1001", "", variables=""))
    (conf.users / "1001.xml").rename(conf.users / "1001.xml.disabled")
    assert codes(storage) == ["lost-pointer"]
    title = only(storage, "lost-pointer").title
    assert title == "Group “sales” has user 1001, who is disabled"


def test_a_pointer_to_a_user_elsewhere_in_the_domain(conf: Configuration, storage: XmlDirectory):
    (conf.users / "1001.xml").unlink()
    elsewhere = conf.domain.parent / "more"
    elsewhere.mkdir()
    (elsewhere / "1001.xml").write_text(user("1001"))
    include = '<X-PRE-PROCESS cmd="include" data="more/*.xml"/>\n</users>'
    conf.domain.write_text(DOMAIN.replace("</users>", include, 1))
    assert codes(storage) == []
    (elsewhere / "1001.xml").unlink()
    assert codes(storage) == ["lost-pointer"]


def test_a_pointer_in_the_directory_itself(conf: Configuration, storage: XmlDirectory):
    conf.write("p.xml", '<include>\n<user id="1005" type="pointer"/>\n</include>\n')
    assert place(only(storage, "lost-pointer")) == ("p.xml", 2, "1005")
    conf.write("p.xml", '<include>\n<user id="1000" type="pointer"/>\n</include>\n')
    assert codes(storage) == []


def test_what_stands_beside_the_directory_does_not_matter(
    conf: Configuration, storage: XmlDirectory
):
    folder = conf.domain.parent
    os.mkfifo(folder / "pipe.xml")
    (folder / "folder.xml").mkdir()
    (folder / "other.xml").write_text("<include>\n<!-- default -->\n</include>\n")
    assert storage.examine().not_looked_at == ()


def test_groups_that_cannot_be_read_by_anyone_are_said(
    conf: Configuration, storage: XmlDirectory, monkeypatch: pytest.MonkeyPatch
):
    def fail(_: str) -> bytes:
        raise PermissionError(13, "No permission")

    monkeypatch.setattr(domain, "read_any", fail)
    assert any("default.xml cannot be read" in each for each in storage.examine().not_looked_at)


@pytest.mark.parametrize("where", ["vars", "domain", "dialplan"])
def test_an_included_pipe_does_not_block_the_examination(
    conf: Configuration, storage: XmlDirectory, where: str
):
    including: Path = getattr(conf, where)
    pipe = including.with_name("pipe")
    os.mkfifo(pipe)
    line = '<include>\n<X-PRE-PROCESS cmd="include" data="pipe"/>\n'
    including.write_text(including.read_text().replace("<include>\n", line, 1))
    finding = only(storage, "hang")
    assert (finding.severity, finding.source, finding.line) == ("critical", str(including), 2)
    assert finding.title == f"FreeSWITCH waits for ever for {pipe}, which is a named pipe"
    pipe.unlink()
    assert codes(storage) == []


def huge(path: Path) -> Path:
    """A file of a terabyte, which takes no room on the disk."""
    with path.open("wb") as file:
        file.truncate(1 << 40)
    return path


@pytest.mark.parametrize("where", ["vars", "domain", "dialplan"])
def test_an_included_file_that_is_too_large_is_named_and_not_read(
    conf: Configuration, storage: XmlDirectory, where: str
):
    including: Path = getattr(conf, where)
    log = huge(including.with_name("log"))
    line = '<include>\n<X-PRE-PROCESS cmd="include" data="log"/>\n'
    including.write_text(including.read_text().replace("<include>\n", line, 1))
    assert codes(storage) == []
    (gap,) = storage.examine().not_looked_at
    assert f"{log} is included and too large (4 MiB" in gap


def test_a_file_of_the_directory_that_includes_a_large_one(
    conf: Configuration, storage: XmlDirectory
):
    log = huge(conf.users.with_name("log"))
    line = '<include>\n<X-PRE-PROCESS cmd="include" data="../log"/>\n'
    path = conf.users / "1000.xml"
    path.write_text(user("1000").replace("<include>\n", line, 1))
    finding = only(storage, "too-large")
    assert (finding.severity, finding.source, finding.line) == ("warning", str(path), 2)
    assert str(log.name) in finding.title
    assert storage.find_fault(thorough=True) == ""


def test_what_is_included_is_limited_in_all(
    conf: Configuration, storage: XmlDirectory, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(preprocessor, "_MAX_INCLUDED_BYTES", 10_000)
    for name in ("one", "two", "three"):
        conf.vars.with_name(name).write_text(f"<!-- {name} {'x' * 4000} -->\n")
    lines = "".join(
        f'<X-PRE-PROCESS cmd="include" data="{name}"/>\n' for name in ("one", "two", "three")
    )
    conf.vars.write_text(f"<include>\n{lines}</include>\n")
    (gap,) = storage.examine().not_looked_at
    assert f"{conf.vars.with_name('three')} is included and too large" in gap


@pytest.mark.parametrize("where", ["vars", "domain", "dialplan"])
def test_a_file_that_is_too_large_itself(conf: Configuration, storage: XmlDirectory, where: str):
    path: Path = huge(getattr(conf, where))
    gaps = storage.examine().not_looked_at
    assert any(f"{path} cannot be read: it is larger than 4 MiB" in each for each in gaps)


@pytest.mark.parametrize("where", ["vars", "dialplan"])
@pytest.mark.parametrize("make", [os.mkfifo, Path.mkdir, lambda path: path.symlink_to("/dev/zero")])
def test_no_file_at_all_in_the_place_of_one(
    conf: Configuration, storage: XmlDirectory, where: str, make: Callable[[Path], None]
):
    path: Path = getattr(conf, where)
    path.unlink()
    make(path)
    examination = storage.examine()
    is_folder = path.is_dir()
    assert bool(found(examination, "hang")) is not is_folder
    assert len(examination.not_looked_at) == (0 if is_folder and where == "dialplan" else 1)


@pytest.mark.parametrize(
    ("domain", "words"),
    [
        (DOMAIN.replace("</groups>", ""), "is not well-formed, near line"),
        ("<include>\n</include>\n<!-- default include -->", "includes default/*.xml"),
    ],
)
def test_groups_that_cannot_be_read_are_said(
    conf: Configuration, storage: XmlDirectory, domain: str, words: str
):
    conf.domain.write_text(domain)
    (left_out,) = storage.examine().not_looked_at
    assert left_out.startswith("groups and their pointers: ")
    assert words in left_out


# Files.


@pytest.mark.parametrize(
    "text", [user("1005").replace("</params>", ""), user("1005").replace("</user>", f"</{SECRET}>")]
)
def test_a_file_that_breaks_the_reload(conf: Configuration, storage: XmlDirectory, text: str):
    conf.write("1005.xml", text)
    finding = only(storage, "breaks-reload")
    assert (finding.severity, place(finding)) == ("critical", ("1005.xml", 9, "1005"))
    assert finding.title == "FreeSWITCH cannot read it: unexpected closing tag"
    conf.write("1005.xml", user("1005"))
    assert codes(storage) == []


@pytest.mark.parametrize(
    "text",
    [
        "<include><user id='1005'><params/></user></include>\n",
        user("1005").replace("<include>", "<list>").replace("</include>", "</list>"),
    ],
    ids=["one line", "another element"],
)
def test_a_file_of_which_nothing_is_read(conf: Configuration, storage: XmlDirectory, text: str):
    conf.write("1005.xml", text)
    assert only(storage, "no-user").severity == "critical"
    conf.write("1005.xml", user("1005"))
    assert codes(storage) == []


def test_an_empty_file_is_worth_a_note(conf: Configuration, storage: XmlDirectory):
    conf.write("1005.xml", "<include>\n<!-- <user id='1005'/> -->\n</include>\n")
    assert only(storage, "no-user").severity == "note"


def test_a_line_that_is_dropped(conf: Configuration, storage: XmlDirectory):
    params = f'      <param name="{SECRET}" value="{SECRET} x-pre-process"/>\n'
    conf.write("1005.xml", user("1005", params=params))
    finding = only(storage, "dropped")
    assert (finding.severity, place(finding)) == ("warning", ("1005.xml", 5, "1005"))
    assert "x-pre-process" in finding.title
    conf.write("1005.xml", user("1005", params=params.replace("x-pre", "x&#45;pre")))
    assert codes(storage) == []


def test_a_user_with_an_empty_id(conf: Configuration, storage: XmlDirectory):
    conf.write("1005.xml", user(""))
    assert codes(storage) == ["no-id"]


def test_a_user_without_an_id(conf: Configuration, storage: XmlDirectory):
    conf.write("1005.xml", user("1005").replace(" id=", " ID="))
    assert "a user without an id is never found" in only(storage, "dropped").title


def test_what_is_not_closed_swallows_the_next_file(conf: Configuration, storage: XmlDirectory):
    conf.write("1005.xml", user("1005") + '<user id="1006\n')
    finding = only(storage, "swallows-next")
    assert (finding.severity, place(finding)) == ("critical", ("1005.xml", None, "1005"))
    conf.write("1005.xml", user("1005") + '<user id="1006" type="pointer"/>\n')
    assert codes(storage) == ["lost-pointer"]


@pytest.mark.parametrize("extension_id", ["neighbour", "NEIGHBOUR"])
def test_no_id_hides_that_the_next_file_is_swallowed(
    conf: Configuration, storage: XmlDirectory, extension_id: str
):
    conf.write("1005.xml", user(extension_id) + '<user id="1006\n')
    finding = only(storage, "swallows-next")
    assert place(finding) == ("1005.xml", None, extension_id)
    conf.write("1005.xml", user(extension_id))
    assert "swallows-next" not in codes(storage)


def test_a_comment_without_its_end_breaks_the_reload(conf: Configuration, storage: XmlDirectory):
    conf.write("1005.xml", user("1005") + "<!-- to be continued\n")
    assert place(only(storage, "breaks-reload")) == ("1005.xml", 11, "1005")


def test_a_command_is_not_followed(conf: Configuration, storage: XmlDirectory):
    conf.write("1005.xml", user("1005", more='<X-PRE-PROCESS cmd="exec" data="cat x"/>\n'))
    assert place(only(storage, "command")) == ("1005.xml", 9, "1005")


def test_what_is_no_file(conf: Configuration, storage: XmlDirectory):
    (conf.users / "1005.xml").symlink_to("nowhere")
    os.mkfifo(conf.users / "1006.xml")
    (conf.users / "1007.xml").mkdir()
    titles = [each.title for each in found(storage.examine(), "not-a-file")]
    assert titles == [
        "It is a symbolic link that leads nowhere",
        "It is a named pipe",
        "It is a directory",
    ]


def test_names_that_are_no_utf_8_are_reported(conf: Configuration, storage: XmlDirectory):
    path = os.fsencode(conf.users) + b"/\xff.xml"
    Path(os.fsdecode(path)).write_text(user("1005", ""))
    assert only(storage, "no-password").source.endswith("\ufffd.xml")


def test_a_file_that_was_left_behind_can_be_deleted(conf: Configuration, storage: XmlDirectory):
    left = conf.users / ".1000.xml.0123456789ab.tmp"
    left.write_text(SECRET)
    finding = only(storage, "leftover")
    assert (finding.severity, place(finding)) == ("note", (left.name, None, ""))
    storage.mend(finding)
    assert not left.exists()
    assert codes(storage) == []


def test_a_file_that_is_being_written_is_not_left_behind(
    conf: Configuration, storage: XmlDirectory
):
    (conf.users / ".1000.xml.0123456789ab.tmp").write_text(SECRET)
    writer = os.open(conf.users, os.O_RDONLY)
    try:
        fcntl.flock(writer, fcntl.LOCK_EX)
        assert codes(storage) == []
    finally:
        os.close(writer)
    assert codes(storage) == ["leftover"]


# Permissions.


def other_user() -> pwd.struct_passwd:
    return pwd.getpwnam("nobody")


@AS_ROOT
@pytest.mark.parametrize("mode", [0o600, 0o640, 0o000])
def test_a_file_that_freeswitch_may_not_read_can_be_repaired(conf: Configuration, mode: int):
    storage = conf.storage(freeswitch_user="nobody")
    assert codes(storage) == []
    path = conf.users / "1000.xml"
    path.chmod(mode)
    finding = only(storage, "unreadable")
    assert (finding.severity, place(finding)) == ("critical", ("1000.xml", None, "1000"))
    assert "nobody may not read the file" in finding.title
    storage.mend(finding)
    assert codes(storage) == []
    state = path.stat()
    assert (state.st_uid, state.st_gid) == (0, other_user().pw_gid)
    assert state.st_mode & 0o777 == mode & 0o600 | 0o040


@AS_ROOT
@pytest.mark.parametrize(
    ("hidden", "other"),
    [
        ('id="1005"', 'id="1005"'),
        ('id="1005" number-alias="1006"', 'id="1006"'),
        ('id="1005" number-alias="1006"', 'id="1007" number-alias="1006"'),
    ],
)
def test_a_file_is_not_made_readable_if_its_id_or_alias_is_of_another_user(
    conf: Configuration, hidden: str, other: str
):
    storage = conf.storage(freeswitch_user="nobody")
    text = (
        '<include>\n<user {}><params><param name="password" value="x"/></params></user>\n</include>'
    )
    path = conf.write("0.xml", text.format(hidden))
    conf.write("01.xml", text.format(other))
    path.chmod(0o600)
    (finding,) = found(storage.examine(), "unreadable")
    with pytest.raises(ExtensionExists, match=r"01\.xml|exists already"):
        storage.mend(finding)
    assert path.stat().st_mode & 0o777 == 0o600
    (conf.users / "01.xml").unlink()
    (finding,) = found(storage.examine(), "unreadable")
    storage.mend(finding)
    assert path.stat().st_mode & 0o777 == 0o640


@AS_ROOT
def test_a_file_of_a_user_who_is_taken_for_all_others_is_not_made_readable(conf: Configuration):
    storage = conf.storage(freeswitch_user="nobody")
    path = conf.write("0.xml", '<include>\n<user id="7" type="agent"></user>\n</include>\n')
    path.chmod(0o600)
    (finding,) = found(storage.examine(), "unreadable")
    with pytest.raises(ExtensionExists, match="all users behind it"):
        storage.mend(finding)
    assert path.stat().st_mode & 0o777 == 0o600


@AS_ROOT
def test_a_file_without_a_user_can_be_made_readable(conf: Configuration):
    storage = conf.storage(freeswitch_user="nobody")
    conf.write("0.xml", "<include>\n<!-- nobody -->\n</include>\n").chmod(0o600)
    (finding,) = found(storage.examine(), "unreadable")
    storage.mend(finding)
    assert not found(storage.examine(), "unreadable")


@AS_ROOT
def test_repairing_gives_the_least(conf: Configuration):
    own, group = conf.users / "1000.xml", conf.users / "1001.xml"
    os.chown(own, other_user().pw_uid, -1)
    own.chmod(0o060)
    os.chown(group, -1, other_user().pw_gid)
    group.chmod(0o620)
    storage = conf.storage(freeswitch_user=str(other_user().pw_uid))
    for finding in found(storage.examine(), "unreadable"):
        storage.mend(finding)
    assert (own.stat().st_mode & 0o777, own.stat().st_gid) == (0o460, 0)
    assert (group.stat().st_mode & 0o777, group.stat().st_uid) == (0o660, 0)
    assert codes(storage) == []


@AS_ROOT
def test_the_directory_belongs_to_freeswitchs_user_if_the_ini_names_none(conf: Configuration):
    os.chown(conf.users, other_user().pw_uid, -1)
    (conf.users / "1000.xml").chmod(0o600)
    assert codes(conf.storage()) == ["unreadable"]
    assert codes(conf.storage(freeswitch_user="root")) == []


@AS_ROOT
def test_a_user_without_a_name_cannot_be_let_in(conf: Configuration):
    (conf.users / "1000.xml").chmod(0o600)
    assert only(conf.storage(freeswitch_user="54321"), "unreadable").mending is None


@AS_ROOT
def test_an_access_control_list_may_let_freeswitch_in(conf: Configuration):
    path = conf.users / "1000.xml"
    path.chmod(0o600)
    # Version 2; owner rw, user 65534 r, group none, mask r, others none.
    entries = [(1, 6, 0xFFFFFFFF), (2, 4, 65534), (4, 0, 0xFFFFFFFF), (16, 4, 0xFFFFFFFF)]
    entries.append((32, 0, 0xFFFFFFFF))
    packed = b"".join(
        tag.to_bytes(2, "little") + bits.to_bytes(2, "little") + who.to_bytes(4, "little")
        for tag, bits, who in entries
    )
    try:
        os.setxattr(path, "system.posix_acl_access", b"\x02\x00\x00\x00" + packed)
    except OSError as error:
        pytest.skip(f"no access control lists here: {error}")
    assert codes(conf.storage(freeswitch_user="nobody")) == []


@AS_ROOT
def test_a_link_is_judged_by_where_it_leads_and_is_not_changed(conf: Configuration, tmp_path: Path):
    target = tmp_path / "elsewhere.xml"
    target.write_text(user("1005"))
    (conf.users / "1005.xml").symlink_to(target)
    storage = conf.storage(freeswitch_user="nobody")
    assert codes(storage) == []
    target.chmod(0o600)
    assert only(storage, "unreadable").mending is None


@AS_ROOT
def test_a_directory_that_freeswitch_may_not_list(conf: Configuration):
    conf.users.chmod(0o700)
    storage = conf.storage(freeswitch_user="nobody")
    assert only(storage, "unreadable-directory").severity == "critical"
    conf.users.chmod(0o755)
    assert codes(storage) == []


@AS_ROOT
def test_a_folder_above_that_freeswitch_may_not_enter(conf: Configuration):
    above = conf.users.parent
    above.chmod(0o700)
    storage = conf.storage(freeswitch_user="nobody")
    finding = only(storage, "closed-folder")
    assert (finding.severity, finding.source) == ("critical", str(above))
    above.chmod(0o711)
    assert codes(storage) == []


@AS_ROOT
def test_folders_above_a_link_on_the_way_count_too(conf: Configuration, tmp_path: Path):
    link = tmp_path / "conf"  # pytest's own folders are for us alone
    link.symlink_to(conf.users.parent)
    storage = XmlDirectory(directory=link / conf.users.name, create=False, freeswitch_user="nobody")
    closed = found(storage.examine(), "closed-folder")
    assert str(tmp_path) in {each.source for each in closed}


@AS_ROOT
def test_a_file_that_sipapp_may_not_change_is_said(
    conf: Configuration, monkeypatch: pytest.MonkeyPatch
):
    (conf.users / "1000.xml").chmod(0o600)
    storage = conf.storage(freeswitch_user="nobody")
    finding = only(storage, "unreadable")

    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "chown", refuse)
    with pytest.raises(StorageUnavailable, match=r"who may not change 1000\.xml.* Do it as root"):
        storage.mend(finding)


@AS_ROOT
def test_what_changed_in_between_is_not_repaired(conf: Configuration):
    storage = conf.storage(freeswitch_user="nobody")
    path = conf.users / "1000.xml"
    path.chmod(0o600)
    finding = only(storage, "unreadable")
    path.write_text(user("1000", "changed"))
    with pytest.raises(VersionConflict):
        storage.mend(finding)
    path.write_text(user("1000"))
    path.chmod(0o644)
    with pytest.raises(VersionConflict):
        storage.mend(finding)
    assert path.stat().st_mode & 0o777 == 0o644
    path.unlink()
    with pytest.raises(VersionConflict):
        storage.mend(finding)


# The dialplan.


def included(conf: Configuration, text: str) -> None:
    (conf.dialplan.parent / "default" / "more.xml").write_text(f"<include>\n{text}\n</include>\n")


def extension(expression: str, action: str, *, name: str = "x", more: str = "") -> str:
    return f"""<extension name="{name}"{more}>
  <condition field="destination_number" expression="{expression}">
    {action}
  </condition>
</extension>"""


def act(application: str, data: str = "") -> str:
    return f'<action application="{application}" data="{data}"/>'


def test_an_extension_that_the_dialplan_does_not_reach(conf: Configuration, storage: XmlDirectory):
    conf.write("2500.xml", user("2500"))
    finding = only(storage, "not-in-dialplan")
    assert (finding.severity, place(finding)) == ("warning", ("2500.xml", 2, "2500"))
    assert (
        f"no extension of the dialplan {conf.dialplan} that could lead to it matches"
        in finding.meaning
    )
    included(conf, extension(r"^25\d\d$", act("bridge", "user/$0@${domain_name}")))
    assert codes(storage) == []


def test_a_number_that_something_else_takes(conf: Configuration, storage: XmlDirectory):
    conf.write("2000.xml", user("2000"))
    group = act("bridge", "${group_call(sales@${domain_name})}")
    included(conf, extension("^2000$", group, name="sales"))
    finding = only(storage, "taken-by-dialplan")
    assert finding.title == "Its number leads to “sales” in the dialplan"
    assert place(finding) == ("2000.xml", 2, "2000")


@pytest.mark.parametrize(
    "text",
    [
        extension("^2500$", act("bridge", "user/2500@example.com")),
        extension("^2500$", act("bridge", "[leg_timeout=3]user/${destination_number}")),
        extension("^2500$", act("bridge", "sofia/internal/$1@x|sofia/gateway/g/1")),
        extension(r"^(\d+)$", act("transfer", "$1 XML other")),
        extension("^2500$", act("lua", "ring.lua")),
        extension("^2500$", act("some_new_application")),
        extension("^(.*)$", act("bridge", "user/$1@${domain_name}")),
        extension("^(.*)$", act("lua", "anything.lua")),
        extension("^(.*)$", act("transfer", "$1 XML users")),
        extension("^2500$", act("set", "a=b"), more=' continue="true"')
        + extension("^2500$", act("bridge", "user/$0")),
        # What is not known here may hold or not.
        '<extension name="x"><condition field="${a}" expression="b"/>'
        '<condition field="destination_number" expression="^2500$">'
        + act("bridge", "user/$0")
        + "</condition></extension>",
        '<extension name="x"><condition wday="2-6" field="destination_number" '
        'expression="^2500$">' + act("bridge", "user/$0") + "</condition></extension>",
        '<extension name="x"><condition field="destination_number" expression="^9$" '
        'break="never"/><condition>' + act("bridge", "user/${digits}") + "</condition></extension>",
        extension("^9$", act("bridge", "user/${digits}")).replace("<action", "<anti-action"),
        '<extension name="x"><condition regex="any"><regex field="destination_number" '
        'expression="^2500$"/>' + act("bridge", "user/${digits}") + "</condition></extension>",
        '<extension name="x"><condition field="destination_number"><expression><![CDATA['
        "^2500$]]></expression>" + act("bridge", "user/$0") + "</condition></extension>",
        # Patterns that Python does not know, or that could take for ever.
        extension("^(?&lt;n&gt;2500)$", act("bridge", "user/$1")),
        extension(r"^(\d+)+x$", act("bridge", "user/$1")),
        extension(r".*.*.*.*.*.*x", act("bridge", "user/$1")),
        extension("^(2?){32}2{32}x$", act("bridge", "user/$1")),
        extension("^(2|22)+x$", act("bridge", "user/$1")),
        extension("x" * 2000, act("bridge", "user/$1")),
        extension("(" * 500, act("bridge", "user/$1")),
    ],
)
def test_what_may_ring_an_extension(conf: Configuration, storage: XmlDirectory, text: str):
    conf.write("2500.xml", user("2500"))
    included(conf, text)
    assert codes(storage) == []


@pytest.mark.parametrize(
    "text",
    [
        extension("^2501$", act("bridge", "user/$0")),
        extension(
            r"^(\d{4})$",
            act("bridge", "sofia/gateway/${default_gateway}/$1"),
            more=' continue="true"',
        ),
        extension("^(.*)$", act("transfer", "$1 enum")),
        extension("^(.*)$", act("deflect", "$1")),
        extension("^2500$", act("conference", "$1@default"), more=' continue="true"'),
        extension(
            "^2500$",
            act("bridge", "{dialed=$1}loopback/app=voicemail:default x $1"),
            more=' continue="true"',
        ),
        '<extension name="x"><condition field="destination_number" expression="^2500$" '
        'break="on-true"/><condition>' + act("bridge", "user/$1") + "</condition></extension>",
        '<extension name="empty"/>',
    ],
)
def test_what_does_not_ring_an_extension(conf: Configuration, storage: XmlDirectory, text: str):
    conf.write("2500.xml", user("2500"))
    included(conf, text)
    assert codes(storage) in (["not-in-dialplan"], ["taken-by-dialplan"])


@pytest.mark.parametrize("expression", ["^[+]?1?([0-9]{4})x$", "^(2[0-9])(5|6)([0-9]{3})$"])
def test_usual_patterns_are_tried(conf: Configuration, storage: XmlDirectory, expression: str):
    conf.write("2500.xml", user("2500"))
    included(conf, extension(expression, act("bridge", "user/$1")))
    assert codes(storage) == ["not-in-dialplan"]


def test_an_id_that_is_too_long_is_not_tried(conf: Configuration, storage: XmlDirectory):
    conf.write("long.xml", user("1" * 40))
    assert codes(storage) == []


def test_an_alias_can_be_called(conf: Configuration, storage: XmlDirectory):
    conf.write("bob.xml", user("bob", attributes=' number-alias="1010"'))
    assert codes(storage) == []


def test_a_folder_of_dialplans(conf: Configuration):
    folder = conf.dialplan.parent
    (folder / "second.xml").write_text(
        '<include><context name="second"></context></include>\n'.replace("><", ">\n<")
    )
    conf.write("2500.xml", user("2500"))
    storage = XmlDirectory(directory=conf.users, create=False, dialplan=folder)
    assert codes(storage) == ["not-in-dialplan"]
    text = extension("^2500$", act("bridge", "user/$0"))
    (folder / "second.xml").write_text(f'<context name="second">\n{text}\n</context>\n')
    assert codes(storage) == []


@pytest.mark.parametrize(
    ("dialplan", "words"),
    [
        (DIALPLAN.replace("</context>", ""), "is not well-formed, near line"),
        (DIALPLAN.replace("^(10", "^($${range}"), "default.xml:4 has a variable"),
        (DIALPLAN.replace('"include"', '"exec"'), "default.xml:9 runs a command"),
        (DIALPLAN.replace('"default/*', '"$${dialplans}/*'), "default.xml:9 has a variable"),
        (None, "cannot be read: No such file"),
    ],
)
def test_an_incomplete_dialplan_leads_to_no_finding(
    conf: Configuration, storage: XmlDirectory, dialplan: str | None, words: str
):
    conf.write("2500.xml", user("2500"))
    conf.dialplan.write_text(dialplan) if dialplan else conf.dialplan.unlink()
    examination = storage.examine()
    assert examination.findings == ()
    (left_out,) = examination.not_looked_at
    assert left_out.startswith(f"the dialplan {conf.dialplan}: ")
    assert words in left_out


@AS_ROOT
def test_a_part_of_the_dialplan_that_cannot_be_read(conf: Configuration, storage: XmlDirectory):
    conf.write("2500.xml", user("2500"))
    (conf.dialplan.parent / "default" / "folder.xml").mkdir()
    (left_out,) = storage.examine().not_looked_at
    assert "folder.xml, which is a directory" in left_out


# Many, and at once.


def test_each_of_many_users_is_examined(conf: Configuration, storage: XmlDirectory):
    for number in range(20_000, 20_300):
        conf.write(f"{number}.xml", user(str(number)))
    assert len(found(storage.examine(), "not-in-dialplan")) == 300


def test_a_directory_that_is_gone_is_said(conf: Configuration, storage: XmlDirectory):
    shutil.rmtree(conf.users)
    with pytest.raises(StorageUnavailable):
        storage.examine()


@pytest.mark.parametrize(
    ("variable", "text"),
    [
        ("default_password", user("1005", "$${default_password}")),
        ("quote", user("1005", "$${quote}")),
        ("elements", user("1005", "$${elements}")),
        ("directive", user("1005", "$${directive}")),
        ("nested", user("1005", "$${nested}")),
        ("nothing sets it", user("1005", "$${nothing}")),
    ],
)
def test_a_variable_is_read_as_freeswitch_reads_it(tmp_path: Path, variable: str, text: str):
    (tmp_path / "vars.xml").write_text(
        """<include>
        <X-PRE-PROCESS cmd="set" data="default_password=Zq7-own"/>
        <X-PRE-PROCESS cmd="set" data="quote=a&quot;b'c"/>
        <X-PRE-PROCESS cmd="set" data="elements=x'/></params><params>"/>
        <X-PRE-PROCESS cmd="set" data="directive=x-pre-process"/>
        <X-PRE-PROCESS cmd="set" data="nested=$${default_password}${more}"/>
        </include>"""
    )
    variables, _ = load_variables(tmp_path / "vars.xml")
    data = text.encode()
    described = file_description.describe("1005.xml", data, variables)
    expected = file_description.describe_any("1005.xml", data, variables)
    assert described == {name: expected[name] for name in described}


@pytest.mark.parametrize("more", ["", "<!-- seen by the emulation -->&#36;"])
def test_each_of_several_users_in_a_file_is_looked_at(
    conf: Configuration, storage: XmlDirectory, more: str
):
    users = [user("1002"), user("1003", "1234"), user("1004", "1004")]
    inner = "".join(each.removeprefix("<include>\n").removesuffix("</include>\n") for each in users)
    text = f"<include>\n{inner}</include>\n".replace('"default"', f'"default{more[-5:]}"', 1)
    file = conf.write("1002.xml", text)
    storage.update("1002", {"callgroup": "a new line"})
    for extension_id in ("1003", "1004"):
        (finding,) = [
            each
            for each in found(storage.examine(), "guessable-password")
            if each.extension == extension_id
        ]
        lines = file.read_text().splitlines()
        assert f'id="{extension_id}"' in lines[finding.line - 1]
        assert finding.mending == NEW_PASSWORD
        assert finding.version == storage.get(extension_id).version
    storage.update("1003", {"password": SECRET})
    assert [each.extension for each in found(storage.examine(), "guessable-password")] == ["1004"]
