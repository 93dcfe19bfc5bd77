"""An ensemble trades live as it does in a backtest of what was recorded, and the ledger says who voted and what was held back."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.commands import Terms
from core.research.audit import run_audit
from core.store.ledger_reader import read_signals
from tests.engine.engine_rig import backtest, bits, exchange_of, running, write_recording
from tests.ensembles.ensembles_rig import LADDER, RULES, WHOLE


@pytest.mark.slow
async def test_an_ensemble_trades_live_as_it_does_in_a_backtest_of_the_tape_and_keeps_its_votes(tmp_path: Path) -> None:
    recording = write_recording(tmp_path / "frames", prints=3000)
    home = tmp_path / "home"
    folder = home / "strategies"
    folder.mkdir(parents=True, mode=0o700)
    for name, text in (("whole.toml", WHOLE), ("rules.toml", RULES), ("ladder.py", LADDER)):
        (folder / name).write_text(text)
    terms = Terms(side="long_short", qty=0.5, fee_bps=2, slippage_bps=1, latency_ms=150, stop_loss_pct=0.5, participation=0.8)
    params = {"ladder_gain": 0.2, "validator_spread_pct": 0.0067, "validator_liquidity_quote": 10_000.0, "quorum": 0.5}
    async with exchange_of(recording) as exchange, running(home, exchange) as rig:
        id_ = await rig.register("whole", terms=terms, params=params)
        await rig.play()
        live = bits(await rig.fills(id_))
    assert len(live) > 4
    found = run_audit(home)
    assert found.details == []
    assert found.identical == found.fills == len(live)
    assert live == bits(backtest(home, "whole", "BTCUSDT", terms=terms, params=params).fills)
    rows = read_signals(home / "ledger.db", id_)
    held = [row for row in rows if row["reason"].startswith("held back by ")]
    entered = [row for row in rows if row["reason"].endswith((" for long", " for short"))]
    assert held
    assert {(row["side"], row["target"]) for row in held if row["before"] is not None} <= {("hold", 0.0)}
    assert entered
    for row in held:
        validator = row["reason"].removeprefix("held back by ")
        assert row["metadata"]["passed"][validator] in (0.0, None)
    for row in entered:
        told = row["metadata"]
        assert abs(told["vote"]) == row["confidence"] >= 0.5
        agreeing = sum((opinion or 0.0) * row["target"] > 0 for opinion in told["members"].values())
        assert row["reason"] == f"{agreeing} of 6 members for {'long' if row['target'] > 0 else 'short'}"
        assert set(told["passed"].values()) == {1.0}
        assert told["members"]["model"] is None
