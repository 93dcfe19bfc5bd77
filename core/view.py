"""What a screen may know of the engine: one conflated, revisioned snapshot, pulled by the viewer, never pushed.

Times are int64 ns UTC; money in quote currency; `None` is "not known", never NaN.
Each pane has its own revision; a viewer names the revisions it holds and gets only the panes that moved on.
"""

from __future__ import annotations

from typing import Any, TypeAlias

from msgspec import Struct

from core.commands import Backtest, Command
from core.desk_view import DeskView
from core.measured_terms import Paid
from core.replay_view import ReplayView as ReplayView
from core.study_view import StudyRow
from core.system_view import CommandRow, CoverageRow, SystemView


class FeedState(Struct, array_like=True):
    """One venue connection, in words."""

    venue: str
    state: str  # connecting | live | degraded | stale | backoff | stopped
    detail: str = ""  # why
    latency_ms: float | None = None  # receive time minus venue time: may be negative
    retry_ns: int = 0  # when the next try is; 0 none is due


class Trouble(Struct, array_like=True):
    """Something of the engine that is not as it should be, in a few words; what is well is not listed."""

    level: str  # warning | critical
    text: str


class HeaderView(Struct, array_like=True):
    """The line on top: what is running and is it well."""

    mode: str
    feeds: list[FeedState]
    now_ns: int
    started_ns: int
    ticks_total: int
    ticks_per_s: float
    gaps_open: int
    tape_backlog: int  # ticks received and not yet committed
    duplicates: int
    quarantined: int
    equity: float
    capital: float
    drawdown_pct: float
    pid: int
    home: str
    troubles: list[Trouble] = []  # the worst first
    replay: ReplayView | None = None


class PriceRow(Struct, array_like=True):
    """One watched symbol."""

    symbol: str
    last: float | None
    direction: int  # +1 the last change was up, -1 down, 0 none yet
    change_24h_pct: float | None
    bid: float | None
    ask: float | None
    volume_24h: float | None  # base currency
    ticks_per_s: float
    last_ns: int  # receive time of the last tick or quote; 0 never
    decimals: int  # of the price, to print it
    state: str  # live | stale | waiting | gap | halted
    spark: list[float]  # last prices, about 5 min, oldest first
    detail: str = ""  # why it is halted


class StrategyRow(Struct, array_like=True):
    """One registered strategy."""

    id: str
    name: str
    symbols: list[str]
    state: str  # warming | running | paused | closing | failed
    detail: str  # "37/50" while warming; the error's one line when failed; the reason when blocked
    traceback: str
    position: float
    entry: float | None
    unrealised: float
    realised: float
    fees: float
    trades: int
    wins: int
    equity: float
    capital: float
    drawdown_pct: float
    params: dict[str, Any]
    spark: list[float]  # equity, oldest first
    sharpe: float | None = None  # of daily changes of equity, a year's worth
    stops: tuple[float | None, float | None, float | None] = (None, None, None)  # stop loss, take profit, trailing, percent; None: off


class TradeRow(Struct, array_like=True):
    """One line of the trade log: a fill, an order that was blocked, or funding, whose `fee` was paid (below 0: received) on `position`."""

    ts_ns: int
    strategy_id: str
    symbol: str
    kind: str  # fill | blocked | funding
    side: str  # buy | sell
    qty: float
    price: float
    fee: float
    realised: float
    position: float
    reason: str  # one of `core.kernels.records.WHY_NAMES`, or why it was blocked
    fill_id: str


class AlertRow(Struct, array_like=True):
    """Something a person should know."""

    ts_ns: int
    level: str  # info | warning | critical
    text: str
    open: bool
    id: str = ""
    rule: str = ""  # the id of the rule that fired; empty where the engine says it by itself
    acked_ns: int = 0  # when somebody saw it; 0 nobody did
    snoozed_ns: int = 0  # nothing is said of it until then; 0 it is not snoozed
    times: int = 1  # how often it came; of a rule, while nobody saw it


class RunRow(Struct, array_like=True):
    """One run over history."""

    id: str
    order: Backtest  # what was asked for
    state: str  # queued | running | done | failed | cancelled
    line: str  # why it failed or was cancelled
    asked_ns: int
    started_ns: int  # 0 not yet
    ended_ns: int  # 0 not yet
    rows: int  # done so far
    share: float | None  # 0..1 done so far
    eta_ns: int  # when it will be done; 0 nobody knows
    symbol: str  # venue:SYMBOL as the source says; '' until it is known
    figures: dict[str, Any] | None  # of one that is done, some of `cockpit backtest --json`
    first_ns: int = 0  # the span traded, of one that is done; a bar lasts to its end
    last_ns: int = 0
    costs: Paid | None = None  # of one that is done, whose costs were asked for
    reading: bool = False  # rows and share are what was read so far: nothing is traded yet


class LabView(Struct, array_like=True):
    """The runs and studies over history, the newest first."""

    runs: list[RunRow]
    total: int  # ever made in this home, also those that are not listed
    processes: int  # how many may run at once
    studies: list[StudyRow] = []

    @property
    def rows(self) -> list[RunRow | StudyRow]:
        """All of them, in the order they were asked for, the newest first."""
        return sorted([*self.runs, *self.studies], key=_number, reverse=True)


def _number(row: RunRow | StudyRow) -> int:
    """The place of `run-7` in the order they were asked for."""
    digits = row.id.rpartition("-")[2]
    return int(digits) if digits.isdecimal() else 0


class View(Struct):
    """The panes that changed since the revisions asked with; the others are None."""

    revisions: dict[str, int]
    header: HeaderView | None = None
    prices: list[PriceRow] | None = None
    strategies: list[StrategyRow] | None = None
    trades: list[TradeRow] | None = None  # newest first, at most 500
    alerts: list[AlertRow] | None = None
    system: SystemView | None = None
    trail: list[CommandRow] | None = None  # newest first
    coverage: list[CoverageRow] | None = None
    lab: LabView | None = None
    desk: DeskView | None = None


class Hello(Struct, frozen=True, tag="hello"):
    """First words of a client."""

    protocol: int
    client: str  # tui | viewer (a screen that may only look) | cli | api


class Pull(Struct, frozen=True, tag="pull"):
    """Give me these panes, if they moved on from the revisions I hold."""

    panes: dict[str, int]


class Submit(Struct, frozen=True, tag="submit"):
    """Do this."""

    command: Command
    actor: str = "cli"


class Ask(Struct, frozen=True, tag="ask"):
    """Answer this: `status`, `digest`, `catalogue`, `fills`, `symbols`, …"""

    what: str
    args: dict[str, Any] = {}


Request: TypeAlias = Hello | Pull | Submit | Ask


class Done(Struct, frozen=True, tag="done"):
    """It was done, or here is the answer."""

    data: Any = None


class Refused(Struct, frozen=True, tag="refused"):
    """It was not done, and why; `exit_code` as in `core.errors`."""

    message: str
    exit_code: int = 1


class Painted(Struct, frozen=True, tag="view"):
    """The answer to a Pull."""

    view: View


Reply: TypeAlias = Done | Refused | Painted

PROTOCOL = 6
