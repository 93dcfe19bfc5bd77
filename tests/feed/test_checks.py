"""What is odd is flagged, counted by symbol and reason, and let through; what is ordinary is not."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.config import QualityConfig
from core.feed.band import LEAST, UNKNOWN, widest_move
from core.feed.checks import AHEAD, BACK, CROSSED, FROZEN, JUMP, OLD, Checks
from core.types import DAY, QUOTE, SECOND, TICK, Origin, Records, Symbols
from core.venues.binance import BinanceParser

START = 1_700_000_000 * SECOND
NO_QUOTES = np.empty(0, QUOTE)


def walk(count: int, *, symbol: int = 0, every_s: float = 0.1, start: int = START, seed: int = 1, step: float = 1e-4) -> Records:
    """Prints of a market that moves in small steps."""
    ticks = np.zeros(count, TICK)
    ticks["ts"] = start + (np.arange(count) * every_s * 1e9).astype("i8")
    ticks["recv"] = ticks["ts"] + 5_000_000
    ticks["id"] = np.arange(count)
    moves = np.random.default_rng(seed).normal(0, step, count)
    ticks["price"], ticks["qty"], ticks["symbol"] = 100 * np.exp(np.cumsum(moves)), 1.0, symbol
    return ticks


def looked(*batches: Records, terms: QualityConfig | None = None) -> Checks:
    checks = Checks(terms)
    for batch in batches:
        checks.take(batch, NO_QUOTES)
        checks.look()
    return checks


def test_an_ordinary_market_has_no_flags() -> None:
    assert looked(walk(5000)).totals() == {}
    assert looked(walk(900, step=0.02)).totals() == {}


def test_a_print_out_of_the_band_of_its_symbol_is_flagged_there_and_back() -> None:
    ticks = walk(1000)
    ticks["price"][700] *= 1.03
    checks = looked(ticks[:600], ticks[600:])
    assert checks.by_symbol() == {0: {JUMP: 2}}
    away = checks.jumps[0]
    assert (away.symbol, away.id, away.ts) == (0, 700, ticks["ts"][700])
    assert away.price / away.before == pytest.approx(1.03, rel=1e-3)


def test_a_real_crash_is_flagged_where_it_gaps_and_nothing_is_left_out() -> None:
    before, after = walk(600), walk(600, start=START + 60 * SECOND, seed=2)
    after["price"] *= 0.6
    kept = after.copy()
    checks = looked(before, after)
    assert checks.totals() == {JUMP: 1}
    assert after.tobytes() == kept.tobytes()


def test_a_market_that_always_moves_much_has_a_wide_band() -> None:
    ticks = walk(1000, step=0.01)
    ticks["price"][700:] *= 1.05
    assert looked(ticks[:600], ticks[600:]).totals() == {}
    assert looked(ticks[:600], ticks[600:], terms=QualityConfig(spike_mads=3)).totals() != {}


def test_the_band_is_a_multiple_of_the_median_and_at_least_so_many_percent() -> None:
    moves = np.full(LEAST, 0.002)
    assert widest_move(moves, 20, 1) == pytest.approx(20 * 1.4826 * 0.002)
    assert widest_move(moves / 1000, 20, 1) == pytest.approx(np.log(1.01))
    assert widest_move(moves[1:], 20, 1) == UNKNOWN


def test_time_that_goes_back_is_flagged_for_its_symbol_only() -> None:
    ticks = np.concatenate([walk(10), walk(10, symbol=1, start=START - 3600 * SECOND)])
    ticks = ticks[np.argsort(np.tile(np.arange(10), 2), kind="stable")]
    assert looked(ticks).totals() == {}
    ticks["ts"][11] -= SECOND
    assert looked(ticks[:11], ticks[11:]).by_symbol() == {1: {BACK: 1}}


def test_prints_ahead_of_our_clock_and_old_ones_are_flagged_but_not_recordings_nor_fetched_ones() -> None:
    ticks = walk(6)
    ticks["recv"] = ticks["ts"] + np.array([-2, -1, 11, 3600, 0, 2 * 86_400]) * SECOND
    assert looked(ticks).totals() == {AHEAD: 1, OLD: 2}
    assert looked(ticks, terms=QualityConfig(ahead_ms=500, old_s=7200)).totals() == {AHEAD: 2}
    ticks["origin"] = Origin.BACKFILL
    assert looked(ticks).totals() == {}


def test_crossed_and_locked_quotes_are_flagged() -> None:
    quotes = np.zeros(4, QUOTE)
    quotes["bid"], quotes["ask"], quotes["symbol"] = [10, 10, 11, np.nan], [11, 10, 10, 5], [0, 3, 3, 0]
    checks = Checks()
    checks.take(np.empty(0, TICK), quotes)
    checks.look()
    assert checks.by_symbol() == {3: {CROSSED: 2}}


def test_a_price_that_stands_still_while_others_move_is_flagged_once_until_it_moves() -> None:
    checks = Checks(QualityConfig(frozen_after_s=60))
    still = walk(400, symbol=1, every_s=1)
    still["price"][100:300] = still["price"][99]
    for second in range(400):
        checks.take(walk(5, start=START + second * SECOND, every_s=0.2, seed=second), NO_QUOTES)
        checks.take(still[second : second + 1], NO_QUOTES)
        checks.look()
        assert (1 in checks.frozen) == (160 <= second < 300), second
    assert checks.totals() == {FROZEN: 1}


def test_nobody_stands_still_while_nobody_trades() -> None:
    checks = Checks(QualityConfig(frozen_after_s=60))
    both = [walk(200, symbol=symbol, every_s=0.5) for symbol in (0, 1)]
    after = [walk(200, symbol=symbol, every_s=0.5, start=START + 3 * 3600 * SECOND) for symbol in (0, 1)]
    for batch in (*both, after[0][:100], after[1], after[0][100:]):
        checks.take(batch, NO_QUOTES)
        checks.look()
    assert checks.totals() == {}


def test_what_moves_seldom_may_stand_still_for_longer() -> None:
    checks = Checks(QualityConfig(frozen_after_s=60))
    for second in range(2000):
        checks.take(walk(1, start=START + second * SECOND, seed=second), NO_QUOTES)
        if second % 90 == 0:
            checks.take(walk(1, symbol=1, start=START + second * SECOND, seed=second), NO_QUOTES)
        checks.look()
    assert checks.totals().get(FROZEN, 0) <= 1  # at the first, before anybody knows what is usual


def test_a_symbol_watched_no_more_is_forgotten_and_what_was_counted_stays() -> None:
    ticks = walk(100)
    ticks["ts"][50] -= SECOND
    checks = looked(ticks)
    checks.forget(0)
    checks.take(walk(5, start=START - DAY), NO_QUOTES)
    checks.look()
    assert checks.by_symbol() == {0: {BACK: 1}}


@settings(max_examples=50)
@given(st.lists(st.integers(0, 400), max_size=6), st.integers(0, 5))
def test_how_prints_come_in_batches_does_not_change_what_is_flagged(cuts: list[int], seed: int) -> None:
    ticks = np.concatenate([walk(200, symbol=symbol, seed=seed + symbol) for symbol in (0, 40)])
    ticks = ticks[np.random.default_rng(seed).permutation(400)]  # of each symbol time goes back all the time
    ticks["price"][100] *= 2
    alone = Checks()
    for part in np.split(ticks, sorted(cuts)):
        alone.take(part, NO_QUOTES)
    alone.look()
    assert alone.by_symbol() == looked(ticks).by_symbol()


@pytest.mark.parametrize("file", ["btcusdt_20240809.gz", "ethusdt_20240808.gz"])
def test_of_a_recorded_market_nothing_is_odd_but_the_recorders_clock(shared_data: Path, file: str) -> None:
    name, checks, prints = file.split("_")[0].upper(), Checks(), 0
    parser = BinanceParser(Symbols([f"binance:{name}"]))
    with gzip.open(shared_data / "raw_ws" / "binance_spot" / file, "rt") as lines:
        for number, line in enumerate(lines):
            stamp, _, frame = line.rstrip("\n").partition(" ")
            parser.receive(frame.encode(), int(stamp))
            if number % 50 == 0:
                parsed = parser.drain()
                checks.take(parsed.ticks, parsed.quotes)
                prints += len(parsed.ticks)
    checks.look()
    assert prints > 5000
    assert checks.totals() == {AHEAD: prints}  # it was 1.27 s behind
