"""What strategies did lately, as the copilot remembers it: round trips, times between fills, what fills cost, orders that were refused."""

from __future__ import annotations

from collections import Counter, deque
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING

from core.view import TradeRow

if TYPE_CHECKING:
    from core.engine.blotter import Blotter

#: Round trips, fills, and refusals that are remembered of a strategy.
TRIPS, FILLS, REFUSALS = 200, 100, 1000

HOUR_S = 3600.0


class Done:
    """What one strategy did.

    Attributes:
        trips: net results of closed round trips, oldest first.
        last_ns: of the newest fill; 0 none is known.
        fills: how many are known.
    """

    def __init__(self) -> None:
        self.trips: deque[float] = deque(maxlen=TRIPS)
        self.last_ns = 0
        self.fills = 0
        self._times: deque[int] = deque(maxlen=FILLS)
        self._costs: deque[tuple[float, float]] = deque(maxlen=FILLS)
        self._refused: deque[tuple[float, str]] = deque(maxlen=REFUSALS)
        self._newest = 0
        self._open: dict[str, float] = {}  # net of the round trip under way, by symbol

    def take(self, line: TradeRow, now: float) -> None:
        """One line of the trade log; `now` is monotonic seconds."""
        if line.kind == "blocked":
            self._refused.append((now, line.reason))
        elif line.kind == "fill":
            number = int(line.fill_id.rpartition(":")[2])
            if number > self._newest:  # a worker that starts again tells the newest once more
                self._newest = number
                self._fill(line)

    def _fill(self, line: TradeRow) -> None:
        self.last_ns, self.fills = line.ts_ns, self.fills + 1
        if not self._times or line.ts_ns > self._times[-1]:  # those of one moment are one decision
            self._times.append(line.ts_ns)
        self._costs.append((line.fee, line.qty * line.price))
        net = self._open.pop(line.symbol, 0.0) + line.realised - line.fee
        before = line.position - (line.qty if line.side == "buy" else -line.qty)
        if line.position == 0.0 or before * line.position < 0.0:
            self.trips.append(net)
        else:
            self._open[line.symbol] = net

    @property
    def usual_gap_s(self) -> float | None:
        """The median time between fills."""
        times = list(self._times)
        return median(b - a for a, b in pairwise(times)) / 1e9 if len(times) > 1 else None

    @property
    def paid_bps(self) -> float | None:
        """What fills cost in fees, of their value."""
        value = sum(worth for _, worth in self._costs)
        return 1e4 * sum(fee for fee, _ in self._costs) / value if value > 0 else None

    @property
    def paid_fills(self) -> int:
        """Of how many fills that is."""
        return len(self._costs)

    def refused(self, now: float) -> dict[str, int]:
        """Orders refused in the last hour, by reason."""
        while self._refused and now - self._refused[0][0] > HOUR_S:
            self._refused.popleft()
        return dict(Counter(reason for _, reason in self._refused))


class Trades:
    """What every strategy did, read off the trade log as it grows."""

    def __init__(self, blotter: Blotter) -> None:
        self.of: dict[str, Done] = {}
        self._blotter = blotter
        self._seen: TradeRow | None = None
        self._revision = -1

    def look(self, now: float) -> None:
        """Take the lines that came since; `now` is monotonic seconds."""
        if self._blotter.revision == self._revision:
            return
        self._revision = self._blotter.revision
        fresh: list[TradeRow] = []
        for line in self._blotter.lines:
            if line is self._seen:
                break
            fresh.append(line)
        if fresh:
            self._seen = fresh[0]
        for line in reversed(fresh):
            self.of.setdefault(line.strategy_id, Done()).take(line, now)

    def keep(self, ids: set[str]) -> None:
        """Forget strategies that are gone."""
        for gone in self.of.keys() - ids:
            del self.of[gone]
