"""Words of a chart: what is said of a bar and of a fill. Pure."""

from __future__ import annotations

from cockpit import figures
from cockpit.panes.candles import INCOMPLETE
from cockpit.panes.picture import Candle
from cockpit.text import clean
from core.codes import DAY, MINUTE, BarQuality
from core.view import PriceRow

_ARROWS = {1: "▲", -1: "▼", 0: "·"}


def fill_text(strategy: str, side: str, qty: float, price: float, realised: float, decimals: int) -> str:
    """`sma-1 sell 0.50 @ 61,712.00 +13.12`."""
    gain = f" {figures.signed(realised)}" if realised else ""
    return f"{clean(strategy)} {clean(side)} {figures.quantity(qty)} @ {figures.number(price, decimals)}{gain}"


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


def quote_text(price: PriceRow | None) -> tuple[str, str]:
    """`▲ 61,686.01 +0.42 %` and its tone."""
    if price is None or price.last is None:
        return "", "muted"
    change = "" if price.change_24h_pct is None else f" {figures.signed(price.change_24h_pct)} %"
    tone = "muted" if price.state != "live" else {1: "up", -1: "down"}.get(price.direction, "plain")
    return f"{_ARROWS.get(price.direction, '·')} {figures.number(price.last, price.decimals)}{change}", tone


def why_empty(name: str, loading: bool, note: str) -> list[str]:
    """Why there is no bar of a symbol; `name` '' is none."""
    if not name:
        return ["No symbol is streamed yet: press s to add one."]
    if loading:
        return [f"No bars of {name} yet: the engine reads its past …"]
    return [f"No bars of {name} yet: nothing was traded since it is streamed.", *([note] if note else [])]
