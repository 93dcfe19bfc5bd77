"""A run's result as aligned text for a person: every figure with its unit, and every assumption it rests on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from io import StringIO
from typing import TYPE_CHECKING, Any, TextIO

from core.clock import iso
from core.commands import Terms
from core.research.metrics import LEAST_SPAN_NS
from core.research.source_name import clean
from core.types import interval_text

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

NONE = "-"  # a figure that does not exist

_SIZES = {
    "units": "base currency a unit of target",
    "quote": "quote currency a unit of target, at the price where the target became another one",
    "equity_pct": "% of equity a unit of target, at the price where the target became another one",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What a run was given: all that its figures depend on.

    Attributes:
        source: as typed.
        kind: "ticks" or "bars".
        form: aggTrades, klines, tape, …
        interval_ns: length of a source bar; 0 for ticks.
        first_ns, last_ns: the span traded.
        notes: what was set right in the source, or is missing in it.
    """

    strategy: str
    params: Mapping[str, Any]
    terms: Terms
    source: str
    symbol: str
    kind: str
    form: str
    interval_ns: int
    first_ns: int
    last_ns: int
    notes: Sequence[str] = field(default=())


def report_text(figures: Mapping[str, Any], setting: Setting, width: int = 100, color: bool = False) -> str:
    """The report as a string; `figures` as `core.research.metrics.metrics` gives them."""
    out = StringIO()
    _print(_console(out, width, color), figures, setting)
    return out.getvalue()


def print_report(figures: Mapping[str, Any], setting: Setting, file: TextIO) -> None:
    """The report on a terminal or file, coloured where the terminal can and NO_COLOR is not set."""
    _print(_console(file, None, None), figures, setting)


def _console(file: TextIO, width: int | None, color: bool | None) -> Console:
    from rich.console import Console

    plain = None if color is None else not color
    return Console(file=file, width=width, force_terminal=color, no_color=plain, highlight=False, markup=False, emoji=False)


def _print(console: Console, figures: Mapping[str, Any], setting: Setting) -> None:
    for title, rows in (("Result", _result(figures, setting)), ("Assumptions", assumptions(setting))):
        console.print(title, style="bold")
        console.print(_table(rows))
    for note in setting.notes:
        console.print(f"  note: {clean(note)}", style="yellow", soft_wrap=True)


def _table(rows: Sequence[tuple[str, str, str]]) -> Table:
    from rich.table import Table
    from rich.text import Text

    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value, remark in rows:
        table.add_row(Text(f"  {name}"), Text(value), Text(remark))
    return table


def _result(figures: Mapping[str, Any], setting: Setting) -> list[tuple[str, str, str]]:
    money = "quote currency"
    capital = setting.terms.capital
    net = figures["net_pnl"]
    percent = f", {100 * net / capital:+.2f} % of capital" if net is not None else ""
    return [
        (setting.kind, _count(figures["ticks"]), f"in {figures['elapsed_s']:.2f} s{_rate(figures)}"),
        ("fills", _count(figures["fills"]), "executions"),
        ("trades", _count(figures["trades"]), "closed round trips"),
        ("win rate", _ratio(figures["win_rate"]), "of trades, after fees"),
        ("gross profit", _money(figures["gross_profit"]), f"{money}, winning trades after fees"),
        ("gross loss", _money(figures["gross_loss"]), f"{money}, losing trades after fees"),
        ("fees", _money(figures["fees"]), f"{money}, funding included" if "funding" in figures else money),
        *([("funding", _money(figures["funding"], sign=True), f"{money}, above zero was paid")] if "funding" in figures else []),
        ("net P&L", _money(net, sign=True), f"{money}, open position at the last price{percent}"),
        ("profit factor", _number(figures["profit_factor"]), "gross profit / gross loss"),
        ("max drawdown", _money(figures["max_drawdown"]), f"{money}, from the marked peak"),
        ("max drawdown", _number(figures["max_drawdown_pct"], " %"), "of the peak it fell from"),
        ("Sharpe", _number(figures["sharpe"]), _sharpe_words(figures, setting)),
    ]


def _sharpe_words(figures: Mapping[str, Any], setting: Setting) -> str:
    if figures["sharpe"] is not None:
        return "daily UTC equity changes over capital, times √365"
    short = setting.last_ns + setting.interval_ns - setting.first_ns < LEAST_SPAN_NS
    return "needs a span of two days" if short else "equity did not change from day to day, or always alike"


