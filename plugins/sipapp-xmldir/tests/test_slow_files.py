"""Files that are made to take long to read."""

import threading
import time
from pathlib import Path

import pytest

from sipapp_xmldir.emulation.parser import parse
from sipapp_xmldir.storage import XmlDirectory

# Coverage makes it three times as long, and others measure the same.
pytestmark = pytest.mark.usefixtures("unmeasured")

# A read that takes longer than this needs hours for the next size: the time grows with the square.
# Seconds of the processor: what else the machine does meanwhile counts for nothing.
LONG = 20.0
# Seconds of the clock: it may also wait for something that never comes.
FOR_EVER = 200.0
SIZE = 100_000

BEFORE = "<include>\n<user id='1000'><params>\n"
AFTER = "\n</params></user>\n</include>\n"
LAUGHS = "<!DOCTYPE a [<!ENTITY a0 'ha'>{}]>\n".format(
    "".join(f"<!ENTITY a{n} '{f'&a{n - 1};' * 10}'>" for n in range(1, 12))
)
REPEATED = [
    "$${",
    "$${{",
    "{",
    "<!--",
    "<?",
    "<a>",
    "<a/>\n",
    "&amp;",
    "&lt;",
    "x-pre-process",
    "cmd",
]


def read(directory: Path) -> None:
    storage = XmlDirectory(directory=directory, create=False)
    storage.list()
    storage.examine()
    storage.find_fault(thorough=True)
    storage.close()


def reads_in_time(directory: Path) -> bool:
    done: list[None] = []
    thread = threading.Thread(target=lambda: done.append(read(directory)), daemon=True)
    busy, end = time.process_time() + LONG, time.monotonic() + FOR_EVER
    thread.start()
    while thread.is_alive() and time.process_time() < busy and time.monotonic() < end:
        thread.join(0.1)
    return bool(done)


@pytest.mark.parametrize("piece", REPEATED)
@pytest.mark.parametrize("quoted", [False, True], ids=["bare", "in a value"])
def test_the_same_again_and_again(tmp_path: Path, piece: str, quoted: bool):
    text = piece * (SIZE // len(piece))
    inner = f'<param name="password" value="{text}"/>' if quoted else text
    # What the strict reader refuses is read by the emulation.
    (tmp_path / "1000.xml").write_text(f'{BEFORE}<a b="&"/>{inner}{AFTER}')
    assert reads_in_time(tmp_path)


def test_elements_in_elements(tmp_path: Path):
    depth = 20_000
    text = f"{BEFORE}</params>{'<a>' * depth}{'</a>' * depth}<params>{AFTER}"
    (tmp_path / "1000.xml").write_text(text)
    assert reads_in_time(tmp_path)


def test_entities_that_multiply(tmp_path: Path):
    text = f'{LAUGHS}{BEFORE}<param name="password" value="&a11;"/>{AFTER}'
    (tmp_path / "1000.xml").write_text(text)
    assert reads_in_time(tmp_path)
    _, fault = parse(text.encode())
    assert fault is not None
    assert fault.message == "entities that multiply without an end"
