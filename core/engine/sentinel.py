"""Watches what rules ask for: prices on every batch, the rest twice a second; what fires is an alert, on the ledger once.

A firing and how far its rule has looked are written together, once the ticks it came from are on the tape. After a crash the
tape is looked at from there on: a crossing just before it is neither lost nor told twice, and one that happened meanwhile is
told once.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import msgspec
import structlog

from core.alert_rules import AnyRule
from core.alerts.book import Book
from core.alerts.firing import Done, Firing, Mark
from core.commands import AckAlert, RemoveAlert, SetAlert, SnoozeAlert
from core.engine import alert_past
from core.engine.alert_figures import FIGURES, Disk, Fall, Falls, figure
from core.engine.alert_heard import Heard
from core.engine.alert_orders import Orders
from core.engine.alert_subjects import absent
from core.engine.alert_trials import Trials
from core.indicators.variant_names import VariantNames
from core.types import Records
from core.view import AlertRow

if TYPE_CHECKING:
    from core.engine.engine import Engine

log = structlog.get_logger("alerts")

LOOK_S = 0.4
SAVE_EVERY = 25  # looks

#: The mark that keeps the account's peak.
PEAK = "account peak"

#: Kinds whose figures are worked out elsewhere, and arrive.
ARRIVING = ("indicator", "pair")

#: How often the room on the disk is looked at, in looks.
ROOM_EVERY = 12

#: A rule that is over stays for so long where prints from before its end may still come.
OVER_NS = 600_000_000_000


class Sentinel:
    """The rules of one engine.

    Attributes:
        book: what they are and what they have done.
        orders: what people do to them.
        fall: of the account from its peak.
        falls: of each strategy from its peak.
        disk: the home's.
        heard: until when prices are known.
        variants: of indicators, by name.
        trials: of rules, on the tape.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.book = Book()
        self.orders = Orders(self)
        self.fall = Fall()
        self.falls = Falls()
        self.disk = Disk(engine.home)
        self.heard = Heard(engine)
        self.variants = VariantNames(engine.home)
        self.trials = Trials(engine)
        self._saved: dict[str, str] = {}
        self._names: dict[int, str] = {}

    async def submit(self, command: SetAlert | RemoveAlert | AckAlert | SnoozeAlert, actor: str) -> Any:
        """One of the commands about alerts.

        Raises:
            CockpitError: it was refused; nothing changed.
        """
        return await self.orders.submit(command, actor)

    async def recall_alerts(self) -> None:
        """What was said before this engine: open still where a rule said it, as somebody left it."""
        await alert_past.recall_alerts(self.engine)

    async def recall_rules(self) -> None:
        """The rules as they were set, as far as they had looked; then what came onto the tape since."""
        self._saved = await alert_past.recall_rules(self)
        if PEAK in self._saved:
            self.fall.peak = msgspec.json.decode(self._saved[PEAK], type=Mark).last
        async for batch in alert_past.unseen(self):
            self.look(batch)
        self.heard.begin()

    def look(self, ticks: Records) -> None:
        """Prints in their order."""
        if not self.book.marks or not len(ticks):
            return
        indices = ticks["symbol"]
        present = self.watched_indices().keys() & set(indices.tolist())
        if not present:
            return
        self.heard.note((self._names[index] for index in present), len(self._names))
        parts = [(self._names[index], ticks.compress(indices == index) if len(ticks) > 1 else ticks) for index in present]
        firings = self.book.look(parts, self.engine.clock.now_ns())
        self.fire(firings)
        if firings:
            self.engine.passage.alerted(ticks)

    def figure_arrived(self, name: str, value: float | None, ts_ns: int) -> None:
        """A figure that is worked out elsewhere, of a series such as `indicator VARIANT SYMBOL`, as of this time; one that is not known
        (None, NaN) changes nothing, nor does one of a series no rule looks at."""
        if value is not None and math.isfinite(value):
            self.fire(self.book.value(name, value, self.engine.clock.now_ns(), at_ns=ts_ns))

    def watched_indices(self) -> dict[int, str]:
        """Symbols whose prints are looked at, by their index."""
        if len(self._names) != len(self.book.marks):
            self._names = {self.engine.symbols.add(name): name for name in self.book.marks}
        return self._names

    def forget_indices(self) -> None:
        """Rules changed: whose prints are looked at is found anew."""
        self._names.clear()

    async def run(self) -> None:
        """Look at everything that is no price, for ever."""
        looks = 0
        while True:
            if looks % ROOM_EVERY == 0 and self.book.series("disk"):
                await self.disk.look()
            await asyncio.sleep(LOOK_S)
            self.look_at_figures()
            await self.remove_over()
            looks += 1
            if looks % SAVE_EVERY == 0:
                self.save()

    def look_at_figures(self) -> None:
        """All that is no price as it is now, and what has been so for long enough."""
        now = self.engine.clock.now_ns()
        self.fall.look(self.engine.roster)
        firings: list[Firing] = []
        for kind in FIGURES:
            for what in self.book.series(kind):
                found = figure(self.engine, kind, what)
                if found is not None:
                    firings += self.book.value(f"{kind} {what}".rstrip(), found.value, now, found.words)
        firings += self.book.ripen(now, lambda symbol: self.heard.known_to(symbol, now))
        self.fire(firings)
        passed = [name for name in self.book.touched if name.partition(" ")[0] in (*FIGURES, *ARRIVING)]
        self.book.touched.clear()
        if passed and not firings:
            self.write([], self._marks([*passed, *(f"rule {id_}" for id_ in self.book.rules_on(passed))]))

    async def remove_over(self) -> None:
        """Take away rules whose end has come, once all that was before it was looked at, and say so."""
        now = self.engine.clock.now_ns()
        for rule in [rule for rule in self.book.rules.values() if 0 < rule.until_ns <= now]:
            known = [self.heard.known_to(symbol, now) for symbol in self.book.symbols(rule.id)]
            if min(known, default=now) >= rule.until_ns or now - rule.until_ns > OVER_NS:
                await self.orders.submit(RemoveAlert(id=rule.id), "engine")
                self.engine.alarms.note("info", f"the alert rule {rule.id} is over and removed: {rule.sentence}")

    def fire(self, firings: Iterable[Firing]) -> None:
        """Raise what fired, and write it with how far was looked: all or nothing."""
        engine = self.engine
        rows: list[AlertRow] = []
        names: list[str] = []
        for rule, text, number, _ in firings:
            names += [f"rule {rule.id}", *self.book.places(rule.id), PEAK]
            row = engine.alarms.fire(f"{rule.id}:{number}", rule.id, rule.severity, text)
            if row is not None:
                rows.append(row)
                log.info("alert", rule=rule.id, text=text)
        self.write(rows, self._marks(names))

    def save(self) -> None:
        """Write how far was looked, where that moved on."""
        self.write([], self._marks([*self.book.everything(), PEAK] if self.book.rules else []))

    def note(self, rule: AnyRule) -> None:
        """Write how a rule stands now."""
        self.write([], self._marks([f"rule {rule.id}", *self.book.places(rule.id)]))

    def write(self, rows: list[AlertRow], marks: list[tuple[str, str]]) -> None:
        """Put it on the ledger in one, after the ticks it came from are on the tape, and after what was put before."""
        engine = self.engine
        if not rows and not marks:
            return

        async def write() -> None:
            await engine.dispatch.put(rows, marks)

        engine.settler.put(engine.last_seq, write)

    def _marks(self, names: Iterable[str]) -> list[tuple[str, str]]:
        """These states as the ledger keeps them, those that changed since they were written; and of every rule that went on without a
        firing: how far was looked, and what was seen there, are kept together or not at all."""
        wanted = dict.fromkeys(names)
        for id_ in self.book.changed if wanted else ():
            wanted |= dict.fromkeys([f"rule {id_}", *self.book.places(id_)])
        if wanted:
            self.book.changed.clear()
        states: dict[str, Mark | Done] = {**self.book.state(wanted)}
        if PEAK in wanted and self.fall.peak is not None:
            states[PEAK] = Mark(self.fall.peak)
        for name in wanted:
            kind, _, id_ = name.partition(" ")
            if kind == "rule" and id_ in self.book.done:
                states[name] = self.book.done[id_]
        packed = {name: msgspec.json.encode(state).decode() for name, state in states.items()}
        changed = [(name, text) for name, text in packed.items() if self._saved.get(name) != text]
        self._saved.update(changed)
        return changed

    def rows(self) -> list[dict[str, Any]]:
        """Every rule, what it says of itself, and what it has done.

        `state` is on, off, done, snoozed, or idle: there is nothing to look at, and `why` says what is not there ('' otherwise).
        """
        now = self.engine.clock.now_ns()
        rows = []
        for rule in self.book.rules.values():
            done, why = self.book.done[rule.id], absent(self.engine, rule)
            state = _state(rule, done, now, idle=bool(why))
            said = {"sentence": rule.sentence, "state": state, "why": why if state == "idle" else ""}
            rows.append({**msgspec.to_builtins(rule), **said, "fired": done.fired, "fired_ns": done.fired_ns})
        return rows


def _state(rule: AnyRule, done: Done, now_ns: int, *, idle: bool) -> str:
    if not rule.enabled:
        return "off"
    if done.spent or 0 < rule.until_ns <= now_ns:
        return "done"
    if now_ns < rule.snoozed_until_ns:
        return "snoozed"
    return "idle" if idle else "on"
