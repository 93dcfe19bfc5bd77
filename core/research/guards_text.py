"""The protections a run was asked for, and its exits by time and at the entry, as lines of its report: see docs/protections.md."""

from __future__ import annotations

from core.kernels.records import BLOCK_NAMES, BLOCKED, DRAWDOWN_LIMIT
from core.terms import Terms
from core.types import Records


def protections(terms: Terms) -> list[tuple[str, str, str]]:
    """(name, value, remark) of each that was asked for."""
    closes = "; what is held is closed" if terms.on_guard == "flatten" else ""
    lasts = f"nothing opens for {terms.lock_hours:g} h"
    rows: list[tuple[str, str | None, str]] = [
        ("drawdown limit", _percent(terms.max_drawdown_pct), f"of equity below its peak; nothing opens or adds from then on{closes}"),
        ("daily loss limit", _percent(terms.daily_loss_pct), f"of equity at midnight UTC; nothing opens or adds until the next{closes}"),
        ("loss streak", _number(terms.loss_streak), f"losing round trips in a row; {lasts}"),
        ("low profit", _percent(terms.low_profit_pct), f"of capital, made by the last {terms.low_profit_trades}; below it {lasts}"),
        ("cooldown", _seconds(terms.cooldown_s), "after an exit nothing opens on its symbol; a flip is an exit first"),
        ("stop cooldown", _seconds(terms.stop_cooldown_s), "the same after a stop's exit, where that is longer"),
        ("least confidence", _number(terms.min_confidence), "targets the strategy is less sure of open nothing"),
        ("oldest price", _seconds(terms.max_age_s), "nothing opens while the last print of a leg is older"),
        ("time stop", _seconds(terms.time_stop_s), "in a position, then it is closed"),
        ("break even", _percent(terms.break_even_pct), "gained, then the stop is where nothing is lost"),
    ]
    return [(name, value, remark) for name, value, remark in rows if value is not None]


def barred(reports: Records) -> list[str]:
    """A line for each protection that held something back: each time is said once until something else happens."""
    why = reports["why"][reports["kind"] == BLOCKED].tolist()
    counts = [(name, why.count(code)) for code, name in enumerate(BLOCK_NAMES) if code >= DRAWDOWN_LIMIT]
    return [f"a target was blocked, {name}: {count:,} time{'s' * (count > 1)}" for name, count in counts if count]


def _percent(value: float | None) -> str | None:
    return None if value is None else f"{value:g} %"


def _seconds(value: float | None) -> str | None:
    return None if value is None else f"{value:g} s"


def _number(value: float | None) -> str | None:
    return None if value is None else f"{value:g}"
