"""Files of a venue's prints, one after the other, onto the tape of a home that no engine uses meanwhile."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractContextManager, asynccontextmanager, suppress
from pathlib import Path

from core.errors import SourceError, StoreError, UsageError
from core.home import lock_home, read_stamp, stamp
from core.home_lock import IMPORT
from core.research.source import share
from core.research.source_file import FileSource
from core.research.source_name import clean
from core.store.sealing import Sealed, seal
from core.store.tape import Tape
from core.transfer.checksum import check_beside
from core.transfer.intake import Intake
from core.transfer.loaded import DENSE, Loaded, Tell, Wanted
from core.transfer.prints_file import open_prints
from core.types import Symbols

_FORMS = {"aggTrades": "aggTrade", "trades": "trade"}


#: Prints that may wait to be committed: enough to keep the writer busy.
_BACKLOG = 160_000

#: New prints after which what there is of them is sealed: an import takes little more room on the disk than they do in the end.
_SEAL_EVERY = 1_000_000

#: Later than any print.
EVER = 1 << 62


def hold(home: Path) -> AbstractContextManager[object]:
    """Keep engines out of a home, for as long as the tape is written.

    Raises:
        HomeLocked: one runs.
        UsageError: it is a demo's: its prints are generated, and real ones among them would mean nothing.
    """
    found = read_stamp(home)
    if found is not None and found.mode == "demo":
        raise UsageError(f"{home} is a demo home, its market is generated: import into another one with --home or COCKPIT_HOME")
    return lock_home(home, IMPORT)


@asynccontextmanager
async def loading(home: Path, loaded: Loaded, tell: Tell, seal_before_ns: int = EVER) -> AsyncIterator[Loader]:
    """What takes files onto the tape of a home. When this ends, however it ends, what is on the tape is complete and listed.

    Args:
        loaded: what it has come to, for whoever looks while it runs or after it was stopped.
        seal_before_ns: what is older is sealed, file by file, where it fills a chunk; 0: nothing is.

    Raises:
        HomeLocked: an engine runs.
        StoreError: the tape cannot be written.
        UsageError: the home is a demo's.
    """
    began = time.monotonic()
    with hold(home):
        symbols = Symbols()
        tape = await Tape.open(home / "tape.db", symbols, max_backlog=_BACKLOG)
        try:
            yield Loader(home, tape, symbols, loaded, tell, seal_before_ns)
            loaded.holes, loaded.missing = await _holes(tape, loaded)
        except StoreError:
            with suppress(StoreError):  # the line that says how far it came is the one to be read
                await tape.close(1.0)
            raise
        finally:
            loaded.elapsed_s = time.monotonic() - began
            await tape.close()


async def load(home: Path, files: Sequence[Path], wanted: Wanted, loaded: Loaded, tell: Tell, *, seal_before_ns: int = EVER) -> None:
    """Import files; running it again goes on where it stopped.

    Args:
        seal_before_ns: as `loading`.

    Raises:
        SourceError: a file that cannot be taken; says how far it came.
        StoreError, HomeLocked, UsageError: as `loading`.
    """
    loaded.of_files = len(files)
    async with loading(home, loaded, tell, seal_before_ns) as loader:
        for path in files:
            await loader.file(path, wanted)


async def _holes(tape: Tape, loaded: Loaded) -> tuple[int, int]:
    """(holes, ids) that the series imported into have."""
    gaps = [gap for gap in await tape.gaps() if gap.state != "filled" and f"{gap.symbol} {gap.stream}" in loaded.series]
    return len(gaps), sum(gap.to_id - gap.from_id + 1 for gap in gaps)


class Loader:
    """Takes one file after the other; made by `loading`."""

    def __init__(self, home: Path, tape: Tape, symbols: Symbols, loaded: Loaded, tell: Tell, seal_before_ns: int) -> None:
        self.home, self.loaded, self.tell = home, loaded, tell
        self._seal_before_ns = seal_before_ns
        self._new = 0  # prints when it was sealed last
        self._tape, self._symbols = tape, symbols
        self._intakes: dict[tuple[str, str], Intake] = {}

    async def file(self, path: Path, wanted: Wanted, *, share_before: float = 0.0) -> None:
        """Import one.

        Args:
            share_before: how much of the work on this file is done already, 0..1: it had to be fetched.

        Raises:
            SourceError: it cannot be taken; says how far it came.
        """
        loaded = self.loaded
        before = loaded.total("rows")
        intake = None
        try:
            await asyncio.to_thread(check_beside, path)
            source = await asyncio.to_thread(open_prints, path, wanted)
            intake = await self._intake(source, wanted.stream)
            batches = source.batches()
            while (batch := await asyncio.to_thread(next, batches, None)) is not None:
                try:
                    await intake.take(batch)
                except SourceError as error:
                    raise SourceError(f"{clean(str(path))}: {error}") from error
                loaded.part = (loaded.files + share_before + (share(source, 0) or 0.0) * (1 - share_before)) / loaded.of_files
                self.tell(loaded)
                if loaded.total("new") - self._new >= _SEAL_EVERY:
                    await self._seal(intake)
            await intake.close()
            await self._seal(intake)
        except SourceError as error:
            if intake is not None:
                await intake.close()
            raise SourceError(f"{error}; {self._so_far(before)}") from error
        except StoreError as error:
            rows = loaded.total("rows") - before
            raise StoreError(f"{error}; of {clean(path.name)} at most {rows:,} prints are on it: run it again to go on") from error
        self.done()
        loaded.notes += [f"{path.name}: {note}" for note in source.notes]

    async def _seal(self, intake: Intake) -> None:
        """Seal what fills chunks of what was imported. Where that cannot be done it is said: the prints are on the tape all the same."""
        loaded, before = self.loaded, self.loaded.sealed
        if loaded.total("new") == self._new:
            return

        def told(done: Sealed) -> None:
            loaded.sealed, loaded.sealing = before + done.ticks, True
            self.tell(loaded)

        self._new = loaded.total("new")
        await intake.close()
        try:
            await seal(self._tape, self._seal_before_ns, told=told)
        except StoreError as error:
            note = f"what was imported is not sealed: {error}; `cockpit db seal` does it"
            loaded.notes += [note] if note not in loaded.notes else []
        finally:
            loaded.sealing = False

    def done(self) -> None:
        """One file less to do."""
        self.loaded.files += 1
        self.loaded.part = self.loaded.files / self.loaded.of_files
        self.tell(self.loaded)

    async def _intake(self, source: FileSource, stream: str | None) -> Intake:
        stream = stream or _FORMS[source.form]
        venue = source.symbol.partition(":")[0]
        key = (source.symbol, stream)
        if key not in self._intakes:
            stamp_of(self.home, venue)
            index = self._symbols.add(source.symbol)
            self._intakes[key] = Intake(self._tape, source.symbol, index, stream, venue in DENSE)
            self.loaded.series[f"{source.symbol} {stream}"] = self._intakes[key].counts
        await self._intakes[key].open()
        return self._intakes[key]

    def _so_far(self, before: int) -> str:
        """How far an import came, and what of it stays."""
        loaded = self.loaded
        rows = loaded.total("rows") - before
        done = f"{loaded.files:,} of {loaded.of_files:,} files are imported" if loaded.of_files > 1 else ""
        part = f"{rows:,} prints before that are on the tape" if rows else "nothing of it is on the tape"
        return f"{part}, {done}" if done else part


def stamp_of(home: Path, venue: str) -> None:
    """Say that a home is for this venue, where it does not say yet.

    Raises:
        UsageError: it is for others.
    """
    found = read_stamp(home)
    if found is None:
        stamp(home, "paper", [venue])
    elif venue not in found.venues:
        raise SourceError(f"{home} holds data of {', '.join(found.venues)} and takes none of {clean(venue)}: use another one with --home")
