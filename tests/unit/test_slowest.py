"""``make slow``: what took longest, by the report of the last run."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
SLOW = """
import pytest, time

@pytest.fixture
def slow_to_make():
    time.sleep(0.2)

def test_quick(): pass
def test_with_a_slow_fixture(slow_to_make): pass
"""


def list_slowest(report):
    return subprocess.run(
        [sys.executable, ROOT / "scripts" / "slowest.py", report],
        capture_output=True,
        text=True,
        check=False,
    )


def test_files_and_tests_are_listed_the_slowest_first(tmp_path):
    (tmp_path / "test_quick.py").write_text("def test_it(): pass\n")
    (tmp_path / "test_slow.py").write_text(SLOW)
    report = tmp_path / "junit.xml"
    # As `make test` writes it: by the project's own settings.
    own = ["-c", ROOT / "pyproject.toml", "--rootdir", tmp_path, "-p", "no:cacheprovider"]
    subprocess.run(
        [sys.executable, "-m", "pytest", *own, "--junitxml", report, tmp_path],
        capture_output=True,
        check=True,
    )

    done = list_slowest(report)

    files, tests = (part.splitlines() for part in done.stdout.split("Slowest of ")[1:])
    assert files[0].startswith("2 files")
    assert files[1].split()[2:] == ["test_slow.py"]
    assert tests[0].startswith("3 tests")
    assert tests[1].split()[2:] == ["test_slow.py:", "test_with_a_slow_fixture"]
    assert float(tests[1].split()[0]) >= 0.2, "what the fixture took counts"


def test_without_a_report_it_says_what_makes_one(tmp_path):
    done = list_slowest(tmp_path / "junit.xml")
    assert done.returncode == 1
    assert "run make test first" in done.stderr
