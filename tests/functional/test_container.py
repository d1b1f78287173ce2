"""The server in a container: a root that cannot be written, users without names, no home."""

import pytest
from tests.documented.machine import refusal, run


@pytest.mark.skipif(bool(refusal()), reason=refusal())
def test_extensions_are_managed_from_a_container(tmp_path):
    told = run("tests.documented.container", tmp_path)

    status, health = told["health"]
    assert (status, health["status"]) == (200, "ok"), told["log"]
    status, made = told["made"]
    assert (status, made["apply"]["state"]) == (201, "applied"), made
    assert "unrecorded" not in made
    assert told["read"]["1050"] == made["password"]
    for what in ("disabled", "enabled", "changed", "renamed", "deleted"):
        status, answer = told[what]
        assert (status, answer["apply"]["state"]) == (200, "applied"), answer
    # FreeSWITCH's own user reads what sipapp's wrote.
    assert set(told["read at last"]) == {"1009", "1050"}
    status, findings = told["findings"]
    assert (status, findings["findings"]) == (200, [])
    status, page = told["page"]
    assert status == 200
    assert "Nothing can be saved now" not in page
    for line in (
        "ok directory.writable",
        "ok directory.file-system",
        "ok history.writable",
        "ok switch.reachable",
        "ok password.admin",
    ):
        assert line in told["doctor"]
    assert made["password"] not in told["doctor"] + told["log"]
