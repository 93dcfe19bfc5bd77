"""What strategies are told while a worker dies keeps its order."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from core.commands import Hear, Register
from core.engine.hearing import holds
from core.engine.roster import Entry
from core.engine.supply import Supply
from core.workers.frames import Lever, Snapshot
from core.workers.lane import Lane


class Sent(Lane):
    """A worker that is there, and remembers what it was sent."""

    alive = True

    def __init__(self) -> None:
        super().__init__(lambda: None)
        self.frames: list[bytes] = []

    def send(self, data: bytes) -> None:
        self.frames.append(data)


def entry_of() -> Entry:
    entry = Entry("a", Register(name="sma_crossover", symbols=["binance:BTCUSDT"], id="a"), None)
    entry.since = 2
    return entry


def hear(number: int) -> Lever:
    return Lever(id="a", lever="hear", said=Hear(source="model", leg=0, side=1.0, confidence=1.0, at=number, until=number), heard=number)


def test_what_is_told_while_its_worker_is_gone_comes_after_what_that_one_was_told_last() -> None:
    worker: Sent | None = Sent()
    engine: Any = SimpleNamespace(last_seq=10, pool=SimpleNamespace(holding=lambda _id: worker))
    supply, entry = Supply(engine), entry_of()
    assert worker is not None
    worker.cursor = 7  # the last three prints were of other symbols
    assert supply.pull(entry, Lever(id="a", lever="pause", number=1)) == 10
    assert supply.pull(entry, hear(1)) == 10
    entry.interrupt(worker.cursor, "killed")
    worker = None
    assert supply.pull(entry, Lever(id="a", lever="resume", number=2)) == 10, "the last word counts"
    assert supply.pull(entry, hear(2)) == 10
    assert [lever.lever for _, lever in sorted(entry.levers, key=lambda told: told[0])] == ["pause", "hear", "resume", "hear"]


def test_a_snapshot_holds_what_was_heard_before_its_seq_and_at_it_as_far_as_its_number() -> None:
    snapshot = Snapshot("a", 20, "", "", b"", "{}", 0, 5)
    assert holds(snapshot, 19, hear(9))
    assert holds(snapshot, 20, hear(5))
    assert not holds(snapshot, 20, hear(6))
    assert not holds(snapshot, 20, hear(0))
    assert not holds(snapshot, 21, hear(5)), "told to a worker that died before it came so far"
