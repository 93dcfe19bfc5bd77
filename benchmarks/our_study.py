"""Our side of `benchmarks/study.py`: the lab's own study, trials in processes, on the same bars as the peers.

    python -m benchmarks.our_study bars|sweep|walk|rolling COUNT EVERY FOLDS PROCESSES

`walk` trades every fold anew, as it is asked of all; `rolling` is `--validate rolling` of `cockpit optimize`. Processes are started before
the clock, as every contestant's is, and the journal of each study is a new one.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.live_engine import cpu_s
from benchmarks.ours import CROSSING, MINUTE_MS, TERMS, as_bars
from benchmarks.peers.market import GRID, bars, summary
from benchmarks.peers.questions import answer, pairs
from benchmarks.peers.turns import serve
from core.research.search.crew import Crew, local_crew
from core.research.search.findings import Division, findings
from core.research.search.ranges import parse_range
from core.research.search.rows import period_edges
from core.research.search.runner import Runner
from core.research.search.study import Ask, Study
from core.research.search.trial import Series, Trial

#: Shares of the pairs that some peer gets: its result is compared with ours of the same ones.
SHARES = (1, 5, 25, 125, 250)


class Lab:
    """A study over the bars, and processes that stay for every turn."""

    def __init__(self, count: int, processes: int, folder: Path) -> None:
        self.folder, self.turns = folder, 0
        self.series = series(count, folder)
        fast, slow = (sorted({pair[k] for pair in GRID}) for k in (0, 1))
        ranges = [parse_range(f"fast={','.join(map(str, fast))}"), parse_range(f"slow={','.join(map(str, slow))}")]
        ask = Ask(["sma_crossover"], [CROSSING.parent], ranges, params={"interval": "1m"}, terms=TERMS, rank_by="net_pnl")
        self.study = Study(ask, [self.series])
        self._open = ExitStack()
        self._crew = self._open.enter_context(local_crew(processes, idle=False))

    def close(self) -> None:
        """End its processes."""
        self._open.close()

    def cpu(self) -> float:
        """CPU seconds that this process and its own took so far."""
        return time.process_time() + sum(cpu_s(pid) for pid in list(self._crew._executor._processes))  # type: ignore[attr-defined]

    @contextmanager
    def crew(self) -> Iterator[Crew]:
        """The same one each time."""
        yield self._crew

    def journal(self) -> Path:
        """Where no turn has kept anything yet."""
        self.turns += 1
        return self.folder / f"turn-{self.turns}.trials"

    def trade(self, first: int, last: int, some: Sequence[tuple[int, int]]) -> list[tuple[float, int]]:
        """As `questions.Trade`: cold at its beginning, as it is of all."""
        trials = [self.trial(k, first, last, *pair) for k, pair in enumerate(some)]
        results = Runner(self.study, self.crew).once(trials)
        return [(float(one.figures["net_pnl"]), int(one.figures["fills"])) for one in results]

    def trial(self, number: int, first: int, last: int, fast: int, slow: int) -> Trial:
        """One pair over some of the bars."""
        whole = self.study.trial(number, 0, 0, {"fast": fast, "slow": slow, "interval": "1m"})
        return msgspec.structs.replace(whole, start=first, stop=last, warmup=0)

    def sweep(self) -> dict[str, Any]:
        """The whole grid as a study: journal, ranking's figures and all."""
        tried = Runner(self.study, self.crew).run(self.journal())
        found = {(one.params["fast"], one.params["slow"]): one.result.figures for one in tried}
        each = [float(found[pair]["net_pnl"]) for pair in GRID]
        return summary(sum(each), sum(int(one["fills"]) for one in found.values())) | {"each": each}

    def rolling(self, folds: int) -> dict[str, Any]:
        """A study judged by rolling stretches, its ranking, verdict and all."""
        runner = Runner(self.study, self.crew)
        tried = runner.run(self.journal())
        (one,) = findings(self.study, runner.progress, tried, "net_pnl", division=Division("rolling", folds)).validations
        return summary(one.test_pnl, sum(fold.trades or 0 for fold in one.folds)) | {"each": [fold.test_pnl for fold in one.folds]}


def series(count: int, folder: Path) -> Series:
    """The bars of the contest in a file."""
    rows = as_bars(bars(count))
    path = folder / "rows"
    rows.tofile(path)
    first, last = int(rows["start"][0]), int(rows["start"][-1])
    return Series("bench", str(path), "bench:BTCUSDT", count, True, MINUTE_MS * 1_000_000, first, last, period_edges(first, last))


def main() -> None:
    kind, count, _, folds, processes = sys.argv[1], *map(int, sys.argv[2:6])
    with tempfile.TemporaryDirectory() as name:
        lab = Lab(count, processes if kind != "bars" else 1, Path(name))
        shares: dict[str, list[float]] = {}
        if kind == "walk":
            shares = {str(every): answer(kind, count, every, folds, lab.trade)["each"] for every in SHARES}

        def work(_: Any) -> dict[str, Any]:
            before = lab.cpu()
            if kind == "rolling":
                return lab.rolling(folds) | {"rule": "its own: folds cut out of one pass", "cpu_s": lab.cpu() - before}
            found = lab.sweep() if kind == "sweep" else answer(kind, count, 1, folds, lab.trade)
            by_pair = dict(zip(GRID, found["each"], strict=True)) if kind == "sweep" else {}
            by_every = {str(every): [by_pair[pair] for pair in pairs(every)] for every in SHARES} if by_pair else shares
            return found | {"every": 1, "by_every": by_every or {"1": found["each"]}, "cpu_s": lab.cpu() - before}

        serve(version("cockpit"), work, least_s=1.0)
        lab.close()


if __name__ == "__main__":
    main()
