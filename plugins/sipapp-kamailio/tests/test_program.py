"""Which kamailio program is run."""

from pathlib import Path

import pytest

from sipapp_kamailio.program import KamailioMissing, Program, find_program


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """A kamailio in the PATH of this machine."""
    folder = tmp_path / "bin"
    folder.mkdir()
    program = folder / "kamailio"
    program.write_text("#!/bin/sh\nexit 3\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))
    return program


def test_the_unpacked_one_comes_before_the_machines(home, installed):
    if not (home / "root").exists():
        pytest.skip("the Kamailio here is the machine's")
    assert find_program(home).binary == home / "root/usr/sbin/kamailio"


def test_the_machines_own_is_used(tmp_path, installed):
    assert find_program(tmp_path) == Program(installed)


def test_the_ini_can_name_another(home, installed):
    assert find_program(home, installed) == Program(installed)


def test_when_there_is_none_it_says_how_to_get_one(tmp_path, monkeypatch):
    monkeypatch.setattr("shutil.which", lambda *_, **__: None)

    with pytest.raises(KamailioMissing) as failure:
        find_program(tmp_path)
    assert "make install" in str(failure.value)
    assert f"python -m sipapp_kamailio.install {tmp_path}" in str(failure.value)


def test_one_that_cannot_read_our_configuration_says_why(home, tmp_path):
    program = find_program(home)
    without_modules = Program(program.binary, ("-L", str(tmp_path)), program.environment)

    assert program.fault(home) == ""
    assert "could not find module <tm>" in without_modules.fault(home)


def test_one_that_says_nothing_is_faulty_too(installed, tmp_path):
    assert Program(installed).fault(tmp_path) == "it ended with status 3"


def test_its_command_line_has_no_relative_path(home):
    arguments = find_program(home).arguments(directory=home, port=7080, domains=["phone.test"])
    config = Path(arguments[arguments.index("-f") + 1])

    assert config.is_absolute()
    assert config.read_text().startswith("#!KAMAILIO")
