"""A run over history as the engine tells it in full, and its words: what was asked, on what terms, in which currency."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

import msgspec

from cockpit.figures import short, uptime
from cockpit.panes.prices import bare
from cockpit.text import clean
from core.commands import Backtest, Optimize, Terms
from core.measured_terms import MEASURED, NAMES, Paid, listed, staying
from core.view import RunRow

_QUOTES = ("USDT", "USDC", "FDUSD", "BUSD", "TUSD", "DAI", "USD", "BTC", "ETH", "BNB", "EUR", "GBP", "JPY", "TRY", "BRL")

#: Terms that are off by default, and how they are said.
_STOPS = (("stop_loss_pct", "stop loss"), ("take_profit_pct", "take profit"), ("trailing_pct", "trailing stop"))
_SAID = {"qty", "size", "side", "capital", "fee_bps", "slippage_bps", "latency_ms", "participation", *(name for name, _ in _STOPS)}


Told = TypeVar("Told")


class Detail(msgspec.Struct):
    """The curve as (ns, equity, deepest fall below the peak since the point before), and the newest fills, oldest first; the rest as in
    `core.research.service.Detail`, empty in files of before there was any."""

    equity: list[tuple[int, float, float]]
    fills: list[dict[str, Any]]
    fills_total: int
    underwater: list[float] = []
    held: list[float] = []
    trips: list[dict[str, Any]] = []
    trips_total: int = 0
    tables: dict[str, list[dict[str, Any]]] = {}
    signals: list[dict[str, Any]] = []
    signals_total: int = 0


class Report(msgspec.Struct):
    """A run; what came out is there where it is done, `detail` where its file still is."""

    id: str
    state: str
    line: str
    order: Backtest
    asked_ns: int
    started_ns: int
    ended_ns: int
    figures: dict[str, Any] = {}
    symbol: str = ""
    values: dict[str, Any] = {}
    kind: str = ""
    form: str = ""
    interval_ns: int = 0
    first_ns: int = 0
    last_ns: int = 0
    notes: list[str] = []
    cold: str = ""  # why its strategy never had an opinion: "was never warm: …"
    costs: Paid | None = None  # what it paid, where costs were asked for
    detail: Detail | None = None


def read_report(answer: Any) -> Report:
    """The engine's answer about a run.

    Raises:
        ValueError: it is none.
    """
    return read_answer(answer, Report)


def read_answer(answer: Any, kind: type[Told]) -> Told:
    """The engine's answer about something.

    Raises:
        ValueError: it is none.
    """
    try:
        return msgspec.convert(answer, kind)
    except msgspec.ValidationError as error:
        raise ValueError(f"the engine's answer cannot be read: {error}") from error


def symbols_of(symbol: str) -> list[str]:
    """The symbols of a run's legs, without their venues: of a run of one symbol that."""
    return [bare(name) for name in symbol.split(",")]


def quote_of(symbol: str) -> str:
    """The currency a symbol's money is in, as its name tells: `USDT` of BTCUSDT; of several with commas between the one that all have."""
    found = {next((quote for quote in _QUOTES if name.endswith(quote) and name != quote), "") for name in symbols_of(symbol)}
    return found.pop() or "quote currency" if len(found) == 1 else "quote currency"


def source_words(source: str) -> str:
    """A source without its folders."""
    return clean(source if source.startswith("tape:") else source.rstrip("/").rpartition("/")[2] or source)


def sources_words(sources: Sequence[str]) -> str:
    """Several of them."""
    return ", ".join(source_words(source) for source in sources)


def over_words(order: Backtest) -> str:
    """What a run is made over: its sources, and of several legs the symbols where they were named."""
    legs = f": {clean(order.symbol.replace(',', ', '))}" if order.symbol and "," in order.symbol else ""
    return sources_words(order.sources) + legs