def assumptions(setting: Setting) -> list[tuple[str, str, str]]:
    """(name, value, remark) of all a run's figures rest on."""
    terms = setting.terms
    is_bars = setting.kind == "bars"
    given = " ".join(f"{name}={value}" for name, value in setting.params.items())
    source = f"{interval_text(setting.interval_ns)} bars" if is_bars else "ticks"
    fills = "decided at a bar's close, filled at the next bar's open" if is_bars else "at the first later print after the latency"
    limit = "of a print's quantity at most; unknown quantities have no limit" if terms.participation else ""
    return [
        ("strategy", clean(setting.strategy), clean(given)),
        ("symbol", clean(setting.symbol), ""),
        ("source", source, f"{setting.form} from {clean(setting.source)}"),
        ("from", "", iso(setting.first_ns)),
        ("to", "", iso(setting.last_ns)),
        ("size", f"{terms.qty:g}", _SIZES[terms.size]),
        ("side", terms.side.replace("_", "/"), ""),
        ("capital", _money(terms.capital), "quote currency"),
        ("fee", f"{terms.fee_bps:g} bps", "of the value of each fill"),
        ("slippage", f"{terms.slippage_bps:g} bps", "each fill that much worse than its price"),
        ("latency", f"{terms.latency_ms:g} ms", "from decision to venue"),
        ("participation", _participation(terms, is_bars), limit),
        ("fills", "", fills),
        *_stops(terms, is_bars),
        *_lots(terms),
        *_spread(terms),
        *_resting(terms),
        *_funding(terms),
    ]


def _participation(terms: Terms, is_bars: bool) -> str:
    if terms.participation is None:
        return "no limit"
    return f"{100 * terms.participation:g} %" if not is_bars else f"{100 * terms.participation:g} % a bar"


def _stops(terms: Terms, is_bars: bool) -> list[tuple[str, str, str]]:
    wanted = (("stop loss", terms.stop_loss_pct), ("take profit", terms.take_profit_pct), ("trailing stop", terms.trailing_pct))
    how = "at the open on a gap, the worse where a bar holds both" if is_bars else "at the print that crosses it"
    return [(name, f"{value:g} %", how) for name, value in wanted if value is not None] or [("stops", "none", "")]


def _lots(terms: Terms) -> list[tuple[str, str, str]]:
    rows = (
        ("lot", terms.lot, "base currency, orders are whole multiples of it, cut towards zero"),
        ("tick size", terms.tick_size, "quote currency, prices are rounded to it against who takes"),
        ("least order", terms.min_notional, "quote currency; smaller ones are not placed, but one to flat"),
    )
    return [(name, f"{value:.12g}", remark) for name, value, remark in rows if value is not None]


def _spread(terms: Terms) -> list[tuple[str, str, str]]:
    rows = []
    if terms.spread == "quote":
        rows.append(("spread", "quotes", "market orders pay ask or bid where known, never better than the print"))
    if terms.spread_bps:
        rows.append(("spread", f"{terms.spread_bps:g} bps", "half of it is paid where no quote is"))
    if terms.impact_bps:
        volume = "the print's quantity" if terms.impact_volume is None else f"{terms.impact_volume:g}, base currency"
        rows.append(("impact", f"{terms.impact_bps:g} bps", f"times √(quantity / {volume}), 50 % at most"))
    return rows


def _resting(terms: Terms) -> list[tuple[str, str, str]]:
    if terms.entry != "limit":
        return []
    life = "without end" if terms.limit_ttl_ms is None else f"for {terms.limit_ttl_ms:g} ms, then {terms.limit_then}"
    maker = terms.fee_bps if terms.maker_fee_bps is None else terms.maker_fee_bps
    return [
        ("entries", "limit", f"{terms.limit_offset_bps:g} bps from the decision's price, filled {terms.limit_fill} it; rest {life}"),
        ("maker fee", f"{maker:g} bps", "of the value of each fill of a limit order; exits and stops are market orders"),
    ]


def _funding(terms: Terms) -> list[tuple[str, str, str]]:
    every = f"of a position's value every {terms.funding_hours} h UTC, paid by longs, received by shorts"
    return [("funding", f"{terms.funding_bps:g} bps", every)] if terms.funding_bps else []


def _count(value: int) -> str:
    return f"{value:,}"


def _rate(figures: Mapping[str, Any]) -> str:
    elapsed = figures["elapsed_s"]
    return f", {figures['ticks'] / elapsed:,.0f} a second" if elapsed > 0 else ""


def _money(value: float | None, sign: bool = False) -> str:
    if value is None:
        return NONE
    decimals = 2 if abs(value) >= 1 or value == 0 else 6
    return f"{value:+,.{decimals}f}" if sign else f"{value:,.{decimals}f}"


def _number(value: float | None, unit: str = "") -> str:
    return NONE if value is None else f"{value:,.2f}{unit}"


def _ratio(value: float | None) -> str:
    return NONE if value is None else f"{100 * value:.1f} %"
