"""A look at the whole account: what was missed is put down, and what our orders do not explain is said in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from decimal import Decimal

from core.trading.broker import Executed, Report
from core.trading.client_id import is_of, parse
from core.trading.desk import Desk
from core.trading.exact import ZERO
from core.trading.holdings import in_words, unexplained
from core.trading.states import FINAL, State


@dataclass(frozen=True, slots=True)
class Look:
    """What the venue said of the account, in the order in which it was asked.

    What it held before and after the executions were told is the same only where nothing happened between: then all that explains it
    has been told.
    """

    before: Mapping[str, Decimal]
    working: Sequence[Report]
    executed: Sequence[Executed]
    after: Mapping[str, Decimal]

    def ids(self) -> set[str]:
        """The client ids it speaks of."""
        return {each.client_id for each in self.working} | {each.client_id for each in self.executed}


def strangers(desk: Desk, look: Look) -> list[str]:
    """Orders of this home that a look speaks of and that are not at hand: the journal has them."""
    return sorted(id_ for id_ in look.ids() if is_of(id_, desk.home) and desk.register.order(id_) is None)


def take_in(desk: Desk, look: Look, moved: Set[str] = frozenset(), *, first: bool = False) -> bool:
    """Bring the orders and holdings to what a look says; orders the journal knows are at hand by now.

    Args:
        moved: assets of executions that came by themselves while it was taken: they are not judged.
        first: nothing was ever known of this account: what it holds is where counting begins.

    Returns:
        whether all of it could be judged: not so where something moved meanwhile.
    """
    for id_ in strangers(desk, look):
        lost_to_the_journal(desk, id_)
    for each in look.executed:
        if desk.register.order(each.client_id) is not None and not desk.register.knows(each.client_id, each.fill):
            desk.hear(each.client_id, each.fill)
    working = {each.client_id for each in look.working}
    for report in look.working:
        order = desk.register.order(report.client_id)
        if order is not None and order.state in (State.UNKNOWN, State.REJECTED):
            desk.reported(report.client_id, report)
    for id_, order in list(desk.register.live.items()):
        if id_ not in working and order.reached and order.state not in FINAL:
            desk.look_at(id_)
    return _judge(desk, look, moved, first)


def _judge(desk: Desk, look: Look, moved: Set[str], first: bool) -> bool:
    register = desk.register
    assets = {*look.before, *look.after, *register.holdings}
    sure = {asset for asset in assets - moved if look.before.get(asset, ZERO) == look.after.get(asset, ZERO)}
    gaps = {asset: gap for asset, gap in unexplained(register.holdings, look.after).items() if asset in sure}
    if not first:
        for asset, gap in gaps.items():
            register.say(in_words(register.venue, asset, gap, look.after.get(asset, ZERO)), asset)
    register.adopt({asset: look.after.get(asset, ZERO) for asset in gaps})
    return sure == assets


def lost_to_the_journal(desk: Desk, id_: str) -> None:
    """An order of ours that the journal does not have: it was restored from an older copy. Its number is not used again."""
    found = parse(id_)
    assert found is not None  # it is one of ours
    if desk.number_beyond(found.strategy, found.number):
        venue = desk.register.venue
        desk.register.say(f"{venue} has order {id_}, which is ours and not in the journal: was the ledger restored from a copy?")
