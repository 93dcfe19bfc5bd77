"""A backtest as a page: its figures, its equity and falls, its trades, and all they rest on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.clock import iso
from core.research.backtest import Result
from core.research.curve import Curve
from core.research.job import detail_of
from core.research.report.elsewhere import params_text
from core.research.report.page import brief, milliseconds, page
from core.research.report_text import Setting, assumptions, blocks
from core.research.service import Detail

#: What stands at the top, in the words of the text report.
_HEADLINE = ("net P&L", "Sharpe", "max drawdown", "trades", "win rate", "profit factor")


def run_page(result: Result, setting: Setting, curve: Curve) -> bytes:
    """The whole file."""
    data = run_document(result.figures, setting, detail_of(result, curve))
    return page(data["title"], data)


def run_document(figures: Mapping[str, Any], setting: Setting, detail: Detail) -> dict[str, Any]:
    """What the page draws (`run.js`).

    Args:
        figures: as `core.research.backtest.Result` has them; keys beside those the text report knows are listed by their names.
    """
    told = blocks(figures, setting, detail.tables)
    known = {name: value for _, rows in reversed(told) for name, value, _ in reversed(rows)}
    given = params_text(setting.params) or "no parameters"
    return {
        "kind": "run",
        "title": f"{setting.strategy} on {setting.symbol}",
        "lead": f"{given}; {setting.source}, {_day(setting.first_ns)} to {_day(setting.last_ns)} UTC.",
        "facts": [(name, known[name]) for name in _HEADLINE if name in known],
        "blocks": [(title, rows) for title, rows in told if rows],
        "figures": [(key, value) for key, value in figures.items() if not isinstance(value, Mapping | list | tuple)],
        "curve": {
            "time": [milliseconds(ts) for ts, _, _ in detail.equity],
            "equity": [brief(equity, 9) for _, equity, _ in detail.equity],
            "drawdown": [brief(fall) for _, _, fall in detail.equity],
            "underwater": [brief(share) for share in detail.underwater],
            "held": [brief(share, 4) for share in detail.held],
        },
        "trips": [_trip(trip) for trip in reversed(detail.trips)],
        "trips_total": detail.trips_total,
        "tables": detail.tables,
        "signals": [_signal(one) for one in reversed(detail.signals)],
        "signals_total": detail.signals_total,
        "assumptions": assumptions(setting),
        "notes": list(setting.notes),
        "made": "cockpit backtest",
    }


def _trip(trip: Mapping[str, Any]) -> dict[str, Any]:
    """Times in ms, figures as short as they are shown."""
    found: dict[str, Any] = {}
    for key, value in trip.items():
        if key.endswith("_ns"):
            found[key.removesuffix("_ns") + "_ms"] = milliseconds(value)
        else:
            found[key] = brief(value, 9) if isinstance(value, float) else value
    return found


def _signal(one: Mapping[str, Any]) -> dict[str, Any]:
    """A decision with its values in a list of pairs, so that a name can be anything."""
    plain = _trip({key: value for key, value in one.items() if key != "values"})
    return plain | {"values": [(name, brief(value, 9)) for name, value in one["values"].items()]}


def _day(ns: int) -> str:
    return iso(ns)[:16].replace("T", " ")
