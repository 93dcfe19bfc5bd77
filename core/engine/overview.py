"""What a viewer's header and `cockpit status` say of the whole engine."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from core.view import FeedState, HeaderView

if TYPE_CHECKING:
    from core.engine.engine import Engine


def header(engine: Engine) -> HeaderView:
    """The header pane."""
    counters = engine.feed.counters
    equity, capital = engine.roster.equity()
    state = engine.feed_state
    return HeaderView(
        mode=engine.mode,
        feeds=[FeedState(state.venue, state.state, state.detail, engine.market.latency_ms)],
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
        drawdown_pct=engine.roster.drawdown_pct,
        pid=os.getpid(),
        home=str(engine.home),
    )


def status(engine: Engine) -> dict[str, Any]:
    """What `cockpit status` prints."""
    equity, capital = engine.roster.equity()
    state = engine.feed_state
    healthy = state.state == "live" and not any(e.state == "failed" for e in engine.roster)
    return {
        "state": "running",
        "health": "ok" if healthy else "degraded",
        "mode": engine.mode,
        "pid": os.getpid(),
        "home": str(engine.home),
        "venues": [{"venue": state.venue, "state": state.state, "detail": state.detail, "latency_ms": engine.market.latency_ms}],
        "symbols": engine.market.watched,
        "started_ns": engine.started_ns,
        "ticks_total": engine.market.ticks_total,
        "ticks_per_s": round(engine.market.rate(), 3),
        "tape_backlog": engine.tape.backlog,
        "last_seq": engine.last_seq,
        "feed": {key: getattr(engine.feed.counters, key) for key in type(engine.feed.counters).__slots__},
        "strategies": engine.roster.summary(),
        "workers": engine.pool.figures(),
        "equity": equity,
        "capital": capital,
    }
