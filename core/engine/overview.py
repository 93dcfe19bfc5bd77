"""What is shown of an engine: its panes, what the header and `cockpit status` say of the whole of it, and what is not as it should be."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from core.engine.panes import Panes
from core.system_view import FeedHealth
from core.view import FeedState, HeaderView, Trouble

if TYPE_CHECKING:
    from core.engine.engine import Engine

#: Signed calls need a clock less than a second off.
MUCH_SKEW_MS = 500.0


def panes(engine: Engine) -> Panes:
    """The panes, each built when a viewer asks."""
    return Panes(
        {
            "header": lambda: header(engine),
            "prices": lambda: engine.market.rows(engine.clock.now_ns()),
            "strategies": lambda: [entry.row() for entry in engine.roster],
            "trades": lambda: list(engine.blotter.lines),
            "alerts": lambda: engine.alarms.rows(),
            "system": lambda: engine.system.view(),
            "trail": lambda: list(engine.trail.rows),
            "coverage": lambda: engine.system.coverage(),
            "lab": lambda: engine.lab.view(),
            "desk": lambda: engine.desk.view(),
        }
    )


def header(engine: Engine) -> HeaderView:
    """The header pane."""
    counters = engine.feed.counters
    equity, capital = engine.roster.equity()
    feeds = engine.system.feeds()
    return HeaderView(
        mode=engine.mode,
        feeds=[FeedState(feed.venue, feed.state, feed.detail, feed.latency_ms, feed.retry_ns) for feed in feeds],
        now_ns=engine.clock.now_ns(),
        started_ns=engine.started_ns,
        ticks_total=engine.market.ticks_total,
        ticks_per_s=engine.market.rate(),
        gaps_open=counters.gaps_open,
        tape_backlog=engine.tape.backlog,
        duplicates=counters.duplicates,
        quarantined=counters.quarantined,
        equity=equity,
        capital=capital,
        drawdown_pct=engine.sentinel.fall.percent or 0.0,
        pid=os.getpid(),
        home=str(engine.home),
        troubles=troubles(engine, feeds),
        replay=None if engine.replay is None else engine.replay.view(),
    )


def troubles(engine: Engine, feeds: list[FeedHealth]) -> list[Trouble]:
    """What is not well besides the feeds' own state, the worst first; few words each, the details are elsewhere."""
    critical, warning = [], []
    for name, store in (("tape", engine.tape), ("ledger", engine.ledger)):
        if store.trouble:
            critical.append(f"{name} {store.trouble}")
    critical += [f"{feed.venue}: reading stands still" for feed in feeds if feed.paused]
    critical += [f"{entry.id} failed" for entry in engine.roster if entry.state == "failed"]
    for name, store in (("tape", engine.tape), ("ledger", engine.ledger)):
        if store.pinned_mb:
            warning.append(f"a program reads {name}.db without end: its log has {store.pinned_mb:,.0f} MB")
    warning += [shedding] if (shedding := engine.system.shedding()) else []
    for worker in engine.pool.figures():
        if worker["state"] not in ("running", "starting"):
            more = f" {worker['behind_seq']:,} ticks" if worker["state"] == "behind" else ""
            warning.append(f"worker {worker['number']} {worker['state']}{more}")
    for feed in feeds:
        if feed.hold_until_ns:
            warning.append(f"{feed.venue} asked for silence")
        if feed.trouble:
            warning.append(f"{feed.venue} REST: {feed.trouble}")
        if feed.skew_ms is not None and abs(feed.skew_ms) > MUCH_SKEW_MS:
            warning.append(f"our clock is {abs(feed.skew_ms) / 1e3:,.1f} s {'behind' if feed.skew_ms > 0 else 'ahead'}")
    if engine.external is not None and not engine.external.clerk.desk.ready:
        warning.append(f"{engine.external.kind}: the account was not looked at yet, nothing is sent")
    warning += [f"{name.rpartition(':')[2]} halted: {why}" for name, why in engine.market.halted.items()]
    return [Trouble("critical", text) for text in critical] + [Trouble("warning", text) for text in warning]


def status(engine: Engine) -> dict[str, Any]:
    """What `cockpit status` prints: the contract's keys first, then the parts one by one."""
    equity, capital = engine.roster.equity()
    feeds = engine.system.feeds()
    found = troubles(engine, feeds)
    return {
        "state": "running",
        "health": "degraded" if found or engine.feed_state.state != "live" else "ok",
        "troubles": [{"level": one.level, "text": one.text} for one in found],
        "mode": engine.mode,
        "pid": os.getpid(),
        "home": str(engine.home),
        "venues": [{"venue": feed.venue, "state": feed.state, "detail": feed.detail, "latency_ms": feed.latency_ms} for feed in feeds],
        "symbols": engine.market.watched,
        "started_ns": engine.started_ns,
        "now_ns": engine.clock.now_ns(),
        "ticks_total": engine.market.ticks_total,
        "ticks_per_s": round(engine.market.rate(), 3),
        "tape_backlog": engine.tape.backlog,
        "last_seq": engine.last_seq,
        "feed": {key: getattr(engine.feed.counters, key) for key in type(engine.feed.counters).__slots__},
        "strategies": engine.roster.summary(),
        "equity": equity,
        "capital": capital,
        **({} if engine.replay is None else {"replay": engine.replay.status()}),
        **({} if engine.external is None else {"broker": engine.external.status()}),
        **engine.system.status(),
    }
