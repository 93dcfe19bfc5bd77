"""`cockpit db seal` and `cleanup`. A running engine seals when it is asked to; else this process takes the home."""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cockpit.cli.db_proof import is_there
from cockpit.cli.parser import Commands
from cockpit.cli.progress import Progress
from cockpit.cli.stopping import stopping
from core.errors import CockpitError, NotRunning, UsageError

if TYPE_CHECKING:
    from cockpit.cli.call import Call
    from core.config import Config
    from core.store.sealing import Sealed

#: Seconds between two questions to an engine at work.
_LOOK_S = 0.2


def add(commands: Commands) -> None:
    """seal, cleanup."""
    parser = commands.add("seal", seal, "compress old ticks now (store.seal_after_s says what is old), as the engine does every minute")
    parser.add_argument("--all", action="store_true", help="every tick there is, also the newest")
    parser = commands.add("cleanup", cleanup, "delete what is older than is kept, and give its room back to the disk")
    parser.add_argument("--keep-days", type=_limit, metavar="N", help="keep so many days, 0 all of them (else store.keep_days)")
    parser.add_argument("--keep-gb", type=_limit, metavar="N", help="keep so much, 0 all of it (else store.keep_gb)")
    parser.add_argument("--yes", action="store_true", help="do it; without, only say what would go")


def _limit(text: str) -> float:
    """How much is kept; what is too much of it, the configuration says."""
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is no limit: a number above 0, or 0 for none")
    return value


class Working(Progress):
    """The line that says how far it is."""

    def tell(self, text: str) -> None:
        """Show this, if it is time."""
        if self._due() is not None:
            self._put(text)


def seal(call: Call) -> int:
    """Seal what is old."""
    import asyncio

    in_engine = _engine_runs(call)
    if not in_engine and not is_there(call):
        return call.answer({"sealed": 0, "chunks": 0, "chunk_bytes": 0, "elapsed_s": 0.0}, [])
    began = time.monotonic()
    kept = "the engine goes on sealing" if in_engine else "what is sealed is sealed, the rest is as it was"
    with stopping(call, kept), Working() as progress:
        found = _in_engine(call, progress) if in_engine else asyncio.run(_alone(call, progress))
    elapsed = time.monotonic() - began
    if found["trouble"]:
        raise CockpitError(found["trouble"])
    document = {name: found[name] for name in ("sealed", "chunks", "chunk_bytes")} | {"elapsed_s": round(elapsed, 3)}
    return call.answer(document, [_sealed_words(found, call.options.all, elapsed)])


def _sealed_words(found: dict[str, Any], whole: bool, elapsed: float) -> str:
    from cockpit.figures import many

    if not found["sealed"]:
        return "nothing to seal: " + ("all is sealed" if whole else "every chunk's worth of old ticks is sealed (--all seals the rest)")
    each = found["chunk_bytes"] / found["sealed"]
    return f"sealed {many(found['sealed'], 'tick')} in {many(found['chunks'], 'chunk')}, {each:.1f} bytes each, in {elapsed:.1f} s"


def _engine_runs(call: Call) -> bool:
    from core.home import running

    return running(call.home) is not None


def _in_engine(call: Call, progress: Working) -> dict[str, Any]:
    """What the engine did; leaving earlier leaves it at work."""
    found: dict[str, Any] = call.ask("upkeep", start=True, whole=call.options.all)
    while found["busy"]:
        progress.tell(f"sealed {found['sealed']:,} ticks")
        time.sleep(_LOOK_S)
        try:
            found = call.ask("upkeep")
        except NotRunning as error:
            raise CockpitError("the engine ended meanwhile: what it sealed is sealed") from error
    return found


async def _alone(call: Call, progress: Working) -> dict[str, Any]:
    from core.home_lock import CARE, lock_home
    from core.store.sealing import seal as seal_tape
    from core.store.tape import Tape
    from core.types import SECOND, Symbols

    store = call.configuration().config.store

    def told(done: Sealed) -> None:
        progress.tell(f"sealed {done.ticks:,} ticks, {done.ticks / max(time.monotonic() - began, 1e-9) / 1e6:.1f} M/s")

    began = time.monotonic()
    with lock_home(call.home, CARE):
        async with await Tape.open(call.home / "tape.db", Symbols()) as tape:
            before = (1 << 62) if call.options.all else time.time_ns() - int(store.seal_after_s * SECOND)
            done = await seal_tape(tape, before, whole=call.options.all, told=told)
    return {"sealed": done.ticks, "chunks": done.chunks, "chunk_bytes": done.size, "trouble": ""}


def cleanup(call: Call) -> int:
    """Delete what is too old, or too much."""
    import asyncio

    config = call.configuration(store__keep_days=call.options.keep_days, store__keep_gb=call.options.keep_gb).config
    if not (config.store.keep_days or config.store.keep_gb):
        raise UsageError(
            "nothing limits what is kept (0 is no limit): give --keep-days or --keep-gb, or set store.keep_days in cockpit.toml"
        )
    path = call.home / "tape.db"
    if not is_there(call):
        return call.answer({"before": None, "ticks": 0, "freed_bytes": 0, "done": True}, [])
    if not call.options.yes:
        found = _plan(path, config)
    elif _engine_runs(call):
        raise CockpitError("an engine runs in this home: stop it first, or set store.keep_days in cockpit.toml and it does this itself")
    else:
        kept = "what is deleted is deleted, the rest is as it was; run it again to go on"
        with stopping(call, kept), Working() as progress:
            found = asyncio.run(_clean(call, config, progress))
    return call.answer(found, _cleanup_words(found))


def _plan(path: Path, config: Config) -> dict[str, Any]:
    """What would go. The file is only read, engine or no engine."""
    from core.clock import iso
    from core.store.retention import older_than

    before = _cut(path, config)
    if before is None:
        return {"before": None, "ticks": 0, "freed_bytes": 0, "done": True}
    return {"before": iso(before), "ticks": older_than(path, before), "freed_bytes": None, "done": False}


def _cut(path: Path, config: Config) -> int | None:
    """The time before which is what is not kept, ns; None: all is kept."""
    from core.store.retention import cut_for_size
    from core.types import DAY

    keep = config.store
    cuts = [time.time_ns() - int(keep.keep_days * DAY)] if keep.keep_days else []
    if keep.keep_gb and (cut := cut_for_size(path, int(keep.keep_gb * 1e9))) is not None:
        cuts.append(cut)
    return max(cuts, default=None)


async def _clean(call: Call, config: Config, progress: Working) -> dict[str, Any]:
    from core.clock import iso
    from core.home_lock import CARE, lock_home
    from core.store.retention import older_than, trim
    from core.store.tape import Tape
    from core.types import Symbols

    with lock_home(call.home, CARE):
        async with await Tape.open(call.home / "tape.db", Symbols()) as tape:
            before = _cut(tape.path, config)
            if before is None:
                return _plan(tape.path, config)
            ticks = older_than(tape.path, before)
            done = await trim(tape, before, told=lambda gone: progress.tell(f"deleted {gone:,} of {ticks:,} ticks"))
            return {"before": iso(before), "ticks": done.ticks, "freed_bytes": done.size, "done": True}


def _cleanup_words(found: dict[str, Any]) -> Iterator[str]:
    from cockpit import figures

    ticks = figures.many(found["ticks"], "tick")
    if not found["ticks"]:
        yield "nothing to delete: all there is is kept"
    elif found["done"]:
        yield f"deleted {ticks} from before {found['before']}; {figures.size(found['freed_bytes'])} came back to the disk"
    else:
        yield f"about {ticks} from before {found['before']} would be deleted, for good: --yes does it"
