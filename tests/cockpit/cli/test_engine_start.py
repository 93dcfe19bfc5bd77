"""An engine started from the command line: a process that outlives it, or one line that says why there is none."""

from __future__ import annotations

import contextlib
import io
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli_doubles import FakeEngine, Run

from cockpit.cli import engine as launching
from cockpit.cli import screen
from cockpit.cli.engine import Launch, Starting, start_engine
from core.commands import Command, Stop, Watch
from core.errors import CockpitError, UsageError
from core.home import make_home, running, stamp

ALIVE = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from cli_doubles import FakeEngine
from websockets.sync.server import unix_serve
from core.home import lock_home, socket_path
home = Path(sys.argv[1])
with lock_home(home), unix_serve(FakeEngine(home, {"status": {"state": "running"}}).handle, str(socket_path(home))) as server:
    server.serve_forever()
"""


def dies(text: str, code: int) -> list[str]:
    return [sys.executable, "-c", f"import sys; sys.stderr.write({text!r}); sys.exit({code})"]


@pytest.fixture
def alive(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Launches start a process that answers; it is ended afterwards."""
    monkeypatch.setattr(Launch, "argv", lambda self, home: [sys.executable, "-c", ALIVE, str(home), str(Path(__file__).parent)])
    yield
    pid = running(home)
    if pid is not None:
        os.kill(pid, signal.SIGKILL)
    while launching._left_running:
        launching._left_running.pop().wait()


def test_an_engine_is_up_once_it_answers_and_lives_in_a_session_of_its_own(run: Run, home: Path, alive: None) -> None:
    outcome = run("start", "--json")
    assert outcome.code == 0
    pid = outcome.document["pid"]
    assert running(home) == pid
    assert os.getsid(pid) == pid != os.getsid(0)
    assert run("start", "--json").document["already"] is True


@pytest.mark.parametrize(("code", "kind"), [(2, UsageError), (1, CockpitError), (-9, CockpitError)])
def test_an_engine_that_dies_leaves_its_last_line(home: Path, monkeypatch: pytest.MonkeyPatch, code: int, kind: type[CockpitError]) -> None:
    monkeypatch.setattr(Launch, "argv", lambda self, home: dies("noise\ncockpit: no \x1b[31mgood\n", code))
    with pytest.raises(kind, match=r"^the engine did not start: no good$"):
        start_engine(home)


def test_an_engine_that_dies_without_a_word_says_its_code(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Launch, "argv", lambda self, home: dies("", 7))
    with pytest.raises(CockpitError, match="it ended with code 7 and said nothing"):
        start_engine(home)


def test_an_engine_that_never_answers_is_given_up(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Launch, "argv", lambda self, home: [sys.executable, "-c", "import sys, time; time.sleep(60)"])
    starting = Starting(home, Launch())
    with pytest.raises(CockpitError, match="does not answer after 0"):
        starting.wait(patience=0.1)
    starting.process.kill()
    starting.process.wait()


def test_the_launch_is_spelt_out_and_no_folder_of_the_caller_is_on_the_path(tmp_path: Path) -> None:
    words = Launch("demo", "binance", ["A", "B"], ["x.gz", "/y"], "2.5", strategies=False).argv(tmp_path)
    assert words[1:4] == ["-P", "-m", "core.engine"]
    assert words[4:] == [
        *("--home", str(tmp_path), "--mode", "demo", "--venue", "binance", "--symbols", "A,B"),
        *("--recording", os.path.abspath("x.gz"), "--recording", "/y", "--speed", "2.5", "--no-strategies"),
    ]


