"""A strategy whose protections fire trades live as in a backtest, through a kill while it is locked, and an audit finds it identical."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from core.commands import Register, Resume, Terms
from core.errors import UsageError
from core.research.audit import run_audit
from tests.engine.engine_rig import Rig, backtest, bits, exchange_of, running, until, write_recording

#: Prints come five a second; two losing trips in a row lock for 18 s of theirs.
LOCKING = Terms(
    side="long_short", qty=0.5, fee_bps=2, slippage_bps=1, latency_ms=150, loss_streak=2, lock_hours=0.005, cooldown_s=1,
    stop_cooldown_s=3, time_stop_s=15, break_even_pct=0.05, stop_loss_pct=0.1,
)  # fmt: skip
FALLING = Terms(side="long_short", fee_bps=20, max_drawdown_pct=0.5, on_guard="flatten")
BUSY = {"fast": 2, "slow": 5}


def said(rig: Rig, id_: str) -> set[str]:
    """What kept it from ordering."""
    return {line.reason for line in rig.engine.blotter.lines if line.strategy_id == id_ and line.kind == "blocked"}


async def printed(rig: Rig, count: int) -> None:
    """Let so many prints come, and everything they cause."""
    rig.exchange.resume()
    await until(lambda: rig.engine.market.ticks_total >= count, f"{count} prints")
    rig.exchange.pause()
    await rig.settle()


@pytest.mark.slow
async def test_what_is_locked_stays_locked_through_a_kill_and_comes_out_again(tmp_path: Path) -> None:
    home = tmp_path / "home"
    async with exchange_of(write_recording(tmp_path / "frames", prints=2500), speed=200.0) as exchange:
        async with running(home, exchange) as rig:
            ids = {"locking": await rig.register("sma_crossover", terms=LOCKING, params=BUSY)}
            ids["falling"] = await rig.register("sma_crossover", "ETHUSDT", terms=FALLING, params=BUSY)
            await printed(rig, 1500)
            assert "loss streak" in said(rig, ids["locking"])
            assert said(rig, ids["falling"]) == {"drawdown limit"}
            before = len(await rig.fills(ids["falling"]))
            for id_ in ids.values():
                worker = rig.engine.pool.holding(id_)
                if worker is not None:
                    os.kill(worker.pid, signal.SIGKILL)
                    await until(lambda: all(entry.state == "running" for entry in rig.engine.roster), "everybody is back")
            await printed(rig, 3000)
        async with running(home, exchange) as rig:
            await rig.play()
            await until(lambda: rig.engine.tape.total == 5000, "all prints on the tape")
            await rig.settle()
            live = {name: bits(await rig.fills(id_)) for name, id_ in ids.items()}
    assert len(live["falling"]) == before, "it never opened again"
    assert len(live["locking"]) > 20
    assert live["locking"] == bits(backtest(home, "sma_crossover", "BTCUSDT", terms=LOCKING, params=BUSY).fills)
    assert live["falling"] == bits(backtest(home, "sma_crossover", "ETHUSDT", terms=FALLING, params=BUSY).fills)
    found = run_audit(home)
    assert found.details == []
    assert found.identical == found.fills == sum(map(len, live.values()))
    assert found.books["compared"] == found.books["identical"] > 1


@pytest.mark.slow
async def test_a_person_who_resumes_it_lifts_a_lock_and_the_audit_knows(tmp_path: Path) -> None:
    home = tmp_path / "home"
    async with exchange_of(write_recording(tmp_path / "frames", prints=2000), speed=200.0) as exchange:
        async with running(home, exchange) as rig:
            id_ = await rig.register("sma_crossover", "ETHUSDT", terms=FALLING, params=BUSY)
            await printed(rig, 1500)
            assert said(rig, id_) == {"drawdown limit"}
            before = len(await rig.fills(id_))
            await rig.engine.commands.submit(Resume(id=id_), "test")
            await printed(rig, 2500)
            assert len(await rig.fills(id_)) > before
        async with running(home, exchange) as rig:
            await rig.play()
            await rig.settle()
    found = run_audit(home)
    assert found.details == []
    assert found.identical == found.fills > before


@pytest.mark.parametrize(
    ("name", "symbols", "terms", "line"),
    [
        ("rsi", ["BTCUSDT"], Terms(min_confidence=0.5), "min_confidence=0.5 does nothing: rsi does not say how sure it is"),
        ("volume", ["BTCUSDT"], Terms(max_age_s=2), "max_age_s=2 does nothing: volume trades one symbol, on its own prints"),
        (
            "pairs", ["BTCUSDT", "ETHUSDT"], Terms(side="long_short", cooldown_s=5),
            "pairs holds its legs against each other: cooldown_s would open one alone; it takes loss_streak",
        ),
        (
            "pairs", ["BTCUSDT", "ETHUSDT"], Terms(side="long_short", time_stop_s=5),
            "pairs holds its legs against each other: time_stop_s would close one alone; it has its own way out",
        ),
    ],
)  # fmt: skip
async def test_a_protection_that_does_nothing_or_parts_legs_is_refused(
    tmp_path: Path, name: str, symbols: list[str], terms: Terms, line: str
) -> None:
    async with exchange_of(write_recording(tmp_path / "frames", prints=10)) as exchange, running(tmp_path / "home", exchange) as rig:
        with pytest.raises(UsageError) as refused:
            await rig.engine.commands.submit(Register(name=name, symbols=symbols, terms=terms), "test")
    assert str(refused.value) == line
