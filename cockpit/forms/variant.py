"""The form of a variant of an indicator, made from the engine's catalogue; and how it is opened: to add one, change one, delete one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from textual import work
from textual.containers import Vertical
from textual.widgets._static import Static

from cockpit.forms.entry import Entry
from cockpit.forms.fields import Field
from cockpit.forms.form import Form
from cockpit.forms.indicators import IndicatorOffer, Indicators, params_text, read_indicators
from cockpit.forms.recents import Recents
from cockpit.forms.variant_fields import MEANINGS, FollowedEntry, LineEntry, NameField, TypeEntry
from cockpit.panes.prices import bare
from cockpit.text import clean
from core.commands import RemoveVariant, SetVariant
from core.errors import CockpitError
from core.variant import Variant

if TYPE_CHECKING:
    from cockpit.app import CockpitApp

_INDICATOR = "indicator"


class VariantForm(Form):
    """Asks for a variant; answers a sentence on it."""

    KEYS: ClassVar[str] = "enter keeps it · ↑ ↓ move · ← → choose · ctrl+r as last time · esc leaves"
    GROUPS: ClassVar[tuple[str, ...]] = ("what", "params", "terms")

    def __init__(
        self,
        submit: Callable[[SetVariant], Awaitable[Any]],
        fetch: Callable[[], Awaitable[Any]],
        *,
        recents: Recents,
        streamed: Callable[[], Iterable[str]],
        name: str = "",
        symbol: str = "",
        change: bool = False,
    ) -> None:
        """`fetch` asks for the catalogue; `name` is the variant to `change`, else the indicator (or a variant of it) to begin with,
        `symbol` what a new one follows at first, '' all."""
        super().__init__(submit, recents)
        self._fetch = fetch
        self._streamed = streamed
        self._called = name
        self._symbol = symbol
        self._change = change
        self._known = Indicators({}, {}, [])
        self._begun: Variant | None = None
        self._shown = ""
        self._failed = False
        self._making = True  # not all entries are there
        self._suggested = ""

    @property
    def heading(self) -> str:
        return f"Change {clean(self._called)}" if self._change else "New variant of an indicator"

    def on_mount(self) -> None:
        self._open()

    @work(exclusive=True, group="form")
    async def _open(self) -> None:
        """The fields, as soon as the engine said which there are."""
        sentence = self.query_one("#sentence", Static)
        sentence.update("reading the indicators …")
        try:
            self._known = read_indicators(await self._fetch())
            self._begun = self._known.variants.get(self._called)
            if self._change and self._begun is None:
                raise ValueError(f"there is no variant {clean(self._called)} any more")
            if not self._known.offers:
                raise ValueError("the engine knows no indicator")
        except (CockpitError, ValueError) as error:
            self._failed = True
            if not self.left:
                sentence.update(clean(str(error)))
            return
        if self.left:
            return
        named = self._begun.indicator if self._begun is not None else self._called
        self._shown = named if named in self._known.offers else next(iter(self._known.offers))
        with self.app.batch_update():
            for group, widgets in self._first().items():
                await self.query_one(f"#{group}", Vertical).mount(*widgets)
        self._making = False
        self._mark()
        first = next((entry for entry in self.entries if entry.group), self.entries[-1]) if self._change else self.entries[0]
        first.control.focus()

    def _first(self) -> dict[str, list[Static | Entry]]:
        begun, offers = self._begun, list(self._known.offers)
        which = Entry(Field(name=_INDICATOR, type="choice", choices=offers, default=self._shown))
        self._suggested = self._free()
        variants = tuple(self._known.variants)
        called = NameField(name="name", default="", description="what it is called", indicators=tuple(offers), variants=variants)
        name = Entry(called, self._suggested)
        symbols = ", ".join(begun.symbols or ()) if begun is not None else self._symbol
        kind = TypeEntry(TypeEntry.FIELD, begun.type if begun is not None else None)
        return {
            "what": [which] if self._change else [which, name],
            "params": self._asked(),
            "terms": [kind, FollowedEntry(symbols, self._streamed)],
        }

    def _asked(self) -> list[Static | Entry]:
        """What the indicator that is shown needs, as the variant that is begun with has it."""
        offer, begun = self._offer, self._begun
        mine = begun.params if begun is not None and begun.indicator == offer.name else {}
        rows = [Entry(field, field.shown(mine[field.name]) if field.name in mine else None, group="params") for field in offer.params]
        line = LineEntry(offer, begun.line if begun is not None and begun.line else None)
        heading = [Static("parameters", classes="group")] if rows else []
        return [*heading, *rows, Static("what it is", classes="group"), line]

    def _free(self) -> str:
        """A name nobody has."""
        taken, number = self._known.variants, 1
        while f"{self._shown}_{number}" in taken:
            number += 1
        return f"{self._shown}_{number}"

    @property
    def _offer(self) -> IndicatorOffer:
        return self._known.offers[self._shown]

    def _mark(self) -> None:
        self.query_one("#sentence", Static).update(clean(self._offer.about))
        self.judge()

    def changed(self, entry: Entry) -> None:
        if entry.field.name == _INDICATOR and entry.text != self._shown:
            self._show_indicator()
        elif entry.field.name == "line":
            entry.judge()

    @work(exclusive=True, group="form")
    async def _show_indicator(self) -> None:
        """Ask for what another indicator needs; a name that was suggested goes with it."""
        self._making = True
        self._shown, params = self._chosen, self.query_one("#params", Vertical)
        with self.app.batch_update():
            await params.remove_children()
            await params.mount(*self._asked())
        self._making = False
        name = self.entry("name")
        if name is not None and name.text == self._suggested:
            name.text = self._suggested = self._free()
        self._mark()

    @property
    def _chosen(self) -> str:
        return next((entry.text for entry in self.entries if entry.field.name == _INDICATOR), "")

    @property
    def complete(self) -> bool:
        return not self.left and not self._making and bool(self._shown) and self._shown == self._chosen

    @property
    def settled(self) -> bool:
        return self._failed or super().settled

    @property
    def about(self) -> str:
        return self._shown or "indicators"

    def kept(self, entry: Entry) -> bool:
        return entry.field.name not in (_INDICATOR, "name")

    def made(self) -> SetVariant:
        plain: dict[str, Any] = {entry.field.name: entry.read() for entry in self.entries if not entry.group}
        params = {entry.field.name: value for entry in self.entries if entry.group and (value := entry.read()) is not None}
        variant = Variant(
            name=self._called if self._change else str(plain["name"]), indicator=self._shown, type=str(plain["type"]), params=params,
            line=str(plain["line"]), symbols=plain["symbols"] or None,
        )  # fmt: skip
        return SetVariant(variant=variant, anew=not self._change)

    def intent(self, command: SetVariant) -> str:
        variant = command.variant
        line = self._offer.line(variant.line).words
        params = f" with {params_text(variant.params)}" if variant.params else ""
        where = f"on {', '.join(variant.symbols)}" if variant.symbols else "on every symbol"
        said = f"Enter {'changes' if self._change else 'keeps'} {variant.name}: {variant.indicator}{params}, {where}; its line {line}; "
        followed = self.entry("symbols")
        absent = followed.absent() if isinstance(followed, FollowedEntry) else ""
        return f"{said}{MEANINGS.get(variant.type, variant.type)}.{absent}"

    def busy(self, command: SetVariant) -> str:
        return f"keeping {command.variant.name} …"

    def answer(self, command: SetVariant, reply: dict[str, Any]) -> str:
        return f"{command.variant.name} is {'changed' if self._change else 'kept'}"


def add_variant(app: CockpitApp, name: str = "", symbol: str = "", then: Callable[[], object] | None = None) -> None:
    """Open the form on a new variant: of the indicator `name` (or as the variant `name`), following `symbol`, '' every symbol."""
    _open(app, name, symbol, then, change=False)


def edit_variant(app: CockpitApp, name: str, symbol: str = "", then: Callable[[], object] | None = None) -> None:
    """Open the form on the variant `name`."""
    _open(app, name, symbol, then, change=True)


def delete_variant(app: CockpitApp, name: str, symbol: str = "", then: Callable[[], object] | None = None) -> None:
    """Ask, then take the variant `name` out, whatever symbols it follows."""
    if _refused(app):
        return
    answers = [("d", "delete", "take it out of indicators.toml; charts and alerts on it have no values any more")]
    delete = partial(app.submit, RemoveVariant(name=name), f"{clean(name)} is deleted", then)
    app.ask_person(f"Delete the variant {clean(name)}?", answers, {"d": delete})


def _open(app: CockpitApp, name: str, symbol: str, then: Callable[[], object] | None, *, change: bool) -> None:
    if _refused(app):
        return

    def done(sentence: str | None) -> None:
        if sentence:
            app.say(sentence)
            if then is not None:
                then()

    form = VariantForm(
        app.link.submit,
        partial(app.link.aside, "indicators"),
        recents=Recents(app.home, "variant"),
        streamed=lambda: [bare(one) for one in app.live.prices.symbols],
        name=name,
        symbol=bare(symbol),
        change=change,
    )
    app.push_screen(form, done)


def _refused(app: CockpitApp) -> bool:
    """Whether nothing may be done here; that is said."""
    if app.settings.read_only:
        app.say("read-only: this screen looks, and does nothing", "warning")
    return app.settings.read_only
