"""Rules trade live as they do in a backtest of what was recorded, to the last bit."""

from __future__ import annotations

from pathlib import Path

from core.commands import Terms
from core.research.audit import run_audit
from tests.conditions.conditions_rig import MIXED
from tests.engine.engine_rig import backtest, bits, exchange_of, running, write_recording


async def test_a_strategy_of_rules_trades_live_as_it_does_in_a_backtest_of_the_tape(tmp_path: Path) -> None:
    recording = write_recording(tmp_path / "frames", prints=3000)
    home = tmp_path / "home"
    (home / "strategies").mkdir(parents=True, mode=0o700)
    (home / "strategies" / "mixed.toml").write_text(MIXED)
    terms = Terms(side="long_short", qty=0.5, fee_bps=2, slippage_bps=1, latency_ms=150, stop_loss_pct=0.5, participation=0.8)
    params = {"entry_cooldown_s": 1.0, "signal_2": 0.0, "emergency_cooldown_s": 2.0, "close_3": 20.0}
    async with exchange_of(recording) as exchange, running(home, exchange) as rig:
        id_ = await rig.register("mixed", terms=terms, params=params)
        await rig.play()
        live = bits(await rig.fills(id_))
    assert len(live) > 4
    found = run_audit(home)
    assert found.details == []
    assert found.identical == found.fills == len(live)
    assert live == bits(backtest(home, "mixed", "BTCUSDT", terms=terms, params=params).fills)
