"""The strategy of two legs trades live, in a replay and in a backtest alike, and an audit finds every fill again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from core.commands import Register, Terms
from core.errors import UsageError
from core.research.audit import run_audit
from core.research.backtest import run_backtest
from core.research.order import Order
from core.strategy_files import builtin_folder
from tests.engine.engine_rig import Rig, exchange_of, running, until, write_recording
from tests.engine.replay_rig import Played, recorded

TERMS = Terms(side="long_short", qty=0.5, fee_bps=2, latency_ms=150)
PARAMS = {"interval": "1s", "window": 30, "entry_z": 1.5}
LEGS = ["BTCUSDT", "ETHUSDT"]

#: Numbers of ticks and fills depend on what else was delivered; all else of a fill must be the same to the bit.
COMPARED = ("ts_ns", "symbol", "tick_id", "side", "qty", "price", "fee", "realised", "position")


def bits(fills: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    return [tuple(fill[key] for key in COMPARED) for fill in fills]


async def register(rig: Rig | Played, method: str = "ols", terms: Terms = TERMS) -> str:
    order = Register(name="pairs", symbols=LEGS, params=PARAMS | {"method": method}, terms=terms)
    return str((await rig.engine.commands.submit(order, "test"))["id"])


def over_the_tape(home: Path, method: str = "ols") -> list[dict[str, Any]]:
    sources = [f"tape:{leg}" for leg in LEGS]
    return run_backtest(Order(sources, "pairs", [builtin_folder()], PARAMS | {"method": method}, TERMS, home=home)).fills


@pytest.mark.slow
async def test_pairs_trades_live_as_over_the_tape_and_an_audit_finds_it_identical(tmp_path: Path) -> None:
    recording = write_recording(tmp_path / "frames", prints=3000)
    home = tmp_path / "home"
    async with exchange_of(recording) as exchange, running(home, exchange) as rig:
        ids = {method: await register(rig, method) for method in ("ols", "kalman")}
        await rig.play()
        await until(lambda: rig.engine.tape.total == 6000, "all prints on the tape")
        live = {method: bits(await rig.fills(id_)) for method, id_ in ids.items()}
    for method, fills in live.items():
        assert len(fills) > 20
        assert {fill[1] for fill in fills} == {f"binance:{leg}" for leg in LEGS}
        assert fills == bits(over_the_tape(home, method))
    found = run_audit(home)
    assert found.fills == found.identical == sum(map(len, live.values()))


@pytest.mark.slow
async def test_a_start_in_mid_stream_is_warm_from_the_tape_of_both_legs(tmp_path: Path) -> None:
    recording = write_recording(tmp_path / "frames", prints=3000, seed=4)
    home = tmp_path / "home"
    async with exchange_of(recording, speed=60.0) as exchange, running(home, exchange) as rig:
        exchange.resume()
        await until(lambda: rig.engine.market.ticks_total > 2000, "history on the tape")
        exchange.pause()
        await rig.engine.tape.flush()
        id_ = await register(rig)
        await until(lambda: (f := rig.engine.roster[id_].figures) is not None and f.seen >= 30, "warm at once")
        await rig.play()
        assert len(await rig.fills(id_)) > 10
    found = run_audit(home)
    assert found.fills == found.identical > 10


@pytest.mark.slow
async def test_a_replay_of_both_legs_trades_as_a_backtest_of_their_tapes(tmp_path: Path) -> None:
    async with recorded(tmp_path, *LEGS, count=3000) as played:
        id_ = await register(played)
        await played.to_end()
        mine = await played.engine.ledger.fills(id_)
    assert len(mine) > 10
    assert bits(mine) == bits(over_the_tape(tmp_path))


@pytest.mark.parametrize(
    ("terms", "words"),
    [
        (Terms(), "side=long_flat would leave one out"),
        (Terms(side="long_short", size="vol_pct"), "size=vol_pct would size each by itself"),
        (Terms(side="long_short", entry="limit"), "entry=limit might fill one alone"),
        (Terms(side="long_short", stop_loss_pct=1), "stop_loss_pct would close one alone"),
    ],
)
async def test_terms_that_would_hold_a_leg_alone_are_refused(tmp_path: Path, terms: Terms, words: str) -> None:
    recording = write_recording(tmp_path / "frames", prints=10)
    async with exchange_of(recording) as exchange, running(tmp_path / "home", exchange) as rig:
        with pytest.raises(UsageError, match=words):
            await register(rig, terms=terms)
        assert not rig.engine.roster.entries
    with pytest.raises(UsageError, match=words):
        run_backtest(Order(["tape:A", "tape:B"], "pairs", [builtin_folder()], {}, terms, home=tmp_path / "home"))
