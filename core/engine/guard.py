"""The account's own limits on paper: what each strategy may do is worked out from what all hold, and told to the loops that would do more.

Strategies decide in their workers, each by itself; what is told here holds from the next tick they see. So two that open at the same
moment may both come through where there was room for one: the next tells all others, and an order for a venue is judged once more.
"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import msgspec

from core.commands import Flatten
from core.desk_orders import SetMode
from core.engine.market import Quotes
from core.engine.roster import Entry
from core.trading.bounds import FREE, Bound, bound_of
from core.trading.exposure import Holding
from core.trading.risk import MODES, Account, Intent, Limits, Order, Rejection, Working, judge

if TYPE_CHECKING:
    from core.engine.engine import Engine

#: A bound is eased this long after it was last changed, at the earliest: each change is a row of the journal.
EASED_S = 5.0

#: An account of which nothing is known holds nothing, and has nothing to lose.
NOTHING_KNOWN = Account(equity=0.0, peak=0.0)


class Guard:
    """Works out bounds, and keeps the account's lever.

    Attributes:
        mode: the account's lever.
        by: who set it.
        since_ns: when.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.mode = "normal"
        self.by = ""
        self.since_ns = 0
        self._changed: dict[str, float] = {}

    async def recall(self) -> None:
        """The lever as it was."""
        said = (await self.engine.ledger.desk.marks()).get("mode")
        if said is not None:
            row = json.loads(said)
            self.mode, self.by, self.since_ns = row["mode"], row["by"], row["since_ns"]

    async def set_mode(self, command: SetMode, actor: str) -> dict[str, Any]:
        """Pull the account's lever."""
        engine = self.engine
        command_id = await engine.journal.enter(command, actor)
        self.mode, self.by, self.since_ns = command.mode, actor, engine.clock.now_ns()
        payload = json.dumps({"mode": self.mode, "by": self.by, "since_ns": self.since_ns})
        await engine.ledger.desk.mark("mode", payload)
        engine.ledger.took_effect(command_id, engine.last_seq)
        self._work_out(at_once=True)
        await engine.limiting.tell(engine.roster, actor)
        if command.flatten:
            await engine.commands.steer(Flatten(id=None), actor)
        return {"mode": self.mode, "ids": [entry.id for entry in engine.roster if entry.state != "failed"]}

    def limits(self) -> Limits:
        """What holds for the account now."""
        return msgspec.structs.replace(self.engine.session.limits(), mode=self.mode)

    def account(self) -> Account | None:
        """What all strategies hold; None while that of one from before this engine's start is not known."""
        holdings = []
        for entry in self.engine.roster:
            if entry.figures is None:
                if entry.state != "failed" and entry.begun_ns < self.engine.started_ns:
                    return None
                continue
            for leg in entry.figures.legs:
                symbol, qty = entry.order.symbols[leg.leg], max(leg.position, leg.aim, key=abs)  # what is under way counts
                if qty != 0.0 and (price := self._price(symbol) or leg.mark):
                    holdings.append(Holding(entry.id, symbol, qty, price))
        equity, peak = self.engine.session.equity()
        return Account(equity=equity, peak=peak, holdings=tuple(holdings), working=self._working())

    def _working(self) -> tuple[Working, ...]:
        """Limit orders at the venue."""
        external = self.engine.external
        live = [] if external is None else external.clerk.desk.register.live.values()
        return tuple(
            Working(intent.strategy_id, intent.symbol, float(left if intent.side == "buy" else -left), float(intent.price))
            for intent, left in ((order.intent, order.intent.qty - order.filled) for order in live)
            if intent.price is not None and left > 0
        )

    def judge(self, intent: Intent) -> Rejection | None:
        """The last word on an order for a venue, before its intent is on disk; None lets it through as it is.

        What would have to be cut is not sent: the strategy is told, and its loop knows by then how much it may hold.
        """
        account = self.account()
        entry = self.engine.roster.entries.get(intent.strategy_id)
        seen = self._seen(intent.symbol)
        intent = msgspec.structs.replace(intent, bid=seen.bid, ask=seen.ask, age_s=max(intent.age_s, self._age_s(seen)))
        limits = self.limits() if entry is None else self._limits_of(entry)
        answer = judge(intent, account or NOTHING_KNOWN, limits if account else Limits(mode=limits.mode))
        if isinstance(answer, Order):
            return Rejection(answer.cut, f"{answer.want:g} of {intent.want:g} would be let through") if answer.cut else None
        return answer

    def of_new(self, entry: Entry) -> Bound:
        """What a strategy that has not begun may do."""
        account = self.account()
        return self._bound(entry, account or NOTHING_KNOWN, self.limits() if account else Limits(mode=self.mode))

    def look(self, *, at_once: bool = False) -> None:
        """Work out all bounds anew, and have those told that know otherwise.

        Args:
            at_once: what eases counts now too, whenever it last changed.
        """
        self._work_out(at_once=at_once)
        self.engine.limiting.look(self.engine.roster, "risk")

    def _work_out(self, *, at_once: bool) -> None:
        engine = self.engine
        account = self.account()
        if account is None:  # bounds are as they were told last
            return
        limits = self.limits()
        free = limits == Limits()
        now = engine.clock.monotonic()
        for entry in engine.roster:
            bound = FREE if free and engine.session.holds(entry) is FREE else self._bound(entry, account, limits)
            early = now < self._changed.get(entry.id, -math.inf) + EASED_S
            if bound == entry.bound or (early and not at_once and _strictness(bound) < _strictness(entry.bound)):
                continue
            entry.bind(bound)
            self._changed[entry.id] = now
        self._changed = {id_: at for id_, at in self._changed.items() if id_ in engine.roster}

    def _limits_of(self, entry: Entry) -> Limits:
        """The account's limits, and what the session's target or drawdown adds for one strategy."""
        limits, held = self.limits(), self.engine.session.holds(entry)
        return msgspec.structs.replace(limits, mode=max(limits.mode, held.mode, key=MODES.index))

    def _bound(self, entry: Entry, account: Account, limits: Limits) -> Bound:
        held = self.engine.session.holds(entry)
        limits = msgspec.structs.replace(limits, mode=max(limits.mode, held.mode, key=MODES.index))
        bound = max((self._bound_of_leg(entry, leg, account, limits) for leg in range(len(entry.order.symbols))), key=_strictness)
        if len(entry.order.symbols) > 1 and bound.mode == "normal":
            bound = FREE  # a largest position is one of each leg alike, and legs are not
        return bound._replace(reason=held.reason) if held.mode != "normal" and bound.mode == held.mode else bound

    def _bound_of_leg(self, entry: Entry, leg: int, account: Account, limits: Limits) -> Bound:
        symbol = entry.order.symbols[leg]
        seen = self._seen(symbol)
        intent = Intent(
            strategy_id=entry.id, symbol=symbol, position=_held(entry, leg), want=math.inf,
            price=math.nan if seen.last is None else seen.last, bid=seen.bid, ask=seen.ask, age_s=self._age_s(seen),
        )  # fmt: skip
        return bound_of(intent, account, limits, both_sides=entry.terms.side == "long_short", before=entry.bound)

    def _price(self, symbol: str) -> float | None:
        return self._seen(symbol).last

    def _seen(self, symbol: str) -> Quotes:
        return self.engine.market.of(self.engine.symbols.add(symbol))

    def _age_s(self, seen: Quotes) -> float:
        return self.engine.market.age_s(seen, self.engine.clock.now_ns()) or 0.0  # of what nothing was ever heard has no price either


def _held(entry: Entry, leg: int) -> float:
    return next((row.position for row in entry.figures.legs if row.leg == leg), 0.0) if entry.figures is not None else 0.0


def _strictness(bound: Bound) -> tuple[int, float]:
    """What allows less is more."""
    return MODES.index(bound.mode), -math.inf if bound.max_position is None else -bound.max_position
