"""What `cockpit --record` says while it works: one status line on a terminal, JSON lines anywhere else."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from core.engine.engine import Engine

LINE_S = 1.0
JSON_S = 10.0


class Teller:
    """Tells an engine's progress on stdout.

    Args:
        json_lines: JSON objects, a line every ten seconds and at each change of the feed, instead of one line that is rewritten.
    """

    def __init__(self, engine: Engine, *, json_lines: bool) -> None:
        self.engine = engine
        self.json_lines = json_lines

    async def run(self) -> None:
        """Tell for ever."""
        said, due = "", 0.0
        while True:
            state, now = self.engine.feed_state.state, self.engine.clock.monotonic()
            if not self.json_lines or state != said or now >= due:
                self.tell("progress" if state == said else "feed")
                said, due = state, now + JSON_S
            await asyncio.sleep(LINE_S)

    def facts(self) -> dict[str, Any]:
        """What there is to tell."""
        engine = self.engine
        counters, state = engine.feed.counters, engine.feed_state
        return {
            "ts_ns": engine.clock.now_ns(),
            "venue": state.venue,
            "feed": state.state,
            "detail": state.detail,
            "ticks_total": engine.market.ticks_total,
            "ticks_per_s": round(engine.market.rate(), 1),
            "backlog": engine.tape.backlog,
            "gaps_open": counters.gaps_open,
            "duplicates": counters.duplicates,
            "quarantined": counters.quarantined,
            "reconnects": counters.reconnects,
            "strategies": len(engine.roster),
        }

    def tell(self, event: str) -> None:
        """One line."""
        facts = self.facts()
        if self.json_lines:
            text = msgspec.json.encode({"event": event, **facts}).decode() + "\n"
        else:
            detail = f" ({facts['detail']})" if facts["detail"] else ""
            text = (
                f"\r\x1b[2K{facts['venue']} {facts['feed']}{detail} · {facts['ticks_total']:,} ticks · {facts['ticks_per_s']:,.0f}/s"
                f" · backlog {facts['backlog']:,} · {facts['gaps_open']} gaps · {facts['strategies']} strategies"
            )
        sys.stdout.write(text)
        sys.stdout.flush()

    def tell_end(self) -> None:
        """The last line, after everything is on disk."""
        self.tell("stopped")
        if not self.json_lines:
            sys.stdout.write("\n")
