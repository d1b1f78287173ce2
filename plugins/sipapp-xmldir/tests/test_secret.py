"""What FreeSWITCH checks a phone against, in each of the ways that a file can give it."""

from pathlib import Path

import pytest

from sipapp.api import Secret
from sipapp_xmldir.storage import XmlDirectory

VARS = """<include>
  <X-PRE-PROCESS cmd="set" data="default_password=of-vars"/>
  <X-PRE-PROCESS cmd="set" data="empty="/>
  <X-PRE-PROCESS cmd="exec-set" data="outside=hostname"/>
</include>
"""
HASH = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def secret_of(tmp_path: Path):
    def read(params: str, name: str = "1000.xml", vars_file: str | None = VARS) -> Secret | None:
        directory = tmp_path / "default"
        directory.mkdir()
        (directory / name).write_text(
            f'<include>\n<user id="1000">\n<params>\n{params}\n</params>\n</user>\n</include>\n'
        )
        variables = tmp_path / "vars.xml"
        if vars_file is not None:
            variables.write_text(vars_file)
        storage = XmlDirectory(directory=directory, create=False, vars=variables)
        try:
            return storage.secret("1000")
        finally:
            storage.close()

    return read


def param(name: str, value: str) -> str:
    return f'<param name="{name}" value="{value}"/>'


@pytest.mark.parametrize(
    ("params", "secret"),
    [
        (param("password", "a&amp;b"), Secret("a&b")),
        (param("password", "$${default_password}"), Secret("of-vars")),
        (param("password", "x-$${default_password}-y"), Secret("x-of-vars-y")),
        (param("password", "$${outside}"), None),
        (param("password", "$${default_password}$${nothing}"), None),
        (param("password", "$${empty}"), None),
        (param("password", ""), None),
        (param("vm-password", "1000"), None),
        (param("a1-hash", HASH), Secret(ha1=HASH)),
        (param("A1-Hash", HASH) + param("password", "unused"), Secret(ha1=HASH)),
        (param("password", "unused") + param("a1-hash", HASH), Secret(ha1=HASH)),
        (param("a1-hash", "$${hash}"), None),
        (param("a1-hash", ""), None),
    ],
)
def test_the_secret_is_what_freeswitch_has(secret_of, params, secret):
    assert secret_of(params) == secret


def test_without_vars_a_variable_is_not_known(secret_of):
    assert secret_of(param("password", "$${default_password}"), vars_file=None) is None


def test_a_disabled_hash(secret_of):
    assert secret_of(param("a1-hash", HASH), name="1000.xml.disabled") is None
