"""Studies on a small generated market: its files, strategies that misbehave, and a study made of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from core.commands import Terms
from core.research.search.crew import Crew
from core.research.search.progress import Tried
from core.research.search.ranges import parse_range
from core.research.search.rows import keep_rows
from core.research.search.space import Condition
from core.research.search.study import Ask, Study
from core.research.search.trial import Result
from core.research.sources import open_sources
from core.strategy_files import builtin_folder

HEAD = '''"""Bets as it was told to."""
import os
from typing import Annotated
from msgspec import Meta, Struct
class Params(Struct, frozen=True, kw_only=True):
    k: Annotated[int, Meta(ge=0, le=99)] = 1
class Strategy:
    def __init__(self, params):
        self.k, self.n = params.k, 0
    def on_bar(self, bar):
        self.n += 1
'''


class Serial(Executor):
    """Runs a job when it is submitted, in this process."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """The job's future; it is done."""
        future: Future[Any] = Future()
        future.set_result(fn(*args, **kwargs))
        return future


@contextmanager
def here() -> Iterator[Crew]:
    """A crew of this process alone."""
    yield Crew(Serial(), 1)


def bars_file(folder: Path, symbol: str = "BTCUSDT", count: int = 600, seed: int = 5) -> Path:
    """One-minute bars of a random walk."""
    rng = np.random.default_rng(seed)
    closes = np.round(100 + np.cumsum(rng.normal(0, 0.2, count)), 2)
    opens = np.round(closes + rng.normal(0, 0.05, count), 2)
    starts = 1_700_000_040_000 + 60_000 * np.arange(count)
    path = folder / f"{symbol}-1m-2023-11.csv"
    rows = zip(starts.tolist(), opens.tolist(), closes.tolist(), strict=True)
    path.write_text("".join(f"{start},{o},{max(o, c)},{min(o, c)},{c},5.0,{start + 59_999},500,10,2.5,250,0\n" for start, o, c in rows))
    return path


def strategy_folder(folder: Path, **bodies: str) -> Path:
    """A folder with plain Python strategies: what `on_bar` does after counting, by name."""
    place = folder / "strategies"
    place.mkdir(exist_ok=True)
    for name, body in bodies.items():
        (place / f"{name}.py").write_text(HEAD + "".join(f"        {line}\n" for line in body.splitlines()))
    return place


def study(
    folder: Path,
    *ranges: str,
    strategies: tuple[str, ...] = ("sma_crossover",),
    files: tuple[Path, ...] = (),
    where: tuple[str, ...] = (),
    **more: Any,
) -> Study:
    """A study on these files, by default 600 bars of one symbol."""
    rows = folder / "rows"
    rows.mkdir(exist_ok=True)
    series = [keep_rows(open_sources([str(file)]), rows) for file in files or (bars_file(folder),)]
    own = folder / "strategies"
    ask = Ask(
        list(strategies), [builtin_folder(), *([own] if own.exists() else [])], [parse_range(text) for text in ranges],
        [Condition(text) for text in where], more.pop("params", {}), more.pop("terms", Terms()), **{"rank_by": "net_pnl", **more},
    )  # fmt: skip
    return Study(ask, series)


def facts(tried: list[Tried]) -> list[tuple[Any, ...]]:
    """All that a study found, but for how long it took."""
    return [(one.strategy, one.symbol, one.params, _steady(one.result)) for one in tried]


def _steady(result: Result) -> Result:
    figures = {name: value for name, value in result.figures.items() if name != "elapsed_s"}
    return msgspec.structs.replace(result, figures=figures)
