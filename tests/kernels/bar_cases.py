"""Random bars, targets and terms for trading on bars: drawn, so that what fails shrinks, and by a seed, which reaches further."""

from __future__ import annotations

from typing import Any, TypeAlias

import msgspec
import numpy as np
from hypothesis import strategies as st
from loop_cases import FEATURES, any_terms, off_or, targets
from loop_rig import MS, NO, Row, bars, terms

from core.terms import Terms
from core.types import DAY, MINUTE, Records

Case: TypeAlias = tuple[Records, list[float], Terms]

HOUR = 60 * MINUTE
LENGTHS = [MINUTE, HOUR, 8 * HOUR, DAY]
JUMPS = [0, 0, 0, -1, 2, 4, -8, 10]  # from a close to the next open
MOVES = [0, 0, 1, -1, 4, -4, 8, -10]  # from an open to its close
WICKS = [0, 0, 1, 5]
SKIPPED = [0, 0, 0, 0, 0, 1, 30]  # bars that are not there
VOLUMES = [0.0, 0.5, 1.0, 3.0, 8.0, 40.0]


def row(close: float, jump: float, move: float, above: float, below: float) -> Row:
    """The corners of the bar after a close, on a coarse grid, so that levels are met exactly."""
    first = max(close + jump, 12.0)
    last = max(first + move, 12.0)
    return first, max(first, last) + above, min(first, last) - below, last


def laid(rows: list[Row], length: int, early: int, skipped: list[int], volumes: list[float]) -> Records:
    """BAR records with holes between them."""
    found = bars(rows, length=length, close_early=early)
    late = np.cumsum(skipped) * length
    found["start"] += late
    found["ts"] += late
    found["qty"] = volumes
    return found


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """A market, a target at each close, and terms with any of what may be asked for; what takes time is told in bars."""
    length = draw(st.sampled_from(LENGTHS))
    how = draw(any_terms())
    for name in [name for name in FEATURES if name != "margined" and draw(st.booleans())]:  # of margin the twin knows nothing
        how = msgspec.structs.replace(how, **FEATURES[name](draw))
    count = draw(st.integers(1, 80 if how.size == "vol_pct" else 40))
    rows: list[Row] = []
    for _ in range(count):
        corners = (draw(st.sampled_from(values)) for values in (JUMPS, MOVES, WICKS, WICKS))
        rows.append(row(rows[-1][3] if rows else 100.0, *corners))
    skipped, volumes = (draw(st.lists(st.sampled_from(values), min_size=count, max_size=count)) for values in (SKIPPED, VOLUMES))
    waits = off_or(length / MS / 2, length / MS, 2.5 * length / MS)
    given: dict[str, Any] = {
        "latency_ms": draw(st.sampled_from([0.0, 0.0, 1.0, 30_000.0])), "limit_ttl_ms": draw(waits), "trigger_ttl_ms": draw(waits),
        "vol_half_life_hours": draw(st.sampled_from([20.0, 100.0])) * length / HOUR,
    }  # fmt: skip
    found = laid(rows, length, draw(st.sampled_from([0, 0, MS])), skipped, volumes)
    return found, draw(targets(count)), msgspec.structs.replace(how, **given)


def seeded(seed: int) -> Case:
    """The same by a seed: all at once and seldom off, and targets that last."""
    rng = np.random.default_rng(seed)

    def pick(*values: Any) -> Any:
        return values[rng.integers(len(values))]

    length, count, calm = pick(*LENGTHS), int(rng.integers(5, 80)), pick(0.0, 0.3, 0.7)
    rows: list[Row] = []
    for _ in range(count):
        still = rng.random(2) < calm
        jump, move = 0 if still[0] else pick(*JUMPS), 0 if still[1] else pick(*MOVES)
        rows.append(row(rows[-1][3] if rows else 100.0, jump, move, pick(*WICKS), pick(*WICKS)))
    changes, repeats, target = pick(0.05, 0.2, 0.6), rng.random() < 0.5, NO
    wanted = []
    for _ in range(count):
        changed = rng.random() < changes
        target = pick(0.0, 1.0, 1.0, -1.0, 2.0, 0.5, -0.25) if changed else target
        wanted.append(target if changed or repeats else NO)
    skipped, volumes = [pick(*SKIPPED) for _ in rows], [pick(*VOLUMES) for _ in rows]
    return laid(rows, length, pick(0, 0, MS), skipped, volumes), wanted, terms(**_terms(pick, length))


def _terms(pick: Any, length: int) -> dict[str, Any]:
    bar = length / MS
    found = {
        "qty": pick(1.0, 0.5, 0.3), "side": pick("long_flat", "long_short", "long_short"), "fee_bps": pick(0.0, 4.0, 100.0),
        "slippage_bps": pick(0.0, 1.0, 625.0), "latency_ms": pick(0.0, 0.0, 1.0, 30_000.0, bar), "participation": pick(None, 0.5, 0.1),
        "stop_loss_pct": pick(None, 3.0, 5.0, 25.0), "take_profit_pct": pick(None, 1.0, 5.0, 25.0), "trailing_pct": pick(None, 4.0, 12.5),
        "lot": pick(None, None, 0.1, 0.25, 2.0), "tick_size": pick(None, None, 0.01, 0.5, 4.0), "min_notional": pick(None, None, 5.0, 60.0),
        "spread": pick("print", "quote"), "spread_bps": pick(0.0, 5.0, 800.0), "impact_bps": pick(0.0, 10.0, 4000.0),
        "impact_volume": pick(None, 3.0), "entry": pick("market", "limit", "stop"), "exits": pick("market", "resting"),
        "limit_offset_bps": pick(0.0, 100.0, 390.625), "limit_fill": pick("through", "touch"), "maker_fee_bps": pick(None, -1.0, 2.0),
        "limit_ttl_ms": pick(None, bar / 2, bar, 2.5 * bar), "limit_then": pick("cancel", "market"),
        "trigger_offset_bps": pick(0.0, 100.0, 390.625), "trigger_then": pick("cancel", "market"),
        "trigger_ttl_ms": pick(None, bar / 2, bar, 2.5 * bar), "funding_bps": pick(0.0, 1.0, -25.0), "funding_hours": pick(1, 8, 24),
        "vol_half_life_hours": pick(20.0, 100.0) * length / HOUR, "max_leverage": pick(0.5, 20.0),
        "max_drawdown_pct": pick(None, None, 2.0, 6.0), "daily_loss_pct": pick(None, None, 1.0, 3.0), "on_guard": pick("block", "flatten"),
        "loss_streak": pick(None, None, 1, 3), "low_profit_pct": pick(None, None, -1.0, 0.0, 0.5), "low_profit_trades": pick(1, 3),
        "lock_hours": pick(0.3, 3.5) * length / HOUR, "cooldown_s": pick(None, None, 2.5 * bar / 1000),
        "break_even_pct": pick(None, 2.0, 4.0),
        "stop_cooldown_s": pick(None, None, 4 * bar / 1000), "time_stop_s": pick(None, None, bar / 1000, 3.5 * bar / 1000),
    }  # fmt: skip
    money = [{"size": "quote", "qty": 150.0}, {"size": "equity_pct", "qty": 12.5}, {"size": "vol_pct", "qty": pick(1000.0, 50_000.0)}]
    return found | pick({}, {}, *money)
