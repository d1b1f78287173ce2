"""sipapp: a SIP softphone in the browser and a web manager of FreeSWITCH extensions."""

import atexit
from typing import Any

from pyramid.router import Router

from sipapp.app import make_app
from sipapp.model.errors import SettingsError
from sipapp.web.shutdown import end_on_sigterm


def main(global_config: dict[str, Any], **ini: str) -> Router:
    """Make the WSGI application that ``pserve`` serves (``use = egg:sipapp``).

    Raises ``SettingsError`` when ini, environment or plugins do not fit together; under
    pserve it ends the process with that one line instead of a traceback.
    """
    by_pserve = global_config.get("__script__") == "pserve"
    try:
        app = make_app(ini)
    except SettingsError as error:
        if by_pserve:
            raise SystemExit(f"sipapp: {error}") from error
        raise
    atexit.register(app.registry.close)
    if by_pserve:
        end_on_sigterm(app.registry.active_requests)
    return app
