"""A run's result as aligned text for a person: every figure with its unit, and every assumption it rests on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from io import StringIO
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TextIO, TypeAlias

from core.clock import iso
from core.commands import Terms
from core.research.costs_text import SIZES, costs
from core.research.guards_text import protections
from core.research.metrics import LEAST_SPAN_NS
from core.research.report_figures import count, money, number, ratio
from core.research.report_trades import exit_lines, regime_lines, time_lines, trade_lines
from core.research.source_name import clean
from core.types import interval_text

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table


#: As `core.research.tables` has them, by name.
Tables: TypeAlias = Mapping[str, Sequence[Mapping[str, Any]]]
NO_TABLES: Tables = MappingProxyType({})


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
        costs: (state, words) of measured costs, where they were asked for: `core.research.calibration.costs.Costs.words`.
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
    costs: tuple[str, str] | None = None


def report_text(figures: Mapping[str, Any], setting: Setting, width: int = 100, color: bool = False, tables: Tables = NO_TABLES) -> str:
    """The report as a string.

    Args:
        figures: as `core.research.backtest.Result` has them; those of `core.research.metrics.metrics` at least.
        tables: the round trips in groups (`core.research.tables`); told are those by what ended them and by what they were entered in.
    """
    out = StringIO()
    _print(_console(out, width, color), figures, setting, tables)
    return out.getvalue()


def print_report(figures: Mapping[str, Any], setting: Setting, file: TextIO, tables: Tables = NO_TABLES) -> None:
    """The report on a terminal or file, coloured where the terminal can and NO_COLOR is not set."""
    _print(_console(file, None, None), figures, setting, tables)


def _console(file: TextIO, width: int | None, color: bool | None) -> Console:
    from rich.console import Console

    plain = None if color is None else not color
    return Console(file=file, width=width, force_terminal=color, no_color=plain, highlight=False, markup=False, emoji=False)


def _print(console: Console, figures: Mapping[str, Any], setting: Setting, tables: Tables) -> None:
    found = blocks(figures, setting, tables)
    widths = [max(len(row[column]) for _, rows in found for row in rows) for column in (0, 1)]
    for title, rows in [*found, ("Assumptions", assumptions(setting))]:
        if rows:
            console.print(title, style="bold")
            console.print(_table(rows, widths if title != "Assumptions" else (0, 0)))
    for note in setting.notes:
        console.print(f"  note: {clean(note)}", style="yellow", soft_wrap=True)


def blocks(figures: Mapping[str, Any], setting: Setting, tables: Tables = NO_TABLES) -> list[tuple[str, list[tuple[str, str, str]]]]:
    """(title, rows) of each part of the figures; a row is (name, value, remark). Arguments are those of `report_text`."""
    found = [("Result", _result(figures, setting))]
    if "exposure" in figures:
        if figures["trades"]:
            found += [("Trades", trade_lines(figures)), ("Exits", exit_lines(tables.get("by_exit", ())))]
            found += [(f"By {name}", regime_lines(name, tables.get(f"by_{name}", ()))) for name in ("volatility", "trend")]
        found += [("Over time", time_lines(figures))]
    return found


def _table(rows: Sequence[tuple[str, str, str]], widths: Sequence[int]) -> Table:
    """Rows in columns; those of the names and of the figures as wide as said at least."""
    from rich.table import Table
    from rich.text import Text

    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True, min_width=widths[0] + 2)
    table.add_column(justify="right", no_wrap=True, min_width=widths[1])
    table.add_column(overflow="fold")
    for name, value, remark in rows:
        table.add_row(Text(f"  {name}"), Text(value), Text(remark))
    return table


def _result(figures: Mapping[str, Any], setting: Setting) -> list[tuple[str, str, str]]:
    quote = "quote currency"
    capital = setting.terms.capital
    net = figures["net_pnl"]
    percent = f", {100 * net / capital:+.2f} % of capital" if net is not None else ""
    return [
        (setting.kind, count(figures["ticks"]), f"in {figures['elapsed_s']:.2f} s{_rate(figures)}"),
        ("fills", count(figures["fills"]), "executions"),
        ("trades", count(figures["trades"]), "closed round trips"),
        ("win rate", ratio(figures["win_rate"]), "of trades, after fees"),
        ("gross profit", money(figures["gross_profit"]), f"{quote}, winning trades after fees"),
        ("gross loss", money(figures["gross_loss"]), f"{quote}, losing trades after fees"),
        ("fees", money(figures["fees"]), f"{quote}, funding included" if "funding" in figures else quote),
        *([("funding", money(figures["funding"], sign=True), f"{quote}, above zero was paid")] if "funding" in figures else []),
        ("net P&L", money(net, sign=True), f"{quote}, open position at the last price{percent}"),
        ("profit factor", number(figures["profit_factor"]), "gross profit / gross loss"),
        ("max drawdown", money(figures["max_drawdown"]), f"{quote}, from the marked peak"),
        ("max drawdown", number(figures["max_drawdown_pct"], " %"), "of the peak it fell from"),
        ("Sharpe", number(figures["sharpe"]), _sharpe_words(figures, setting)),
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
        ("size", f"{terms.qty:g}", SIZES[terms.size]),
        ("side", terms.side.replace("_", "/"), ""),
        ("capital", money(terms.capital), "quote currency"),
        ("fee", f"{terms.fee_bps:g} bps", "of the value of each fill"),
        ("slippage", f"{terms.slippage_bps:g} bps", "each fill that much worse than its price"),
        ("latency", f"{terms.latency_ms:g} ms", "from decision to venue"),
        ("participation", _participation(terms, is_bars), limit),
        ("fills", "", fills),
        *_stops(terms, is_bars),
        *costs(terms),
        *protections(terms),
        *([("costs", setting.costs[0], clean(setting.costs[1]))] if setting.costs else []),
    ]


def _participation(terms: Terms, is_bars: bool) -> str:
    if terms.participation is None:
        return "no limit"
    return f"{100 * terms.participation:g} %" if not is_bars else f"{100 * terms.participation:g} % a bar"


def _stops(terms: Terms, is_bars: bool) -> list[tuple[str, str, str]]:
    wanted = (("stop loss", terms.stop_loss_pct), ("take profit", terms.take_profit_pct), ("trailing stop", terms.trailing_pct))
    how = "at the open on a gap, the worse where a bar holds both" if is_bars else "at the print that crosses it"
    hows = {"take profit": "at its price"} if terms.exits == "resting" else {}
    return [(name, f"{value:g} %", hows.get(name, how)) for name, value in wanted if value is not None] or [("stops", "none", "")]


def _rate(figures: Mapping[str, Any]) -> str:
    elapsed = figures["elapsed_s"]
    return f", {figures['ticks'] / elapsed:,.0f} a second" if elapsed > 0 else ""
