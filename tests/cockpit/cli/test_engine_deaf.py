"""An engine that runs and does not answer: each command says so soon and truly, and a stop still ends it."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cli_doubles import FakeEngine, Run

from core.home import make_home, running, socket_path

DEAF = """
import signal, sys, time
from pathlib import Path
from core.home import lock_home
if sys.argv[2] == "stubborn":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
with lock_home(Path(sys.argv[1])):
    print("up", flush=True)
    time.sleep(120)
"""

Deaf = Callable[..., int]


@pytest.fixture
def deaf(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Deaf]:
    """Starts a process that holds the home: without a socket, or (`mute`) with one where nobody accepts; gives its pid."""
    monkeypatch.setattr("cockpit.cli.running.ANSWER_S", 0.3)
    monkeypatch.setattr("cockpit.cli.running.SILENT_S", 0.05)
    make_home(home)
    with contextlib.ExitStack() as opened:

        def go(*, stubborn: bool = False, mute: bool = False) -> int:
            if mute:
                listening = opened.enter_context(socket.socket(socket.AF_UNIX))
                listening.bind(str(socket_path(home)))
                listening.listen()
            words = [sys.executable, "-c", DEAF, str(home), "stubborn" if stubborn else "meek"]
            process = opened.enter_context(subprocess.Popen(words, stdout=subprocess.PIPE, text=True))
            opened.callback(process.kill)
            assert process.stdout is not None
            assert process.stdout.readline() == "up\n"
            return process.pid

        yield go


@pytest.mark.parametrize("mute", [False, True])
def test_a_deaf_engine_is_ended_by_a_signal_and_the_wait_is_told(run: Run, home: Path, deaf: Deaf, mute: bool) -> None:
    pid = deaf(mute=mute)
    outcome = run("stop", "--json")
    assert (outcome.code, outcome.document) == (0, {"state": "stopped", "pid": pid})
    assert f"waiting for the engine (pid {pid}) …\n" in outcome.err
    assert f"the engine (pid {pid}) does not answer: ending it with SIGTERM" in outcome.err
    assert running(home) is None


def test_a_deaf_engine_cannot_flatten_and_is_left_running(run: Run, home: Path, deaf: Deaf) -> None:
    pid = deaf()
    outcome = run("stop", "--flatten")
    assert outcome.code == 1
    assert f"the engine (pid {pid}) does not answer, so it cannot be asked to flatten" in outcome.err
    assert running(home) == pid


def test_one_that_ignores_the_signal_is_said_to_run_still_and_force_ends_it(
    run: Run, home: Path, deaf: Deaf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cockpit.cli.running.STOP_PATIENCE", 0.2)
    waited = "cockpit.cli.running.wait_gone"
    pid = deaf(stubborn=True)
    outcome = run("stop")
    assert outcome.code == 1
    assert outcome.err.splitlines()[-1].endswith(f"(pid {pid}) does not answer and did not end within 0.2 s of SIGTERM; --force ends it")
    assert "no engine runs" not in outcome.err
    sent: list[int] = []
    kill = os.kill
    monkeypatch.setattr(os, "kill", lambda pid, signum: (sent.append(signum), kill(pid, signum)))
    from cockpit.cli.running import wait_gone

    monkeypatch.setattr(waited, lambda home, patience: wait_gone(home, patience if sent[-1] == signal.SIGKILL else 0.1))
    assert run("stop", "--force").code == 0
    assert sent == [signal.SIGTERM, signal.SIGKILL]


@pytest.mark.parametrize("mute", [False, True])
def test_the_status_of_a_deaf_engine_says_so_soon(run: Run, deaf: Deaf, mute: bool) -> None:
    pid = deaf(mute=mute)
    outcome = run("status", "--json")
    assert (outcome.code, outcome.document) == (1, {"state": "not answering", "pid": pid})
    assert f"the engine (pid {pid}) runs but does not answer" in outcome.err


def test_a_start_beside_a_deaf_engine_is_no_success(run: Run, deaf: Deaf) -> None:
    pid = deaf()
    outcome = run("start")
    assert outcome.code == 1
    assert f"the engine (pid {pid}) runs but does not answer" in outcome.err


def test_other_commands_do_not_say_that_no_engine_runs(run: Run, deaf: Deaf) -> None:
    pid = deaf()
    outcome = run("digest")
    assert f"the engine (pid {pid}) runs but cannot be reached" in outcome.err


def test_a_refused_stop_ends_nothing(run: Run, home: Path, engine: FakeEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    from core.errors import UsageError

    def refuse(command: object) -> None:
        raise UsageError("cannot flatten now")

    waits = iter([False])
    monkeypatch.setattr("cockpit.cli.running.wait_gone", lambda home, patience: next(waits))
    engine.reply = refuse
    outcome = run("stop", "--flatten")
    assert outcome.code == 1
    assert "did not stop: cannot flatten now; --force ends it" in outcome.err
    assert running(home) == os.getpid()
