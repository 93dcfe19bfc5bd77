"""What happened while nobody was watching, in words: for the card on attaching and for `cockpit digest`."""

from __future__ import annotations

from typing import Any

from msgspec import Struct, ValidationError, convert

from cockpit import figures
from cockpit.text import clean
from core.errors import CockpitError

#: Away for less than this is no absence.
SHORT_S = 60.0

#: A viewer that came longer ago than this has been here all the time: nothing is shown by itself.
FRESH_S = 20.0


class StrategyFills(Struct):
    """What one strategy did."""

    fills: int
    realised: float
    fees: float


class PastAlert(Struct):
    """One of the worst alerts."""

    ts_ns: int
    level: str
    text: str
    open: bool


class Failed(Struct):
    """A strategy that could not go on."""

    ts_ns: int
    id: str
    line: str


class Digest(Struct):
    """The engine's answer; times int64 ns UTC, money in quote currency, None not known.

    Attributes:
        since: detached | last seen (the engine was killed while somebody watched) | asked | nobody was here before.
        arrived_ns: when the viewer that is here came; None nobody is.
        alerts: how many by level.
        unrealised: what open positions stand at now, at the last price; `unrealised_change`: what of it came since.
        gaps: ids by state: open, filled, lost, quarantined.
    """

    since: str
    from_ns: int
    until_ns: int
    arrived_ns: int | None
    fills: int
    by_strategy: dict[str, StrategyFills]
    realised: float
    fees: float
    unrealised_change: float | None
    pnl_change: float | None
    equity: float
    capital: float
    alerts: dict[str, int]
    worst: list[PastAlert]
    gaps: dict[str, int]
    engine_restarts: int
    engine_kills: int
    worker_restarts: int
    failed: list[Failed]
    unrealised: float | None = None

    @property
    def open_now(self) -> float | None:
        """What stands in for what open positions gained since a time that was asked for, where nobody noted how they stood."""
        return self.unrealised or None if self.since == "asked" and self.unrealised_change is None else None

    @property
    def happened(self) -> bool:
        """Whether there is anything to tell."""
        troubles = self.alerts.get("critical", 0) + self.alerts.get("warning", 0) + sum(self.gaps.values())
        moved = abs(self.pnl_change or self.open_now or 0.0) >= 0.005
        return bool(self.fills or troubles or self.engine_restarts or self.worker_restarts or self.failed or moved)

    @property
    def worth_showing(self) -> bool:
        """Whether somebody who just came should see it without asking."""
        fresh = self.arrived_ns is not None and self.until_ns - self.arrived_ns < FRESH_S * 1e9
        return self.from_ns > 0 and fresh and self.happened and self.until_ns - self.from_ns >= SHORT_S * 1e9


def read_digest(answer: Any) -> Digest:
    """The engine's answer, checked.

    Raises:
        CockpitError: it is of another version.
    """
    try:
        return convert(answer, Digest)
    except ValidationError as error:
        raise CockpitError("the engine is of another version: restart it with `cockpit stop` and `cockpit start`") from error


def digest_title(digest: Digest) -> str:
    """`Since you detached at 11-20 14:02:11Z, 9h 12m ago`."""
    if not digest.from_ns:
        return "Nobody has watched this engine before"
    since = {"last seen": "you were last seen", "asked": ""}.get(digest.since, "you detached")
    at = f"{figures.moment(digest.from_ns, digest.until_ns)}Z"
    ago = figures.uptime((digest.until_ns - digest.from_ns) / 1e9)
    return f"Since {since + ' at ' if since else ''}{at}, {ago} ago"


def digest_lines(digest: Digest) -> list[str]:
    """What happened, the money first; one line that says so where nothing did."""
    if not digest.from_ns:
        return ["From when you leave on, what happens is counted for when you come back."]
    lines = [*_money(digest), *_fills(digest), *_troubles(digest)]
    return lines if digest.happened else ["Nothing happened: no fill, no alert, no gap, no restart."]


def _money(digest: Digest) -> list[str]:
    pnl = digest.pnl_change if digest.pnl_change is not None else digest.realised - digest.fees + (digest.open_now or 0.0)
    arrow = "▲" if pnl > 0 else "▼" if pnl < 0 else "·"
    parts = [f"realised {figures.signed(digest.realised)}", f"fees {figures.number(digest.fees)}"]
    if digest.unrealised_change is not None:
        parts.append(f"open positions {figures.signed(digest.unrealised_change)}")
    if digest.open_now is not None:
        parts.append(f"open positions {figures.signed(digest.open_now)} at the last price, since they were opened")
    return [_line("P&L", f"{arrow} {figures.signed(pnl)}   ({', '.join(parts)})"), _line("equity", figures.number(digest.equity))]


def _fills(digest: Digest) -> list[str]:
    lines = [_line("fills", str(digest.fills))]
    for name, done in sorted(digest.by_strategy.items(), key=lambda item: -item[1].fills)[:8]:
        lines.append(_line("", f"{clean(name):<18} {done.fills:>6,}   realised {figures.signed(done.realised):>12}"))
    others = len(digest.by_strategy) - 8
    return [*lines, _line("", f"and {others} more")] if others > 0 else lines


def _troubles(digest: Digest) -> list[str]:
    """Only what there was."""
    lines = []
    if digest.failed:
        lines.append(_line("failed", f"✖ {len(digest.failed)} strateg{'ies' if len(digest.failed) != 1 else 'y'}"))
        lines += [_line("", f"{clean(one.id)}: {clean(one.line)}") for one in digest.failed[:5]]
    if digest.engine_restarts or digest.worker_restarts:
        killed = f" ({digest.engine_kills} without a goodbye)" if digest.engine_kills else ""
        lines.append(_line("restarts", f"engine {digest.engine_restarts}{killed}, workers {digest.worker_restarts}"))
    if any(digest.gaps.values()):
        lines.append(_line("gaps", ", ".join(f"{ids:,} ids {state}" for state, ids in digest.gaps.items() if ids)))
    if any(digest.alerts.values()):
        lines.append(_line("alerts", ", ".join(f"{count:,} {level}" for level, count in digest.alerts.items() if count)))
    marks = {"critical": "✖", "warning": "!"}
    for alert in digest.worst:
        past = "" if alert.open else " (over)"
        lines.append(_line("", f"{figures.moment(alert.ts_ns, digest.until_ns)} {marks.get(alert.level, ' ')} {clean(alert.text)}{past}"))
    return lines


def _line(label: str, text: str) -> str:
    return f"{label:<9} {text}".rstrip()
