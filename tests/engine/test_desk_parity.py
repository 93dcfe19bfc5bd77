"""Rules, a vote, two legs and protections at once: live, backtests of the tape and the audit are one, whatever dies meanwhile."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import pytest

from core.commands import Register, Terms
from core.research.audit import run_audit
from core.research.backtest import Order, run_backtest
from core.strategy_files import builtin_folder
from tests.conditions.conditions_rig import MIXED
from tests.engine.engine_rig import Rig, bits, exchange_of, running, until, write_recording
from tests.ensembles.ensembles_rig import LADDER, RULES, WHOLE

GUARDED: dict[str, Any] = {"side": "long_short", "fee_bps": 2, "slippage_bps": 1, "latency_ms": 150}

#: Name -> symbols, parameters, terms.
DESK: dict[str, tuple[tuple[str, ...], dict[str, Any], Terms]] = {
    "mixed": (
        ("BTCUSDT",), {"interval": "1s", "entry_cooldown_s": 1.0, "signal_2": 0.0, "emergency_cooldown_s": 2.0, "close_3": 20.0},
        Terms(**GUARDED, qty=0.5, stop_loss_pct=0.5, loss_streak=2, lock_hours=0.01),
    ),
    "whole": (
        ("BTCUSDT",),
        {"interval": "1s", "ladder_gain": 0.2, "validator_spread_pct": 0.0067, "validator_liquidity_quote": 10_000.0, "quorum": 0.5},
        Terms(**GUARDED, qty=0.5, time_stop_s=20, cooldown_s=2, min_confidence=0.6),
    ),
    "pairs": (
        ("BTCUSDT", "ETHUSDT"), {"interval": "1s", "window": 30, "entry_z": 1.0, "exit_z": 0.2},
        Terms(**GUARDED, qty=0.5, loss_streak=3, lock_hours=0.005),
    ),
    "sma_crossover": (
        ("ETHUSDT",), {"interval": "1s", "fast": 2, "slow": 5},
        Terms(**GUARDED | {"fee_bps": 20}, qty=2.0, max_drawdown_pct=0.5, on_guard="flatten"),
    ),
    "rsi": (
        ("BTCUSDT",), {"interval": "1s", "period": 5},
        Terms(**GUARDED, qty=0.5, entry="limit", limit_fill="queue", take_profit_pct=0.3, break_even_pct=0.1, leverage=20),
    ),
}  # fmt: skip


async def enlist(rig: Rig) -> dict[str, str]:
    ids = {}
    for name, (symbols, params, terms) in DESK.items():
        order = Register(name=name, symbols=list(symbols), params=params, terms=terms)
        ids[name] = str((await rig.engine.commands.submit(order, "test"))["id"])
    return ids


def again(home: Path, name: str, **named: Any) -> list[tuple[Any, ...]]:
    """A backtest over the tape, prints as they came."""
    symbols, params, terms = DESK[name]
    sources = named.pop("sources", [f"tape:{symbol}" for symbol in symbols])
    folders = [builtin_folder(), home / "strategies"]
    return bits(run_backtest(Order(sources, name, folders, dict(params), terms, home=home, as_delivered=True, **named)).fills)


@pytest.mark.slow
async def test_live_backtest_and_audit_are_one_with_rules_votes_legs_and_protections_through_kills(tmp_path: Path) -> None:
    home = tmp_path / "home"
    (home / "strategies").mkdir(parents=True, mode=0o700)
    for file, text in (("mixed.toml", MIXED), ("whole.toml", WHOLE), ("rules.toml", RULES), ("ladder.py", LADDER)):
        (home / "strategies" / file).write_text(text)
    async with exchange_of(write_recording(tmp_path / "frames", prints=3000), speed=100.0) as exchange:
        async with running(home, exchange) as rig:
            ids = await enlist(rig)
            exchange.resume()
            for count in (1000, 2500):
                await until(lambda count=count: rig.engine.market.ticks_total >= count, f"{count} prints")
                for worker in rig.engine.pool.workers:
                    os.kill(worker.pid, signal.SIGKILL)
                await until(lambda: all(entry.state == "running" for entry in rig.engine.roster), "everybody is back")
            exchange.pause()
            await rig.settle()
        async with running(home, exchange) as rig:
            await rig.play()
            await until(lambda: rig.engine.tape.total == 6000, "all prints on the tape")
            await rig.settle()
            reasons = {row["reason"] for row in await rig.engine.ledger.desk.newest_blocks(100_000)}
            live = {name: bits(await rig.fills(id_)) for name, id_ in ids.items()}
    assert {name for name, fills in live.items() if len(fills) > 3} == set(DESK)
    assert {"loss streak", "drawdown limit", "cooling down"} <= reasons, reasons
    found = run_audit(home)
    assert found.details == []
    assert found.identical == found.fills == sum(map(len, live.values()))
    for name, fills in live.items():
        assert fills == again(home, name), name
    assert live["pairs"] == again(home, "pairs", sources=["tape:*"], symbol="BTCUSDT,ETHUSDT")
