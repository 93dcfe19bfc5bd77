"""One fill of a run over history in full: what was done, and the decision behind it with the values it rested on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cockpit import figures
from cockpit.panes.prices import bare
from cockpit.report import stamp
from cockpit.text import clean


def fill_lines(fill: Mapping[str, Any], signal: Mapping[str, Any] | None, legs: bool = False) -> list[str]:
    """The fill; then its decision.

    Args:
        fill: a row of the ledger's `fills`.
        signal: the decision that placed its order; None: none is kept.
        legs: whether it is of a run of several legs, of which a decision stands with the order of the first one that it moves.
    """
    done = f"{clean(str(fill['side']))} {figures.quantity(fill['qty'])} {bare(str(fill['symbol']))} at {fill['price']:,.8g}"
    facts = (
        ("time", f"{stamp(int(fill['ts_ns']))} UTC"),
        ("what", done),
        ("why", clean(str(fill.get("reason", "")).replace("_", " "))),
        ("fee", figures.number(fill["fee"], 4)),
        ("realised", figures.signed(fill["realised"])),
        ("position after", figures.quantity(fill["position"], sign=True)),
        ("fill", clean(str(fill["fill_id"]))),
        ("order", clean(str(fill.get("order_id", "")))),
    )
    decided = _decision(signal, str(fill.get("reason", "signal")))
    if legs and signal is None and fill.get("reason", "signal") == "signal":
        decided = ["A decision about several legs stands with the order of the first one that it moved: look at the fill beside this."]
    return [*(_line(name, value) for name, value in facts if value), "", *decided]


def _decision(signal: Mapping[str, Any] | None, reason: str) -> list[str]:
    if signal is None:
        return ["No decision of the strategy: it was stopped out." if reason not in ("signal", "") else "Its decision is not kept."]
    targets = [figures.NONE if signal[name] is None else f"{signal[name]:+g}" if signal[name] else "0" for name in ("old", "new")]
    facts = (
        ("decided", f"{stamp(int(signal['ts_ns']))} UTC, signal {signal['signal']:,}"),
        ("price", f"{signal['price']:,.8g}"),
        ("target", f"{targets[0]} to {targets[1]}"),
    )
    values = [(clean(str(name)), figures.NONE if value is None else f"{value:,.8g}") for name, value in signal["values"].items()]
    return [*(_line(name, value) for name, value in facts), *(_line(name, value) for name, value in values)]


def _line(name: str, value: str) -> str:
    return f"  {name:<14} {value}"
