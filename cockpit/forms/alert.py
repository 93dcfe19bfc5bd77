"""The form of an alert rule, made from the types of rules: what is asked, allowed and meant comes from there."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, ClassVar, NamedTuple

import msgspec
from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.widgets._static import Static

from cockpit import figures
from cockpit.forms.described import Listed, fields_of
from cockpit.forms.dialog import Dialog
from cockpit.forms.entry import Entry, SymbolSuggester
from cockpit.forms.fields import Field
from cockpit.forms.offered import Typed
from cockpit.text import clean
from core.alert_rules import KINDS, AnyRule, MoveRule, PriceRule
from core.commands import SetAlert
from core.errors import CockpitError

_KIND = "about"
_GIVEN = ("id", "enabled", "snoozed_until_ns")


class Around(NamedTuple):
    """What the form knows of the market: symbols with their last price and decimals, as of now; strategies with their capital; what the
    cursor is on."""

    market: Callable[[], Mapping[str, tuple[float | None, int]]]
    strategies: Mapping[str, float]
    symbol: str = ""
    strategy: str = ""
    kind: str = "price"

    @property
    def prices(self) -> Mapping[str, tuple[float | None, int]]:
        """Last price, None unknown, and its decimals, by symbol."""
        return self.market()


class AlertForm(Dialog[str]):
    """Asks for a rule; answers its sentence, with its id."""

    VERTICAL_BREAKPOINTS = [(0, "-short"), (36, "-tall")]  # noqa: RUF012 - declared by Textual
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "leave"),
        Binding("enter", "send", "set"),
        Binding("up", "app.focus_previous", priority=True, show=False),
        Binding("down", "app.focus_next", priority=True, show=False),
        Binding("ctrl+r", "recall", "as last time"),
    ]

    def __init__(self, submit: Callable[[SetAlert], Awaitable[Any]], around: Around, *, recent: Typed, rule: AnyRule | None = None) -> None:
        """`recent` holds what was set last of each kind, and is kept up to date; `rule` is one to change."""
        super().__init__()
        self._submit = submit
        self._around = around
        self._recent = recent
        self._rule = rule
        self._kind = rule.kind if rule is not None else around.kind
        self._complete = self._sending = self._refused = False

    def compose(self) -> ComposeResult:
        title = "Alert me when …" if self._rule is None else f"Change {clean(self._rule.id)}"
        with Vertical(classes="form register alert"):
            yield Static(title, classes="title", markup=False)
            yield Static("", id="sentence", classes="sentence", markup=False)
            with VerticalScroll(id="entries", can_focus=False):
                yield Vertical(id="what")
                yield Vertical(id="params")
            yield Static("", id="outcome", classes="outcome", markup=False)
            yield Static("enter sets · tab, ↑ ↓ move · ← → choose · ctrl+r as last time · esc leaves", classes="keys", markup=False)

    async def on_mount(self) -> None:
        kinds = list(KINDS) if self._rule is None else [self._kind]
        which = Entry(Field(name=_KIND, type="choice", choices=kinds, default=self._kind))
        await self.query_one("#what", Vertical).mount(which)
        await self._show_kind()
        first = which if self._rule is None else next(entry for entry in self._entries if entry.group)
        first.control.focus()
        self.set_interval(1.0, self._judge)  # the price goes on while somebody types

    async def _show_kind(self) -> None:
        """Ask for what a rule of this kind needs."""
        self._complete = False
        kind, params = KINDS[self._kind], self.query_one("#params", Vertical)
        fields = [self._known(field) for field in fields_of(kind, _GIVEN)]
        with self.app.batch_update():
            self.query_one("#sentence", Static).update(str(kind.__doc__))
            await params.remove_children()
            await params.mount(*(self._entry(field) for field in fields))
        self._complete = True
        self._judge()

    def _known(self, field: Field) -> Field:
        """A field that names something: one of what there is."""
        if field.name not in ("symbol", "strategy"):
            return field
        known = list(self._around.prices) if field.name == "symbol" else list(self._around.strategies)
        every = ["all"] if field.default == "all" else []
        lacking = "is not streamed (s adds symbols); there are" if field.name == "symbol" else "is not registered; there are"
        return Listed(**msgspec.structs.asdict(field) | {"known": (*known, *every), "lacking": lacking})

    def _entry(self, field: Field) -> Entry:
        suggester = SymbolSuggester(self._around.prices) if field.name == "symbol" else None
        return Entry(field, self._start(field), suggester=suggester, group="rule", empty="none")

    def _start(self, field: Field) -> str | None:
        """What stands in a field: of the rule that is changed, else what the cursor suggests; None its default."""
        if self._rule is not None:
            value = getattr(self._rule, field.name)
            return field.shown(value.rpartition(":")[2] if field.name == "symbol" else value)
        around = self._around
        if field.name == "symbol":
            return around.symbol or next(iter(around.prices), "")
        if field.name == "strategy":
            return around.strategy or ("all" if field.default == "all" else next(iter(around.strategies), ""))
        last, decimals = around.prices.get(around.symbol, (None, 2))
        if field.name == "level" and self._kind == "price" and last is not None:
            return f"{near(last, decimals):.{decimals}f}"
        if field.name == "level" and self._kind == "pnl" and around.strategies:
            capital = around.strategies.get(around.strategy, next(iter(around.strategies.values())))
            return f"{-capital / 100:.4g}"  # a loss of one percent
        return None

    @property
    def _entries(self) -> list[Entry]:
        return list(self.query(Entry))

    async def on_entry_changed(self, event: Entry.Changed) -> None:
        self._refused = False
        if event.entry.field.name == _KIND and event.entry.text != self._kind:
            self._kind = event.entry.text
            await self._show_kind()
        elif event.entry.field.name == "symbol" and self._kind == "price" and self._rule is None:
            self._suggest(event.entry)
        self._judge()

    def _suggest(self, symbol: Entry) -> None:
        """Another symbol: a level near its price."""
        last, decimals = self._around.prices.get(symbol.text.upper(), (None, 2))
        level = next((entry for entry in self._entries if entry.field.name == "level"), None)
        if last is not None and level is not None:
            level.text = f"{near(last, decimals):.{decimals}f}"

    def _judge(self) -> None:
        """Say what enter will do, or what keeps it from doing so."""
        if not self._complete or self._sending or self._refused or not any(entry.group for entry in self._entries):
            return  # another kind's fields are on their way, or the form is closing
        wrong = [entry for entry in self._entries if entry.problem]
        if wrong:
            more = f", and {len(wrong) - 1} more" if len(wrong) > 1 else ""
            self._say(f"{wrong[0].field.name.replace('_', ' ')} {wrong[0].problem}{more}", "-wrong")
            return
        rule = self._made()
        self._say(f"Enter: {rule.sentence}. {self._now(rule)}".rstrip(), "-ready")

    def _made(self) -> AnyRule:
        values = {entry.field.name: entry.read() for entry in self._entries if entry.group}
        given = {"id": self._rule.id, "enabled": True} if self._rule is not None else {}
        rule: AnyRule = KINDS[self._kind](**{name: "" if value is None else value for name, value in values.items()} | given)
        return rule

    def _now(self, rule: AnyRule) -> str:
        """How the market stands to the rule."""
        if not isinstance(rule, (PriceRule, MoveRule)):
            return ""
        last, decimals = self._around.prices.get(rule.symbol, (None, 2))
        if last is None:
            return ""
        at = f"It is at {figures.number(last, decimals)} now"
        if isinstance(rule, MoveRule):
            return f"{at}: {figures.number(last * rule.percent / 100, decimals)} is {rule.percent:g} %."
        if last == rule.level or (last > rule.level) == (rule.side == "above"):
            return f"{at}, beyond that already: it fires when the price has been back and crosses again."
        return f"{at}, {abs(rule.level / last - 1) * 100:.2f} % away."

    def _say(self, text: str, state: str) -> None:
        outcome = self.query_one("#outcome", Static)
        outcome.set_classes(f"outcome {state}")
        outcome.update(text)

    def on_input_submitted(self) -> None:
        self.action_send()

    def action_send(self) -> None:
        """Set the rule, unless something is wrong: then go to it."""
        wrong = [entry for entry in self._entries if entry.problem]
        if wrong:
            wrong[0].control.focus()
        elif self._complete and not self._sending:
            self._sending = True
            self._say("setting …", "-busy")
            self._send(self._made())

    @work(group="send")
    async def _send(self, rule: AnyRule) -> None:
        try:
            answer = await self._submit(SetAlert(rule=rule))
        except CockpitError as error:
            self._refused = True
            self._say(f"Refused: {clean(str(error))}", "-refused")
            return
        finally:
            self._sending = False
        self._recent[f"alert {self._kind}"] = {entry.field.name: entry.text for entry in self._entries if entry.group}
        known = answer if isinstance(answer, dict) else {}
        self.dismiss(f"{clean(str(known.get('id', '')))}: {clean(str(known.get('sentence', rule.sentence)))}")

    def action_recall(self) -> None:
        """Fill in what the last rule of this kind had."""
        recent = self._recent.get(f"alert {self._kind}", {})
        for name in ("symbol", "level"):  # the level after its symbol, which suggests one
            for entry in self._entries:
                if entry.field.name == name or name == "symbol":
                    entry.text = recent.get(entry.field.name, entry.text)

    def action_leave(self) -> None:
        self.dismiss(None)


def near(price: float, decimals: int) -> float:
    """A round level a little above a price: half a percent, with four figures."""
    return max(float(f"{price * 1.005:.4g}"), 10.0**-decimals)
