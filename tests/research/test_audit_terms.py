"""An audit of strategies whose terms ask for more than market orders, and of those that were journalled before one could."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

from core.commands import Register, Terms
from core.research.audit import run_audit
from tests.research.audit_rig import NAMES, TERMS, Session, ask, change, market
from tests.research.test_audit import strategies

#: Everything at once: the market's hour ends while it trades.
ALL = Terms(
    side="long_short", size="equity_pct", qty=400, fee_bps=3, slippage_bps=1,
    latency_ms=300, participation=0.4, stop_loss_pct=0.05, trailing_pct=0.06,
    lot=0.01, tick_size=0.05, min_notional=20, spread="quote", spread_bps=1, impact_bps=0.5,
    entry="limit", limit_offset_bps=0.1, limit_fill="touch", limit_ttl_ms=20_000, limit_then="market", maker_fee_bps=-0.5,
    funding_bps=2, funding_hours=1, leverage=3, maintenance_pct=1, liquidation_fee_bps=5,
)  # fmt: skip
#: What does not go with all of that.
BREAKS = Terms(
    side="long_short", size="vol_pct", qty=30, vol_half_life_hours=0.05, max_leverage=3, latency_ms=250, participation=0.5,
    take_profit_pct=0.04, stop_loss_pct=0.05, entry="stop", trigger_offset_bps=0.2, trigger_ttl_ms=30_000, trigger_then="market",
    exits="resting", limit_fill="queue", queue_ahead=0.4, queue_model="quotes", maker_fee_bps=1,
)  # fmt: skip
#: What protects, small enough for a market of an hour; an amount of confidence is nothing these strategies have.
WARY = Terms(
    side="long_short", qty=0.7, max_drawdown_pct=0.4, daily_loss_pct=0.3, on_guard="flatten", loss_streak=3, low_profit_pct=-0.1,
    low_profit_trades=4, lock_hours=0.02, cooldown_s=2, stop_cooldown_s=6, max_age_s=0.9, time_stop_s=20, break_even_pct=0.01,
)  # fmt: skip
RESTS = Terms(
    side="long_short",
    qty=0.5,
    entry="limit",
    limit_ttl_ms=9_000,
    maker_fee_bps=1,
    funding_bps=-1,
    funding_hours=1,
    exits="resting",
    take_profit_pct=0.02,
    stop_loss_pct=0.03,
    participation=0.5,
)


def test_all_terms_are_asked_for() -> None:
    plain, silent = Terms(), {"capital", "impact_volume", "min_confidence"}
    asked = (ALL, BREAKS, WARY)
    assert {name for name in Terms.__struct_fields__ if all(getattr(how, name) == getattr(plain, name) for how in asked)} == silent


@pytest.mark.slow
async def test_what_they_did_comes_out_again_through_levers_a_restart_and_an_edit(tmp_path: Path) -> None:
    home, ticks, files = tmp_path / "home", market(9000), strategies(tmp_path / "strategies")
    quick = {"interval": "1s", "fast": 2, "slow": 5}
    async with Session(home) as session:
        session.register("all", terms=ALL, params=quick)
        session.register("rests", terms=RESTS, on=NAMES[1:2], params=quick)
        session.register("breaks", terms=BREAKS, on=NAMES[2:], params=quick)
        session.register("flips", files["flips"], terms=ALL)
        session.register("legs", files["spread"], on=[NAMES[2], NAMES[0]], terms=RESTS)
        session.feed(ticks[:2000], 31)
        session.pull("limits", "all", "legs", mode="normal", max_position=0.337)
        session.feed(ticks[2000:3000], 3)
        session.pull("pause", "rests", "breaks")
        session.pull("flatten", "legs")
        session.feed(ticks[3000:3300], 2)
        session.pull("resume", "rests", "breaks")
        session.feed(ticks[3300:5000], 7)
    async with Session(home) as session:
        for id_, file in (("all", "sma_crossover"), ("breaks", "sma_crossover"), ("legs", files["spread"]), ("flips", files["flips"])):
            await session.take_up(id_, file)
        await session.begin_again("rests", "macd", "edited")
        session.feed(ticks[5000:], 50)
    found = run_audit(home)
    assert found.details == []
    assert found.fills == found.identical == ask(home, "SELECT count(*) FROM fills")[0][0]
    assert {row[0] for row in ask(home, "SELECT strategy_id FROM fills GROUP BY 1 HAVING count(*) > 8")} == {
        "all",
        "breaks",
        "flips",
        "legs",
        "rests",
    }
    assert ask(home, "SELECT count(*) FROM fills WHERE fee < 0 AND strategy_id = 'all'")[0][0] > 3, "limit orders were filled"
    assert found.books["compared"] == found.books["identical"] >= 8


@pytest.mark.slow
async def test_what_protections_held_back_comes_out_again_through_locks_that_are_lifted_a_restart_and_an_edit(tmp_path: Path) -> None:
    home, ticks, files = tmp_path / "home", market(9000), strategies(tmp_path / "strategies")
    quick = {"interval": "1s", "fast": 2, "slow": 5}
    async with Session(home) as session:
        session.register("wary", terms=WARY, params=quick)
        session.register("flips", files["flips"], terms=WARY)
        session.register("legs", files["spread"], on=[NAMES[2], NAMES[0]], terms=WARY)
        session.register("heir", terms=WARY, on=NAMES[1:2], params=quick)
        session.feed(ticks[:3000], 31)
        session.pull("resume", "wary", "flips")
        session.feed(ticks[3000:5000], 3)
    async with Session(home) as session:
        for id_, file in (("wary", "sma_crossover"), ("legs", files["spread"]), ("flips", files["flips"])):
            await session.take_up(id_, file)
        await session.begin_again("heir", "macd", "edited")
        session.feed(ticks[5000:7000], 50)
        session.pull("resume", "wary", "legs", "heir")
        session.feed(ticks[7000:], 5)
    found = run_audit(home)
    assert found.details == []
    assert found.fills == found.identical == ask(home, "SELECT count(*) FROM fills")[0][0]
    assert found.books["compared"] == found.books["identical"] >= 7
    assert {row[0] for row in ask(home, "SELECT strategy_id FROM fills GROUP BY 1 HAVING count(*) > 4")} == {
        "wary",
        "flips",
        "legs",
        "heir",
    }
    assert session.blocked >= {"cooling down", "loss streak", "low profit"}


async def test_a_registration_of_before_is_read_and_audited_as_it_was(tmp_path: Path) -> None:
    home, ticks = tmp_path / "home", market(3000)
    async with Session(home) as session:
        session.register("sma", terms=TERMS)
        session.feed(ticks)
    (text,) = [row[0] for row in ask(home, "SELECT payload FROM commands WHERE kind = 'register'")]
    payload = json.loads(text)
    usual = list(Terms.__struct_fields__)[:10]
    payload["terms"] = {name: payload["terms"][name] for name in usual}
    assert usual[-1] == "trailing_pct"
    assert change(home, "UPDATE commands SET payload = ? WHERE kind = 'register'", json.dumps(payload)) == 1
    assert msgspec.convert({key: value for key, value in payload.items() if key != "plan"}, Register).terms == TERMS
    found = run_audit(home)
    assert (found.details, found.differences) == ([], 0)
    assert found.identical == ask(home, "SELECT count(*) FROM fills")[0][0] > 5


@pytest.mark.parametrize("record", ["TERMS", "BOOK"])
async def test_a_feature_this_cockpit_does_not_know_is_not_auditable(tmp_path: Path, record: str) -> None:
    home = tmp_path / "home"
    async with Session(home) as session:
        session.register("sma", terms=TERMS)
        session.feed(market(600))
    last = {"TERMS": "('long_only', '<i8')]", "BOOK": "('trip_fees', '<f8')]"}[record]
    assert change(home, "UPDATE sources SET text = replace(text, ?, ?) WHERE name = 'plan'", last, f"{last[:-1]}, ('novel', '<f8')]") == 1
    (line,) = run_audit(home).not_auditable
    assert line["reason"] == f"it ran under a version of cockpit whose {record} records were laid out in another way"
