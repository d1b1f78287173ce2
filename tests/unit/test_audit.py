"""``make audit``: dependencies and the advisories of OSV, from a folder or by its API."""

import json
import os
import re
import socket
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOCKED = re.search(
    r"(?m)^waitress==([\d.]+)", (ROOT / "requirements.lock").read_text(encoding="utf-8")
).group(1)
FRONT_END = json.loads((ROOT / "src/web/package-lock.json").read_text(encoding="utf-8"))
JSSIP = FRONT_END["packages"]["node_modules/jssip"]["version"]


def audit(source):
    return subprocess.run(
        [sys.executable, ROOT / "scripts" / "audit.py", "--osv", source],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"no_proxy": "127.0.0.1"},
    )


def advisory(name, ecosystem="PyPI", **affected):
    package = {"package": {"ecosystem": ecosystem, "name": name}}
    return {
        "id": f"TEST-{name}",
        "aliases": ["CVE-2000-1"],
        "summary": "A fault.",
        "affected": [package | affected],
    }


def versions_between(*events, kind="ECOSYSTEM"):
    return {"ranges": [{"type": kind, "events": [dict([event]) for event in events]}]}


OTHERS = [
    advisory("another-package", versions=[LOCKED]),
    advisory("another-package", "npm", versions=[JSSIP]),
]


@pytest.fixture
def folder(tmp_path):
    """A folder of advisories, which are those of other packages and the ones that are given."""

    def write(*advisories):
        for number, each in enumerate([*OTHERS, *advisories]):
            below = tmp_path / each["affected"][0]["package"]["ecosystem"]
            below.mkdir(exist_ok=True)
            (below / f"{number}.json").write_text(json.dumps(each), encoding="utf-8")
        return tmp_path

    return write


def test_nothing_is_found_when_all_advisories_are_for_other_packages(folder):
    done = audit(folder())
    assert done.returncode == 0, done.stderr
    assert "0 have advisories" in done.stdout


@pytest.mark.parametrize(
    "found",
    [
        advisory("waitress", versions=["0.1", LOCKED]),
        advisory("Waitress", **versions_between(("introduced", "0"))),
        advisory("waitress", **versions_between(("introduced", LOCKED), ("fixed", "9999"))),
        advisory("waitress", **versions_between(("fixed", "9999"), ("introduced", "0.1"))),
        advisory("waitress", **versions_between(("introduced", "0"), ("last_affected", LOCKED))),
    ],
)
def test_an_advisory_of_the_locked_version_is_named(folder, found):
    done = audit(folder(found))
    assert done.returncode == 1, done.stderr
    assert f"PyPI waitress {LOCKED} (requirements.lock" in done.stdout
    assert f"{found['id']} CVE-2000-1: A fault. https://osv.dev/vulnerability/" in done.stdout
    assert "1 have advisories" in done.stdout


@pytest.mark.parametrize(
    "other",
    [
        advisory("waitress", versions=["0.1"]),
        advisory("waitress", "npm", versions=[LOCKED]),
        advisory("waitress", **versions_between(("introduced", "0"), ("fixed", LOCKED))),
        advisory("waitress", **versions_between(("introduced", "0"), ("last_affected", "0.9"))),
        advisory("waitress", **versions_between(("introduced", "9999"))),
        advisory("waitress", **versions_between(("introduced", "0"), kind="GIT")),
        advisory("waitress", versions=[LOCKED]) | {"withdrawn": "2026-01-01T00:00:00Z"},
    ],
)
def test_an_advisory_of_other_versions_or_withdrawn_is_not(folder, other):
    done = audit(folder(other))
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("events", "status"),
    [
        ([("introduced", "0"), ("fixed", "9999.0.0-alpha.1")], 1),
        ([("introduced", "0"), ("fixed", JSSIP)], 0),
        # A pre-release comes before the release, and its numbers are compared as numbers.
        ([("introduced", f"{JSSIP}-beta.11"), ("fixed", "9999.0.0")], 1),
        ([("introduced", "0"), ("last_affected", f"{JSSIP}-beta.11")], 0),
        ([("introduced", "9999.0.0-beta.2"), ("fixed", "9999.0.0-beta.11")], 0),
    ],
)
def test_versions_of_the_front_end_are_compared_as_npm_does(folder, events, status):
    done = audit(folder(advisory("jssip", "npm", **versions_between(*events, kind="SEMVER"))))
    assert done.returncode == status, done.stdout + done.stderr
    assert (f"npm jssip {JSSIP} (package-lock.json)" in done.stdout) == bool(status)


