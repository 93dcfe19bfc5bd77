"""`cockpit optimize`: one document, a table for people, studies that go on, and one line for whatever cannot be."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from cli_doubles import FakeEngine, Run

from cockpit.cli.study_text import StudyLine
from core.commands import NoteStudy
from core.engine.study_run import study_of
from core.home import data_folder
from core.research.search.job import question_of
from core.research.search.journal import Journal
from core.research.search.progress import Progress
from core.research.search.service import StudyRequest
from core.store.ledger_reader import read_runs
from core.strategy_files import builtin_folder

SAMPLE = str(data_folder() / "samples" / "BTCUSDT-1m.csv")
WORDS = ("optimize", SAMPLE, "--strategy", "sma_crossover", "--range", "fast=2:6:2", "slow=10,20", "--qty", "0.01", "--jobs", "1")


def test_one_document_with_the_best_first(run: Run, home: Path) -> None:
    found = run(*WORDS, "--json").document
    assert (found["trials"], found["resumed"], found["trials_counted"]) == (6, 0, 6)
    assert found["verdict"] in ("overfit", "doubtful", "holds")
    figures = [row[found["rank_by"]] for row in found["ranking"]]
    assert figures == sorted(figures, reverse=True)
    assert found["ranking"][0]["params"]["interval"] == "1m"


def test_the_same_words_again_take_over_what_was_found_and_count_no_trial_twice(run: Run, home: Path) -> None:
    first = run(*WORDS, "--json").document
    again = run(*WORDS, "--json").document
    assert again["resumed"] == 6
    assert again["ranking"] == first["ranking"]
    assert again["trials_counted"] == 6
    assert run(*WORDS, "--again", "--json").document["resumed"] == 0
    other = run(*WORDS, "--fee-bps", "1", "--json").document
    assert (other["resumed"], other["trials_counted"]) == (0, 18)
    assert [row["kind"] for row in read_runs(home / "ledger.db")] == ["optimize"] * 3


def test_people_get_a_table_and_words(run: Run, home: Path) -> None:
    text = run(*WORDS, "--top", "2", "--validate", "split").out
    assert "fast" in text.splitlines()[0]
    assert "… 4 more; --top 6 shows all" in text
    assert "Out of sample (split, binance:BTCUSDT)" in text.replace("\n", " ")


def test_a_running_engine_counts_the_trials(run: Run, engine: FakeEngine) -> None:
    engine.reply = lambda command: {"id": "run-1"}
    assert run(*WORDS, "--json").code == 0
    (command,) = [one for one in engine.commands if isinstance(one, NoteStudy)]
    assert [count.trials for count in command.counts] == [6]


def test_a_study_is_noted_so_that_the_lab_can_ask_for_the_same_again(
    run: Run, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(Path(SAMPLE).parent)
    words = ("--where", "fast<slow", "--validate", "rolling", "--folds", "3", "--embargo", "2", "--symbols", "BTCUSDT")
    found = run("optimize", "BTCUSDT-1m.csv", *WORDS[2:], *words, "--json").document
    (row,) = read_runs(home / "ledger.db")
    noted = study_of(dict(row))
    assert noted is not None
    order = noted.order
    assert (order.sources, order.symbols, order.where) == ([SAMPLE], ["BTCUSDT"], ["fast<slow"])
    assert (order.validate, order.folds, order.embargo, order.monte_carlo) == ("rolling", 3, 2, None)
    folders = [str(builtin_folder()), *(str(folder) for folder in (home / "strategies",) if folder.exists())]
    request = StudyRequest(order=order, folders=folders, home=str(home), place=str(tmp_path), detail="")
    assert question_of(request).study.key == found["study"], "it goes on where the command ended"


def test_the_trials_of_a_study_that_is_stopped_count_and_are_not_counted_again(
    run: Run, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.research.search.runner.JOB_TRIALS", 1)

    def stop(_: StudyLine, progress: Progress) -> None:
        if progress.done >= 2:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(StudyLine, "__call__", stop)
        outcome = run(*WORDS, "--json")
    assert outcome.code == 130
    found = run(*WORDS, "--json").document
    kept = found["resumed"]
    assert 2 <= kept < 6
    assert f"{kept} of 6 trials are kept" in outcome.err
    assert found["trials_counted"] == 6
    counts = [json.loads(row["result"])["counts"][0] for row in read_runs(home / "ledger.db")]
    assert [(count["trials"], count["ever"]) for count in counts] == [(kept, kept), (6 - kept, 6)]


KILLER = '''"""Ends the command that runs it, once."""
import os
from pathlib import Path
from typing import Annotated
from msgspec import Meta, Struct
class Params(Struct, frozen=True, kw_only=True):
    k: Annotated[int, Meta(ge=0, le=99)] = 1
class Strategy:
    def __init__(self, params):
        self.k = params.k
    def on_bar(self, bar):
        mark = Path(__file__).with_suffix(".mark")
        if self.k == 7 and not mark.exists():
            mark.touch()
            os.kill(os.getppid(), 9)
        return float(self.k % 2)
'''


@pytest.mark.slow
def test_the_trials_of_a_study_that_was_killed_count_whether_or_not_anyone_goes_on_with_it(run: Run, home: Path) -> None:
    (home / "strategies").mkdir(parents=True)
    (home / "strategies" / "killer.py").write_text(KILLER)
    words = ("optimize", SAMPLE, "--strategy", "killer", "--range", "k=0:9", "--jobs", "1", "--json")
    environment = os.environ | {"COCKPIT_HOME": str(home)}
    killed = subprocess.run([sys.executable, "-m", "cockpit", *words], env=environment, timeout=120, check=False)
    assert killed.returncode == -9
    assert not (home / "ledger.db").exists(), "nobody lived to write it"
    (path,) = (home / "studies").glob("*.trials")
    journal = Journal(path)
    journal.close()
    kept = len(journal.found)
    assert 0 < kept < 10
    assert run(*WORDS, "--json").document["trials_counted"] == 6 + kept
    found = run(*words).document
    assert (found["resumed"], found["trials"], found["trials_counted"]) == (kept, 10, 16)
    assert run(*words, "--again").document["trials_counted"] == 26
    path.unlink()
    assert run(*WORDS, "--json").document["trials_counted"] == 26, "the ledger has those made before the kill too"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--range", "fast"), "--range fast: write NAME=FROM:TO:STEP"),
        (("--range", "speed=1:2"), "no parameter 'speed'"),
        (("--method", "luck"), "no method 'luck'; there are: grid, random, bayes"),
        (("--rank-by", "fame"), "--rank-by fame: there are: sharpe"),
        (("--validate", "walk"), "--validate walk: there are: split, rolling"),
        (("--where", "fast <"), "--where fast <: write two parameters"),
        (("--trials", "0"), "a whole number from 1 on"),
        (("--scheduler", "tcp://127.0.0.1:1"), "no Dask scheduler answers at tcp://127.0.0.1:1"),
    ],
)
def test_what_cannot_be_is_one_line_and_exit_code_2_or_1(run: Run, home: Path, words: tuple[str, ...], said: str) -> None:
    if words[0] == "--scheduler":
        pytest.importorskip("distributed")
    outcome = run("optimize", SAMPLE, "--strategy", "sma_crossover", *words)
    assert outcome.code == (1 if words[0] == "--scheduler" else 2)
    assert said in outcome.err
    assert len(outcome.err.strip().splitlines()) == 1
