"""Strategies in ordinary Python: the same fills as a kernel of the same rule, on prints, on bars, in any batches, and across a snapshot."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from strategy_text import T0, kernel, made, plain, prints

from core.commands import Terms
from core.compile.instance import Instance
from core.compile.module import Variant
from core.errors import StrategyError
from core.strategy_files import load
from core.types import BAR, MINUTE, Records

BARRED = "from core.kernels.bars import BAR_STATE, close_bar\nfrom core.strategy import Interval"
STATE = 'STATE = np.dtype([("bar", BAR_STATE), ("before", "f8")])'
INTERVAL = '    interval: Interval = "tick"\n    n: Annotated'

TURNS = """if not close_bar(s.bar, tick, p.interval):
    return
rise = s.bar.close - s.before
s.before = s.bar.close
if s.bar.count < 2:
    return
if rise > p.n:
    out[0] = 0.0
elif rise > 0.0:
    out[0] = 1.0
elif rise < 0.0:
    out[0] = -1.0"""

RULE = """
    def __init__(self, params):
        self.params = params
        self.before = None

    def turn(self, close):
        before, self.before = self.before, close
        if before is None or close == before:
            return None
        rise = close - before
        return 0.0 if rise > self.params.n else 1.0 if rise > 0 else -1.0
"""
ON_TICK = f"class Strategy:{RULE}\n    def on_tick(self, tick):\n        return self.turn(tick.price)\n"
ON_BAR = f"class Strategy:{RULE}\n    def on_bar(self, bar):\n        return self.turn(bar.close)\n"
HOLD = "class Strategy:\n    def __init__(self, params):\n        self.seen = []\n\n    def on_tick(self, tick):\n"


def with_interval(path: Path) -> Path:
    """The file with an `interval` parameter."""
    path.write_text(path.read_text().replace("    n: Annotated", INTERVAL))
    return path


def pair(folder: Path, class_text: str) -> tuple[Path, Path]:
    """A kernel and a class of the same rule."""
    first = with_interval(kernel(folder, "turns_kernel", TURNS, imports=BARRED, state=STATE))
    second = with_interval(plain(folder, "turns_plain", class_text, imports="from core.strategy import Interval"))
    return first, second


def market(n: int = 400, seed: int = 3) -> Records:
    """A random walk on a coarse grid, with pauses and prints at the same time."""
    rng = np.random.default_rng(seed)
    ticks = prints(np.maximum(100 + np.cumsum(rng.choice([-4, -1, 0, 1, 2, 3], n)), 20).astype(float))
    ticks["ts"] = T0 + np.cumsum(rng.choice([0, 100, 900, 5000], n)) * 1_000_000
    ticks["qty"] = rng.choice([0.5, 1.0, 3.0], n)
    ticks["side"] = rng.choice([-1, 1], n)
    return ticks


def source_bars(n: int, *, close_early: int = 0, holes: bool = False, seed: int = 5) -> Records:
    """Minute bars of a random walk."""
    rng = np.random.default_rng(seed)
    rows = np.zeros(n, BAR)
    rows["start"] = T0 // MINUTE * MINUTE + np.arange(n) * MINUTE
    rows["ts"] = rows["start"] + MINUTE - close_early
    rows["price"] = np.maximum(100 + np.cumsum(rng.integers(-4, 5, n)), 20)
    rows["open"] = np.concatenate([[100], rows["price"][:-1]])
    rows["high"] = np.maximum(rows["open"], rows["price"]) + rng.integers(0, 3, n)
    rows["low"] = np.minimum(rows["open"], rows["price"]) - rng.integers(0, 3, n)
    rows["qty"], rows["bid"], rows["ask"], rows["id"], rows["seq"] = 2.0, np.nan, np.nan, np.arange(n), np.arange(n) + 1
    return rows[rng.random(n) < 0.7] if holes else rows


ALL = Terms(
    side="long_short", fee_bps=4, slippage_bps=1, latency_ms=400, participation=0.8, stop_loss_pct=4, take_profit_pct=6, trailing_pct=5
)


def same(first: Path, second: Path, ticks: Records, interval: str, variant: Variant, *, jit: bool = True) -> int:
    """Both give the same reports and the same book; how many reports."""
    told = [made(path, {"interval": interval}, jit=jit, how=ALL, variant=variant) for path in (first, second)]
    reports = [t.feed(ticks.copy()) for t in told]
    assert reports[0].tobytes() == reports[1].tobytes()
    assert told[0].books.tobytes() == told[1].books.tobytes()
    assert told[0].account.tobytes() == told[1].account.tobytes()
    return len(reports[0])


def test_on_tick_gives_the_fills_of_the_kernel(tmp_path: Path) -> None:
    assert same(*pair(tmp_path, ON_TICK), market(), "tick", Variant()) > 50


@pytest.mark.filterwarnings("ignore:invalid value encountered in scalar multiply:RuntimeWarning")
def test_on_tick_gives_the_fills_of_the_kernel_in_plain_python_too(tmp_path: Path) -> None:
    same(*pair(tmp_path, ON_TICK), market(100), "tick", Variant(), jit=False)


@pytest.mark.parametrize("interval", ["tick", "1s", "1m"])
def test_on_bar_gives_the_fills_of_the_kernel(interval: str, tmp_path: Path) -> None:
    assert same(*pair(tmp_path, ON_BAR), market(), interval, Variant()) > 10


@pytest.mark.parametrize("holes", [False, True], ids=["whole", "with holes"])
@pytest.mark.parametrize("close_early", [0, 1, 1_000_000], ids=["on the minute", "a nanosecond before", "a millisecond before"])
@pytest.mark.parametrize("interval", ["1m", "5m", "1h", "30s", "tick"])
def test_on_bar_gives_the_fills_of_the_kernel_on_a_source_of_bars(interval: str, close_early: int, holes: bool, tmp_path: Path) -> None:
    rows = source_bars(300, close_early=close_early, holes=holes)
    assert same(*pair(tmp_path, ON_BAR), rows, interval, Variant(bars=True)) > 2


@pytest.mark.parametrize(
    "interval",
    [
        "1m",
        "90s",
        "2m",
        "5m",
    ],
)
def test_on_bar_gives_the_fills_of_the_kernel_on_bars_of_two_minutes(interval: str, tmp_path: Path) -> None:
    rows = source_bars(200)
    rows["start"] = rows["start"][0] + np.arange(200) * 2 * MINUTE
    rows["ts"] = rows["start"] + 2 * MINUTE
    assert same(*pair(tmp_path, ON_BAR), rows, interval, Variant(bars=True)) > 2


def test_a_bar_seen_in_python_is_the_bar_seen_in_a_kernel(tmp_path: Path) -> None:
    keeps = HOLD.replace("on_tick(self, tick)", "on_bar(self, bar)") + "        self.seen.append(bar)\n"
    path = with_interval(plain(tmp_path, "keeps", keeps, imports="from core.strategy import Interval"))
    ticks = prints([100.0, 104.0, 98.0, 101.0, 102.0, 103.0], gap_ms=400)
    ticks["ts"] = T0 + np.array([0, 400, 999, 1000, 3500, 4000]) * 1_000_000
    ticks["qty"] = [1, 2, 3, 4, 5, 6]
    told: Any = made(path, {"interval": "1s"})
    told.feed(ticks)
    second = 1_000_000_000
    rows = [(b.start - T0, b.end - T0, b.open, b.high, b.low, b.close, b.volume, b.trades) for b in told.strategy.seen]
    assert rows == [
        (0, second, 100.0, 104.0, 98.0, 98.0, 6.0, 3),
        (second, 2 * second, 101.0, 101.0, 101.0, 101.0, 4.0, 1),
        (3 * second, 4 * second, 102.0, 102.0, 102.0, 102.0, 5.0, 1),
    ]


def test_a_tick_seen_in_python_has_everything_a_print_has(tmp_path: Path) -> None:
    told: Any = made(plain(tmp_path, "keeps", HOLD + "        self.seen.append(tick)\n"))
    ticks = prints([100.0])
    ticks["bid"], ticks["ask"], ticks["side"] = 99.5, 100.5, -1
    told.feed(ticks)
    tick = told.strategy.seen[0]
    assert (tick.ts, tick.price, tick.qty, tick.side, tick.bid, tick.ask, tick.id, tick.leg) == (T0, 100.0, 1.0, -1, 99.5, 100.5, 0, 0)


def test_no_opinion_is_none(tmp_path: Path) -> None:
    told = made(plain(tmp_path, "once", HOLD + "        return 1.0 if tick.id == 0 else None\n"))
    told.feed(prints([100.0, 101.0, 102.0]))
    assert told.books[0].position == 1.0


def test_a_strategy_sees_its_position_as_of_the_tick_before(tmp_path: Path) -> None:
    body = HOLD + "        self.seen.append((self.position.qty, self.position.entry, self.position.equity))\n        return 1.0\n"
    told: Any = made(plain(tmp_path, "looks", body), how=Terms(side="long_short", fee_bps=0, capital=1000))
    told.feed(prints([100.0, 101.0, 103.0, 106.0]))
    assert told.strategy.seen == [(0.0, 0.0, 1000.0), (0.0, 0.0, 1000.0), (1.0, 101.0, 1000.0), (1.0, 101.0, 1002.0)]


def test_a_strategy_may_decide_by_its_position_in_any_batches(tmp_path: Path) -> None:
    body = HOLD + "        return None if tick.price % 2 else (0.0 if self.position.qty > 0 else 1.0)\n"
    path = plain(tmp_path, "turns", body)
    ticks = market(120)
    outcomes = []
    for size in (120, 1, 7):
        told = made(path)
        parts = [told.feed(ticks[k : k + size].copy()) for k in range(0, 120, size)]
        outcomes.append((np.concatenate(parts).tobytes(), told.books.tobytes(), told.account.tobytes()))
    assert outcomes[0] == outcomes[1] == outcomes[2]
    assert len(outcomes[0][0]) > 0


def split(path: Path, interval: str, sizes: list[int]) -> list[Instance]:
    """The same market in batches of each size; all give the same reports."""
    ticks, told, reports = market(200), [], []
    for size in sizes:
        one = made(path, {"interval": interval}, how=ALL, jit=True)
        parts = [one.feed(ticks[k : k + size].copy()) for k in range(0, 200, size)]
        told.append(one)
        reports.append(np.concatenate(parts).tobytes())
    assert len(set(reports)) == 1
    return told


@pytest.mark.parametrize(("text", "interval"), [(ON_TICK, "tick"), (ON_BAR, "1s")], ids=["on_tick", "on_bar"])
def test_any_batches_give_the_same_reports(text: str, interval: str, tmp_path: Path) -> None:
    path = pair(tmp_path, text)[1]
    split(path, interval, [200, 1, 13])


@pytest.mark.parametrize(("text", "interval"), [(ON_TICK, "tick"), (ON_BAR, "1s")], ids=["on_tick", "on_bar"])
def test_any_batches_leave_the_same_memory(text: str, interval: str, tmp_path: Path) -> None:
    whole, ones, parts = split(pair(tmp_path, text)[1], interval, [200, 1, 13])
    assert Instance.snapshot(whole) == Instance.snapshot(ones) == Instance.snapshot(parts)


@pytest.mark.parametrize(("text", "interval"), [(ON_TICK, "tick"), (ON_BAR, "1s")], ids=["on_tick", "on_bar"])
def test_a_snapshot_restored_elsewhere_goes_on_as_if_uninterrupted(text: str, interval: str, tmp_path: Path) -> None:
    path, ticks = pair(tmp_path, text)[1], market(200)
    whole, first, second = (made(path, {"interval": interval}, how=ALL, jit=True) for _ in range(3))
    together = whole.feed(ticks.copy())
    before = first.feed(ticks[:77].copy())
    second.restore(first.snapshot(), first.layout)
    assert np.concatenate([before, second.feed(ticks[77:].copy())]).tobytes() == together.tobytes()
    assert second.books.tobytes() == whole.books.tobytes()
    assert second.account.tobytes() == whole.account.tobytes()


OWN_CLASS = """
class Memory:
    def __init__(self):
        self.prices = []


