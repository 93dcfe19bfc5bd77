"""The rig the tests of the loop share: prints and bars from plain numbers, a strategy that is told its targets, what came of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeAlias
from unittest import mock

import msgspec
import numpy as np
from numpy.typing import NDArray

from core.commands import Terms
from core.compile import instance, module
from core.compile.blueprint import Blueprint, blueprint
from core.compile.extras import features_of
from core.compile.instance import Instance
from core.compile.module import Variant
from core.kernels.records import BLOCKED, CANCELLED, FILL, MARK, PLACED, REPORT
from core.strategy import Definition
from core.strategy_files import load
from core.types import BAR, MINUTE, TICK, Records

STRATEGIES = Path(__file__).parent / "strategies_for_tests"
T0 = 1_700_000_000_000_000_000
MS = 1_000_000
NO = np.nan  # no opinion

Numbers: TypeAlias = Sequence[float] | NDArray[Any]
Row: TypeAlias = tuple[float, float, float, float]

FULL = Variant()
BARS = Variant(bars=True)
LEAN = Variant(mapped=False, stops=False, limited=False)
EXTERNAL = Variant(external=True)


def terms(**given: Any) -> Terms:
    """Long and short, one unit, no costs, unless given."""
    values: dict[str, Any] = {"side": "long_short", "fee_bps": 0.0, "capital": 1000.0}
    return Terms(**(values | given))


def prints(
    prices: Numbers,
    *,
    at: Numbers | None = None,
    qty: float | Numbers = 1000.0,
    bid: float | Numbers = np.nan,
    ask: float | Numbers = np.nan,
    symbol: int | Numbers = 0,
    start: int = T0,
) -> Records:
    """TICK records; `at` in ms after `start`, by default a second apart. `id` is the place, `seq` the place + 1."""
    ticks = np.zeros(len(prices), TICK)
    places = np.arange(len(prices))
    ticks["ts"] = start + np.asarray([round(ms * MS) for ms in at] if at is not None else places * 1000 * MS, np.int64)
    ticks["id"], ticks["seq"] = places, places + 1
    ticks["price"], ticks["qty"], ticks["bid"], ticks["ask"], ticks["symbol"] = prices, qty, bid, ask, symbol
    return ticks


def bars(rows: Iterable[Row], *, length: int = MINUTE, close_early: int = 0, volume: float = 1000.0) -> Records:
    """BAR records of (open, high, low, close) rows, one after the other; `close_early` ns before the next one's start."""
    table = np.asarray(list(rows), np.float64).reshape(-1, 4)
    out = np.zeros(len(table), BAR)
    places = np.arange(len(table))
    out["start"] = T0 // length * length + places * length
    out["ts"] = out["start"] + length - close_early
    out["id"], out["seq"] = places, places + 1
    out["open"], out["high"], out["low"], out["price"] = table.T
    out["qty"], out["bid"], out["ask"] = volume, np.nan, np.nan
    return out


@lru_cache
def definition(name: str) -> Definition:
    """One of the strategies for tests."""
    return load(STRATEGIES / f"{name}.py")


@lru_cache
def plan(name: str, variant: Variant, count: int) -> Blueprint:
    """A script of `count` steps."""
    return blueprint(definition(name), {"n": count}, variant)


#: The same text is always the same loop: each is parsed and loaded once for all tests.
_records = lru_cache(instance.records_in)
_compiled = lru_cache(module.compiled)
_plain = lru_cache(module.plain)


def made(what: Blueprint, how: Terms, *, jit: bool) -> Instance:
    """An instance, quickly."""
    with mock.patch.object(instance, "records_in", _records), mock.patch.multiple(module, compiled=_compiled, plain=_plain):
        return Instance(what, how, jit=jit)


def scripted(targets: Any, how: Terms, *, variant: Variant = FULL, jit: bool = False) -> Instance:
    """A strategy that gives these targets, one a tick; shape (ticks,) or, for two legs, (ticks, 2). What its terms ask for is in."""
    variant = msgspec.structs.replace(variant, features=variant.features | features_of(how))
    wanted = np.asarray(targets, np.float64)
    room = -(-len(wanted) // 512) * 512
    told = made(plan("script" if wanted.ndim == 1 else "pair_script", variant, room), how, jit=jit)
    told.mem[:] = NO
    told.mem[: wanted.size] = wanted.ravel()
    return told


class Run:
    """What came of a run."""

    def __init__(self, told: Instance, reports: Records) -> None:
        self.instance = told
        self.reports = reports
        self.account = told.account[0]
        self.book = told.books[0]

    def of(self, kind: int) -> Records:
        """The reports of one kind."""
        rows: Records = self.reports[self.reports["kind"] == kind]
        return rows

    @property
    def fills(self) -> list[tuple[int, float, float]]:
        """(tick, signed quantity, price) of each fill."""
        return [(int(r["tick_id"]), float(r["qty"]), float(r["price"])) for r in self.of(FILL)]

    @property
    def placed(self) -> list[tuple[int, float]]:
        """(tick, signed quantity) of each order."""
        return [(int(r["tick_id"]), float(r["qty"])) for r in self.of(PLACED)]

    @property
    def cancelled(self) -> list[tuple[int, float]]:
        """(tick, signed quantity that was left) of each cancelled order."""
        return [(int(r["tick_id"]), float(r["qty"])) for r in self.of(CANCELLED)]

    @property
    def blocked(self) -> list[tuple[int, int]]:
        """(tick, what blocked it) of each block."""
        return [(int(r["tick_id"]), int(r["why"])) for r in self.of(BLOCKED)]

    @property
    def marks(self) -> list[tuple[int, float]]:
        """(boundary in ns, equity) of each daily mark."""
        return [(int(r["ts"]), float(r["equity"])) for r in self.of(MARK)]

    def reasons(self, kind: int = FILL) -> list[int]:
        """`why` of each report of a kind."""
        return [int(why) for why in self.of(kind)["why"]]


def play(ticks: Records, targets: float | Sequence[Any], how: Terms, *, variant: Variant = FULL, jit: bool = False) -> Run:
    """Run over ticks with a target for each; a single number is the constant target."""
    wanted = [targets] * len(ticks) if isinstance(targets, int | float) else list(targets)
    assert len(wanted) == len(ticks), "a target for each tick"
    told = scripted(wanted, how, variant=variant, jit=jit)
    return Run(told, told.feed(ticks))


def feed_in_parts(told: Instance, ticks: Records, cuts: Iterable[int]) -> Records:
    """Feed the ticks cut at these places; the reports of all parts, one after the other."""
    edges = [0, *sorted(cuts), len(ticks)]
    parts = [told.feed(ticks[a:b].copy()) for a, b in pairwise(edges) if b > a]
    return np.concatenate(parts) if parts else np.empty(0, REPORT)


@contextmanager
def report_room(rows: int) -> Iterator[None]:
    """Instances made inside have room for so few reports at a time."""
    before = instance.REPORTS_AT_A_TIME
    instance.REPORTS_AT_A_TIME = rows
    try:
        yield
    finally:
        instance.REPORTS_AT_A_TIME = before
