"""Pane 1: what every watched symbol trades at, and how old that is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import ClassVar

from cockpit import figures
from cockpit.panes.columns import Cell, Column, Row
from cockpit.panes.grid import LiveGrid
from cockpit.text import clean
from core.view import HeaderView, PriceRow

#: Seconds without a tick or a quote after which a price is shown as stale, whatever the engine last said of it.
STALE_AFTER = 10.0

_BID, _RATE, _AGE = 4, 7, 8
_ARROWS = {1: ("▲", "up"), -1: ("▼", "down")}


class PricesPane(LiveGrid):
    """Live prices; a stale one is dim with its age. Without an engine all are, at once, and no rate is known."""

    NUMBER = 1
    TITLE = "Prices"
    COLUMNS: ClassVar[tuple[Column, ...]] = (
        Column("symbol", least=8, most=16),
        Column("last", "point", flash="cell"),
        Column("", least=1, most=1),
        Column("24h %", "right", least=6, drop=2),
        Column("bid", "point", drop=5, flash="ink"),
        Column("ask", "point", drop=5, flash="ink"),
        Column("volume", "right", least=6, drop=6),
        Column("t/s", "right", least=4, drop=3),
        Column("age", "right", least=6),
        Column("5 min", least=6, most=48, drop=4, grow=True),
    )

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._held: dict[str, PriceRow] = {}
        self._names: dict[str, str] = {}
        self._cells: dict[str, tuple[Cell, ...]] = {}
        self._lines_made: dict[str, Row] = {}

    def take(self, prices: list[PriceRow]) -> None:
        """Keep the engine's rows; cells are made again only for those that changed."""
        held = {row.symbol: row for row in prices}
        if held.keys() != self._held.keys():
            self._names, self._cells = names_of(held), {}
        cells = {symbol: self._cells.get(symbol) if self._held.get(symbol) == row else None for symbol, row in held.items()}
        self._cells = {symbol: cells[symbol] or price_cells(row, self._names[symbol]) for symbol, row in held.items()}
        self._held = held

    def paint(self, now: float, now_ns: int, header: HeaderView) -> None:
        """Show what is held as of `now_ns`, the engine's time."""
        rows = []
        live = 0
        for symbol, row in self._held.items():
            seconds = (now_ns - row.last_ns) / 1e9 if row.last_ns else None
            stale = self.away or row.state not in ("live", "waiting") or (seconds is not None and seconds >= STALE_AFTER)
            live += seconds is not None and not stale
            rows.append(self._row(symbol, Cell(figures.age(seconds), "warn" if stale else "muted", seconds), stale))
        note = f"{live} of {len(rows)} live" if rows else ""
        if rows and not live and all(row.last is None for row in self._held.values()) and any(f.state == "backoff" for f in header.feeds):
            note = "the venue cannot be reached: d opens the demo"
        self.show(rows, now, note=note, empty=why_empty(header))

    def _row(self, symbol: str, age: Cell, stale: bool) -> Row:
        """The row as it was, where nothing that can be seen has changed."""
        cells, old, span = self._cells[symbol], self._lines_made.get(symbol), halt_span(self._held[symbol])
        if self.away:
            cells = (*cells[:_RATE], Cell(figures.NONE, "muted"), *cells[_RATE + 1 :])
        if (
            old is not None
            and old.stale == stale
            and old.cells[_AGE].text == age.text
            and old.cells[:_AGE] == cells[:_AGE]
            and old.cells[-1] == cells[-1]
            and old.span == span
        ):
            return old
        made = self._lines_made[symbol] = Row(symbol, (*cells[:_AGE], age, *cells[_AGE:]), stale, span)
        return made

    @property
    def symbols(self) -> list[str]:
        """The symbols watched, in the engine's order."""
        return list(self._held)

    def get(self, symbol: str) -> PriceRow | None:
        """The row of a symbol; None when it is not watched."""
        return self._held.get(symbol)

    def called(self, symbol: str) -> str:
        """A symbol as people read it: with its venue only where another venue has one of that name."""
        return self._names.get(symbol) or bare(symbol)

    def decimals(self, symbol: str) -> int | None:
        """Decimals of a symbol's prices; None when it is not watched."""
        row = self._held.get(symbol)
        return None if row is None else row.decimals

    def last_of(self, name: str) -> float | None:
        """The last price of a symbol as a person writes it, with or without its venue."""
        return next((row.last for symbol, row in self._held.items() if name in (symbol, bare(symbol))), None)

    def last(self, symbol: str) -> float | None:
        """A symbol's last price; None when it has none."""
        row = self._held.get(symbol)
        return None if row is None else row.last


def bare(symbol: str) -> str:
    """A symbol as people read it: cleaned, without its venue; of several with commas between each."""
    return clean(symbol.rpartition(":")[2]) if "," not in symbol else ", ".join(map(bare, symbol.split(",")))


def names_of(symbols: Iterable[str]) -> dict[str, str]:
    """By symbol what people call it: without its venue, where no other venue has one of that name."""
    known = list(symbols)
    count = Counter(bare(symbol) for symbol in known)
    return {symbol: bare(symbol) if count[bare(symbol)] == 1 else clean(symbol) for symbol in known}


def price_cells(row: PriceRow, name: str = "") -> tuple[Cell, ...]:
    """The cells of a price, all but its age; `name` where it is not the bare symbol."""
    arrow, tone = _ARROWS.get(row.direction, ("·", "faint"))
    change = row.change_24h_pct
    spark = tuple(row.spark)
    rising = spark[-1] >= spark[0] if spark else True
    waits = row.state == "gap" or (row.state == "waiting" and not spark)
    return (
        Cell(name or bare(row.symbol), "strong"),
        Cell(figures.number(row.last, row.decimals), tone if row.direction else "plain", row.last),
        Cell(arrow, tone),
        Cell(figures.signed(change), sign_tone(change), change),
        Cell(figures.number(row.bid, row.decimals), "plain", row.bid),
        Cell(figures.number(row.ask, row.decimals), "plain", row.ask),
        Cell(figures.short(row.volume_24h), "muted", row.volume_24h),
        Cell(figures.short(row.ticks_per_s) if row.ticks_per_s else "0", "muted", row.ticks_per_s),
        Cell(row.state, "warn") if waits else Cell("", "up" if rising else "down", None, spark),
    )


def halt_span(row: PriceRow) -> tuple[int, Cell] | None:
    """A halted symbol says why instead of what it is quoted at."""
    if row.state != "halted":
        return None
    why = clean(row.detail)
    return _BID, Cell(f"halted: {why}" if why else "halted", "warn")


def sign_tone(value: float | None) -> str:
    """The tone of a signed figure."""
    return "plain" if not value else "up" if value > 0 else "down"


def why_empty(header: HeaderView) -> tuple[str, ...]:
    """What an empty price pane says: why, and what to do."""
    lines = ["No symbol is streamed yet: press s to add one, such as BTCUSDT."]
    for feed in header.feeds:
        if feed.state != "live":
            detail = clean(feed.detail)
            lines.append(f"{clean(feed.venue)} is {clean(feed.state)}{': ' + detail if detail else ''}")
            lines.append("Without internet: press d for the demo, a generated market with strategies trading.")
    return tuple(lines)
