"""The ticks the analyst follows: each once and in order, sent while its socket has room, and from the tape where it had none."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import numpy as np
import pytest
from engine_rig import until
from inline_rig import InlineEngine, make_engine

from core.analyst import words
from core.analyst.desk import Desk
from core.analyst.words import Opening
from core.engine import analyst_feed
from core.engine.analyst_process import AnalystProcess
from core.types import TICK, Records
from core.workers import frames

SYMBOL = "binance:BTCUSDT"


class Connected:
    """A process without one: a desk that works when told, behind a socket that holds what it has not taken."""

    def __init__(self, engine: InlineEngine) -> None:
        self.engine = engine
        self.inbox: list[tuple[int, int, bytearray]] = []
        self.kinds: list[int] = []
        self.unsent = 0
        self.seen: list[int] = []
        self._to, self._from = frames.Splitter(), frames.Splitter()
        self.desk = Desk(self._heard)
        self.desk.following.on_ticks = lambda ticks: self.seen.extend(ticks["seq"].tolist())
        engine.analyst.feed.begin(cast(AnalystProcess, self))
        self.send(frames.message(words.OPENING, Opening(home=str(engine.home), names=engine.symbols.names)))

    def send(self, data: bytes) -> None:
        self.unsent += len(data)
        for frame in self._to.split(data):
            self.inbox.append(frame)
            self.kinds.append(frame[0])

    def _heard(self, data: bytes) -> None:
        for kind, seq, payload in self._from.split(data):
            self.engine.analyst._hear(kind, seq, payload)

    def work(self) -> None:
        """Take all there is."""
        while self.inbox:
            kind, seq, payload = self.inbox.pop(0)
            self.unsent = 0 if not self.inbox else self.unsent
            self.desk.handle(kind, seq, payload)


def prints(count: int, first_id: int, symbols: int = 2) -> Records:
    """TICK records of symbols in turns."""
    ticks = np.zeros(count, TICK)
    ticks["symbol"] = np.arange(count) % symbols
    ticks["id"] = first_id + np.arange(count)
    ticks["ts"] = ticks["recv"] = 1_700_000_000_000_000_000 + ticks["id"] * 1_000_000
    ticks["price"], ticks["qty"], ticks["side"] = 100.0, 1.0, 1
    ticks["bid"] = ticks["ask"] = np.nan
    return ticks


async def test_while_it_follows_nothing_nothing_is_sent(tmp_path: Path) -> None:
    engine = make_engine(tmp_path)
    await engine.start(["BTCUSDT", "ETHUSDT"])
    try:
        process = Connected(engine)
        engine.release(prints(50, 1))
        engine.incoming.absorb()
        process.work()
        assert (process.kinds, process.seen) == ([words.OPENING], [])
    finally:
        await engine.stop()


@pytest.mark.parametrize("stall", [(), (3,), (2, 3, 4, 9), tuple(range(1, 12))])
async def test_every_tick_of_a_wanted_symbol_is_seen_once_and_in_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stall: tuple[int, ...]
) -> None:
    """Whichever batches find its socket full, and however little the ring of recent ticks holds."""
    monkeypatch.setattr(analyst_feed, "ROOM", 20_000)
    monkeypatch.setattr(analyst_feed, "LAST_PIECE", 300)
    engine = make_engine(tmp_path)
    await engine.start(["BTCUSDT", "ETHUSDT"])
    try:
        engine.recent.keep(700)
        process = Connected(engine)
        process.work()
        process.desk.following.want([SYMBOL])
        wanted = engine.symbols[SYMBOL]
        expected: list[int] = []
        for number in range(12):
            ticks = prints(400, 1 + 400 * number)
            engine.release(ticks)
            engine.incoming.absorb()
            expected += ticks["seq"][ticks["symbol"] == wanted].tolist()
            await engine.tape.flush()
            if number not in stall:
                process.work()

        def done() -> bool:
            process.work()
            return not engine.analyst.feed.behind and not process.inbox

        await until(done, "it has caught up")
        assert process.seen == expected
        assert (words.BEHIND in process.kinds) == (engine.analyst.feed.falls > 0) == (len(stall) > 1)
    finally:
        await engine.stop()


async def test_who_wants_ticks_from_before_is_given_them_from_the_tape_and_then_the_live_ones(tmp_path: Path) -> None:
    engine = make_engine(tmp_path)
    await engine.start(["BTCUSDT", "ETHUSDT"])
    try:
        engine.recent.keep(10)
        process = Connected(engine)
        process.work()
        engine.release(prints(200, 1))
        engine.incoming.absorb()
        await engine.tape.flush()
        process.desk.following.want([SYMBOL, "binance:ETHUSDT"], after=0)
        engine.release(prints(100, 201))
        engine.incoming.absorb()

        def done() -> bool:
            process.work()
            return not engine.analyst.feed.behind and len(process.seen) == 300

        await until(done, "all were seen")
        assert process.seen == sorted(set(process.seen))
    finally:
        await engine.stop()


async def test_ticks_of_another_process_are_not_sent_to_the_next_one_before_it_asks(tmp_path: Path) -> None:
    engine = make_engine(tmp_path)
    await engine.start(["BTCUSDT"])
    try:
        first = Connected(engine)
        first.work()
        first.desk.following.want([SYMBOL])
        second = Connected(engine)
        engine.release(prints(20, 1, symbols=1))
        engine.incoming.absorb()
        assert (words.TICKS in first.kinds, words.TICKS in second.kinds) == (False, False)
    finally:
        await engine.stop()