class Strategy:
    def __init__(self, params):
        self.memory = Memory()

    def on_tick(self, tick):
        self.memory.prices.append(tick.price)
        return 1.0 if len(self.memory.prices) > 2 else None
"""


def test_a_strategy_may_keep_objects_of_its_own_classes_in_its_snapshot(tmp_path: Path) -> None:
    path = plain(tmp_path, "owns", OWN_CLASS)
    first = made(path)
    first.feed(prints([100.0, 101.0]))
    second: Any = made(path)
    second.restore(first.snapshot(), first.layout)
    assert second.strategy.memory.prices == [100.0, 101.0]


def test_a_strategy_may_keep_objects_of_a_helpers_classes_in_its_snapshot(tmp_path: Path) -> None:
    (tmp_path / "helping.py").write_text(OWN_CLASS.partition("class Strategy")[0])
    path = plain(tmp_path, "owns", "class Strategy" + OWN_CLASS.partition("class Strategy")[2], imports="from helping import Memory")
    first = made(path)
    first.feed(prints([100.0, 101.0]))
    second: Any = made(path)
    second.restore(first.snapshot(), first.layout)
    assert second.strategy.memory.prices == [100.0, 101.0]


def test_two_of_the_same_strategy_in_one_process_are_both_snapshot(tmp_path: Path) -> None:
    path = plain(tmp_path, "owns", OWN_CLASS)
    first, second = made(path), made(path)
    first.feed(prints([100.0, 101.0]))
    second.feed(prints([100.0]))
    assert len(first.snapshot()) > 0
    assert len(second.snapshot()) > 0


def test_two_of_the_same_strategy_keep_apart(tmp_path: Path) -> None:
    path = plain(tmp_path, "keeps", HOLD + "        self.seen.append(tick)\n        return float(len(self.seen))\n")
    first: Any = made(path)
    second: Any = made(path)
    first.feed(prints([100.0, 101.0]))
    second.feed(prints([100.0]))
    assert (len(first.strategy.seen), len(second.strategy.seen)) == (2, 1)


def test_an_infinite_target_is_refused(tmp_path: Path) -> None:
    told = made(plain(tmp_path, "endless", HOLD + '        return float("inf")\n'))
    with pytest.raises(StrategyError, match=r"^endless gave a target that is not a finite number$"):
        told.feed(prints([100.0]))


@pytest.mark.parametrize("answer", ['"up"', "[1.0]", "object()"])
def test_a_target_that_is_no_number_is_refused_in_one_line(answer: str, tmp_path: Path) -> None:
    told = made(plain(tmp_path, "vague", HOLD + f"        return {answer}\n"))
    with pytest.raises(StrategyError, match=r"^vague [^\n]+$"):
        told.feed(prints([100.0]))


def test_other_symbols_are_not_shown(tmp_path: Path) -> None:
    told: Any = made(plain(tmp_path, "keeps", HOLD + "        self.seen.append(tick.id)\n        return 1.0\n"))
    told.trade({2: 0})
    ticks = prints([100.0, 7.0, 101.0, 8.0, 102.0])
    ticks["symbol"] = [2, 0, 2, 5, 2]
    told.feed(ticks)
    assert told.strategy.seen == [0, 2, 4]
    assert told.books[0].position == 1.0


def test_symbols_beyond_the_first_are_not_shown_either(tmp_path: Path) -> None:
    told: Any = made(plain(tmp_path, "keeps", HOLD + "        self.seen.append(tick.id)\n        return 1.0\n"))
    told.trade({0: 0})
    ticks = prints([100.0, 7.0, 101.0])
    ticks["symbol"] = [0, 1, 0]
    told.feed(ticks)
    assert told.strategy.seen == [0, 2]


def test_bars_of_other_symbols_are_not_shown(tmp_path: Path) -> None:
    keeps = HOLD.replace("on_tick(self, tick)", "on_bar(self, bar)") + "        self.seen.append(bar.close)\n"
    keeps += "        return 1.0 if len(self.seen) == 2 else None\n"
    path = with_interval(plain(tmp_path, "keeps", keeps, imports="from core.strategy import Interval"))
    told: Any = made(path, {"interval": "1m"}, variant=Variant(bars=True))
    told.trade({1: 0})
    rows = np.repeat(source_bars(3), 2)
    rows["symbol"] = [0, 1] * 3
    rows["price"][0::2] = 7.0
    told.feed(rows)
    assert told.strategy.seen == rows["price"][1::2].tolist()
    assert told.books[0].position == 1.0


def test_a_class_without_an_on_tick_or_on_bar_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StrategyError, match=r"on_tick|on_bar"):
        load(plain(tmp_path, "idle", "class Strategy:\n    def __init__(self, params):\n        pass\n"))


def test_a_strategy_sees_its_parameters(tmp_path: Path) -> None:
    body = HOLD.replace("self.seen = []", "self.n = params.n") + "        return float(self.n)\n"
    told = made(plain(tmp_path, "sized", body), {"n": "4"})
    told.feed(prints([100.0, 101.0]))
    assert told.books[0].position == 4.0


def test_levers_work_between_batches(tmp_path: Path) -> None:
    told = made(plain(tmp_path, "steady", HOLD + "        return 1.0\n"))
    ticks = prints([100.0, 101.0, 102.0, 103.0])
    told.feed(ticks[:2])
    told.flatten()
    reports = told.feed(ticks[2:])
    assert [(int(r["tick_id"]), float(r["qty"])) for r in reports] == [(2, -1.0)]


def test_the_stop_of_a_stretch_is_seen_at_once(tmp_path: Path) -> None:
    body = HOLD + "        self.seen.append(self.position.qty)\n        return 1.0\n"
    told: Any = made(plain(tmp_path, "stopped", body), how=Terms(side="long_short", fee_bps=0, stop_loss_pct=10))
    told.feed(prints([100.0, 100.0, 80.0, 79.0, 100.0]))
    assert told.strategy.seen == [0.0, 0.0, 1.0, 1.0, 0.0]


def test_a_hundred_batches_of_one_are_a_batch_of_a_hundred(tmp_path: Path) -> None:
    path, ticks = pair(tmp_path, ON_TICK)[1], market(100)
    whole, ones = (made(path, how=ALL, jit=True) for _ in range(2))
    together = whole.feed(ticks.copy())
    apart = list(itertools.chain.from_iterable(ones.feed(ticks[k : k + 1].copy()).tolist() for k in range(100)))
    assert apart == together.tolist()
