"""All that is known of an account's orders: events are put down here, and what is to be written of them is handed on."""

from __future__ import annotations

from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Collection, Mapping
from decimal import Decimal

from core.clock import Clock
from core.store.order_rows import OrderNote, Page
from core.trading.events import Event, Fill, kind_of, written
from core.trading.exact import added, plain
from core.trading.holdings import moved_by
from core.trading.order import Order, apply
from core.trading.passage import Passage
from core.trading.rules import Finding
from core.trading.states import State

#: Settled orders that are kept at hand for what may still be told of them; older ones are in the journal.
REMEMBERED = 1000

#: Things to tell people that are kept.
FINDINGS = 200


class Register:
    """The orders of one account at one venue.

    Attributes:
        live: orders that are not settled, by client id, oldest first.
        created: of these, those that are not under way.
        settled: the newest of those that are.
        holdings: what the account holds by what was put down, by asset.
        moves: how often executions changed what is held of an asset.
        findings: what a person should know.
        duplicates: executions that were told again.
        passage: how long orders take.
        changed: told an order as it was and as it is, after each event.
    """

    def __init__(self, venue: str, clock: Clock, holdings: Mapping[str, Decimal] | None = None) -> None:
        self.venue = venue
        self.live: dict[str, Order] = {}
        self.settled: OrderedDict[str, Order] = OrderedDict()
        self.holdings = dict(holdings or {})
        self.moves: Counter[str] = Counter()
        self.findings: deque[Finding] = deque(maxlen=FINDINGS)
        self.duplicates = 0
        self.passage = Passage()
        self.changed: Callable[[Order, Order], None] = lambda _before, _after: None
        self._clock = clock
        self._notes: list[OrderNote] = []
        self._moved: set[str] = set()
        self._said: list[Finding] = []
        self._marks: dict[str, str] = {}
        self._on: dict[str, dict[str, Order]] = {}
        self.created: dict[str, Order] = {}

    def on(self, symbol: str) -> Collection[Order]:
        """The live orders on a symbol."""
        return self._on.get(symbol, {}).values()

    def order(self, client_id: str) -> Order | None:
        """An order at hand."""
        return self.live.get(client_id) or self.settled.get(client_id)

    def put(self, order: Order) -> None:
        """Take up an order as it stands."""
        at, id_ = order.intent.symbol, order.id
        if order.state is State.CREATED:
            self.created[id_] = order
        else:
            self.created.pop(id_, None)
        if not order.settled:
            self.live[id_] = self._on.setdefault(at, {})[id_] = order
            self.settled.pop(id_, None)
            return
        self.live.pop(id_, None)
        self._on.get(at, {}).pop(id_, None)
        self.settled[order.id] = order
        self.settled.move_to_end(order.id)

    def hear(self, client_id: str, event: Event) -> tuple[Order, Order] | None:
        """Put an event down; the order before and after it, None where it is not at hand."""
        before = self.order(client_id)
        if before is None:
            return None
        after = apply(before, event)
        self.put(after)
        if after.events == before.events:
            self.duplicates += 1
            return before, after
        payload = written(event)
        self._notes.append(OrderNote(client_id, after.events, event.ts_ns, kind_of(event), payload, after.state.value, after.settled))
        if len(after.fills) > len(before.fills):
            moves = moved_by(after.intent, after.fills[-1])
            self.holdings = added(self.holdings, moves)
            self._moved.update(moves)
            self.moves.update(moves.keys())
        self.passage.heard(before, after, self._clock.now_ns())
        self._tell(before, after, event)
        self.changed(before, after)
        return before, after

    def knows(self, client_id: str, fill: Fill) -> bool:
        """Whether just this execution is put down."""
        order = self.order(client_id)
        return order is not None and apply(order, fill).events == order.events

    def adopt(self, actual: Mapping[str, Decimal]) -> None:
        """From now on the account holds this, by asset."""
        self.holdings.update(actual)
        self._moved.update(actual)

    def say(self, text: str, asset: str = "") -> None:
        """A person should know this."""
        finding = Finding(self._clock.now_ns(), asset, text)
        self.findings.append(finding)
        self._said.append(finding)

    def mark(self, name: str, value: str) -> None:
        """This is to be remembered by name."""
        self._marks[name] = value

    def page(self) -> Page | None:
        """What is to be written since the last page, together; None: nothing. Settled orders beyond the newest are let go."""
        while len(self.settled) > REMEMBERED:
            self.settled.popitem(last=False)
        if not (self._notes or self._moved or self._said or self._marks):
            return None
        holdings = {asset: plain(self.holdings[asset]) for asset in self._moved}
        findings = [(found.ts_ns, found.asset, found.text) for found in self._said]
        page = Page(self._notes, holdings, findings, self._marks)
        self._notes, self._moved, self._said, self._marks = [], set(), [], {}
        return page

    def _tell(self, before: Order, after: Order, event: Event) -> None:
        intent = after.intent
        if after.overfilled > before.overfilled:
            self.say(f"{self.venue} filled {plain(after.filled)} {intent.base} of the {plain(intent.qty)} asked for: order {after.id}")
        if before.state is State.REJECTED and after.state is not State.REJECTED:
            self.say(f"order {after.id} lives at {self.venue}, though it counted as refused ({before.reason})")
        if isinstance(event, Fill) and len(after.fills) == len(before.fills):
            self.say(f"{self.venue} told {after.remark}: order {after.id}; the first telling counts")
