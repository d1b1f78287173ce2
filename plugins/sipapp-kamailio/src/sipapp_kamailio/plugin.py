"""What this plugin offers to sipapp."""

from collections.abc import Iterable

from sipapp.api import (
    Backend,
    Option,
    ReloadStrategy,
    boolean,
    hookimpl,
    host,
    path,
    port,
    seconds,
)
from sipapp_kamailio.strategy import KamailioReload


def hosts(text: str) -> tuple[str, ...]:
    """Parse names or addresses of hosts, separated by spaces."""
    return tuple(map(host, text.split()))


@hookimpl
def sipapp_reload_strategies() -> Iterable[Backend[ReloadStrategy]]:
    return [
        Backend(
            "kamailio",
            KamailioReload,
            "keeps Kamailio's subscriber table in step, and runs Kamailio itself for a demo",
            (
                Option(
                    "directory",
                    "where its table, its log and an unpacked Kamailio are kept",
                    path,
                ),
                Option(
                    "spawn",
                    "run Kamailio as a child of the server; if not, only the table is kept",
                    boolean,
                    False,
                ),
                Option("port", "port of its WebSocket on 127.0.0.1", port, 7080),
                Option(
                    "hosts",
                    "hosts whose pages may open its WebSocket, separated by spaces, beside "
                    "localhost and addresses of the loopback",
                    hosts,
                    (),
                ),
                Option(
                    "command",
                    "the kamailio program; when not given, the one unpacked in the directory, "
                    "else the machine's",
                    path,
                    None,
                ),
                Option("timeout", "seconds that a change may take", seconds, 5.0),
            ),
        )
    ]