def params_words(params: dict[str, Any]) -> str:
    """`fast 5, slow 20, interval 1m`."""
    texts = {name: f"{value:g}" if isinstance(value, float) else str(value) for name, value in params.items()}
    return ", ".join(f"{clean(str(name))} {clean(text)}" for name, text in texts.items())


def size_words(terms: Terms) -> str:
    """`0.5`, `500 of quote currency`, `20 % of equity`, `20 % volatility a year`."""
    counted = {"quote": " of quote currency", "equity_pct": " % of equity", "vol_pct": " % volatility a year"}
    return f"{terms.qty:g}{counted.get(terms.size, '')}"


def terms_words(terms: Terms) -> str:
    """Size, side, money and costs; stops, and what else was asked for, where there are any."""
    side = "long or flat" if terms.side == "long_flat" else "long or short"
    words = [f"{size_words(terms)} a unit", side, f"capital {terms.capital:,.0f}", f"fee {terms.fee_bps:g} bps"]
    words += [f"slippage {terms.slippage_bps:g} bps"] if terms.slippage_bps else []
    words += [f"latency {terms.latency_ms:g} ms"] if terms.latency_ms else []
    words += [f"at most {100 * terms.participation:g} % of a print"] if terms.participation else []
    words += [f"{name} {value:g} %" for key, name in _STOPS if (value := getattr(terms, key)) is not None]
    others = [field for field in msgspec.structs.fields(terms) if field.name not in _SAID and getattr(terms, field.name) != field.default]
    words += [f"{field.name.replace('_', ' ')} {_plain(getattr(terms, field.name))}" for field in others]
    return ", ".join(words)


def costs_words(order: Backtest | Optimize) -> str:
    """Costs as they were asked for: `measured, where fills tell it, in place of fee and latency`; '' they were not."""
    if order.costs is None:
        return ""
    own = "measured" if order.costs == MEASURED else f"as in {source_words(order.costs)}"
    names = listed(NAMES.keys() - staying(order.terms, order.given))
    return f"{own}, where fills tell it, in place of {names}" if names else f"{own}, but all of them are given here"


def paid_words(paid: Paid) -> str:
    """What was measured of a symbol and paid: `measured: fee: 300 fills of one's own, …: fee bps 7.5`."""
    values = ", ".join(f"{name.replace('_', ' ')} {value:.6g}" for name, value in paid.terms.items())
    return clean(f"{paid.state}: {paid.words}" + (f": {values}" if values else ""))


def _plain(value: float | str | bool) -> str:
    return f"{value:.12g}" if isinstance(value, float) else str(value).lower()


def reading_words(rows: int, share: float | None) -> str:
    """How far rows are read before anything is done with them: `● reading 43 %  12.4M rows`, then `● preparing  12.4M rows`."""
    counted = f"  {short(rows)} rows" if rows else ""
    if share is not None and share >= 1.0:
        return f"● preparing{counted}"
    return "● reading" + (f" {100 * share:.0f} %" if share else "") + counted


def title_words(row: RunRow) -> str:
    """`run-3: sma_crossover over tape:BTCUSDT`."""
    return f"{clean(row.id)}: {clean(row.order.strategy)} over {over_words(row.order)}"


def stamp(ns: int) -> str:
    """`2024-08-09 14:02:11`, UTC."""
    return f"{datetime.fromtimestamp(ns // 1_000_000_000, UTC):%Y-%m-%d %H:%M:%S}"


def span_words(first_ns: int, last_ns: int) -> str:
    """How long a span is: `2d 04h`, `3h 07m`, `4m 09s`."""
    return uptime((last_ns - first_ns) / 1e9)


def width_words(ns: int) -> str:
    """The length of a bar or a span: `1m`, `2 h`."""
    for scale, unit in ((86_400, "d"), (3600, "h"), (60, "m"), (1, "s")):
        if ns % (scale * 1_000_000_000) == 0 and ns:
            return f"{ns // (scale * 1_000_000_000)}{unit}"
    return f"{ns / 1e6:g}ms"
