"""Which rows decide, for any targets, terms and batches; what is read of strategies that declare nothing, or the wrong thing."""

from __future__ import annotations

import math
from itertools import pairwise
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from loop_cases import cases, cuts, realistic_cases
from loop_rig import BARS, LEAN, bars, definition, plan, prints, scripted, terms

from core.commands import Terms
from core.compile.extras import features_of
from core.compile.module import Variant
from core.errors import CockpitError
from core.kernels.records import PLACED, REPORT, SIGNAL
from core.research.backtest import Result, run_backtest
from core.research.decisions import decisions_of
from core.research.order import Order
from core.research.signals import Signals
from core.types import Records

pytestmark = pytest.mark.filterwarnings("ignore:invalid value encountered in scalar multiply:RuntimeWarning")


def listed(rows: Records, wanted: list[float], how: Terms, at: list[int], most: int | None, variant: Variant) -> tuple[Signals, Records]:
    """The decisions of a script over rows cut at these places, each batch in two pieces; and what the run reported."""
    variant = msgspec.structs.replace(variant, features=variant.features | features_of(how))
    told = scripted(wanted, how, variant=variant, jit=True)
    feeding = decisions_of(told, plan("script", variant, len(told.mem)), definition("script"), most)
    parts = [np.empty(0, REPORT)]
    for start, stop in pairwise([0, *sorted(at), len(rows)]):
        if stop > start:
            batch, half = rows[start:stop].copy(), (stop - start) // 2
            feeding.begin(batch)
            parts += [feeding.feed(batch[:half]), feeding.feed(batch[half:])]
    assert feeding.signals is not None
    return feeding.signals, np.concatenate(parts)


def deciding(wanted: list[float], how: Terms) -> list[int]:
    """The rows that change the target."""
    found, held = [], math.nan
    for k, target in enumerate(wanted):
        target = max(target, 0.0) if how.side == "long_flat" and target == target else target
        if target == target and target != held:
            found.append(k)
            held = target
    return found


def walked(rows: Records, wanted: list[float], how: Terms) -> list[tuple[int, float, float | None, float]]:
    """(ts, price, old, new) of each row that changes the target."""
    found, held = [], None
    for k in deciding(wanted, how):
        target = max(wanted[k], 0.0) if how.side == "long_flat" else wanted[k]
        found.append((int(rows["ts"][k]), float(rows["price"][k]), held, target))
        held = target
    return found


def as_tuples(signals: Signals) -> list[tuple[int, float, float | None, float]]:
    return [(row["ts_ns"], row["price"], row["old"], row["new"]) for row in signals.rows()]


@pytest.mark.slow
@settings(max_examples=12)
@given(data=st.data())
def test_decisions_are_the_changes_of_the_target_whatever_becomes_of_its_orders(data: st.DataObject) -> None:
    ticks, wanted, how = data.draw(st.one_of(cases(), realistic_cases()))
    at = data.draw(cuts(len(ticks)))
    variant = msgspec.structs.replace(LEAN, stops=True)
    signals, reports = listed(ticks, wanted, how, at, None, variant)
    assert as_tuples(signals) == walked(ticks, wanted, how)
    alone = scripted(wanted, how, variant=variant, jit=True).feed(ticks.copy())
    assert reports.tobytes() == alone.tobytes(), "and the run is the one nobody listens to"
    placed = alone[(alone["kind"] == PLACED) & (alone["why"] == SIGNAL)]
    orders = dict(zip(placed["tick_id"].tolist(), placed["order"].tolist(), strict=True))
    assert signals.fixed("order").tolist() == [orders.get(k, 0) for k in deciding(wanted, how)]


@settings(max_examples=60)
@given(data=st.data())
def test_of_bars_too_and_the_newest_are_kept_with_all_counted(data: st.DataObject) -> None:
    count = data.draw(st.integers(1, 50))
    rows = bars([(100, 101, 99, 100 + k % 3) for k in range(count)])
    wanted = data.draw(st.lists(st.sampled_from([math.nan, 0.0, 1.0, -1.0]), min_size=count, max_size=count))
    most = data.draw(st.sampled_from([1, 3, None]))
    signals, _ = listed(rows, wanted, terms(), data.draw(cuts(count)), most, BARS)
    expected = walked(rows, wanted, terms())
    assert signals.total == len(expected)
    kept = expected if most is None else expected[-most:]
    assert as_tuples(signals) == kept
    assert [row["signal"] for row in signals.rows()] == list(range(len(expected) - len(kept) + 1, len(expected) + 1))


def test_a_first_target_of_zero_is_a_decision_without_an_order() -> None:
    signals, _ = listed(prints([5, 6, 7]), [math.nan, 0.0, 1.0], terms(), [], None, LEAN)
    assert [(row["old"], row["new"], row["order_id"]) for row in signals.rows()] == [(None, 0.0, ""), (0.0, 1.0, "script:o1")]


def test_a_stop_is_no_decision() -> None:
    how = terms(stop_loss_pct=5)
    signals, _ = listed(prints([100, 100, 90, 90, 90]), [1.0, 1.0, 1.0, 1.0, 0.0], how, [], None, msgspec.structs.replace(LEAN, stops=True))
    assert [row["new"] for row in signals.rows()] == [1.0, 0.0]