@pytest.fixture
def replaced(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """What this process would have become."""
    found: list[list[str]] = []
    monkeypatch.setattr(os, "execv", lambda path, words: found.append([path, *words]))
    return found


def test_recording_becomes_the_engine(run: Run, home: Path, replaced: list[list[str]]) -> None:
    run("--record", "--symbols", "A", "--duration", "1.5m", "--json")
    (words,) = replaced
    assert words[0] == words[1] == sys.executable
    assert words[-4:] == ["--record", "--duration", "90", "--json"]
    assert words[words.index("--symbols") + 1] == "A"


def test_recording_where_an_engine_runs_names_its_pid(run: Run, engine: FakeEngine, replaced: list[list[str]]) -> None:
    outcome = run("--record")
    assert (outcome.code, replaced) == (1, [])
    assert f"pid {os.getpid()}" in outcome.err


def test_a_demo_does_not_run_in_a_paper_home(run: Run, home: Path) -> None:
    stamp(make_home(home), "paper", ["binance"])
    outcome = run("start", "--demo")
    assert outcome.code == 2
    assert "is a paper home and cannot run as demo" in outcome.err


class Attached:
    """Looks up what `cockpit` does before the screen opens."""

    def __init__(self, words: list[str]) -> None:
        from cockpit.cli.parser import parse

        self.call = parse(words)

    def __call__(self) -> Starting | None:
        return screen._attach(self.call, screen._launch(self.call))


def test_opening_attaches_to_the_engine_that_runs_and_adds_the_symbols(engine: FakeEngine) -> None:
    assert Attached([])() is None
    assert Attached(["--symbols", "XRPUSDT"])() is None
    assert engine.commands == [Watch(symbols=["XRPUSDT"])]


class Terminal(io.StringIO):
    """Where somebody types."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def demo(engine: FakeEngine, home: Path) -> FakeEngine:
    """A demo that runs, with something on its tape, and ends when it is told to."""
    stamp(home, "demo", ["binance"])
    (home / "tape.db").touch()

    def end(command: Command) -> None:
        assert command == Stop()
        engine.on_stop()

    engine.reply = end
    return engine


def fresh() -> None:
    screen.start_afresh(Attached(["--demo", "--fresh"]).call)


def test_a_demo_that_runs_is_ended_for_a_fresh_one_with_a_line_that_says_so(
    demo: FakeEngine, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fresh()
    assert demo.commands == [Stop()]
    assert capsys.readouterr().err == f"ending the demo that runs (pid {os.getpid()}), and forgetting all it recorded and traded\n"
    assert not (home / "tape.db").exists()
    fresh()  # none runs any more
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("typed", ["", "\n", "n\n", "why?\n"])
def test_on_a_terminal_a_demo_that_runs_is_ended_only_by_a_yes(
    demo: FakeEngine, home: Path, typed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = Terminal()
    monkeypatch.setattr(sys, "stderr", asked)
    monkeypatch.setattr(sys, "stdin", Terminal(typed))
    with pytest.raises(CockpitError, match="goes on: `cockpit --demo` without --fresh opens it"):
        fresh()
    assert "(y/N)" in asked.getvalue()
    assert demo.commands == []
    assert (home / "tape.db").exists()
    monkeypatch.setattr(sys, "stdin", Terminal("y\n"))
    fresh()
    assert demo.commands == [Stop()]
    assert not (home / "tape.db").exists()


def test_recording_a_demo_afresh_forgets_the_last_one_too(run: Run, demo: FakeEngine, home: Path, replaced: list[list[str]]) -> None:
    run("--demo", "--record", "--fresh", "--home", str(home))
    assert len(replaced) == 1
    assert not (home / "tape.db").exists()


def test_a_demo_is_attached_to_again_with_the_same_words_and_not_with_others(home: Path, alive: None, tmp_path: Path) -> None:
    (tmp_path / "a.gz").touch()
    (tmp_path / "b.gz").touch()
    starting = Attached(["--demo", "--recording", str(tmp_path / "a.gz")])()
    assert starting is not None
    starting.wait()
    with contextlib.chdir(tmp_path):
        assert Attached(["--demo", "--recording", "a.gz"])() is None
    assert Attached(["--demo"])() is None
    with pytest.raises(UsageError, match="add --fresh"):
        Attached(["--demo", "--recording", str(tmp_path / "b.gz")])()
