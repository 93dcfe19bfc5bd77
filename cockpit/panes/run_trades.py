"""Pane 4 of the lab: the fills of a run, newest first."""

from __future__ import annotations

from typing import Any, ClassVar

from cockpit import figures
from cockpit.panes.columns import Cell, Column, Row
from cockpit.panes.grid import LiveGrid
from cockpit.panes.prices import bare, sign_tone
from cockpit.report import Report, stamp
from cockpit.text import clean

_SIDES = {"buy": "up", "sell": "down"}


class RunTradesPane(LiveGrid):
    """What the strategy would have done."""

    NUMBER = 4
    TITLE = "Trades"
    LOG = True
    COLUMNS: ClassVar[tuple[Column, ...]] = (
        Column("time (UTC)", least=19, most=19),
        Column("side", least=4, most=5),
        Column("qty", "point", least=4),
        Column("price", "point"),
        Column("rPnL", "point", least=6, means="P&L of what this fill closed, before fees, quote currency"),
        Column("fee", "point", drop=2, means="of this fill, quote currency"),
        Column("position", "point", least=5, drop=1),
        Column("MAE/MFE %", "right", least=9, extra=True, means="worst and best of the trade this fill closed on its way, of its entry"),
        Column("why", least=9, most=24, drop=3, grow=True),
    )

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._shown: tuple[str, str] | None = None
        self._fills: dict[str, dict[str, Any]] = {}
        self._signals: dict[str, dict[str, Any]] = {}
        self._of_legs = False

    def paint(self, report: Report | None, now: float, word: str = "") -> None:
        """Show a run's fills; `word` says why there are none."""
        detail = report.detail if report is not None else None
        shown = (report.id if report is not None and detail is not None else "", word)
        if shown == self._shown:
            return  # a thousand rows that do not change need no comparing ten times a second
        self._shown = shown
        self._of_legs = report is not None and "," in report.symbol
        self.set_columns(_OF_LEGS if self._of_legs else self.COLUMNS)
        self._fills = {} if detail is None else {str(fill["fill_id"]): fill for fill in detail.fills}
        self._signals = {} if detail is None else {signal["order_id"]: signal for signal in detail.signals if signal["order_id"]}
        if detail is None:
            self.show([], now, empty=(word or "The trades of the run under the cursor are listed here.",))
            return
        count = len(detail.fills)
        note = f"newest {count:,} of {detail.fills_total:,} fills" if count < detail.fills_total else f"{count:,} fill{'s' * (count != 1)}"
        self.show(fill_rows(detail.fills, detail.trips, legs=self._of_legs), now, note=note, empty=idle_words(report))
        self.choose(0)

    @property
    def chosen(self) -> tuple[dict[str, Any], dict[str, Any] | None, bool] | None:
        """The fill under the cursor, the decision that placed its order, where it is kept, and whether the run is of several legs."""
        fill = self._fills.get(self.listing.cursor_key)
        return None if fill is None else (fill, self._signals.get(str(fill.get("order_id", ""))), self._of_legs)


#: The same where fills are of several legs.
_OF_LEGS = (RunTradesPane.COLUMNS[0], Column("symbol", least=7, most=14), *RunTradesPane.COLUMNS[1:])


def idle_words(report: Report | None) -> tuple[str, ...]:
    """Why a run did not trade."""
    if report is None or not report.cold:
        return ("It did not trade: its conditions were never met in this span.",)
    return (f"It did not trade: it {clean(report.cold)}.", "A longer span, a shorter interval or fewer bars would let it.")


def fill_rows(fills: list[dict[str, Any]], trips: list[dict[str, Any]], *, legs: bool = False) -> list[Row]:
    """Newest first; with the fill that ended a round trip how far that one was behind and ahead. `legs`: each says its symbol."""
    newest = fills[-200:]
    places = {symbol: decimals([fill["price"] for fill in newest if fill["symbol"] == symbol]) for symbol in {f["symbol"] for f in fills}}
    ended = {trip["last_fill"]: trip for trip in trips}
    return [fill_row(fill, places[fill["symbol"]], ended.get(fill["fill_id"]), leg=legs) for fill in reversed(fills)]


def fill_row(fill: dict[str, Any], places: int, trip: dict[str, Any] | None = None, *, leg: bool = False) -> Row:
    """One line."""
    side, reason, realised = str(fill["side"]), str(fill.get("reason", "")), float(fill["realised"])
    cells = (
        Cell(stamp(int(fill["ts_ns"])), "muted"),
        *((Cell(bare(str(fill["symbol"]))),) if leg else ()),
        Cell(clean(side), _SIDES.get(side, "plain")),
        Cell(figures.quantity(fill["qty"])),
        Cell(figures.number(fill["price"], places)),
        Cell(figures.signed(realised) if realised else "", sign_tone(realised)),
        Cell(figures.number(fill["fee"]), "muted"),
        Cell(figures.quantity(fill["position"], sign=True), sign_tone(fill["position"])),
        Cell(excursion_words(trip), "muted"),
        Cell("" if reason == "signal" else clean(reason.replace("_", " ")), "warn"),
    )
    return Row(str(fill["fill_id"]), cells)


def excursion_words(trip: dict[str, Any] | None) -> str:
    """`-0.51/+1.20`."""
    if trip is None or trip["mae_pct"] is None or trip["mfe_pct"] is None:
        return ""
    return f"{figures.signed(trip['mae_pct'])}/{figures.signed(trip['mfe_pct'])}"


def decimals(prices: list[float]) -> int:
    """Decimals that the prices have, at least two and at most eight."""
    found = 2
    for price in prices:
        tail = f"{price:.8f}".rstrip("0").partition(".")[2]
        found = max(found, len(tail))
    return min(found, 8)
