"""What a screen may know of the desk: the session, positions, orders, signals, risk, and the conditions of a strategy of rules.

Times are int64 ns UTC, 0 never; money in quote currency; `None` is "not known" or "off", never NaN.
"""

from __future__ import annotations

from msgspec import Struct


class SessionRow(Struct, array_like=True):
    """The session, and what was made since it began and in calendar periods UTC, net of fees, open positions included."""

    state: str  # none | running | paused | stopped
    name: str = ""
    since_ns: int = 0
    until_ns: int = 0  # when it was stopped
    pnl: float | None = None
    pnl_day: float | None = None
    pnl_week: float | None = None  # from Monday
    pnl_month: float | None = None
    target_week: float | None = None
    detail: str = ""  # what a target or a limit did, in words


class PositionRow(Struct, array_like=True):
    """What one strategy holds of one symbol."""

    strategy_id: str
    symbol: str
    qty: float  # signed, base currency
    entry: float  # average cost
    mark: float
    unrealised: float
    realised: float  # of the open round trip
    fees: float  # of the open round trip, funding included
    stop_loss: float | None  # prices
    take_profit: float | None
    trailing: float | None
    best: float | None  # the best price since it was opened
    opened_ns: int
    state: str = ""  # what holds it: reducing, flattening, halted: …; empty nothing


class NetRow(Struct, array_like=True):
    """What the account holds of one symbol: the strategies' positions against each other."""

    symbol: str
    qty: float  # signed
    gross: float  # without their signs
    average: float | None  # average cost of the net position
    fifo: float | None  # cost of what is left when the oldest was closed first
    mark: float | None
    unrealised: float
    realised: float
    fees: float
    funding: float  # paid; below 0 received
    strategies: list[str]  # those that hold it
    realised_fifo: float = 0.0  # with the oldest closed first; `realised` is at average cost


class AccountRow(Struct, array_like=True):
    """The account: all strategies together."""

    equity: float
    capital: float
    exposure_gross: float  # value of all positions without their signs
    exposure_net: float
    leverage: float
    drawdown_pct: float
    sharpe: float | None
    win_rate: float | None  # 0..1, of closed round trips
    trades: int


class OrderRow(Struct, array_like=True):
    """One order, working or over."""

    order_id: str
    strategy_id: str
    symbol: str
    side: str  # buy | sell
    kind: str  # market | limit | stop
    state: str  # created | submitted | acknowledged | partly filled | filled | cancelled | rejected | expired | unknown | working
    qty: float
    filled: float
    price: float | None  # of a limit or a stop
    average: float | None  # what its fills were paid
    reason: str
    decided_ns: int
    changed_ns: int
    detail: str = ""


class SignalRow(Struct, array_like=True):
    """A target that changed, and what became of it."""

    ts_ns: int
    strategy_id: str
    symbol: str
    side: str  # buy | sell | hold
    target: float
    confidence: float | None
    reason: str
    price: float
    outcome: str = ""  # ordered | blocked: … | paused | nothing to do


class LimitRow(Struct, array_like=True):
    """A limit of the desk and how much of it is used."""

    name: str
    used: float | None
    limit: float | None  # None: off
    unit: str  # '', %, the quote currency, s
    state: str = "ok"  # off | ok | near | reached
    detail: str = ""  # what reaching it does, or did


class BlockRow(Struct, array_like=True):
    """Something that was not ordered, and why."""

    ts_ns: int
    strategy_id: str
    symbol: str
    reason: str
    qty: float
    price: float


class RiskView(Struct, array_like=True):
    """The levers as they stand, the limits, and what they blocked, the newest first."""

    mode: str  # normal | stop_new | reduce_only | halt
    by: str  # who set it: tui, cli, risk: …
    since_ns: int
    limits: list[LimitRow]
    blocks: list[BlockRow]


class ConditionRow(Struct, array_like=True):
    """One line of a tree of conditions."""

    group: str  # signal | cancel | entry | close | emergency
    depth: int  # 0 the group itself
    text: str  # `rsi lte 60`, `all`, `any`
    value: float | None
    bound: float | None  # the right side's value
    verdict: str  # TRUE | FALSE | PENDING | ERROR


class ConditionsView(Struct, array_like=True):
    """A strategy of rules at a moment."""

    strategy_id: str
    at_ns: int
    phase: str
    reason: str
    since_ns: int
    rows: list[ConditionRow]


class HeldRow(Struct):
    """Something in force that decides what a strategy may trade."""

    kind: str  # paused | limits | failed | gone | latched | blocked
    text: str
    since_ns: int = 0
    by: str = ""  # who set it: tui, cli, engine, …


class NearRow(Struct):
    """Something a strategy did, or was kept from, shortly before a moment."""

    ts_ns: int
    kind: str  # signal | order | fill | cancelled | blocked
    text: str


class WhyView(Struct):
    """What a strategy saw and did at a moment of the past.

    Attributes:
        answer: why it traded or not, in one line.
        basis: what that rests on: a replay from a snapshot, a warm-up, the ledger alone.
        seen_ns: of the last print it had seen, 0 none is known.
        target: in multiples of its size, None where it gave none yet or none is known.
        signal: the newest that was given by then.
        conditions: of a strategy of conditions, its tree.
    """

    strategy_id: str
    name: str
    symbols: list[str]
    at_ns: int
    answer: str
    basis: str
    seen_ns: int = 0
    position: float = 0.0
    entry: float | None = None
    target: float | None = None
    signal: SignalRow | None = None
    held: list[HeldRow] = []
    near: list[NearRow] = []
    conditions: ConditionsView | None = None


class DeskView(Struct, array_like=True):
    """All that the desk shows at once."""

    session: SessionRow
    account: AccountRow
    positions: list[PositionRow]
    nets: list[NetRow]
    orders: list[OrderRow]  # those that work first, then the newest
    signals: list[SignalRow]  # newest first
    risk: RiskView
