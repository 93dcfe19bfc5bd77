"""Ctrl-c and SIGTERM in a long command: one line that says what is kept, exit 130 or 143, and nothing half done is left."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NoReturn

import pytest
from cli_doubles import FakeEngine, Run, record

from core.home import data_folder, lock_home

SAMPLE = str(data_folder() / "samples" / "BTCUSDT-1m.csv")


@pytest.fixture
def recorded(home: Path) -> Path:
    """A home with a tape."""
    return record(home, 9000)


def ctrl_c(*_args: Any, **_more: Any) -> NoReturn:
    raise KeyboardInterrupt


def term(*_args: Any, **_more: Any) -> NoReturn:
    signal.raise_signal(signal.SIGTERM)
    raise AssertionError("SIGTERM was not heard")


async def term_while_waiting(*_args: Any, **_more: Any) -> NoReturn:
    signal.raise_signal(signal.SIGTERM)
    await asyncio.sleep(60)
    raise AssertionError("SIGTERM was not heard")


@pytest.mark.parametrize(("end", "code"), [(ctrl_c, 130), (term, 143)])
@pytest.mark.parametrize(
    ("words", "work", "said"),
    [
        (("db", "verify"), "core.store.verify.verify", "nothing is proved, and nothing was changed"),
        (("db", "quality", "BTCUSDT"), "core.analytics.quality.survey_tape", "nothing was changed"),
        (("backtest", SAMPLE, "--strategy", "rsi"), "core.research.backtest.run_backtest", "nothing of this run is kept"),
        (("portfolio", "--leg", f"rsi {SAMPLE}"), "core.research.portfolio.run.run_portfolio", "nothing of this run is kept"),
        (("db", "backup"), "core.store.backup.backup", "nothing was copied, and the home is as it was"),
        (("db", "export", "--symbol", "BTCUSDT", "-o", "-"), "core.transfer.export.pour", "what was written is not all of it"),
    ],
)
def test_what_is_stopped_says_what_is_kept(
    run: Run,
    recorded: Path,
    monkeypatch: pytest.MonkeyPatch,
    words: tuple[str, ...],
    work: str,
    said: str,
    end: Callable[..., NoReturn],
    code: int,
) -> None:
    monkeypatch.setattr(work, end)
    before = signal.getsignal(signal.SIGTERM)
    outcome = run(*words)
    assert (outcome.code, outcome.out) == (code, "")
    assert outcome.err.startswith("stopped: ")
    assert outcome.err.endswith(f"{said}\n")
    assert outcome.err.count("\n") == 1
    assert signal.getsignal(signal.SIGTERM) == before


@pytest.mark.parametrize(
    ("words", "work", "said"),
    [
        (("seal", "--all"), "core.store.sealing.seal", "what is sealed is sealed"),
        (("cleanup", "--keep-days", "1", "--yes"), "core.store.retention.trim", "what is deleted is deleted"),
    ],
)
def test_what_writes_lets_go_of_the_home_and_the_tape(
    run: Run, recorded: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], work: str, said: str
) -> None:
    monkeypatch.setattr(work, term_while_waiting)
    outcome = run("db", *words)
    assert (outcome.code, outcome.out) == (143, "")
    assert outcome.err.startswith(f"stopped: {said}")
    lock_home(recorded).close()
    assert not (recorded / "tape.db-wal").exists()
    assert run("db", "verify").code == 0


def test_sealing_in_an_engine_goes_on_without_who_asked(
    run: Run, engine: FakeEngine, recorded: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine.answers["upkeep"] = {"busy": True, "sealed": 8192, "chunks": 1, "chunk_bytes": 40_960, "trouble": ""}
    # its own clock alone: other threads of the test sleep as well
    monkeypatch.setattr("cockpit.cli.db_care.time", SimpleNamespace(sleep=ctrl_c, monotonic=time.monotonic))
    outcome = run("db", "seal")
    assert (outcome.code, outcome.err) == (130, "stopped: the engine goes on sealing\n")
