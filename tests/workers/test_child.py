"""Processes of our own: they end when told, when they have to be made to, and with whoever started them; and why they ended is said."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable

import pytest

from core.child import Child, running, why_it_ended
from tests.engine.engine_rig import until

ECHO = """
import sys
from core.parent import join
stream, given = join(sys.argv[1:])
stream.sendall(f"given {len(given)};".encode())
while said := stream.recv(64):
    if said == b"leave":
        sys.exit(3)
    stream.sendall(said)
"""

DEAF = """
import sys, threading
from core.parent import join
stream, _ = join(sys.argv[1:])
stream.sendall(b"deaf")
threading.Event().wait()
"""

LEFT_ALONE = """
import asyncio, sys
from core import child
child.command = lambda module, *words: [sys.executable, "-c", sys.argv[1], *words]

async def main():
    started = child.Child()
    await started.spawn("any")
    print(started.pid, flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


class Heard(Child):
    """Keeps what it hears."""

    def __init__(self) -> None:
        super().__init__()
        self.said = b""

    def data_received(self, data: bytes) -> None:
        self.said += data


def runs(pid: int) -> bool:
    """Whether there is such a process; one whose end nobody has noticed yet is none."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.fixture
def program(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Has the next process run this text."""

    def set_to(text: str) -> None:
        monkeypatch.setattr("core.child.command", lambda _module, *words: [sys.executable, "-c", text, *words])

    return set_to


@pytest.mark.parametrize(
    ("code", "words"), [(0, "exited with 0"), (7, "exited with 7"), (-9, "killed by SIGKILL"), (-40, "killed by signal 40")]
)
def test_an_end_has_words(code: int, words: str) -> None:
    assert why_it_ended(code) == words


async def test_a_child_hears_answers_and_leaves_with_its_last_word(program: Callable[[str], None]) -> None:
    program(ECHO)
    child, end = Heard(), os.open(os.devnull, os.O_RDONLY)
    await child.spawn("any", end)
    os.close(end)
    child.send(b"hello")
    await until(lambda: child.said == b"given 1;hello", "it answers")
    assert os.getpgid(child.pid) == child.pid
    assert os.getsid(child.pid) == os.getsid(0), "our session: between its processes priority counts"
    assert await child.end_with(b"leave") == "exited with 3"
    assert not runs(child.pid)


async def test_a_child_that_does_not_leave_is_made_to(program: Callable[[str], None], monkeypatch: pytest.MonkeyPatch) -> None:
    program(DEAF)
    monkeypatch.setattr("core.child.STOP_TIMEOUT_S", 0.05)
    child = Heard()
    await child.spawn("any")
    await until(lambda: child.said == b"deaf", "it is there")
    assert await child.end_with(b"leave") == "killed by SIGKILL"


async def test_a_child_ends_when_it_is_let_go(program: Callable[[str], None]) -> None:
    program(DEAF)
    child = Heard()
    await child.spawn("any")
    await until(lambda: child.said == b"deaf", "it is there")
    child.release()
    assert child.process is not None
    assert await asyncio.to_thread(child.process.wait, 20) == 1


async def test_a_child_that_cannot_be_started_is_an_error_and_leaves_nothing_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.child.command", lambda _module, *_words: ["/nowhere/at/all"])
    child = Heard()
    with pytest.raises(OSError, match="nowhere"):
        await child.spawn("any")
    assert (child.pid, child.alive, await child.ended()) == (0, False, "it did not start")
    child.release()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
async def test_a_child_ends_with_a_parent_that_is_killed() -> None:
    parent = await asyncio.create_subprocess_exec(sys.executable, "-c", LEFT_ALONE, DEAF, stdout=asyncio.subprocess.PIPE)
    assert parent.stdout is not None
    child = int(await parent.stdout.readline())
    try:
        assert runs(child)
        parent.send_signal(signal.SIGKILL)
        await until(lambda: not runs(child), "it went along", 5.0)
    finally:
        await parent.wait()


async def test_what_is_asked_one_thing_does_not_outlive_the_block(program: Callable[[str], None]) -> None:
    program("import threading; threading.Event().wait()")
    with pytest.raises(TimeoutError):
        async with running("any") as process, asyncio.timeout(0.05):
            await process.communicate(b"")
    assert process.returncode == -signal.SIGKILL


async def test_what_has_answered_is_left_as_it_ended(program: Callable[[str], None]) -> None:
    program("import sys; print(sys.stdin.read()); sys.exit(5)")
    async with running("any") as process:
        said, _ = await process.communicate(b"word")
    assert (said, process.returncode) == (b"word\n", 5)
