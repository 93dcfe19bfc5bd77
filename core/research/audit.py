"""The proof that nothing was made up: every strategy run again from what it started with over the recorded ticks, and every
fill and book of the ledger compared with what comes out, to the last bit.

It reads both files only, whether an engine runs or not. Each tick is read once, whatever the number of strategies.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from core.errors import UsageError
from core.research.audit_fills import SHOWN, Fills, columns_unlike
from core.research.audit_past import NEVER, Past, bound, read_past
from core.research.audit_run import Row, own_exits
from core.research.audit_story import Story, listens
from core.store.ledger_reader import find_fills, first_fills, read_fills_between
from core.store.ledger_rows import FILLS
from core.store.reader import ticks_since
from core.store.tape_stats import tape_stats
from core.types import TICK, Records, Symbols

#: Called with the ticks replayed and the strategies that came to their end.
Progress = Callable[[int, int], None]

_SEQ = FILLS.columns.index("seq")
_OWNER = FILLS.columns.index("strategy_id")


@dataclass
class Findings:
    """What an audit found, JSON-ready.

    Attributes:
        sessions: engines that ran in this home.
        fills: fills compared: the ledger has them, the replay has them, or both.
        identical: of those, how many are the same in every column.
        differences: fills and books that differ.
        books: snapshots compared, and how many of them were identical.
        details: the first differences, a line a column: strategy, what, column, ledger's value, audit's value.
        edited: strategies whose file changed: before a start (`at_seq`), or since (`at_seq` None).
        not_auditable: fills that were not compared, and why.
        pending: strategies whose effects after a seq the next start works out.
        from_seq, to_seq: the ticks replayed lie after the first and through the second.
        tape: ids of the tape: how many, and how many are listed in gaps, or missing without a word.
        holes: the series of the tape with ids that are missing without a word; of one strategy's symbols, where that alone is audited.
    """

    sessions: int = 0
    strategies: int = 0
    fills: int = 0
    identical: int = 0
    differences: int = 0
    books: dict[str, int] = field(default_factory=lambda: {"compared": 0, "identical": 0})
    details: list[dict[str, Any]] = field(default_factory=list)
    edited: list[dict[str, Any]] = field(default_factory=list)
    not_auditable: list[dict[str, Any]] = field(default_factory=list)
    pending: list[dict[str, Any]] = field(default_factory=list)
    from_seq: int = 0
    to_seq: int = 0
    ticks: int = 0
    tape: dict[str, int] = field(default_factory=dict)
    holes: list[dict[str, Any]] = field(default_factory=list)
    elapsed_s: float = 0.0

    @property
    def proven(self) -> bool:
        """Nothing differs, and what it was run over is whole, or says what it lacks."""
        return not self.differences and not self.holes


def run_audit(
    home: Path, *, horizon: int = 0, running: Collection[str] = (), strategy: str | None = None, progress: Progress | None = None
) -> Findings:
    """Audit a home.

    Args:
        horizon: through this seq all that concerns the `running` strategies is on disk, says the engine that runs there.
        running: strategies that an engine runs now.
        strategy: this one only.
        progress: called after every batch of ticks.

    Raises:
        UsageError: there is no such strategy.
        StoreError: a file is missing or cannot be read.
    """
    began = time.perf_counter()
    past = read_past(home / "ledger.db", strategy, horizon, running)
    if strategy is not None and strategy not in past.ids():
        raise UsageError(f"no strategy {strategy!r} on the ledger of {home}")
    findings = _Audit(home, past, strategy, running, progress).run()
    findings.elapsed_s = time.perf_counter() - began
    return findings


class _Audit:
    """One audit under way."""

    def __init__(self, home: Path, past: Past, strategy: str | None, running: Collection[str], progress: Progress | None) -> None:
        self.tape, self.ledger = home / "tape.db", home / "ledger.db"
        self.past = past
        self.strategy = strategy
        self.running = running
        self.progress = progress
        self.symbols = Symbols()
        self.names = sorted({name for order in past.orders.values() for name in order.symbols})
        bound(past, self._cuts(self.names), partial(listens, self.ledger))
        self.stories = {
            id_: Story(id_, past, self.ledger, self.symbols, running=id_ in running) for id_ in past.ids() if id_ in past.orders
        }
        self.fills = Fills()
        self.left_out: dict[tuple[str, str], int] = {}
        self.found = Findings(sessions=past.sessions, strategies=len(past.ids()))

    def run(self) -> Findings:
        lives = [life for story in self.stories.values() for life in story.lives if life.taken]
        last = self.found.from_seq = min((life.taken.seq for life in lives if life.taken), default=0)
        self.found.to_seq = max((life.end for life in lives), default=0)
        self._take_fills(-1, last)
        with own_exits():
            for batch in self._ticks() if lives else ():
                through = int(batch["seq"][-1])
                self._replay(batch, through)
                self._take_fills(last, through)
                last = through
            self._replay(np.empty(0, TICK), NEVER)
        self._take_fills(last, NEVER)
        self._conclude()
        return self.found

    def _cuts(self, names: list[str]) -> dict[str, int]:
        """By symbol, the lowest seq on the tape, where the ledger has fills on ticks below it."""
        firsts = {name: self._first_tick(name) for name in names}
        fills = first_fills(self.ledger)
        cut = min(fills.values(), default=NEVER) < min(firsts.values(), default=0)
        return {name: first for name, first in firsts.items() if cut or fills.get(name, NEVER) < first}

    def _first_tick(self, name: str) -> int:
        if not self.tape.exists():
            return NEVER
        with contextlib.closing(ticks_since(self.tape, 0, [name], symbols=self.symbols, batch=1)) as ticks:
            return next((int(part["seq"][0]) for part in ticks), NEVER)

    def _ticks(self) -> Iterator[Records]:
        """All that is to be replayed; where something waits for the next start also what lies beyond, which is only counted."""
        waits = any(story.under_way and story.id not in self.running for story in self.stories.values())
        stop = None if waits else self.found.to_seq
        return ticks_since(self.tape, self.found.from_seq, self.names, symbols=self.symbols, to_seq=stop)

    def _replay(self, batch: Records, through: int) -> None:
        self.found.ticks += int(np.searchsorted(batch["seq"], self.found.to_seq, "right"))
        parts: dict[frozenset[str], Records] = {}
        for story in self.stories.values():
            own = parts.get(story.names)
            if own is None:
                own = parts[story.names] = batch.compress(np.isin(batch["symbol"], [self.symbols.add(name) for name in story.names]))
            self.fills.made(story.feed(own, through))
            story.beyond += len(own) - int(np.searchsorted(own["seq"], self.past.horizons.get(story.id, 0), "right"))
        if self.progress is not None:
            self.progress(self.found.ticks, sum(story.done for story in self.stories.values()))

    def _take_fills(self, after: int, through: int) -> None:
        """The ledger's fills of a stretch: to be compared, or counted with the reason why not."""
        rows = []
        for row in read_fills_between(self.ledger, after, through, self.strategy):
            id_, seq = row[_OWNER], row[_SEQ]
            story = self.stories.get(id_)
            why = "its registration is not on the ledger" if story is None else story.why_not(row)
            if why is not None:
                self.left_out[id_, why] = self.left_out.get((id_, why), 0) + 1
            elif seq <= self.past.horizons[id_] and not (id_ in self.running and story is not None and story.may_be_untold(row)):
                rows.append(row)
        self.fills.kept(rows)

    def _conclude(self) -> None:
        found, fills = self.found, self.fills
        self._find_elsewhere()
        found.fills = fills.compared + len(fills.ledger) + len(fills.audit)
        found.identical = fills.identical
        found.differences = found.fills - found.identical
        for ledger, audit in fills.unlike:
            for column, old, new in columns_unlike(ledger, audit):
                self._tell(audit[_OWNER], audit[0], column, old, new)
        for row in fills.audit.values():
            self._tell(row[_OWNER], row[0], "fill", None, _words(row))
        for row in fills.ledger.values():
            self._tell(row[_OWNER], row[0], "fill", _words(row), None)
        for story in self.stories.values():
            self._conclude_story(story)
        found.not_auditable = [{"strategy": id_, "fills": count, "reason": why} for (id_, why), count in self.left_out.items()]
        self._look_for_holes()

    def _look_for_holes(self) -> None:
        """What the tape lacks. An id in a gap is accounted for; one in none makes the ticks that were replayed no proof."""
        if not self.tape.exists():
            return
        series = tape_stats(self.tape)
        totals = {name: sum(getattr(part, name) for part in series) for name in ("ticks", "late", "listed", "missing", "duplicates")}
        self.found.tape = {"series": len(series), **totals}
        ours = series if self.strategy is None else [part for part in series if part.symbol in self.names]
        self.found.holes = [{"symbol": part.symbol, "stream": part.stream, "missing": part.missing} for part in ours if part.missing]

    def _conclude_story(self, story: Story) -> None:
        found, id_ = self.found, story.id
        wrong = [part for part in story.compared if part.wrong]
        found.books["compared"] += len(story.compared)
        found.books["identical"] += len(story.compared) - len(wrong)
        found.differences += len(wrong) + len(story.raised)
        for snapshot in wrong:
            for place in snapshot.wrong:
                self._tell(id_, f"snapshot {snapshot.seq}", *place)
        for seq, what in story.raised:
            self._tell(id_, f"tick before {seq}", "failed", None, what)
        for part in story.unrun:
            if part.wrong:
                found.differences += 1
                self._tell(id_, f"start {part.after}", "state", part.why, None)
            elif not any(owner == id_ for owner, _ in self.left_out):
                self.left_out[id_, part.why] = 0
        found.edited += [{"strategy": id_, "at_seq": seq, "from": old, "to": new} for seq, old, new in story.edited]
        if (path := story.edited_since()) is not None:
            found.edited.append({"strategy": id_, "at_seq": None, "from": story.lives[-1].start.source_hash, "to": None, "file": path})
        if id_ not in self.running and story.under_way and story.beyond:
            found.pending.append({"strategy": id_, "after_seq": self.past.horizons[id_], "ticks": story.beyond})

    def _find_elsewhere(self) -> None:
        """Fills that the ledger has under their id after all, though at another seq or under another name."""
        missing = list(self.fills.audit)
        for at in range(0, len(missing), 500):
            self.fills.kept(row for row in find_fills(self.ledger, missing[at : at + 500]) if row[0] not in self.fills.ledger)

    def _tell(self, strategy: str, what: str, column: str, ledger: Any, audit: Any) -> None:
        if len(self.found.details) < SHOWN:
            self.found.details.append({"strategy": strategy, "what": what, "column": column, "ledger": ledger, "audit": audit})


def _words(row: Row) -> str:
    """A fill in a few words."""
    fill = dict(zip(FILLS.columns, row, strict=True))
    return f"{fill['side']} {fill['qty']!r} {fill['symbol']} at {fill['price']!r} on tick {fill['tick_id']} (seq {fill['seq']})"
