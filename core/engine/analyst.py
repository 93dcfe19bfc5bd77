"""The analyst as the rest of the engine knows it: a process beside, started when first asked, started again when it ends, never waited for.

A question is answered within `ANSWER_S` with what is known by then; `state` and `note` say what is not.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import msgspec
import structlog

from core.analyst import words
from core.analyst.words import Answer, Question, Reach, Scanned, Want
from core.engine.analyst_feed import AnalystFeed
from core.engine.analyst_indicators import AnalystIndicators
from core.engine.analyst_past import AnalystPast
from core.engine.analyst_process import AnalystProcess, opening_of
from core.engine.analyst_questions import AnalystQuestions
from core.engine.analyst_scan import AnalystScan
from core.engine.analyst_words import AnalystWords
from core.errors import UsageError
from core.types import Records
from core.workers import frames
from core.workers.vitals import Vitals

if TYPE_CHECKING:
    from core.engine.engine import Engine

log = structlog.get_logger("analyst")

#: A process that ended is started again after these, the last for ever; one that ran for `STEADY_S` begins with the first.
AGAIN_S = (1.0, 2.0, 5.0, 30.0)
STEADY_S = 60.0

START_S = 60.0

#: Looks, four a second, after which a process that is asked something and says nothing at all is ended.
MOST_SILENT = 480

#: The alarm while it is gone.
CAUSE = "analyst"

#: What is found, and a line on what is not.
Told = tuple[dict[str, Any], str]


class Analyst:
    """The process of one engine, and the way to it.

    Attributes:
        state: idle (never asked) | starting | ready | failed (it ended, and is started again).
        words: what can be asked, each with what answers it.
        on_values: called with (seq, payload) of live figures.
        feed: ticks it follows.
        on_bars: answers about bars; `bars`: what they are about.
        scan: of all pairs.
        indicators: values of variants; `past`: what the venue has for them from before the tape.
        questions: those that are with it, and how many it answered.
        restarts: how often it was started again; `last_end`: why the process before this one ended.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.state = "idle"
        self.feed = AnalystFeed(engine)
        self.scan = AnalystScan(self)
        self.words: dict[str, Callable[[dict[str, Any]], Awaitable[Told]]] = {}
        self.on_bars = AnalystWords(self)
        self.bars = self.on_bars.bars
        self.words |= self.on_bars.table() | self.scan.table()
        self.indicators = AnalystIndicators(self)
        self.words |= self.indicators.table()
        self.past = AnalystPast(self)
        self.on_values: Callable[[int, bytearray], None] = self.indicators.hear
        self.questions = AnalystQuestions(engine.clock)
        self.restarts = 0
        self.last_end = ""
        self._process: AnalystProcess | None = None
        self._silent = 0
        self._vitals = Vitals()

    @property
    def pid(self) -> int:
        """Of its process, 0 there is none."""
        return self._process.pid if self._process is not None else 0

    def need(self) -> None:
        """Have it run from here on."""
        if self.state == "idle" and not self.engine.stopping.is_set():
            self.state = "starting"
            self.engine.spawn(self._live(), "analyst")

    async def ask(self, what: str, args: dict[str, Any]) -> dict[str, Any]:
        """The answer to one of `words`, with `state`, `note` and `asof_ns`.

        Raises:
            UsageError: it cannot be asked so.
        """
        if what not in self.words:
            raise UsageError(f"{what!r} is no question to the analyst: {', '.join(self.words)}")
        self.need()
        found, note = await self.words[what](args)
        state = "starting" if self.state == "idle" else self.state
        if state == "failed" and not note:
            note = f"the analyst {self.last_end}: it is started again"
        elif state == "starting" and not note:
            note = "the analyst is being started"
        return {**found, "state": state, "note": note, "asof_ns": self.engine.clock.now_ns()}

    async def put(self, question: Question) -> Answer | None:
        """Have the process answer, however long that takes; None where it is not there, or ended before."""
        if self._process is None or self.state != "ready":
            return None
        return await self.questions.put(self._process, question)

    def send(self, data: bytes) -> bool:
        """Send frames; False where nobody is ready to take them."""
        if self._process is None or self.state != "ready":
            return False
        self._process.send(data)
        return True

    def take(self, ticks: Records) -> None:
        """Released ticks, on the tape or on their way there; nothing is done while it follows none."""
        if self.feed.wanted:
            self.feed.take(ticks)

    def look(self) -> None:
        """End a process that hangs; its end is one as any other. Looks are counted, not seconds: we may not have been running ourselves."""
        self._silent = self._silent + 1 if self.questions else 0
        if self._silent > MOST_SILENT and self._process is not None:
            self._silent = 0
            log.error("analyst hangs", pid=self.pid)
            self._process.kill()

    async def stop(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        self.scan.close()
        self.feed.begin(None)
        self._forget()
        if process is not None:
            await process.end()

    async def _live(self) -> None:
        """Keep a process going for ever."""
        engine, falls = self.engine, 0
        while True:
            began = engine.clock.monotonic()
            why = await self._run()
            falls = 0 if engine.clock.monotonic() - began > STEADY_S else falls
            wait = AGAIN_S[min(falls, len(AGAIN_S) - 1)]
            falls += 1
            log.error("analyst gone", why=why, again_s=wait)
            engine.alarms.raise_(CAUSE, "warning", f"the analyst {why}: started again in {wait:g} s; trading does not need it")
            await asyncio.sleep(wait)
            self.restarts += 1

    async def _run(self) -> str:
        """One process, from start to end; why it ended."""
        self.state = "starting"
        process = self._process = AnalystProcess(self._hear)
        try:
            await process.start()
            process.send(frames.message(words.OPENING, opening_of(self.engine)))
            self.feed.begin(process)
            ends = [asyncio.ensure_future(event.wait()) for event in (process.ready, process.gone)]
            await asyncio.wait(ends, timeout=START_S, return_when=asyncio.FIRST_COMPLETED)
            for end in ends:
                end.cancel()
            if process.ready.is_set() and process.alive:
                self.state = "ready"
                self.engine.alarms.resolve(CAUSE)
                log.info("analyst started", pid=process.pid)
                await process.gone.wait()
            self.last_end = await process.end()
        except OSError as error:
            process.release()
            self.last_end = f"did not start: {error}"
        self.state, self._process = "failed", None
        self.feed.begin(None)
        self._forget()
        return self.last_end

    def _forget(self) -> None:
        """What was asked is not answered any more."""
        self.questions.forget()
        self.scan.lose()
        self.past.want([])

    def _hear(self, kind: int, seq: int, payload: bytearray) -> None:
        self._silent = 0
        if kind == words.ANSWER:
            self.questions.hear(seq, payload)
        elif kind == words.VALUES:
            self.on_values(seq, payload)
        elif kind == words.SEEN:
            self.feed.seen_seq = seq
        elif kind == words.CAUGHT:
            self.feed.meet(seq)
        elif kind == words.WANT:
            self.feed.want(msgspec.msgpack.decode(payload, type=Want))
        elif kind == words.REACHES:
            self.past.want(msgspec.msgpack.decode(payload, type=list[Reach]))
        elif kind == words.SCANNED:
            self.scan.hear(seq, msgspec.msgpack.decode(payload, type=Scanned))

    def figures(self) -> dict[str, Any]:
        """For `status`: the process, its questions, its ticks."""
        cpu, rss = self._vitals.look(self.pid) if self.pid else (None, None)
        return {
            "state": self.state,
            "pid": self.pid,
            "cpu_pct": cpu,
            "rss_mb": rss,
            "questions": self.questions.answered,
            "waiting": len(self.questions),
            "p99_ms": self.questions.p99_ms,
            "restarts": self.restarts,
            "last_end": self.last_end,
            "scan": self.scan.stage,
            "follows": len(self.feed.wanted),
            "ticks": self.feed.ticks,
            "behind": self.feed.behind,
            "falls": self.feed.falls,
        }