def test_a_package_that_npm_installs_by_another_name_is_looked_for_by_its_own(folder):
    alias = FRONT_END["packages"]["node_modules/string-width-cjs"]
    assert audit(folder(advisory("string-width", "npm", versions=[alias["version"]]))).returncode


def test_a_folder_without_advisories_of_a_registry_is_no_check(tmp_path):
    done = audit(tmp_path)
    assert done.returncode == 2
    assert "no advisories of PyPI and npm are there" in done.stderr
    assert "--osv DIR" in done.stderr


def test_what_was_found_counts_when_the_rest_could_not_be_checked(folder):
    source = folder(advisory("waitress", versions=[LOCKED]))
    for file in (source / "npm").iterdir():
        file.unlink()
    done = audit(source)
    assert done.returncode == 1
    assert "PyPI waitress" in done.stdout
    assert "no advisories of npm are there" in done.stderr


@pytest.mark.parametrize("text", ["{", "[]", '{"id": "TEST"}'])
def test_a_file_that_is_no_advisory_is_named(folder, text):
    source = folder()
    (source / "odd.json").write_text(text)
    done = audit(source)
    assert done.returncode == 2
    assert f"{source / 'odd.json'} cannot be read" in done.stderr


def test_a_version_that_cannot_be_compared_is_no_check(folder):
    done = audit(folder(advisory("waitress", **versions_between(("introduced", "odd version")))))
    assert done.returncode == 2
    assert "odd version" in done.stderr


@pytest.fixture
def api():
    """OSV's API on the loopback, which tells what it was asked."""
    asked = []

    class Answer(BaseHTTPRequestHandler):
        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            asked.append(body)
            status, answer = server.answer(self.path, body)
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(answer).encode())

        def log_message(self, *arguments):
            pass

    server = HTTPServer(("127.0.0.1", 0), Answer)
    server.asked = asked
    server.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def test_the_api_is_asked_by_name_and_version_and_nothing_else(api):
    def answer(path, body):
        if path == "/v1/query":
            withdrawn = advisory("waitress") | {"id": "OLD", "withdrawn": "2026-01-01T00:00:00Z"}
            return 200, {"vulns": [advisory("waitress"), withdrawn]}
        asked = body["queries"]
        hit = {"vulns": [{"id": "TEST-waitress"}]}
        return 200, {
            "results": [hit if each["package"]["name"] == "waitress" else {} for each in asked]
        }

    api.answer = answer
    done = audit(api.url)
    assert done.returncode == 1, done.stderr
    assert f"PyPI waitress {LOCKED}" in done.stdout
    assert "OLD" not in done.stdout
    questions = api.asked[0]["queries"] + api.asked[1:]
    for question in questions:
        assert question.keys() == {"package", "version"}
        assert question["package"].keys() == {"ecosystem", "name"}
    names = {each["package"]["name"] for each in questions}
    assert {"waitress", "jssip"} < names
    assert not [name for name in names if name.startswith("sipapp")]


@pytest.mark.parametrize("answer", [(405, {}), (200, {}), (200, {"results": []})])
def test_an_api_that_does_not_answer_the_question_is_no_check(api, answer):
    api.answer = lambda path, body: answer
    done = audit(api.url)
    assert done.returncode == 2
    assert api.url in done.stderr
    assert done.stdout == ""


def test_an_api_that_cannot_be_reached_is_no_check():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))  # nobody listens there
        done = audit(f"http://127.0.0.1:{unused.getsockname()[1]}")
    assert done.returncode == 2
    assert "refused" in done.stderr
