"""The form of an alert rule, made from the types of rules: what is asked, allowed and meant comes from there."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, ClassVar, NamedTuple

import msgspec
from textual import work
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets._static import Static

from cockpit import figures
from cockpit.forms.described import Listed, fields_of
from cockpit.forms.entry import Entry, SymbolSuggester
from cockpit.forms.fields import Field
from cockpit.forms.form import Form
from cockpit.forms.recents import Recents
from cockpit.forms.rule_fields import field_for, text_of
from cockpit.forms.rule_trial import Ask, tried
from cockpit.text import clean
from core.alert_rules import KINDS, AnyRule, MoveRule, PriceRule
from core.commands import SetAlert

_KIND = "about"
_GIVEN = ("id", "enabled", "snoozed_until_ns")
_SYMBOLS = ("symbol", "a", "b")


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


class AlertForm(Form):
    """Asks for a rule; answers its sentence, with its id."""

    KEYS: ClassVar[str] = "enter sets · ctrl+t would it have fired? · ↑ ↓ ← → · ctrl+r as last · esc"
    CLASSES_OF_FORM: ClassVar[str] = "form register alert"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+t", "try", "would it have fired")]

    def __init__(
        self,
        submit: Callable[[SetAlert], Awaitable[Any]],
        around: Around,
        *,
        recents: Recents,
        rule: AnyRule | None = None,
        ask: Ask | None = None,
    ) -> None:
        """`rule` is one to change; `ask` has a rule tested on the tape."""
        super().__init__(submit, recents)
        self._around = around
        self._rule = rule
        self._shown = rule.kind if rule is not None else around.kind
        self._suggested: str | None = None
        self._making = False
        self._ask = ask
        self._trial = ""

    @property
    def heading(self) -> str:
        return "Alert me when …" if self._rule is None else f"Change {clean(self._rule.id)}"

    def groups(self) -> dict[str, list[Static | Entry]]:
        kinds = list(KINDS) if self._rule is None else [self._shown]
        more = f"{len(kinds)} kinds: \N{LEFTWARDS ARROW} \N{RIGHTWARDS ARROW}, or a first letter" if len(kinds) > 1 else ""
        about = Field(name=_KIND, type="choice", choices=kinds, default=self._shown, description=more)
        return {"what": [Entry(about)], "params": [*self._asked()]}

    def _asked(self) -> list[Entry]:
        """What a rule of the kind that is shown needs."""
        fields = [self._known(field) for field in fields_of(KINDS[self._shown], _GIVEN)]
        entries = [self._entry(field) for field in fields]
        self._suggested = next((entry.text for entry in entries if entry.field.name == "level"), None)
        return entries

    def on_mount(self) -> None:
        self._mark()
        first = next(entry for entry in self.entries if self._rule is None or entry.group)
        first.control.focus()
        self.set_interval(1.0, self.judge)  # the price goes on while somebody types

    def _mark(self) -> None:
        self.query_one("#sentence", Static).update(str(KINDS[self._shown].__doc__))
        self.judge()

    @work(exclusive=True, group="form")
    async def _show_kind(self) -> None:
        """Ask for what a rule of another kind needs."""
        self._making = True
        self._shown, params = self._kind, self.query_one("#params", Vertical)
        with self.app.batch_update():
            await params.remove_children()
            await params.mount(*self._asked())
        self._making = False
        self._mark()

    @property
    def _kind(self) -> str:
        """The kind that is chosen."""
        return next(entry.text for entry in self.entries if entry.field.name == _KIND)

    @property
    def complete(self) -> bool:
        return not self.left and not self._making and self._shown == self._kind

    @property
    def about(self) -> str:
        return f"alerts on {self._shown}"

    def kept(self, entry: Entry) -> bool:
        return bool(entry.group)

    def _known(self, field: Field) -> Field:
        """A field that names something: one of what there is."""
        if field.name not in (*_SYMBOLS, "strategy"):
            return field_for(field)
        known = list(self._around.strategies) if field.name == "strategy" else list(self._around.prices)
        every = ["all"] if field.default == "all" else []
        lacking = "is not registered; there are" if field.name == "strategy" else "is not streamed (s adds symbols); there are"
        return Listed(**msgspec.structs.asdict(field) | {"known": (*known, *every), "lacking": lacking})

    def _entry(self, field: Field) -> Entry:
        suggester = SymbolSuggester(lambda: self._around.prices) if field.name in _SYMBOLS else None
        entry = Entry(field, self._start(field), suggester=suggester, group="rule", empty="none")
        entry.label = entry.label.removesuffix(" ns")
        return entry

    def _start(self, field: Field) -> str | None:
        """What stands in a field: of the rule that is changed, else what the cursor suggests; None its default."""
        if self._rule is not None:
            text = text_of(field, self._rule)
            value = getattr(self._rule, field.name)
            return text if text is not None else field.shown(value.rpartition(":")[2] if field.name in _SYMBOLS else value)
        around = self._around
        if field.name in ("a", "b"):
            first = around.symbol or next(iter(around.prices), "")
            return first if field.name == "a" else next((name for name in around.prices if name != first), "")
        if field.name == "symbol":
            return around.symbol or next(iter(around.prices), "")
        if field.name == "strategy":
            return around.strategy or ("all" if field.default == "all" else next(iter(around.strategies), ""))
        last, decimals = around.prices.get(around.symbol, (None, 2))
        if field.name == "level" and self._shown == "price" and last is not None:
            return f"{near(last, decimals):.{decimals}f}"
        if field.name in ("low", "high") and last is not None:
            return f"{last * (0.995 if field.name == 'low' else 1.005):.{decimals}f}"
        if field.name == "level" and self._shown == "pnl" and around.strategies:
            capital = around.strategies.get(around.strategy, next(iter(around.strategies.values())))
            return f"{-capital / 100:.4g}"  # a loss of one percent
        return None

    def changed(self, entry: Entry) -> None:
        self._trial = ""
        self.workers.cancel_group(self, "trial")
        if entry.field.name == _KIND and entry.text != self._shown:
            self._show_kind()
        elif entry.field.name == "symbol" and self._shown == "price" and self._rule is None:
            self._suggest(entry)

    def _suggest(self, symbol: Entry) -> None:
        """Another symbol: a level near its price, unless somebody has typed one."""
        last, decimals = self._around.prices.get(symbol.text.upper(), (None, 2))
        level = self.entry("level")
        if last is not None and level is not None and level.text == self._suggested:
            level.text = self._suggested = f"{near(last, decimals):.{decimals}f}"

    def made(self) -> SetAlert:
        values = {entry.field.name: entry.read() for entry in self.entries if entry.group}
        given = {"id": self._rule.id, "enabled": True} if self._rule is not None else {}
        rule: AnyRule = KINDS[self._shown](
            **{name: _LACKING.get(name, "") if value is None else value for name, value in values.items()} | given
        )
        return SetAlert(rule=rule)

    def intent(self, command: SetAlert) -> str:
        return f"Enter: {command.rule.sentence}. {self._trial or self._now(command.rule)}".rstrip()

    def action_try(self) -> None:
        """Test the rule on the tape, unless something is wrong: then go to that."""
        if self._ask is not None and self.complete and not self.left and not self._go_to_wrong():
            self._try(self.made().rule)

    @work(exclusive=True, group="trial")
    async def _try(self, rule: AnyRule) -> None:
        assert self._ask is not None
        async for line in tried(self._ask, rule):
            self._trial, self._refused = line, False
            self.judge()

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

    def busy(self, command: SetAlert) -> str:
        return "setting …"

    def answer(self, command: SetAlert, reply: dict[str, Any]) -> str:
        return f"{clean(str(reply.get('id', '')))}: {clean(str(reply.get('sentence', command.rule.sentence)))}"


#: What a field that nothing stands in means, where that is no empty text.
_LACKING: dict[str, Any] = {"until_ns": 0}


def near(price: float, decimals: int) -> float:
    """A round level a little above a price: half a percent, with four figures."""
    return max(float(f"{price * 1.005:.4g}"), 10.0**-decimals)
