"""`cockpit db stats` and `cockpit db verify`: what the tape holds, and the proof of it. Both only read, engine or no engine."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from cockpit.cli.parser import Commands
from cockpit.cli.progress import Progress
from cockpit.cli.stopping import stopping

if TYPE_CHECKING:
    from cockpit.cli.call import Call
    from core.store.gaps import Gap
    from core.store.sizes import SeriesSize, TapeSize
    from core.store.tape_stats import SeriesStats
    from core.store.verify import Proof

_EPILOG = """\
Every tick is read, in both tiers, and every id between the first and the last must be there once or stand in the list of gaps with its
cause. Exit code 1 when one is neither, when one is there twice, or when the file is damaged.
"""

#: Gaps that are shown to people, a symbol.
_SHOWN = 5


def add(commands: Commands) -> None:
    """stats, verify."""
    commands.add("stats", stats, "how much the tape holds of each symbol, and in what room")
    parser = commands.add("verify", verify, "prove from the ticks themselves that the tape lacks nothing it does not say", epilog=_EPILOG)
    parser.add_argument("--deep", action="store_true", help="also check every page of the file and every checksum")


def stats(call: Call) -> int:
    """Sizes."""
    from core.store.sizes import TapeSize, tape_size

    if not is_there(call):
        return call.answer(_sizes(TapeSize(0, 0, 0, [])), [])
    size = tape_size(call.home / "tape.db")
    return call.answer(_sizes(size), _size_lines(size))


def is_there(call: Call) -> bool:
    """Whether the home has a tape; says so where it has none yet, which is no failure.

    Raises:
        StoreError: something else is in its place.
    """
    from core.store.failures import is_file

    found = is_file(call.home / "tape.db")
    if not found:
        call.say(f"no tape in {call.home} yet: nothing was recorded")
    return found


def _sizes(size: TapeSize) -> dict[str, Any]:
    rows, sealed, chunk_bytes = (sum(getattr(one, name) for one in size.series) for name in ("rows", "sealed", "chunk_bytes"))
    return {
        "file_bytes": size.file_bytes,
        "log_bytes": size.log_bytes,
        "free_bytes": size.free_bytes,
        "ticks": rows + sealed,
        "rows": rows,
        "sealed": sealed,
        "bytes_a_row": round(size.row_bytes / rows, 2) if rows else None,
        "bytes_a_sealed_tick": round(chunk_bytes / sealed, 2) if sealed else None,
        "symbols": [_series(one) for one in size.series],
    }


def _series(one: SeriesSize) -> dict[str, Any]:
    from core.clock import iso

    span = (one.last_ns - one.first_ns) / 1e9 if one.first_ns is not None and one.last_ns is not None else 0.0
    return {
        "symbol": one.symbol,
        "stream": one.stream,
        "ticks": one.rows + one.sealed,
        "rows": one.rows,
        "sealed": one.sealed,
        "chunks": one.chunks,
        "from": None if one.first_ns is None else iso(one.first_ns),
        "to": None if one.last_ns is None else iso(one.last_ns),
        "ticks_per_s": round((one.rows + one.sealed) / span, 3) if span else None,
        "gap_ids": one.gap_ids,
    }


def _size_lines(size: TapeSize) -> Iterator[str]:
    from cockpit import figures
    from cockpit.cli.call import table

    found = _sizes(size)
    file, free, log = (figures.size(value) for value in (size.file_bytes, size.free_bytes, size.log_bytes))
    yield f"file    {file}, of which free for new ticks {free}; log {log}"
    yield f"rows    {figures.many(found['rows'], 'tick')}{_each(found['bytes_a_row'])}"
    yield f"sealed  {figures.many(found['sealed'], 'tick')}{_each(found['bytes_a_sealed_tick'])}"
    if found["symbols"]:
        yield ""
        heads = ["symbol", "stream", "ticks", "sealed %", "from", "to", "ticks/s", "ids in gaps"]
        yield from table(heads, [_row(one) for one in found["symbols"]])


def _row(one: dict[str, Any]) -> list[Any]:
    share = f"{one['sealed'] / one['ticks'] * 100:.0f}" if one["ticks"] else None
    rate = None if one["ticks_per_s"] is None else f"{one['ticks_per_s']:,.1f}"
    return [one["symbol"], one["stream"], f"{one['ticks']:,}", share, one["from"], one["to"], rate, f"{one['gap_ids']:,}"]


def _each(size: float | None) -> str:
    return "" if size is None else f", {size:,.1f} bytes each"


def verify(call: Call) -> int:
    """Prove it."""
    from core.store.verify import verify as prove

    if not is_there(call):
        return call.answer({"symbols": [], "damage": [], "ok": True}, [])
    began = time.monotonic()
    progress = Reading()
    with stopping(call, "nothing is proved, and nothing was changed"), progress:
        proof = prove(call.home / "tape.db", deep=call.options.deep, told=progress.tell)
    ok = proof.ok(_dense)
    document = {"symbols": _symbols(proof), "damage": proof.damage, "ok": ok}
    call.answer(document, _report(proof, ok, time.monotonic() - began))
    return 0 if ok else 1


def _dense(symbol: str) -> bool:
    """Whether each id of a symbol is one more than the last, so that one that is missing can be seen."""
    from core.venues.binance import Binance

    return symbol.startswith("binance:") and Binance.ids == "dense"


def _symbols(proof: Proof) -> list[dict[str, Any]]:
    gaps: dict[tuple[str, str], list[Gap]] = defaultdict(list)
    for gap in proof.gaps:
        gaps[gap.symbol, gap.stream].append(gap)
    return [_symbol(one, gaps[one.symbol, one.stream]) for one in proof.series]


def _symbol(one: SeriesStats, gaps: list[Gap]) -> dict[str, Any]:
    return {
        "symbol": one.symbol,
        "stream": one.stream,
        "rows": one.ticks,
        "sealed": one.sealed,
        "late": one.late,
        "first_id": one.first_id,
        "last_id": one.last_id,
        "missing": one.missing + one.listed,
        "unlisted": one.missing,
        "duplicates": one.duplicates,
        "out_of_order": one.out_of_order,
        "provable": _dense(one.symbol),
        "holes": [list(hole) for hole in one.holes],
        "gaps": [{name: value for name, value in gap._asdict().items() if name not in ("symbol", "stream")} for gap in gaps],
    }


class Reading(Progress):
    """The line that says how far the proof is."""

    def tell(self, ticks: int) -> None:
        """So many ticks were read."""
        if (elapsed := self._due()) is not None:
            self._put(f"read {ticks / 1e6:,.1f} M ticks  {ticks / elapsed / 1e6:,.1f} M/s")


def _report(proof: Proof, ok: bool, elapsed: float) -> Iterator[str]:
    from cockpit.cli.call import table
    from cockpit.figures import many

    heads = ["symbol", "stream", "ticks", "first id", "last id", "missing", "unlisted", "twice", "time back"]
    rows = [
        [one.symbol, one.stream, f"{one.ticks:,}", one.first_id, one.last_id]
        + [f"{count:,}" for count in (one.missing + one.listed, one.missing, one.duplicates, one.out_of_order)]
        for one in proof.series
    ]
    if rows:
        yield from table(heads, rows)
        yield ""
    for one in proof.series:
        yield from (f"hole    {one.symbol}: ids {_span(*hole)} are neither here nor listed" for hole in one.holes[:_SHOWN])
    known = [gap for gap in proof.gaps if gap.state != "filled"]
    yield from (f"{gap.state:<7} {gap.symbol}: ids {_span(gap.from_id, gap.to_id)}: {gap.cause}" for gap in known[:_SHOWN])
    if len(known) > _SHOWN:
        yield f"        and {many(len(known) - _SHOWN, 'more gap')} (--json lists all)"
    yield from (f"damage  {line}" for line in proof.damage)
    unprovable = sorted({one.symbol for one in proof.series if not _dense(one.symbol)})
    if unprovable:
        yield f"note    {', '.join(unprovable)}: the venue's ids are not dense, holes cannot be seen"
    ticks = sum(one.ticks for one in proof.series)
    verdict = "ok: nothing is missing that is not listed" if ok else "NOT ok"
    yield f"{verdict} ({many(ticks, 'tick')} in {elapsed:.1f} s)"


def _span(first: int, last: int) -> str:
    return f"{first}" if first == last else f"{first} to {last} ({last - first + 1:,})"
