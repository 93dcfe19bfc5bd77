"""The laws that hold for the loop and for each of its features, put once: what differs is the cases they are tried on."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from loop_cases import cuts, targets
from loop_rig import BARS, FULL, NO, Run, bars, feed_in_parts, play, scripted

from core.commands import SetLimits, Terms
from core.compile.blueprint import backtest_variant
from core.kernels.records import FILL, REPORT
from core.types import Records

Case: TypeAlias = tuple[Records, list[float], Terms]
Deeds: TypeAlias = list[tuple[int, str]]

#: Infinity times zero; plain Python's warning about it is `test_plain_python_runs_without_a_warning`'s matter.
no_warning = pytest.mark.filterwarnings("ignore:invalid value encountered in scalar multiply:RuntimeWarning")


def law(examples: int) -> settings:
    """So many examples; the first one compiles, so no deadline."""
    return settings(max_examples=examples, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])


def random_bars(data: st.DataObject) -> Records:
    """Bars whose corners are in order."""
    corners = data.draw(st.lists(st.tuples(*[st.integers(90, 110)] * 4), min_size=1, max_size=40))
    return bars([(a, max(a, b, c, d), min(a, b, c, d), d) for a, b, c, d in corners])


def deeds(count: int) -> st.SearchStrategy[Deeds]:
    """What somebody does to a strategy on the way: before which tick, and what."""
    return st.lists(st.tuples(st.integers(0, count), st.sampled_from(["pause", "resume", "flatten", "limit"])), max_size=5)


def any_split_of_bars_gives_the_same_bits(data: st.DataObject, how: st.SearchStrategy[Terms]) -> None:
    """Whole, in parts, and in plain Python."""
    rows = random_bars(data)
    wanted, terms = data.draw(targets(len(rows))), data.draw(how)
    whole, parts, plain = (scripted(wanted, terms, variant=BARS, jit=jit) for jit in (True, True, False))
    together = whole.feed(rows.copy())
    assert together.tobytes() == feed_in_parts(parts, rows, data.draw(cuts(len(rows)))).tobytes() == plain.feed(rows.copy()).tobytes()
    assert whole.snapshot() == parts.snapshot() == plain.snapshot()


def the_variant_of_a_backtest_gives_the_fills_of_the_full_one(case: Case) -> None:
    """What a backtest compiles out is not missed."""
    ticks, wanted, how = case
    full, less = (play(ticks.copy(), wanted, how, variant=v, jit=True) for v in (FULL, backtest_variant(how, bars=False)))
    assert full.reports.tobytes() == less.reports.tobytes()
    assert full.account.tobytes() == less.account.tobytes()


def restored_elsewhere_it_goes_on_as_if_uninterrupted(data: st.DataObject, case: Case, *, jit: bool) -> None:
    """From any tick, compiled or plain."""
    ticks, wanted, how = case
    at = data.draw(st.integers(0, len(ticks)))
    whole, first = (scripted(wanted, how, jit=jit) for _ in range(2))
    second = scripted([NO] * len(wanted), how, jit=data.draw(st.booleans()))
    together = whole.feed(ticks.copy())
    before = first.feed(ticks[:at].copy())
    second.restore(first.snapshot(), first.layout)
    assert np.concatenate([before, second.feed(ticks[at:].copy())]).tobytes() == together.tobytes()
    assert second.snapshot() == whole.snapshot()


def compiled_and_plain_are_the_same_under_levers(case: Case, limits: SetLimits, done: Deeds) -> None:
    """With the deeds in their order, those of one tick by name."""
    ticks, wanted, how = case
    outcomes = []
    for jit in (True, False):
        told = scripted(wanted, how, jit=jit)
        reports, at = [np.empty(0, REPORT)], 0
        for place, deed in sorted(done):
            reports.append(told.feed(ticks[at:place].copy()))
            at = place
            answer: Any = getattr(told, deed)(*([limits] if deed == "limit" else []))
            reports += [answer] if isinstance(answer, np.ndarray) else []
        reports.append(told.feed(ticks[at:].copy()))
        outcomes.append((np.concatenate(reports).tobytes(), told.snapshot()))
    assert outcomes[0] == outcomes[1]


def the_account_adds_up(run: Run) -> None:
    """Equity is what came in and what is open, and the round trips are what was realised."""
    account, book = run.account, run.book
    assert account.equity == account.capital + account.realised - account.fees + book.unrealised
    trips = account.gross_profit - account.gross_loss + book.trip_realised - book.trip_fees
    assert trips == pytest.approx(account.realised - account.fees, abs=1e-9)


def cash_says_the_same_as_the_book(run: Run, last: float) -> None:
    """What was paid and received, and the position at the last price, is the equity."""
    cash = run.account.capital - sum(float(f["qty"] * f["price"]) for f in run.of(FILL)) - run.account.fees
    assert cash + run.book.position * last == pytest.approx(run.account.equity, abs=1e-6)
