"""What `cockpit --record` says while it works: one status line on a terminal, JSON lines anywhere else.

Whoever reads may be slow, or stopped: lines are written by a thread of their own, and those it cannot get rid of are left out.
"""

from __future__ import annotations

import asyncio
import os
import queue
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from core.engine.engine import Engine

LINE_S = 1.0
JSON_S = 10.0

#: Lines that may wait for a reader, and how long the last one waits for it.
WAITING = 16
LAST_S = 2.0


class Voice:
    """Writes to stdout from a thread; `say` never waits.

    Attributes:
        lost: lines left out because nobody read.
    """

    def __init__(self) -> None:
        self.lost = 0
        self._lines: queue.Queue[str] = queue.Queue(WAITING)
        threading.Thread(target=self._write, name="teller", daemon=True).start()

    def say(self, text: str) -> None:
        """Write this, if what was said before went out."""
        try:
            self._lines.put_nowait(text)
        except queue.Full:
            self.lost += 1

    def finish(self) -> None:
        """Return when all is written, or nobody reads it."""
        deadline = time.monotonic() + LAST_S
        while self._lines.unfinished_tasks and time.monotonic() < deadline:
            time.sleep(0.01)

    def _write(self) -> None:
        while True:
            text = self._lines.get()
            try:
                _write_out(text)
            except (OSError, ValueError):  # the reader is gone, which is no reason to end
                self.lost += 1
            finally:
                self._lines.task_done()


def _write_out(text: str) -> None:
    """Past Python's buffer where there is a file: a thread stuck with its lock could not be left behind at the end."""
    try:
        descriptor = sys.stdout.fileno()
    except (OSError, ValueError):
        sys.stdout.write(text)
        sys.stdout.flush()
        return
    data = text.encode()
    while data:
        data = data[os.write(descriptor, data) :]


class Teller:
    """Tells an engine's progress on stdout.

    Args:
        json_lines: JSON objects, a line every ten seconds and at each change of the feed or of what keeps writes waiting, instead of one
            line that is rewritten.
    """

    def __init__(self, engine: Engine, *, json_lines: bool) -> None:
        self.engine = engine
        self.json_lines = json_lines
        self._voice = Voice()

    async def run(self) -> None:
        """Tell for ever."""
        said, told, due = "", "", 0.0
        while True:
            state, trouble, now = self.engine.feed_state.state, self._trouble(), self.engine.clock.monotonic()
            if not self.json_lines or (state, trouble) != (said, told) or now >= due:
                self.tell("trouble" if trouble != told else "progress" if state == said else "feed")
                said, told, due = state, trouble, now + JSON_S
            await asyncio.sleep(LINE_S)

    def _trouble(self) -> str:
        """What keeps writes waiting; '' nothing does."""
        files = (("tape", self.engine.tape), ("ledger", self.engine.ledger))
        return "; ".join(f"the {name} is {file.trouble}" for name, file in files if file.trouble)

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
            "trouble": self._trouble(),
            "backlog": engine.tape.backlog,
            "on_tape": engine.tape.total,
            "synced_seq": engine.tape.synced_seq,
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
                f" · backlog {facts['backlog']:,} · {_many(facts['gaps_open'], 'gap', 'gaps')}"
                f" · {_many(facts['strategies'], 'strategy', 'strategies')}{' · ' * bool(facts['trouble'])}{facts['trouble']}"
            )
        self._voice.say(text)

    def tell_end(self) -> None:
        """The last line, after everything is on disk."""
        self.tell("stopped")
        if not self.json_lines:
            self._voice.say("\n")
        self._voice.finish()


def _many(count: int, one: str, more: str) -> str:
    return f"{count:,} {one if count == 1 else more}"
