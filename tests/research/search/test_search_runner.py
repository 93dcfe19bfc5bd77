"""Running a study: the figures of a backtest, the same bits whoever runs it, and what becomes of trials that fail."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from study_rig import Serial, bars_file, facts, here, strategy_folder, study

from core.commands import Terms
from core.errors import UsageError
from core.research.backtest import run_backtest
from core.research.order import Order
from core.research.search.crew import Crew, local_crew
from core.research.search.progress import Progress, Tried
from core.research.search.runner import Runner
from core.research.search.trial import Result, decode_job
from core.strategy_files import builtin_folder

RANGES = ("fast=2:12:2", "slow=8:40:8")


@pytest.mark.slow
def test_a_trial_has_the_figures_of_a_backtest_with_the_same_words(tmp_path: Path) -> None:
    terms = Terms(qty=2.0, side="long_short", fee_bps=3, slippage_bps=1, stop_loss_pct=0.5)
    tried = Runner(study(tmp_path, *RANGES, terms=terms), here).run(tmp_path / "trials")
    assert len(tried) == 27
    for trial in tried[::5]:
        result = run_backtest(
            Order([str(tmp_path / "BTCUSDT-1m-2023-11.csv")], "sma_crossover", [builtin_folder()], params=trial.params, terms=terms)
        )
        same = {name: value for name, value in result.figures.items() if name in trial.result.figures}
        assert {**trial.result.figures, "elapsed_s": 0} == {**same, "elapsed_s": 0}
        assert result.figures["trades"] > 0
        assert trial.result.periods.sum() == pytest.approx(result.figures["net_pnl"], abs=1e-9)


def test_ticks_and_bars_and_plain_python_go_into_one_study(tmp_path: Path) -> None:
    strategy_folder(tmp_path, plain="return float(self.n // (self.k + 3) % 2)")
    asked = study(tmp_path, "k=0:3", "interval=tick,5m", "fast=2,3", strategies=("sma_crossover", "plain"))
    tried = Runner(asked, here).run(tmp_path / "trials")
    assert [trial.strategy for trial in tried] == ["sma_crossover"] * 4 + ["plain"] * 4
    again = Runner(asked, lambda: local_crew(2, idle=False)).run(tmp_path / "others")
    assert facts(tried) == facts(again)
    assert all(trial.result.figures["fills"] for trial in tried[4:])


def test_one_process_or_two_give_the_same_bits_on_several_symbols(tmp_path: Path) -> None:
    files = (bars_file(tmp_path), bars_file(tmp_path, "ETHUSDT", seed=9))
    asked = study(tmp_path, *RANGES, files=files, method="random", most=20, seed=4)
    alone = Runner(asked, here).run(tmp_path / "one")
    both = Runner(asked, lambda: local_crew(2, idle=False)).run(tmp_path / "two")
    assert facts(alone) == facts(both)
    assert {trial.symbol for trial in alone} == {"binance:BTCUSDT", "binance:ETHUSDT"}
    assert len(alone) == 40


def test_threads_of_one_process_give_the_same_bits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.research.search.runner.JOB_TRIALS", 2)
    asked = study(tmp_path, "fast=2:30", "slow=31:60", files=(bars_file(tmp_path, count=6000),), method="random", most=300)
    alone = Runner(asked, here).run(tmp_path / "one")

    @contextmanager
    def threads() -> Any:
        with ThreadPoolExecutor(8) as pool:
            yield Crew(pool, 8)

    assert facts(Runner(asked, threads).run(tmp_path / "threads")) == facts(alone)


def test_a_study_goes_on_where_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.research.search.runner.JOB_TRIALS", 4)
    asked = study(tmp_path, *RANGES)
    whole = Runner(asked, here).run(tmp_path / "whole")

    class Enough(Exception):
        """Raised half-way."""

    def stop(progress: Progress) -> None:
        if progress.done >= 10:
            raise Enough

    with pytest.raises(Enough):
        Runner(asked, here, stop).run(tmp_path / "cut")
    runner = Runner(study(tmp_path, *RANGES), here)
    assert facts(runner.run(tmp_path / "cut")) == facts(whole)
    assert 10 <= runner.progress.kept < 27 == runner.progress.done == runner.progress.total


def test_a_study_killed_half_way_ends_with_the_same_table(tmp_path: Path) -> None:
    bars_file(tmp_path)
    program = (
        "import sys; sys.path.insert(0, sys.argv[2])\n"
        "from pathlib import Path\nfrom study_rig import study\nfrom core.research.search.crew import local_crew\n"
        "from core.research.search import runner\nfrom core.research.search.runner import Runner\n"
        "import os, signal\nrunner.JOB_TRIALS = 4\n"
        "def told(progress):\n    if progress.done >= 12: os.kill(os.getpid(), signal.SIGKILL)\n"
        "if __name__ == '__main__':\n"
        "    folder = Path(sys.argv[1])\n"
        f"    Runner(study(folder, *{RANGES!r}, files=(folder / 'BTCUSDT-1m-2023-11.csv',)), lambda: local_crew(2, idle=False), told)"
        ".run(folder / 'trials')\n"
    )
    script = tmp_path / "killed.py"
    script.write_text(program)
    root = str(Path(__file__).resolve().parents[3])
    done = subprocess.run(
        [sys.executable, str(script), str(tmp_path), str(Path(__file__).parent)],
        env={**os.environ, "PYTHONPATH": root},
        timeout=100,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL
    asked = study(tmp_path, *RANGES, files=(tmp_path / "BTCUSDT-1m-2023-11.csv",))
    runner = Runner(asked, here)
    resumed = runner.run(tmp_path / "trials")
    assert 12 <= runner.progress.kept < 27
    assert facts(resumed) == facts(Runner(asked, here).run(tmp_path / "fresh"))


def test_another_question_has_another_key_and_the_same_one_the_same(tmp_path: Path) -> None:
    keys = {
        study(tmp_path, *RANGES).key,
        study(tmp_path, *RANGES, seed=1).key,
        study(tmp_path, *RANGES, terms=Terms(fee_bps=5)).key,
        study(tmp_path, "fast=2:12:2", "slow=8:48:8").key,
        study(tmp_path, *RANGES, where=("slow > 8",)).key,
        study(tmp_path, *RANGES, files=(bars_file(tmp_path, seed=6),)).key,
    }
    assert len(keys) == 6
    assert study(tmp_path, *RANGES, files=(bars_file(tmp_path, seed=5),)).key in keys


def test_an_edited_strategy_is_another_question(tmp_path: Path) -> None:
    strategy_folder(tmp_path, plain="return float(self.n % 2)")
    before = study(tmp_path, "k=1:2", strategies=("plain",)).key
    strategy_folder(tmp_path, plain="return float(self.n // 2 % 2)")
    assert study(tmp_path, "k=1:2", strategies=("plain",)).key != before


def test_a_trial_that_raises_fails_alone(tmp_path: Path) -> None:
    strategy_folder(tmp_path, odd="if self.k == 2 and self.n == 50: raise ValueError('no idea')\nreturn float(self.n // 5 % 2)")
    runner = Runner(study(tmp_path, "k=0:4", strategies=("odd",)), here)
    tried = runner.run(tmp_path / "trials")
    assert [bool(trial.result.error) for trial in tried] == [False, False, True, False, False]
    assert "no idea" in tried[2].result.error
    assert runner.progress.failed == 1


@pytest.mark.parametrize("processes", [1, 2])
def test_a_trial_that_ends_its_process_is_found_out_and_the_others_are_run_again(tmp_path: Path, processes: int) -> None:
    strategy_folder(tmp_path, killer="if self.k == 3 and self.n == 50: os._exit(7)\nreturn float(self.n // 5 % 2)")
    runner = Runner(study(tmp_path, "k=0:9", strategies=("killer",)), lambda: local_crew(processes, idle=False))
    tried = runner.run(tmp_path / "trials")
    assert [trial.params["k"] for trial in tried if trial.result.error] == [3]
    assert "crashed" in tried[3].result.error
    assert all(trial.result.figures["fills"] for trial in tried if not trial.result.error)


def test_jobs_get_smaller_towards_the_end_of_a_round(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.research.search.runner.JOB_S", 1e6)
    asked = study(tmp_path, *RANGES)
    sizes: list[int] = []

    class Watched(Crew):
        def submit(self, job: bytes) -> Future[bytes]:
            sizes.append(len(decode_job(job).trials))
            return super().submit(job)

    tried = Runner(asked, lambda: nullcontext(Watched(Serial(), 2))).run(tmp_path / "trials")
    assert sum(sizes) == len(tried) == 27
    assert sizes[:4] == [1] * 4, "nobody knows yet how long a trial takes"
    assert sizes[4:] == sorted(sizes[4:], reverse=True)
    assert sizes[4] == 6
    assert sizes[-1] == 1


@pytest.mark.parametrize("processes", [1, 2])
def test_no_process_of_a_crew_is_left_behind(tmp_path: Path, processes: int) -> None:
    pids: list[int] = []

    @contextmanager
    def watched() -> Any:
        with local_crew(processes, idle=False) as crew:
            yield crew
            pids.extend(process.pid for process in crew._executor._processes.values())  # type: ignore[attr-defined]

    Runner(study(tmp_path, "fast=2:5"), watched).run(tmp_path / "trials")
    assert len(pids) == processes
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_the_best_so_far_goes_by_net_profit_until_a_trial_has_a_sharpe(tmp_path: Path) -> None:
    seen: list[tuple[str, float]] = []

    def told(progress: Progress) -> None:
        if progress.best is not None:
            seen.append((progress.ranked_by, progress.best))

    tried = Runner(study(tmp_path, *RANGES, rank_by="sharpe"), here, told).run(tmp_path / "trials")
    assert all(trial.result.figures["sharpe"] is None for trial in tried), "less than two days"
    assert seen[-1] == ("net_pnl", max(trial.result.figures["net_pnl"] for trial in tried))
    progress = Progress(3)
    for net_pnl, sharpe in ((5.0, None), (-1.0, -0.5), (9.0, None), (-2.0, -0.1)):
        result = Result(0, {"net_pnl": net_pnl, "sharpe": sharpe})
        progress.weigh(Tried("s", "x", {"k": net_pnl}, result), "sharpe")
        assert progress.ranked_by == ("sharpe" if progress.best_by and progress.best_by.result.figures["sharpe"] else "net_pnl")
    assert (progress.ranked_by, progress.best) == ("sharpe", -0.1)


def test_what_nobody_can_try_is_refused_before_anything_runs(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"allows none of the 4 combinations: .*must be less than slow"):
        study(tmp_path, "fast=50:80:10", params={"slow": 20})
    with pytest.raises(UsageError, match="no parameter 'speed'"):
        study(tmp_path, "speed=1:2")
    with pytest.raises(UsageError, match=r"no strategy 'smaa'; there are: .*sma_crossover"):
        study(tmp_path, "fast=1:2", strategies=("smaa",))


def test_changes_of_equity_are_told_a_day_where_there_are_days_enough(tmp_path: Path) -> None:
    asked = study(tmp_path, "fast=5,7", files=(bars_file(tmp_path, count=40 * 1440),))
    tried = Runner(asked, here).run(tmp_path / "trials")
    result = run_backtest(Order([str(tmp_path / "BTCUSDT-1m-2023-11.csv")], "sma_crossover", [builtin_folder()], params=tried[0].params))
    equity = np.array([value for _, value in result.equity])
    assert np.array_equal(tried[0].result.periods, np.diff(equity, prepend=10_000.0))
