"""What an engine keeps: its tape and its ledger, opened and let go of in the order that loses nothing, and the session's own row."""

from __future__ import annotations

import asyncio
import uuid
from contextlib import AsyncExitStack
from functools import partial
from typing import TYPE_CHECKING

import structlog

from core.engine.environment import fingerprint
from core.engine.settle import Settler
from core.store.ledger import Ledger
from core.store.ledger_reader import read_sessions
from core.store.span import tape_was_released
from core.store.tape import Tape
from core.view import AlertRow

if TYPE_CHECKING:
    from core.engine.engine import Engine

log = structlog.get_logger("storage")

#: Seconds a database may take to write down what waits when the engine stops.
DRAIN_S = 10.0

BEREFT = "the ledger was not there and begins anew: strategies and fills of before are not known"


async def open_files(engine: Engine, opened: AsyncExitStack) -> None:
    """Open both databases, and have alerts written and trouble told from here on.

    Args:
        opened: takes what must be closed.

    Raises:
        StoreError: a database cannot be used.
    """
    engine.tape = await Tape.open(engine.home / "tape.db", engine.symbols)
    opened.push_async_callback(engine.tape.close)
    engine.tape.on_commit = engine.passage.committed
    engine.ledger = await Ledger.open(engine.home / "ledger.db")
    opened.push_async_callback(engine.ledger.close)
    await engine.dispatch.open()
    engine.alarms.writing.keep = partial(_keep_alert, engine)
    opened.callback(setattr, engine.alarms.writing, "keep", None)  # the tape closes after the ledger, and may be in trouble till the end
    engine.tape.on_trouble = partial(_tell_trouble, engine, "tape")
    engine.ledger.on_trouble = partial(_tell_trouble, engine, "ledger")
    engine.settler = Settler(engine.tape.wait_synced)


async def begin_session(engine: Engine, opened: AsyncExitStack) -> None:
    """Note that this engine started, and have noted that it ended in order."""
    if await asyncio.to_thread(_bereft, engine):
        engine.alarms.note("warning", BEREFT)
        log.warning(BEREFT, home=str(engine.home))
    session = uuid.uuid4().hex
    first = engine.last_seq + 1
    await engine.ledger.start_session(session, engine.started_ns, mode=engine.mode, first_seq=first, fingerprint=fingerprint())
    opened.push_async_callback(_end_session, engine, session)


async def save_all(engine: Engine) -> None:
    """Once nothing comes in any more: return when workers have seen all ticks, and their last snapshots and fills are on disk."""
    try:
        if engine.failure is None:
            engine.incoming.absorb()
            await asyncio.wait_for(engine.tape.flush(), DRAIN_S)
            if not await engine.answers.catch_up(save=True):
                log.warning("workers did not answer in time")
            engine.sentinel.save()
            await asyncio.wait_for(engine.settler.drain(), DRAIN_S)
    except TimeoutError:
        why = engine.tape.trouble or engine.ledger.trouble or "too slow"
        engine.failure = engine.failure or f"not all was saved, a database is {why}: the next start does the rest again"
    engine.alarms.writing.flush()


def _bereft(engine: Engine) -> bool:
    """Whether an engine was here before of which the ledger knows nothing."""
    return not read_sessions(engine.home / "ledger.db") and tape_was_released(engine.home / "tape.db")


async def _end_session(engine: Engine, session: str) -> None:
    if engine.failure is None:
        await engine.ledger.end_session(session, engine.clock.now_ns())


def _keep_alert(engine: Engine, _id: str, row: AlertRow) -> None:
    if engine.failure is None and row.rule:
        engine.sentinel.write([row], [])  # after its firing
    elif engine.failure is None:
        engine.dispatch.put([row], [])


def _tell_trouble(engine: Engine, name: str, why: str | None) -> None:
    """A file cannot be written, or can be again; what waits for it is in memory."""
    if why:
        engine.alarms.raise_(f"{name} trouble", "critical", f"the {name} is {why}: what comes in waits in memory")
    else:
        engine.alarms.resolve(f"{name} trouble")
