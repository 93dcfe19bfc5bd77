"""How equity went: fine for minutes, coarse for days, bounded, and after a restart from the ledger's fills."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from engine_rig import exchange_of, running, until, write_recording
from hypothesis import given
from hypothesis import strategies as st

from core.commands import Terms
from core.engine.curves import SAMPLE, TIERS, Curve, Curves, past_of, thinned
from core.errors import UsageError
from core.types import MINUTE, SECOND

START = 1_700_000_000 * SECOND


class Desk:
    """An engine as far as curves know it."""

    def __init__(self, **equities: float) -> None:
        self.now = START
        self.entries: dict[str, Any] = {}
        for id_, equity in equities.items():
            self.set(id_, equity)
        self.clock = SimpleNamespace(now_ns=lambda: self.now)
        self.roster = self
        self.spawned: list[str] = []
        self.curves = Curves(self)  # type: ignore[arg-type]

    def __iter__(self) -> Any:
        return iter(self.entries.values())

    def chosen(self, id_: str | None) -> list[Any]:
        return list(self) if id_ is None else [self.entries[id_]]

    def spawn(self, work: Any, name: str) -> None:
        work.close()
        self.spawned.append(name)

    def set(self, id_: str, equity: float, realised: float = 0.0, fees: float = 0.0) -> None:
        figures = SimpleNamespace(equity=equity, realised=realised, fees=fees)
        self.entries[id_] = SimpleNamespace(id=id_, figures=figures, terms=Terms(capital=1000.0))

    def second(self, **equities: float) -> None:
        """A second passes, after which strategies have these equities."""
        self.now += SECOND
        for id_, equity in equities.items():
            self.set(id_, equity, realised=equity - 1000.0 + 1.0, fees=1.0)
        self.curves.sample()

    def rows(self, id_: str | None = None, **args: Any) -> list[list[Any]]:
        rows: list[list[Any]] = self.curves.equity({"strategy": id_, **args})["samples"]
        return rows


def test_a_sample_says_equity_what_is_realised_and_how_far_it_fell() -> None:
    desk = Desk()
    for equity in (1010.0, 1100.0, 990.0, 1050.0):
        desk.second(a=equity)
    seconds = [START + k * SECOND for k in range(1, 5)]
    fallen = [0.0, 0.0, 10.0, 100 * 50 / 1100]
    wanted = [[at, equity, equity - 1000, fall] for at, equity, fall in zip(seconds, (1010, 1100, 990, 1050), fallen, strict=True)]
    assert desk.rows("a") == [pytest.approx(row) for row in wanted]
    assert desk.curves.equity({})["capital"] == 1000


def test_all_together_is_the_sum_and_a_strategy_that_leaves_makes_no_drawdown() -> None:
    desk = Desk()
    desk.second(a=1100.0, b=1000.0)
    desk.second(a=1090.0, b=1020.0)
    assert [row[1] for row in desk.rows()] == [2100.0, 2110.0]
    del desk.entries["a"]
    desk.second(b=1020.0)
    assert desk.rows()[-1][1:] == [1020.0, 20.0, 0.0]
    desk.second(b=969.0)
    assert desk.rows()[-1][3] == pytest.approx(5.0)


def test_nobody_has_no_equity() -> None:
    desk = Desk()
    desk.curves.sample()
    assert desk.curves.equity({}) == {"strategy": None, "capital": 0, "samples": []}


def test_days_fit_into_bounded_memory_and_nothing_that_is_kept_is_out_of_order() -> None:
    curve, at = Curve(1000.0), START
    for number in range(8 * 60 * 24):  # eight days, a sample every minute
        at += MINUTE
        curve.put(at, 1000.0 + number % 7, 0.0)
    samples = curve.samples()
    assert (np.diff(samples["ts"]) > 0).all()
    assert samples["ts"][0] <= START + 20 * MINUTE
    assert len(samples) <= sum(most for _, most in TIERS)
    assert (np.diff(samples["ts"])[-600:] == MINUTE).all()


@given(st.lists(st.tuples(st.integers(1, 200), st.integers(900, 1100)), min_size=1, max_size=300), st.integers(2, 50))
def test_thinning_out_keeps_the_last_and_the_deepest(steps: list[tuple[int, int]], count: int) -> None:
    samples = np.zeros(len(steps), SAMPLE)
    samples["ts"] = START + np.cumsum([gap for gap, _ in steps]) * SECOND
    samples["drawdown_pct"] = [value / 100 for _, value in steps]
    thin = thinned(samples, count)
    assert len(thin) <= count or len(samples) <= count
    assert thin[-1]["ts"] == samples[-1]["ts"]
    assert thin["drawdown_pct"].max() == samples["drawdown_pct"].max()
    assert (np.diff(thin["ts"]) > 0).all()


def fill(number: int, position: float, price: float, realised: float, fee: float = 1.0, symbol: str = "S") -> dict[str, Any]:
    return {"ts_ns": START + number * SECOND, "position": position, "price": price, "realised": realised, "fee": fee, "symbol": symbol}


def test_the_past_is_made_of_fills_marked_at_their_prices() -> None:
    fills = [fill(1, 2.0, 100.0, 0.0), fill(2, 3.0, 130.0, 0.0), fill(3, -1.0, 120.0, 30.0), fill(4, 0.0, 110.0, 10.0)]
    past = past_of(fills, 1000.0, None)
    # Bought 2 at 100; one more at 130: 3 at 110, worth 60 more; sold 4 at 120: 30 realised, short 1; bought back at 110.
    assert past["equity"].tolist() == [999.0, 1058.0, 1027.0, 1036.0]
    assert past["realised"].tolist() == [-1.0, -2.0, 27.0, 36.0]
    assert past["drawdown_pct"].max() == pytest.approx(100 * 31 / 1058)


def test_a_past_that_is_not_whole_ends_where_the_present_begins() -> None:
    past = past_of([fill(1, 0.0, 100.0, 5.0)], 1000.0, 250.0)
    assert past["equity"].tolist() == [1250.0]


async def test_after_a_restart_equity_goes_on_from_the_ledger(tmp_path: Path) -> None:
    recording = write_recording(tmp_path / "frames.log", prints=600)
    async with exchange_of(recording) as exchange, running(tmp_path / "home", exchange) as rig:
        id_ = await rig.register("sma_crossover", params={"fast": 2, "slow": 5, "interval": "1s"}, terms=Terms(fee_bps=10.0))
        await until(lambda: rig.engine.roster[id_].figures is not None, "its figures came")
        await rig.play()
        fills = await rig.fills(id_)
        assert len(fills) > 3
        with pytest.raises(UsageError, match="no strategy 'nobody'"):
            rig.engine.curves.equity({"strategy": "nobody"})
    async with exchange_of(recording) as exchange, running(tmp_path / "home", exchange) as rig:
        await until(lambda: bool(rig.engine.curves.equity({})["samples"]), "it has figures again")
        await until(lambda: len(rig.engine.curves.equity({"strategy": id_})["samples"]) > len(fills), "the past is read")
        samples = rig.engine.curves.equity({"strategy": id_})["samples"]
        assert [row[0] for row in samples[: len(fills)]] == [fill["ts_ns"] for fill in fills]
        nets = np.cumsum([fill["realised"] - fill["fee"] for fill in fills])
        assert [row[2] for row in samples[: len(fills)]] == pytest.approx(nets.tolist())
        assert len(rig.engine.curves.equity({})["samples"]) > len(fills)
