"""Runs over history, each in a process of its own: what asks one imports neither numba nor anyone's strategy.

The process is `core.research.job`. It tells how far it is, a JSON object a line, and last of all what came out. It is nice and idle
where the system knows such a thing, from its first moment on: so that it moves nobody's live decision. It dies with who asked.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable, Coroutine
from typing import Any, TypeAlias, TypeVar

import msgspec

from core.child import command, why_it_ended
from core.commands import Terms
from core.errors import CockpitError, StrategyError, one_line
from core.measured_terms import Paid
from core.research.source_verdict import GapsError
from core.research.standing_back import step_back

#: Bytes of a run's stderr that are kept: its end says why it crashed.
KEPT_BYTES = 4096

#: Bytes of the longest line a run may say.
LONGEST_LINE = 1 << 22


#: Seconds in which what a dead process wrote to stderr comes to its end.
LAST_WORDS_S = 2.0


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """What to run.

    Attributes:
        sources: as of `core.research.sources`, paths absolute.
        detail: the file to be written with the curve and the fills.
        idle: whether it is to run only where nothing else wants to.
        allow_gaps: whether it may run over a source that lacks data.
        costs, given: as of `core.commands.Backtest`; measured, or read, by the run's own process.
    """

    sources: list[str]
    strategy: str
    folders: list[str]
    home: str
    detail: str
    params: dict[str, str | int | float | bool] = {}
    terms: Terms = Terms()
    symbol: str | None = None
    from_ns: int | None = None
    to_ns: int | None = None
    idle: bool = True
    allow_gaps: bool = False
    costs: str | None = None
    given: list[str] = []


class Progress(msgspec.Struct, frozen=True, tag="progress"):
    """How far it is: rows done, and their share (0..1) where the whole is known; while `reading`, those that were read and nothing of them
    is traded yet."""

    rows: int
    share: float | None = None
    reading: bool = False


class Outcome(msgspec.Struct, frozen=True, tag="done"):
    """What came out.

    Attributes:
        figures: as `cockpit backtest --json` prints them, without the tables.
        symbol: `venue:SYMBOL`, as the source says.
        values: every parameter's value, defaults too.
        kind, form, interval_ns: of the source's rows.
        first_ns, last_ns: the span traded.
        notes: what was set right in the source, or is missing in it.
        cold: why the strategy never had an opinion, a phrase that begins with "was"; '' it had enough to warm up.
        costs: what it paid of the symbol; None: nobody asked for costs.
    """

    figures: dict[str, Any]
    symbol: str
    values: dict[str, Any]
    kind: str
    form: str
    interval_ns: int
    first_ns: int
    last_ns: int
    notes: list[str] = []
    cold: str = ""
    costs: Paid | None = None


class Wrong(msgspec.Struct, frozen=True, tag="wrong"):
    """One line on why nothing did; `gaps`: the source lacks data, which was not allowed, so that this was no trial."""

    message: str
    gaps: bool = False


class Detail(msgspec.Struct):
    """What a finished run leaves in a file.

    Attributes:
        equity: (ns, equity, deepest fall below the peak since the point before), at most 1,000 points.
        fills: the newest ones, oldest first, with the columns of the ledger's `fills` and the reason of each.
        fills_total: of the run.
        underwater: of each point of `equity` the deepest fall since the one before it, in percent of the peak.
        held: of each the share (0..1) of the time since the one before it in which something was held.
        trips: the newest closed round trips, oldest first, as `cockpit backtest --trades` writes them.
        trips_total: of the run.
        tables: the round trips in groups (`core.research.tables`).
        signals: the newest decisions, oldest first, as `cockpit backtest --signals` writes them.
        signals_total: of the run.
    """

    equity: list[tuple[int, float, float]]
    fills: list[dict[str, Any]]
    fills_total: int
    underwater: list[float] = []
    held: list[float] = []
    trips: list[dict[str, Any]] = []
    trips_total: int = 0
    tables: dict[str, list[dict[str, Any]]] = {}
    signals: list[dict[str, Any]] = []
    signals_total: int = 0


Said: TypeAlias = Progress | Outcome | Wrong
_decode = msgspec.json.Decoder(Said).decode

Told = TypeVar("Told")
Word = TypeVar("Word")


async def run(request: Request, told: Callable[[Progress], None]) -> Outcome:
    """Have it run; cancelling the caller ends the process.

    Raises:
        GapsError: the source lacks data, and nobody allowed that.
        CockpitError: it was refused, raised or crashed; one line.
    """
    return await converse("core.research.job", request, _decode, Progress, told, Outcome, idle=request.idle)


async def converse(
    module: str,
    request: msgspec.Struct,
    decode: Callable[[bytes], object],
    progress: type[Told],
    told: Callable[[Told], None],
    last: type[Word],
    *,
    idle: bool,
) -> Word:
    """Start a module as a process, give it a request, and hear every line it says; its last word. It dies with us.

    Args:
        decode: reads a line.
        progress: what its words are before the last one; `told` is called with each.
        last: what its last word is where it ends well; else it is `Wrong`.

    Raises:
        GapsError: the source lacks data, and nobody allowed that.
        CockpitError: it was refused, raised or crashed; one line.
    """
    process = await asyncio.create_subprocess_exec(
        *command(module, str(os.getpid())),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        limit=LONGEST_LINE,
    )  # fmt: skip
    step_back(process.pid, idle)
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    complaints = asyncio.create_task(_tail(process.stderr))
    said: object = None
    try:
        with contextlib.suppress(ConnectionError):  # a process that is gone already is told of below
            process.stdin.write(msgspec.msgpack.encode(request))
            await process.stdin.drain()
        process.stdin.close()
        async for line in process.stdout:
            said = decode(line)
            if isinstance(said, progress):
                told(said)
        code = await process.wait()
        complaint = await complaints
    finally:
        await _whole(_ended(process, complaints))
    if isinstance(said, Wrong):
        raise GapsError(said.message) if said.gaps else StrategyError(said.message)
    if not isinstance(said, last):
        raise CockpitError(f"the run crashed ({why_it_ended(code)}){': ' + complaint if complaint else ''}")
    return said


async def _ended(process: asyncio.subprocess.Process, complaints: asyncio.Task[str]) -> None:
    """End a process and all it started, if it has not by itself, and let go of its pipes, whoever else holds them still."""
    if process.returncode is None:
        process.kill()
        with contextlib.suppress(OSError):  # processes of its own that are too young yet to die with it
            os.killpg(process.pid, signal.SIGTERM)
        await process.wait()
    await asyncio.wait([complaints], timeout=LAST_WORDS_S)  # processes of its own die a moment after it
    complaints.cancel()
    process._transport.close()  # type: ignore[attr-defined]  # there is no other way to


async def _whole(work: Coroutine[Any, Any, None]) -> None:
    """Do this to its end, however often the caller is cancelled meanwhile."""
    task, cancelled = asyncio.ensure_future(work), None
    while not task.done():
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        raise cancelled
    task.result()


async def _tail(stream: asyncio.StreamReader) -> str:
    """The last line of a stream, however long it is."""
    kept = b""
    while part := await stream.read(1 << 16):
        kept = (kept + part)[-KEPT_BYTES:]
    return one_line(kept.decode(errors="replace").strip().rpartition("\n")[2])
