"""What counts as a hole: ids a venue gave and no row has, bars of a market that never closes; and what does not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from market_files import AGG_HEADER, T0, T0_MS, TRADES_HEADER, agg_lines, market, trade_lines, write

from core.research.source_holes import MissingBars, MissingIds
from core.research.source_verdict import Hole, Holes, Verdict
from core.research.sources import open_source
from core.types import BAR, DAY, MINUTE, SECOND, TICK, Records

TRADES = market(3000)


def judged(*paths: Path, **span: int) -> Verdict:
    """The verdict on files that are read whole."""
    source = open_source(str(paths[0].parent if len(paths) > 1 else paths[0]), **span)
    source.load()
    assert source.verdict is not None
    return source.verdict


def ticks(ids: list[int]) -> Records:
    """Ticks of these ids, a second from each id to the next."""
    out = np.zeros(len(ids), TICK)
    out["id"] = ids
    out["ts"] = T0 + SECOND * out["id"]
    return out


def bars_at(starts: np.ndarray, interval: int, qty: float = 1.0) -> Records:
    """Bars that open then."""
    out = np.zeros(len(starts), BAR)
    out["start"] = starts
    out["ts"] = out["start"] + interval
    out["qty"] = qty
    return out


@given(st.sets(st.integers(1, 60), min_size=1), st.lists(st.integers(1, 59)), st.randoms())
def test_the_ids_that_are_missing_are_found_in_whatever_order_and_batches_rows_come(ids: set[int], cuts: list[int], random: object) -> None:
    shuffled = sorted(ids)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    holes = MissingIds(0)
    for part in np.split(np.array(shuffled), sorted(cuts)):
        holes.take(ticks(part.tolist()))
    missing = [i for i in range(min(ids), max(ids)) if i not in ids]
    found, small = holes.found()
    assert small is None
    assert (found.missing if found else 0) == len(missing)
    if found:
        assert found.largest.count == (found.largest.to_ns - found.largest.from_ns) // SECOND - 1


@given(st.sets(st.integers(0, 99), min_size=2), st.lists(st.integers(1, 99)))
def test_the_bars_that_are_missing_are_found_in_any_batches(opens: set[int], cuts: list[int]) -> None:
    rows = bars_at(T0 + MINUTE * np.array(sorted(opens)), MINUTE)
    holes = MissingBars(MINUTE)
    for part in (rows[a:b] for a, b in zip([0, *sorted(cuts)], [*sorted(cuts), len(rows)], strict=True)):
        if len(part):
            holes.take(part)
    large, small = holes.found()
    assert sum(h.missing for h in (large, small) if h) == max(opens) - min(opens) + 1 - len(opens)


def test_ids_that_a_dump_of_aggregated_trades_lacks_are_holes(tmp_path: Path) -> None:
    verdict = judged(write(tmp_path / "BTCUSDT-aggTrades-2024-08-08.csv", agg_lines(TRADES[:100] + TRADES[103:200] + TRADES[201:])))
    before, after = TRADES[99].ms * 1_000_000, TRADES[103].ms * 1_000_000
    assert verdict.verdict == "gaps"
    assert verdict.holes == Holes("trade id", 4, 2, Hole(3, before, after))
    assert verdict.gaps() == {"what": "trade ids", "missing": 4, "places": 2, "largest": 3, "from_ns": before, "to_ns": after}
    assert verdict.words == ["4 trade ids are missing in 2 places, the largest 3 from 2024-08-08T00:01:09Z to 2024-08-08T00:01:12Z"]


def test_a_day_that_is_missing_between_two_files_is_a_hole(tmp_path: Path) -> None:
    first = write(tmp_path / "BTCUSDT-aggTrades-2024-08-08.zip", agg_lines(TRADES[:100]))
    second = write(tmp_path / "BTCUSDT-aggTrades-2024-08-10.zip", agg_lines(TRADES[200:]))
    verdict = judged(first, second)
    assert verdict.holes is not None
    assert verdict.holes.missing == 100


def test_rows_that_step_back_in_time_or_lie_beyond_the_span_leave_no_hole(tmp_path: Path) -> None:
    lines = agg_lines(TRADES)
    lines[50:60] = lines[50:60][::-1]
    path = write(tmp_path / "BTCUSDT-aggTrades-2024-08-08.csv", lines)
    assert judged(path).verdict == "good"
    swapped = [*TRADES]
    early, late = swapped[99], swapped[100]
    swapped[99:101] = [
        type(early)(late.id, early.price, early.qty, early.ms, True),
        type(late)(early.id, late.price, late.qty, late.ms, True),
    ]
    path = write(tmp_path / "swapped" / "BTCUSDT-aggTrades-2024-08-08.csv", agg_lines(swapped))
    assert judged(path, from_ns=late.ms * 1_000_000).verdict == "good"
    assert judged(path, to_ns=late.ms * 1_000_000).verdict == "good"


def test_ids_that_futures_leave_out_are_said_and_a_lost_stretch_is_a_hole(tmp_path: Path) -> None:
    futures = trade_lines(TRADES, spot=False)
    small = judged(write(tmp_path / "a" / "BTCUSDT-trades-2024-08-08.csv", futures[:50] + futures[53:], TRADES_HEADER))
    assert (small.verdict, small.holes) == ("doubtful", None)
    assert small.words == ["3 trade ids not there, in 1 place, at most 3 at once: perhaps the venue leaves some out"]
    large = judged(write(tmp_path / "b" / "BTCUSDT-trades-2024-08-08.csv", futures[:50] + futures[1500:], TRADES_HEADER))
    assert large.verdict == "gaps"
    spot = trade_lines(TRADES)
    exact = judged(write(tmp_path / "c" / "BTCUSDT-trades-2024-08-08.csv", spot[:50] + spot[51:]))
    assert exact.verdict == "gaps"


def test_ids_of_a_venue_that_counts_all_its_markets_together_prove_nothing(tmp_path: Path) -> None:
    sparse = [f"{t.id * 17 + t.id % 5},{t.price},{t.qty},{t.ms}" for t in TRADES]
    verdict = judged(write(tmp_path / "BTCUSD-bitstamp.csv", sparse, "id,price,amount,timestamp"))
    assert (verdict.verdict, verdict.holes, verdict.small) == ("good", None, None)


def test_a_bar_that_is_missing_is_a_hole_where_nearly_all_are_there() -> None:
    holes = MissingBars(MINUTE)
    holes.take(bars_at(T0 + MINUTE * np.delete(np.arange(5000), [700, 701, 3000]), MINUTE))
    assert holes.found() == (Holes("bar", 3, 2, Hole(2, T0 + 699 * MINUTE, T0 + 702 * MINUTE)), None)


@pytest.mark.parametrize("writes_quiet_minutes", [False, True])
def test_minutes_without_a_trade_are_no_holes_unless_the_file_writes_them(writes_quiet_minutes: bool) -> None:
    there = np.random.default_rng(3).random(5000) < 0.7
    rows = bars_at(T0 + MINUTE * np.flatnonzero(there), MINUTE)
    if writes_quiet_minutes:
        rows["qty"][10] = 0
    holes = MissingBars(MINUTE)
    holes.take(rows)
    large, small = holes.found()
    found, other = (large, small) if writes_quiet_minutes else (small, large)
    assert other is None
    assert found is not None
    assert found.missing == int((~there[: np.flatnonzero(there)[-1]]).sum()) - int(np.argmax(there))


def test_a_lost_day_is_a_hole_even_among_quiet_minutes() -> None:
    there = np.random.default_rng(3).random(9000) < 0.7
    there[3000:4440] = False
    holes = MissingBars(MINUTE)
    holes.take(bars_at(T0 + MINUTE * np.flatnonzero(there), MINUTE))
    large, small = holes.found()
    assert large is not None
    assert small is not None
    assert large.missing >= 1440


def test_a_market_that_closes_at_night_or_at_weekends_has_no_holes_then() -> None:
    minutes = T0 + MINUTE * np.arange(14 * 1440)
    for is_open in (minutes // (60 * MINUTE) % 24 // 8 == 1, (minutes // DAY + 4) % 7 % 6 != 0):  # 8:00 to 16:00; Monday to Friday
        holes = MissingBars(MINUTE)
        holes.take(bars_at(minutes[is_open], MINUTE))
        large, small = holes.found()
        assert large is None
        assert small is not None
    days = T0 + DAY * np.arange(60)
    holes = MissingBars(DAY)
    holes.take(bars_at(days[(days // DAY + 4) % 7 % 6 != 0], DAY))
    assert holes.found()[0] is None


def test_real_files_are_not_refused(shared_data: Path) -> None:
    quiet = shared_data / "ohlcv" / "binance_spot_XRPETH_1m_20191011_20191013.csv.gz"
    verdict = judged(quiet)
    assert (verdict.verdict, verdict.small and verdict.small.missing) == ("doubtful", 1091)
    odd = {quiet.name, "bitflyerJPY_20180812.csv.gz"}  # minutes without a trade; a venue that was closed for twelve minutes
    for path in (path for part in ("ohlcv", "trades") for path in (shared_data / part).rglob("*.gz")):
        assert judged(path).verdict == ("doubtful" if path.name in odd else "good"), path.name


def test_bare_prices_are_never_refused_and_a_silence_is_said(tmp_path: Path) -> None:
    times = [T0_MS + 1000 * i + (3_600_000 if i >= 500 else 0) for i in range(1000)]
    verdict = judged(write(tmp_path / "BTCUSDT.csv", [f"{ms},{100 + i % 7}" for i, ms in enumerate(times)], "timestamp,price"))
    assert (verdict.verdict, verdict.holes, verdict.step_ns) == ("doubtful", None, SECOND)
    assert verdict.words == ["nothing for 3,601 s from 2024-08-08T00:08:19Z, 3,601 times the usual 1 s"]


def test_a_price_far_off_both_its_neighbours_is_counted_and_a_crash_is_not(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    prices = 100 * np.exp(np.cumsum(rng.normal(0, 1e-4, 2000)))
    prices[1500:] *= 0.7
    for name, spikes, off in (("crash", [], 0), ("spikes", [300, 900], 2)):
        values = prices.copy()
        values[spikes] *= 1.4
        lines = [f"{T0_MS + 1000 * i},{price:.6f}" for i, price in enumerate(values)]
        verdict = judged(write(tmp_path / name / "BTCUSDT.csv", lines, "timestamp,price"))
        assert verdict.outliers == off, name
        assert verdict.verdict == ("doubtful" if off else "good")


def test_a_price_that_never_changes_is_said(tmp_path: Path) -> None:
    lines = [f"{T0_MS + 1000 * i},100" for i in range(500)]
    verdict = judged(write(tmp_path / "BTCUSDT.csv", lines, "timestamp,price"))
    assert (verdict.flat, verdict.words) == (500, ["the price never changes"])


def test_a_headed_dump_is_judged_like_one_without(tmp_path: Path) -> None:
    lines = agg_lines(TRADES, spot=False)
    assert judged(write(tmp_path / "BTCUSDT-aggTrades-2024-08-08.csv", lines[:9] + lines[10:], AGG_HEADER)).verdict == "gaps"
