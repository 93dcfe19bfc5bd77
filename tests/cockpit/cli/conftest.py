"""A command line that runs in this process, in a home of its own, beside an engine that answers as told."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli_doubles import FakeEngine, Outcome, Run
from websockets.sync.server import unix_serve

from cockpit.cli import main
from core.home import lock_home, make_home, socket_path


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home named by the environment; not made yet."""
    path = tmp_path / "home"
    monkeypatch.setenv("COCKPIT_HOME", str(path))
    monkeypatch.delenv("COCKPIT_DEBUG", raising=False)
    return path


@pytest.fixture
def run(home: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs one command line."""

    def go(*words: str) -> Outcome:
        capsys.readouterr()
        try:
            code = main(words)
        except SystemExit as ended:
            code = int(ended.code or 0)
        said = capsys.readouterr()
        return Outcome(code, said.out, said.err)

    return go


@pytest.fixture
def engine(home: Path) -> Iterator[FakeEngine]:
    """A paper engine of the home, which answers `status`."""
    make_home(home)
    fake = FakeEngine(home, {"status": {"state": "running", "mode": "paper", "pid": 4711, "strategies": [], "equity": 10_000.0}})
    lock = lock_home(home)
    with unix_serve(fake.handle, str(socket_path(home))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        fake.on_stop = lock.close
        yield fake
        server.shutdown()
        thread.join()
    socket_path(home).unlink(missing_ok=True)
    lock.close()
