"""What is drawn on the chart: variants, indicators and the trend, switched on and off; variants made, changed and deleted."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, ClassVar, NamedTuple

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets._option_list import OptionList
from textual.widgets._static import Static
from textual.widgets.option_list import Option

from cockpit.forms.dialog import Dialog
from cockpit.forms.indicators import Indicators, params_text, read_indicators
from cockpit.panes.indicated import Indicated
from cockpit.settings import MOST_DRAWN, Drawn
from cockpit.text import clean, fit
from core.errors import CockpitError
from core.variant import Variant

#: Seconds between looks at what was made elsewhere.
EVERY = 2.0

#: The name of what is no indicator.
TREND = "trend"

_TREND_ABOUT = "the regression line of the trend over the candles, and ◇ where the market changed its ways"


class Row(NamedTuple):
    """A line of the list: what it draws, in which group, and words on it; `drawn` None is the trend."""

    drawn: Drawn | None
    group: str
    words: str
    about: str


class Edits(NamedTuple):
    """Opens the forms on variants: each is given a name, and what to do when it is done."""

    add: Callable[[str, Callable[[], object]], None]
    edit: Callable[[str, Callable[[], object]], None]
    delete: Callable[[str, Callable[[], object]], None]


class Drawables(OptionList):
    """A list whose lines can be drawn."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "select", "on or off"),
        Binding("n", "screen.add", "new variant"),
        Binding("e", "screen.edit", "change"),
        Binding("x,delete,backspace", "screen.delete", "delete"),
        Binding("c", "screen.clear", "none"),
    ]


class DrawnList(Dialog[None]):
    """Everything that can be drawn, a line each; what is on is seen on the chart at once."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q", "leave", "close")]

    def __init__(self, fetch: Callable[[], Awaitable[Any]], indicated: Indicated, redraw: Callable[[], object], edits: Edits) -> None:
        """`fetch` asks for the engine's catalogue of indicators; `redraw` has the chart show what is drawn now."""
        super().__init__()
        self._fetch = fetch
        self._indicated = indicated
        self._redraw = redraw
        self._edits = edits
        self._rows: list[Row] = []
        self._wrong: list[str] = []
        self._cursor: tuple[str, Drawn | None] = ("", None)
        self._asked = self._offered = False

    def compose(self) -> ComposeResult:
        with Vertical(classes="form drawn"):
            yield Static("On the chart: indicators and the trend", classes="title")
            yield Drawables(markup=False, compact=True)
            yield Static("", classes="outcome", markup=False)
            keys = "space on/off · n new variant of it · e change · x delete · c none · esc"
            yield Static(keys, classes="keys", markup=False)

    def on_mount(self) -> None:
        self.query_one(Drawables).focus()
        self._rows = rows_of(None, self._indicated)
        self._fill()
        self.tell("reading the indicators …", "-busy")
        self.look()
        self.set_interval(EVERY, self.look)

    @property
    def settled(self) -> bool:
        return super().settled and (self._asked or self.left)

    @work(exclusive=True, group="look")
    async def look(self) -> None:
        """Ask which there are."""
        try:
            known = read_indicators(await self._fetch())
        except (CockpitError, ValueError) as error:
            self._asked = True
            self.tell(clean(str(error)), "-refused")
            return
        if self.left:
            return
        rows, first = rows_of(known, self._indicated), not self._offered
        self._asked = self._offered = True
        if (rows, known.wrong) != (self._rows, self._wrong) or first:
            self._rows, self._wrong = rows, known.wrong
            self._fill()
            self.on_option_list_option_highlighted()

    def _fill(self) -> None:
        """List the rows; the cursor stays on what it is on."""
        listed, chosen = self.query_one(Drawables), self._cursor
        width = max((len(_name(row)) for row in self._rows), default=0)
        options = [Option(Content.assemble((f"✖ {line}", "$warn")), disabled=True) for line in self._wrong]
        at, group = len(options) + 1, ""
        for index, row in enumerate(self._rows):
            if row.group != group:
                group = row.group
                options.append(Option(Content.assemble((group, "$muted")), disabled=True))
            at = len(options) if (row.group, row.drawn) == chosen else at
            options.append(Option(_line(row, self._on(row), width), id=str(index)))
        listed.clear_options()
        listed.add_options(options)
        listed.highlighted = at

    def _on(self, row: Row) -> bool:
        return self._indicated.trend if row.drawn is None else row.drawn in self._indicated.drawn

    @property
    def _chosen(self) -> Row | None:
        listed = self.query_one(Drawables)
        option = listed.highlighted_option
        return self._rows[int(option.id)] if option is not None and option.id is not None else None

    def on_option_list_option_highlighted(self) -> None:
        """All of what is under the cursor: its line may be cut off."""
        row = self._chosen
        if row is not None and self._asked:
            self._cursor = row.group, row.drawn
            self.tell(f"{_name(row)}: {row.about}", "-ready")

    def on_option_list_option_selected(self) -> None:
        """Draw it, or draw it no more."""
        row, held = self._chosen, self._indicated
        if row is None:
            return
        if row.drawn is None:
            held.draw(held.drawn, not held.trend)
        elif row.drawn in held.drawn:
            held.draw([one for one in held.drawn if one != row.drawn], held.trend)
        elif len(held.drawn) >= MOST_DRAWN:
            self.tell(f"{MOST_DRAWN} are drawn already: switch one off first", "-wrong")
            return
        else:
            held.draw([*held.drawn, row.drawn], held.trend)
        self._drawn_anew()

    def _drawn_anew(self) -> None:
        self._fill()
        self._redraw()

    def action_clear(self) -> None:
        """Draw bars alone."""
        self._indicated.draw([], False)
        self._drawn_anew()

    def action_add(self) -> None:
        """Open the form on a new variant: of what is under the cursor."""
        row = self._chosen
        self._edits.add(row.drawn.name if row is not None and row.drawn is not None else "", self.look)

    def action_edit(self) -> None:
        """Open the form on the variant under the cursor."""
        name = self._variant("e changes variants: n makes one of this indicator")
        if name:
            self._edits.edit(name, self.look)

    def action_delete(self) -> None:
        """Take the variant under the cursor out."""
        name = self._variant("x deletes variants: space takes this off the chart")
        if name:
            self._edits.delete(name, lambda: self._forget(Drawn(name, True)))

    def _forget(self, gone: Drawn) -> None:
        """It is deleted: it is drawn no more."""
        self._indicated.draw([one for one in self._indicated.drawn if one != gone], self._indicated.trend)
        self._redraw()
        self.look()

    def _variant(self, otherwise: str) -> str:
        """The variant under the cursor; '' with these words where it is none."""
        row = self._chosen
        if row is None or row.drawn is None or not row.drawn.variant:
            self.tell(otherwise, "-wrong")
            return ""
        return row.drawn.name


