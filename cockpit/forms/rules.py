"""The rules that are set: what each asks and has done; switched on and off, changed, snoozed, taken away."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, ClassVar

import msgspec
from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets._option_list import OptionList
from textual.widgets._static import Static
from textual.widgets.option_list import Option

from cockpit import figures
from cockpit.forms.dialog import Dialog
from cockpit.text import clean, fit
from core.alert_rules import AnyRule
from core.commands import Command, RemoveAlert, SetAlert, SnoozeAlert
from core.errors import CockpitError

#: Seconds between looks at what the rules did meanwhile.
EVERY = 1.0
SNOOZE_S = 3600

_STATES = {"on": "●", "off": "○", "done": "✓", "snoozed": "z", "idle": "?"}


class Rules(OptionList):
    """A list whose lines are rules."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "screen.turn", "on or off"),
        Binding("x,delete,backspace", "screen.remove", "remove"),
        Binding("z", "screen.snooze", "snooze"),
        Binding("a", "screen.add", "new"),
    ]


class RulesList(Dialog[None]):
    """Every rule in a line."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q", "leave", "close")]

    def __init__(
        self,
        fetch: Callable[[], Awaitable[Any]],
        submit: Callable[[Command], Awaitable[Any]],
        edit: Callable[[AnyRule | None], None],
    ) -> None:
        """`fetch` asks for the rules, `submit` sends a command, `edit` opens the form on a rule, or (None) on a new one."""
        super().__init__()
        self._fetch = fetch
        self._submit = submit
        self._edit = edit
        self._rows: list[dict[str, Any]] = []
        self._done = ("", "")  # what was done last, and the rule the cursor was on then

    def compose(self) -> ComposeResult:
        with Vertical(classes="form rules"):
            yield Static("Alert rules", classes="title")
            yield Rules(markup=False, compact=True)
            yield Static("", classes="outcome", markup=False)
            yield Static("space on/off · enter changes · x removes · z snoozes 1 h · a new · esc", classes="keys", markup=False)

    def on_mount(self) -> None:
        self.query_one(Rules).focus()
        self._look()
        self.set_interval(EVERY, self._look)

    @work(exclusive=True, group="look")
    async def _look(self) -> None:
        try:
            rows = await self._fetch()
        except CockpitError as error:
            self.tell(clean(str(error)), "-refused")
            return
        if rows == self._rows:
            return
        listed, width = self.query_one(Rules), max((len(str(row["id"])) for row in rows), default=0)
        at = listed.highlighted
        self._rows = rows
        listed.clear_options()
        listed.add_options([Option(_line(row, width), id=str(index)) for index, row in enumerate(rows)])
        listed.highlighted = min(at or 0, len(rows) - 1) if rows else None
        if not rows:
            self.tell("No rule is set yet: a sets one.", "-ready")

    @property
    def _chosen(self) -> dict[str, Any] | None:
        at = self.query_one(Rules).highlighted
        return self._rows[at] if at is not None and at < len(self._rows) else None

    def on_option_list_option_highlighted(self) -> None:
        """All of the rule under the cursor: its line may be cut off; before it what was just done, until the cursor goes on."""
        row = self._chosen
        if row is not None:
            done, on = self._done
            self._done = (done, row["id"]) if on in ("", row["id"]) else ("", "")
            self.tell(f"{self._done[0]} {_words(row)}: {_doings(row)}.".strip(), "-ready")

    def on_option_list_option_selected(self) -> None:
        if self._chosen is not None:
            self._edit(rule_of(self._chosen))

    def action_add(self) -> None:
        """Open the form on a new rule."""
        self._edit(None)

    def action_turn(self) -> None:
        """Switch the rule off, or on again; one that is done or snoozed is woken."""
        row = self._chosen
        if row is not None:
            on = row["state"] != "on"
            rule = msgspec.structs.replace(rule_of(row), enabled=on, snoozed_until_ns=0)
            self._send(SetAlert(rule=rule), f"{clean(rule.id)} is {'on' if on else 'off'}.")

    def action_remove(self) -> None:
        """Take the rule away, after asking: what it was made of is not kept."""
        row = self._chosen
        if row is None:
            return
        from cockpit.forms.confirm import Answer, Confirm

        def answered(key: str | None) -> None:
            if key:
                self._send(RemoveAlert(id=row["id"]), f"{clean(row['id'])} is removed.")

        self.app.push_screen(Confirm(f"Remove {clean(row['id'])}?", [Answer("x", "remove", _words(row))]), answered)

    def action_snooze(self) -> None:
        """Hear nothing of the rule for an hour; of one that is snoozed, again at once."""
        row = self._chosen
        if row is not None:
            awake = row["state"] == "snoozed"
            words = "awake" if awake else "snoozed for 1 h"
            self._send(SnoozeAlert(id=row["id"], seconds=0 if awake else SNOOZE_S), f"{clean(row['id'])} is {words}.")

    @work(group="send")
    async def _send(self, command: Command, done: str) -> None:
        if await self.attempt(self._submit(command), done):
            self._done = (done, "")
            self._look()


def rule_of(row: dict[str, Any]) -> AnyRule:
    """The rule in a line of the engine's answer."""
    found: AnyRule = msgspec.convert(row, AnyRule)
    return found


def _words(row: dict[str, Any]) -> str:
    """`top: BTCUSDT crosses above 61,650; at most once in 60 s`."""
    name = f"{clean(str(row['name']))}: " if row["name"] else ""
    return f"{name}{clean(str(row['sentence']))}"


def _doings(row: dict[str, Any]) -> str:
    """What it has done."""
    if row["state"] == "idle":
        return str(row.get("why") or "what it is about is not here")
    return f"fired {row['fired']:,}, last {figures.clock(row['fired_ns'])}" if row["fired"] else "has not fired"


def _line(row: dict[str, Any], width: int) -> Content:
    state = str(row["state"])
    return Content.assemble(
        (f"{_STATES.get(state, '?')} ", "$key" if state == "on" else "$muted"),
        (fit(clean(str(row["id"])), width), "bold" if state == "on" else "$muted"),
        ("  " + fit(state if state != "on" else str(row["severity"]), 8) + "  ", "$muted"),
        (_words(row), "" if state == "on" else "$muted"),
        (f"  ({_doings(row)})", "$muted"),
    )