# What is read

HEAD = """'''Bets on the number of the row.'''
import numpy as np
from msgspec import Struct
class Params(Struct, frozen=True, kw_only=True):
    k: int = 3
"""
KERNEL = """STATE = np.dtype([("n", "i8"), ("twice", "f8"), ("inner", np.dtype([("x", "f8")]))])
def work(p): return 2
def step(s, mem, p, tick, out):
    s.n += 1
    s.twice = 2.0 * s.n
    s.inner.x = tick.price
    mem[0] = s.n
    out[0] = float(s.n // p.k % 2)
"""
PLAIN = """class Strategy:
    def __init__(self, params):
        self.n, self._k, self.name, self.late = 0, params.k, "x", None
    def on_tick(self, tick):
        self.n += 1
        if self.n > 5:
            self.late = tick.price
        return float(self.n // self._k % 2)
"""


def run(folder: Path, text: str) -> Result:
    """Twelve prints of one a second through a strategy of this text."""
    (folder / "odd.py").write_text(HEAD + text)
    path = folder / "BTCUSDT-trades.csv"
    path.write_text("timestamp,price\n" + "".join(f"{1_700_000_000_000 + 1000 * k},{100 + k}\n" for k in range(12)))
    return run_backtest(Order([str(path)], "odd", [folder], cache=False, signals=None))


def values(result: Result) -> list[dict[str, float | None]]:
    assert result.signals is not None
    return [row["values"] for row in result.signals.rows()]


def test_of_a_strategy_that_declares_nothing_its_state_is_told(tmp_path: Path) -> None:
    assert values(run(tmp_path, KERNEL)) == [
        {"n": n, "twice": 2 * n, "inner.x": 99 + n} for n in (1, 3, 6, 9, 12)
    ]  # fmt: skip


def test_what_is_declared_sees_memory_after_the_step_and_before_it(tmp_path: Path) -> None:
    text = KERNEL + "def indicators(s, mem, p, old): return {'now': mem[0], 'before': old[0], 'k': p.k, 'none': float('nan')}\n"
    assert values(run(tmp_path, text))[1:3] == [
        {"now": 3.0, "before": 2.0, "k": 3.0, "none": None}, {"now": 6.0, "before": 5.0, "k": 3.0, "none": None},
    ]  # fmt: skip


def test_of_ordinary_python_the_public_numbers_are_told_as_they_were_at_the_call(tmp_path: Path) -> None:
    late = [None, None, 105.0, 108.0, 111.0]
    assert values(run(tmp_path, PLAIN)) == [{"n": float(n), "late": then} for n, then in zip((1, 3, 6, 9, 12), late, strict=True)]
    declared = PLAIN + "    def indicators(self):\n        return {'index': self.n / 2}\n"
    assert values(run(tmp_path, declared))[:2] == [{"index": 0.5}, {"index": 1.5}]


def test_what_warmed_ordinary_python_up_is_no_decision(tmp_path: Path) -> None:
    run(tmp_path, "def warmup(p): return 4\n" + PLAIN)
    order = Order([str(tmp_path / "BTCUSDT-trades.csv")], "odd", [tmp_path], cache=False, signals=None, from_ns=1_700_000_007_000_000_000)
    signals = run_backtest(order).signals
    assert signals is not None
    first, *later = signals.rows()
    assert (first["ts_ns"], first["old"]) == (1_700_000_007_000_000_000, None)
    assert first["values"]["n"] > 4, "what came before has been seen"
    assert all(row["ts_ns"] > first["ts_ns"] and row["old"] is not None for row in later)


def test_decisions_of_ordinary_python_are_those_of_the_same_strategy_compiled(tmp_path: Path) -> None:
    compiled, plain = run(tmp_path, KERNEL).signals, run(tmp_path, PLAIN).signals
    assert compiled is not None
    assert plain is not None
    assert as_tuples(compiled) == as_tuples(plain)
    assert [row["order_id"] for row in compiled.rows()] == [row["order_id"] for row in plain.rows()]


@pytest.mark.parametrize(
    ("declared", "line"),
    [
        ("def indicators(s): return {}", r"odd: its values are read by indicators\(s, mem, p, old\), not indicators\(s\)"),
        ("def indicators(s, mem, p, old): return [1.0]", r"odd: indicators gave \[1.0\]: it gives a number by name"),
        ("def indicators(s, mem, p, old): return {'=1+1': 1.0}", r"odd: indicators gave a value the name '=1\+1'"),
        ("def indicators(s, mem, p, old): return {'x': 'much'}", r"odd: indicators gave 'much' for x: a number"),
        ("def indicators(s, mem, p, old): return {f'x{k}': k for k in range(65)}", r"odd: indicators gave 65 values: 64 at most"),
        ("def indicators(s, mem, p, old): return {'x': 1 / 0}", r"odd failed: ZeroDivisionError"),
    ],
)
def test_what_cannot_be_read_is_one_line_that_says_what_can(tmp_path: Path, declared: str, line: str) -> None:
    with pytest.raises(CockpitError, match=line) as raised:
        run(tmp_path, KERNEL + declared + "\n")
    assert "\n" not in str(raised.value)
