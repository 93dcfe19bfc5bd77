"""Words of a chart: what is said of a bar and of a fill. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from cockpit import figures
from cockpit.panes.candles import Candle, Mark
from cockpit.text import clean
from core.types import DAY, MINUTE
from core.view import TradeRow


def marks_of(trades: Sequence[TradeRow], symbol: str, own: str, decimals: int) -> tuple[Mark, ...]:
    """The fills of a symbol; those of the strategy `own` come first, so that they are the ones named."""
    fills = [trade for trade in trades if trade.kind == "fill" and trade.symbol == symbol]
    fills.sort(key=lambda trade: trade.strategy_id != own)
    return tuple(Mark(t.ts_ns, t.price, t.side == "buy", _label(t, decimals)) for t in fills)


def _label(trade: TradeRow, decimals: int) -> str:
    gain = f" {figures.signed(trade.realised)}" if trade.realised else ""
    price = figures.number(trade.price, decimals)
    return f"{clean(trade.strategy_id)} {clean(trade.side)} {figures.quantity(trade.qty)} @ {price}{gain}"


def bar_text(candle: Candle, decimals: int, interval: int) -> str:
    """`14:02  O 61,686.01  H …  L …  C …  +0.12 %  V 18.2k`, UTC."""
    day = figures.moment(candle.start, candle.start + 2 * DAY)[:5]
    when = day if interval >= DAY else f"{day} {figures.clock(candle.start)[: 8 if interval < MINUTE else 5]}"
    names = (("O", candle.open), ("H", candle.high), ("L", candle.low), ("C", candle.close))
    prices = " ".join(f"{name} {figures.number(value, decimals)}" for name, value in names)
    change = 100 * (candle.close / candle.open - 1) if candle.open else 0.0
    return f"{when} {prices} {figures.signed(change)} % V {figures.short(candle.volume)}"
