"""Fixtures for tests of plugins: put ``addopts = -p sipapp.testing.plugin`` into pytest's ini.

Not an entry point on purpose: pytest would import all of sipapp through its
rewriting loader, and pyramid_chameleon then finds no templates.
"""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator

import pytest
from webtest import TestApp

pytest.register_assert_rewrite(
    "sipapp.testing.aliases_contract",
    "sipapp.testing.other_values_contract",
    "sipapp.testing.disabling_contract",
    "sipapp.testing.domains_contract",
    "sipapp.testing.examining_contract",
    "sipapp.testing.hooks_contract",
    "sipapp.testing.paging_contract",
    "sipapp.testing.passwords_contract",
    "sipapp.testing.reload_contract",
    "sipapp.testing.renaming_contract",
    "sipapp.testing.secret_contract",
    "sipapp.testing.secret_files_contract",
    "sipapp.testing.storage_contract",
    "sipapp.testing.unreachable_contract",
)


def pytest_configure(config: pytest.Config) -> None:
    """Compile each template once for all applications of a test run."""
    if "CHAMELEON_CACHE" not in os.environ:
        # Read when Chameleon is imported, so not in a fixture.
        folder = os.environ["CHAMELEON_CACHE"] = tempfile.mkdtemp(prefix="sipapp-templates-")
        config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))


@pytest.fixture
def make_app(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., TestApp]]:
    """Make a WebTest application from ini settings; every one is closed after the test.

    ``make_app({"sipapp.storage": ...}, plugins=[...], SIP_ADMIN_PASS="...")``: other
    keywords are the environment, which holds no other ``SIP_ADMIN_*``.  Every answer of the APIs
    is checked against their documents.
    """
    # After assert rewriting is set up.
    from sipapp.app import make_app as make  # noqa: PLC0415
    from sipapp.testing.checked_app import CheckedApp  # noqa: PLC0415

    made: list[TestApp] = []

    def factory(ini: dict[str, str], plugins: tuple[object, ...] = (), **environ: str) -> TestApp:
        for name in ("SIP_ADMIN_USER", "SIP_ADMIN_PASS", "SIP_ADMIN_PASS_FILE"):
            monkeypatch.delenv(name, raising=False)
        for name, value in environ.items():
            monkeypatch.setenv(name, value)
        app = CheckedApp(make(ini, plugins))
        made.append(app)
        return app

    yield factory
    for app in made:
        app.app.registry.close()
