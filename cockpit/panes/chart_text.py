"""Words of a chart: what is said of a bar and of a fill. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from cockpit import figures
from cockpit.panes.candles import INCOMPLETE, Candle, Mark
from cockpit.text import clean
from core.codes import DAY, MINUTE, BarQuality
from core.view import TradeRow


def marks_of(trades: Sequence[TradeRow], symbol: str, own: str, decimals: int) -> tuple[Mark, ...]:
    """The fills of a symbol; those of the strategy `own` come first, so that they are the ones named."""
    fills = [trade for trade in trades if trade.kind == "fill" and trade.symbol == symbol]
    fills.sort(key=lambda trade: trade.strategy_id != own)
    return tuple(Mark(t.ts_ns, t.side == "buy", _label(t, decimals), own not in ("", t.strategy_id)) for t in fills)


def _label(trade: TradeRow, decimals: int) -> str:
    gain = f" {figures.signed(trade.realised)}" if trade.realised else ""
    price = figures.number(trade.price, decimals)
    return f"{clean(trade.strategy_id)} {clean(trade.side)} {figures.quantity(trade.qty)} @ {price}{gain}"


def bar_text(candle: Candle, decimals: int, interval: int, newest: int, cells: int) -> str:
    """`14:02 O 61,686.01 H … L … C … V 18.2k +0.12 % live vwap 61,690.20 buys 54 % 1,204 prints`, UTC, with the date where that is another
    than the newest bar's; `✖ incomplete` or `fetched` comes right after the time.

    Where it does not fit into `cells`, what comes last goes first.

    Args:
        interval: ns of a bar; 0 where bars are not cut by time.
    """
    day = figures.moment(candle.start, candle.start + 2 * DAY)[:5]
    when = figures.clock(candle.start)[: 8 if interval < MINUTE else 5]
    when = day if interval >= DAY else when if candle.start // DAY == newest // DAY else f"{day} {when}"
    prices = (("O", candle.open), ("H", candle.high), ("L", candle.low), ("C", candle.close))
    origin = made_of(candle.quality)
    known = [f"{INCOMPLETE} incomplete"] if candle.incomplete else [] if origin in ("", "live") else [origin]
    words = [" ".join([when, *known])]
    words += [*(f"{name} {figures.number(value, decimals)}" for name, value in prices), f"V {figures.short(candle.volume)}"]
    if candle.open:
        words.append(f"{figures.signed(100 * (candle.close / candle.open - 1))} %")
    words += [origin] if origin and origin not in known else []
    if candle.vwap is not None:
        words.append(f"vwap {figures.number(candle.vwap, decimals)}")
    if candle.trades:
        words += [f"buys {100 * candle.bought / candle.volume:.0f} %"] if candle.volume else []
        words.append(f"{candle.trades:,} print{'s' if candle.trades > 1 else ''}")
    while len(words) > 1 and len(" ".join(words)) > cells:
        words.pop()
    return " ".join(words)


#: Where prints of a bar may come from, in words; the first that fits says it: the bar is no better than that.
_ORIGINS = (
    (BarQuality.VENUE, "the venue's"),
    (BarQuality.LATE, "late"),
    (BarQuality.BACKFILL, "fetched"),
    (BarQuality.IMPORT, "imported"),
    (BarQuality.SYNTHETIC, "synthetic"),
    (BarQuality.LIVE, "live"),
)


def made_of(quality: int) -> str:
    """Where a bar's prints came from, some of them at least."""
    return next((word for origin, word in _ORIGINS if quality & origin), "")