def rows_of(known: Indicators | None, indicated: Indicated) -> list[Row]:
    """The lines of the list: variants, the trend, indicators, and what is drawn but is not there any more."""
    variants = known.variants if known is not None else {}
    offers = known.offers if known is not None else {}
    rows = [Row(Drawn(name, True), "Variants", *_said(variant, known)) for name, variant in variants.items()]
    gone = [one for one in indicated.drawn if one.name not in (variants if one.variant else offers)]
    why = "there is none of this name any more" if known is not None else "…"
    rows += [Row(one, "Drawn", why, why) for one in gone]
    rows.append(Row(None, "Trend", "regression line and turning points", _TREND_ABOUT))
    for name, offer in offers.items():
        params = params_text({field.name: field.default for field in offer.params if field.name != "interval"})
        words, about = (f"{offer.words}; {params}", f"{clean(offer.about)} Here with {params}.") if params else (offer.words, offer.about)
        rows.append(Row(Drawn(name), "Indicators, on the bars of the chart", words, clean(about)))
    return rows


def _said(variant: Variant, known: Indicators | None) -> tuple[str, str]:
    """What a variant is, in short and in full."""
    offer = known.offers.get(variant.indicator) if known is not None else None
    params = params_text(variant.params)
    where = f"on {clean(', '.join(variant.symbols))}" if variant.symbols is not None else "on every symbol"
    words = f"{clean(variant.indicator)}{f' {params}' if params else ''}; {clean(variant.type)}"
    line = f"; its line {offer.line(variant.line).words}" if offer is not None else ""
    return words, f"{words}{line}; {where}"


def _name(row: Row) -> str:
    return TREND if row.drawn is None else clean(row.drawn.name)


def _line(row: Row, on: bool, width: int) -> Content:
    return Content.assemble(
        (f"  {'●' if on else '○'} ", "$key" if on else "$muted"),
        (fit(_name(row), width), "bold" if on else ""),
        (f"  {row.words}", "$muted"),
    )
