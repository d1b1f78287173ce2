"""What is done with each block of commands of the documents, in their order."""

from tests.documented.machine import Step

RUN = Step("run")
SERVE = Step("serve")
# There is no FreeSWITCH with a WebSocket here, and the doctor says so by its exit status.
DOCTOR = Step("run", status=2)

# By a part of each block.  A text is the reason why a block is not run.
STEPS: dict[str, list[tuple[str, Step | str]]] = {
    "README.md": [
        ("make run", "It is the demo, without FreeSWITCH: the browser tests start all of it."),
        ("make install", "It needs the network; `make test`, which runs this, begins with it."),
        ("useradd", RUN),
        ("admin.password", RUN),
        ("pserve production.ini", SERVE),
        ("sipapp doctor production.ini", DOCTOR),
        ("--require-hashes", "It needs the network; tests/packaging installs the wheels."),
    ],
    "docs/freeswitch.md": [
        ("wss.pem", Step("run", "/root")),
        ("sofia profile internal restart", RUN),
        ("useradd", RUN),
        ("event_socket.password", RUN),
        ("admin.password", RUN),
        ("make install", "It needs the network; `make test`, which runs this, begins with it."),
        ("pserve production.ini", SERVE),
        ("sipapp doctor production.ini", DOCTOR),
    ],
}
