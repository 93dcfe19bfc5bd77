"""Rows of the desk in full, as lines to read. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from cockpit import figures
from cockpit.panes.positions import away_pct
from cockpit.panes.prices import bare
from cockpit.text import clean
from core.desk_view import NetRow, OrderRow, PositionRow, SignalRow
from core.view import TradeRow

#: So many of a strategy's newest fills are listed.
FILLS = 12


def position_lines(row: PositionRow, trades: Sequence[TradeRow], decimals: Callable[[str], int | None], now_ns: int) -> list[str]:
    """A position, its stops, and what its strategy traded last."""
    places = _places(row.symbol, decimals)
    opened = f"{figures.moment(row.opened_ns, 0)}Z, {figures.age((now_ns - row.opened_ns) / 1e9)} ago" if row.opened_ns else figures.NONE
    lines = _facts(
        ("symbol", clean(row.symbol)),
        ("state", clean(row.state) or "nothing holds it"),
        ("position", _holding(row.qty)),
        ("entry", f"{figures.number(row.entry, places)} average cost"),
        ("mark", figures.number(row.mark, places)),
        ("value", figures.number(abs(row.qty) * row.mark)),
        ("unrealised", figures.signed(row.unrealised)),
        ("realised", f"{figures.signed(row.realised)} of this round trip, before fees"),
        ("fees", f"{figures.number(row.fees)} of this round trip, funding included"),
        ("net", figures.signed(row.unrealised + row.realised - row.fees)),
        ("stop loss", _stop(row.stop_loss, row.mark, places)),
        ("take profit", _stop(row.take_profit, row.mark, places)),
        ("trailing", _stop(row.trailing, row.mark, places)),
        ("best price", figures.number(row.best, places)),
        ("opened", opened),
    )
    fills = [trade for trade in trades if trade.strategy_id == row.strategy_id and trade.kind != "funding"][:FILLS]
    return [*lines, "", *(["newest fills, and what was blocked:"] if fills else ["no fill of it in the log"]), *map(_fill, fills)]


def net_lines(row: NetRow, positions: Sequence[PositionRow], decimals: Callable[[str], int | None]) -> list[str]:
    """A net position, and the positions it is made of."""
    places = _places(row.symbol, decimals)
    lines = _facts(
        ("symbol", clean(row.symbol)),
        ("net", _holding(row.qty)),
        ("gross", figures.quantity(row.gross)),
        ("average cost", figures.number(row.average, places)),
        ("FIFO cost", f"{figures.number(row.fifo, places)} of what is left where the oldest was closed first"),
        ("mark", figures.number(row.mark, places)),
        ("unrealised", figures.signed(row.unrealised)),
        ("realised", f"{figures.signed(row.realised)} before fees"),
        ("fees", figures.number(row.fees)),
        ("funding", f"{figures.signed(row.funding)} paid"),
    )
    parts = [one for one in positions if one.symbol == row.symbol]
    made = [
        f"  {clean(one.strategy_id):<14} {figures.quantity(one.qty, sign=True)} at {figures.number(one.entry, places)}" for one in parts
    ]
    return [*lines, "", "made of", *made] if made else lines


def order_lines(row: OrderRow) -> list[str]:
    """An order in full."""
    limit = "" if row.price is None else f" at {row.price:,.8g}"
    return _facts(
        ("strategy", clean(row.strategy_id)),
        ("symbol", clean(row.symbol)),
        ("order", f"{clean(row.kind)} {clean(row.side)} {figures.quantity(row.qty)}{limit}"),
        ("state", clean(row.state)),
        ("filled", f"{figures.quantity(row.filled)} of {figures.quantity(row.qty)}"),
        ("average", "" if row.average is None else f"{row.average:,.8g}"),
        ("why", clean(row.reason.replace("_", " "))),
        ("detail", clean(row.detail)),
        ("decided", f"{figures.moment(row.decided_ns, 0)}Z"),
        ("changed", f"{figures.moment(row.changed_ns, 0)}Z" if row.changed_ns else ""),
        ("id", clean(row.order_id)),
    )


def signal_lines(row: SignalRow) -> list[str]:
    """A signal in full."""
    return _facts(
        ("time", f"{figures.moment(row.ts_ns, 0)}Z"),
        ("symbol", clean(row.symbol)),
        ("signal", clean(row.side).upper()),
        ("target", f"{figures.quantity(row.target, sign=True)} units"),
        ("price", f"{row.price:,.8g}"),
        ("sure", "the strategy does not say" if row.confidence is None else f"{100 * row.confidence:.0f} %"),
        ("why", clean(row.reason)),
        ("what came of it", clean(row.outcome)),
    )


def _facts(*facts: tuple[str, str]) -> list[str]:
    return [f"  {name:<15} {value}" for name, value in facts if value]


def _places(symbol: str, decimals: Callable[[str], int | None]) -> int:
    found = decimals(symbol)
    return 2 if found is None else found


def _holding(qty: float) -> str:
    return f"{'long' if qty > 0 else 'short'} {figures.quantity(abs(qty))}" if qty else "flat"


def _stop(level: float | None, mark: float, places: int) -> str:
    away = away_pct(level, mark)
    return "off" if level is None else f"{figures.number(level, places)}, {figures.signed(away)} % from the mark"


def _fill(trade: TradeRow) -> str:
    time = f"  {figures.moment(trade.ts_ns, 0)}  {bare(trade.symbol)}"
    if trade.kind == "blocked":
        return f"{time}  blocked: {clean(trade.reason)}"
    made = f", made {figures.signed(trade.realised)}" if trade.realised else ""
    return f"{time}  {clean(trade.side)} {figures.quantity(trade.qty)} at {trade.price:,.8g}{made}, fee {figures.number(trade.fee)}"
