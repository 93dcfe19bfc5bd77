"""What people do to alerts and rules: checked, journalled, then done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from core.alert_rules import AnyRule
from core.alerts.firing import Mark
from core.commands import AckAlert, RemoveAlert, SetAlert, SnoozeAlert
from core.engine import alert_past
from core.engine.alert_figures import FIGURES, figure
from core.engine.alert_subjects import checked
from core.engine.ids import ID
from core.errors import UsageError, one_line
from core.types import SECOND

if TYPE_CHECKING:
    from core.engine.sentinel import Sentinel

MOST_RULES = 10_000


class Orders:
    """Sets, removes, acknowledges, snoozes.

    Attributes:
        times: how often each id was set, ever.
        numbers: the highest number given to a rule of each kind, ever.
    """

    def __init__(self, sentinel: Sentinel) -> None:
        self.sentinel = sentinel
        self.times: dict[str, int] = {}
        self.numbers: dict[str, int] = {}

    async def submit(self, command: SetAlert | RemoveAlert | AckAlert | SnoozeAlert, actor: str) -> Any:
        """Do it; returns what there is to answer.

        Raises:
            CockpitError: it was refused; nothing changed.
        """
        match command:
            case SetAlert():
                return await self._set(self._checked(command.rule), actor)
            case RemoveAlert():
                return await self._remove(command, actor)
            case AckAlert():
                return await self._acknowledge(command, actor)
            case SnoozeAlert():
                return await self._snooze(command, actor)

    async def _set(self, rule: AnyRule, actor: str) -> dict[str, Any]:
        engine, book = self.sentinel.engine, self.sentinel.book
        rule = self.taken(rule)
        self.times[rule.id] = self.times.get(rule.id, 0) + 1
        command_id = await engine.journal.enter(SetAlert(rule=rule), actor)
        engine.incoming.absorb()
        engine.ledger.took_effect(command_id, engine.last_seq)
        new = book.put(rule, times=self.times[rule.id])
        self.sentinel.forget_indices()
        symbols = book.symbols(rule.id)
        for symbol in symbols:
            known = engine.market.of(engine.symbols[symbol])
            book.begin(symbol, Mark(known.last, engine.last_seq, known.last_ts))
        if new:
            await alert_past.fill_windows(self.sentinel, symbols)
        self.sentinel.note(rule)
        if rule.id in book.rules:
            self._look_now(rule)
        return {"id": rule.id, "sentence": rule.sentence}

    def taken(self, rule: AnyRule) -> AnyRule:
        """The rule under an id of its own."""
        if not rule.id:
            number = self.numbers.get(rule.kind, 0) + 1
            while f"{rule.kind}-{number}" in self.times:
                number += 1
            rule = msgspec.structs.replace(rule, id=f"{rule.kind}-{number}")
            self.numbers[rule.kind] = number
        return rule

    def _checked(self, rule: AnyRule) -> AnyRule:
        """A rule about things there are, in their full names.

        Raises:
            UsageError: what it is about is not here.
        """
        book = self.sentinel.book
        if rule.id and rule.id not in book.rules:
            if not ID.fullmatch(rule.id):
                raise UsageError(f"{one_line(rule.id, 80)!r} cannot be an id: at most 64 letters, digits, '_', '-' and '.'")
            if rule.id in self.times:
                raise UsageError(f"the id {rule.id!r} is taken: alerts of the past bear it; choose another")
        if rule.id not in book.rules and len(book) >= MOST_RULES:
            raise UsageError(f"there are {MOST_RULES:,} rules already: remove some")
        if 0 < rule.until_ns <= self.sentinel.engine.clock.now_ns():
            raise UsageError("a rule that is over at once: give a later end")
        return msgspec.structs.replace(checked(self.sentinel.engine, rule), name=one_line(rule.name, 120))

    def _look_now(self, rule: AnyRule) -> None:
        """What is so already when a rule is set is told at once; a price must cross."""
        engine, book, now = self.sentinel.engine, self.sentinel.book, self.sentinel.engine.clock.now_ns()
        firings, words = [], ""
        for name in book.places(rule.id):
            kind, _, what = name.partition(" ")
            found = figure(engine, kind, what) if kind in FIGURES else None
            if found is not None:
                firings += book.value(name, found.value, now, found.words)
                words = found.words
        if not any(firing.rule.id == rule.id for firing in firings):
            firings += book.holds(rule, now, words)
        self.sentinel.fire(firings)

    async def _remove(self, command: RemoveAlert, actor: str) -> dict[str, Any]:
        book = self.sentinel.book
        self._known(command.id)
        await self.sentinel.engine.journal.enter(command, actor)
        if command.id in book.rules:
            book.remove(command.id)
            self.sentinel.forget_indices()
        return {"id": command.id}

    async def _acknowledge(self, command: AckAlert, actor: str) -> dict[str, Any]:
        alarms = self.sentinel.engine.alarms
        if command.id is not None:
            command = AckAlert(id=alarms.find(command.id).id)
        await self.sentinel.engine.journal.enter(command, actor)
        return {"ids": alarms.acknowledge(command.id)}

    async def _snooze(self, command: SnoozeAlert, actor: str) -> dict[str, Any]:
        engine, book = self.sentinel.engine, self.sentinel.book
        if command.id not in book.rules:
            command = msgspec.structs.replace(command, id=engine.alarms.find(command.id).id)
        until = engine.clock.now_ns() + int(command.seconds * SECOND) if command.seconds else 0
        await engine.journal.enter(command, actor, until_ns=until)
        rule = command.id if command.id in book.rules else engine.alarms.snooze(command.id, until)
        if rule in book.rules:
            book.snooze(rule, until)
        return {"id": command.id, "until_ns": until}

    def _known(self, id_: str) -> None:
        """Check that there is such a rule.

        Raises:
            UsageError: there is none; the message names some.
        """
        rules = self.sentinel.book.rules
        if id_ not in rules:
            some = ", ".join(list(rules)[:8]) + (" …" if len(rules) > 8 else "")
            raise UsageError(f"no rule {one_line(id_, 80)!r}: {some or 'none is set'}")
