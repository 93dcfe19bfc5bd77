"""`cockpit db import`: a venue's history, from files or from its public dumps, put on the tape with its real ids."""

from __future__ import annotations

import sys
import time
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cockpit.cli.db_export import moment
from cockpit.cli.parser import Commands, comma_list
from cockpit.cli.stopping import stopping
from core.errors import UsageError

if TYPE_CHECKING:
    from cockpit.cli.call import Call
    from core.config import Config
    from core.transfer.dumps import Dump
    from core.transfer.loaded import Loaded, Tell

_EPILOG = """\
cockpit db import BTCUSDT-aggTrades-2024-08-01.zip dumps/
cockpit db import prints.csv --symbol BTCUSDT --stream trade
cockpit db import --venue binance --symbols BTCUSDT,ETHUSDT --from 2024-08-01 --to 2024-08-03

Prints that are on the tape already stay as they are, so an import that was stopped goes on where it was when it is run again.
The engine of the home must not run meanwhile.
"""

#: Waits that are told in an import.
_WAITS_TOLD = 50


def add(commands: Commands) -> None:
    """import."""
    parser = commands.add("import", import_, "a venue's history, from files or downloaded, onto the tape", epilog=_EPILOG)
    parser.add_argument("paths", nargs="*", type=Path, metavar="PATH", help="dumps of trades or aggTrades, or folders of them")
    parser.add_argument("--symbol", metavar="S", help="of files: whose prints (else told by the file)")
    parser.add_argument("--stream", choices=("agg", "trade"), help="which kind of print (else told by the file; downloads: agg)")
    parser.add_argument("--from", dest="start", type=moment, metavar="TIME", help="first time wanted; downloads: first UTC day")
    parser.add_argument("--to", dest="end", type=moment, metavar="TIME", help="where to end, exclusive; downloads: else today")
    parser.add_argument("--venue", metavar="V", help="download this venue's public daily dumps (binance)")
    parser.add_argument("--symbols", type=comma_list, metavar="A,B", help="whose dumps to download")
    parser.add_argument("--url", metavar="URL", help="download from this base address instead (else venues.binance.dumps_url)")
    parser.add_argument("--keep", action="store_true", help="leave downloaded files in the home's folder dumps")


def import_(call: Call) -> int:
    """Import what was asked for."""
    import asyncio
    import contextlib

    from cockpit.cli.figure import Figure
    from core.transfer.loaded import Loaded

    loaded = Loaded()
    # What the store logs is no data.
    with stopping(call, lambda: _so_far(loaded)), Figure() as figure, contextlib.redirect_stdout(sys.stderr):
        waits = _Waits(call)

        def tell(now: Loaded) -> None:
            figure.show(now.part, _figure(now, figure.elapsed))
            waits.tell(now)

        asyncio.run(_work(call, loaded, tell))
    for note in loaded.notes if call.json else ():
        call.say(f"note: {note}")
    call.answer(loaded.document(), _report(loaded))
    return 1 if loaded.absent and len(loaded.absent) == loaded.of_files else 0


class _Waits:
    """Where no terminal shows how far it is: a line each time the venue cannot be asked, so that waiting is no silence."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._seen: tuple[str, int] | None = None
        self._left = 0 if sys.stderr.isatty() else _WAITS_TOLD

    def tell(self, now: Loaded) -> None:
        """Say what it waits for, once a try."""
        if not self._left or now.fetching is None or not now.fetching[1].waiting:
            return
        what, came = now.fetching
        if self._seen != (what, came.tries):
            self._seen = (what, came.tries)
            self._left -= 1
            self._call.say(f"{what}: {came.waiting}" + ("" if self._left else "; more of these are not told"))


def _so_far(loaded: Loaded) -> str:
    from cockpit.figures import many

    done = f"{loaded.files:,} of {many(loaded.of_files, 'file')} done"
    new = loaded.total("new")
    return f"{done}, {many(new, 'new print')} {'is' if new == 1 else 'are'} on the tape; run it again to go on"


def _work(call: Call, loaded: Loaded, tell: Tell) -> Coroutine[Any, Any, None]:
    """What is to be done.

    Raises:
        UsageError: words that do not go together.
    """
    from core.transfer.download import download
    from core.transfer.load import load
    from core.transfer.loaded import STREAMS, Wanted
    from core.transfer.prints_file import find_files

    options = call.options
    if options.start is not None and options.end is not None and options.start >= options.end:
        raise UsageError("--from must be before --to")
    config = _config(call)
    seal_before_ns = time.time_ns() - int(config.store.seal_after_s * 1e9)  # as the engine's own upkeep
    if not (options.venue or options.symbols or options.url):
        if not options.paths:
            raise UsageError("cockpit db import: name files or folders, or --symbols and --from to download")
        wanted = Wanted(options.symbol, STREAMS.get(options.stream), options.start, options.end)
        return load(call.home, find_files(options.paths), wanted, loaded, tell, seal_before_ns=seal_before_ns)
    dumps = _dumps(call)
    from core.transfer.dumps import BASES

    venue = dumps[0].venue
    base = config.of_venue(venue).dumps_url or BASES[venue]
    return download(call.home, base, dumps, loaded, tell, keep=options.keep, seal_before_ns=seal_before_ns)


def _config(call: Call) -> Config:
    """The configuration with what `--url` says.

    Raises:
        UsageError: a wrong key or value, or an address that is empty.
    """
    from core.errors import ConfigError

    url = call.options.url
    if url == "":
        raise UsageError("--url: give an address, such as http://127.0.0.1:8000")
    try:
        return call.configuration(**({} if url is None else {"venues__binance__dumps_url": url})).config
    except ConfigError as error:
        raise ConfigError(str(error).replace("--dumps-url", "--url", 1)) from None  # as it is typed here


def _dumps(call: Call) -> list[Dump]:
    """The dumps that are to be downloaded.

    Raises:
        UsageError: a word that is missing, or does not go with downloads.
    """
    from core.transfer.dumps import BASES, Dump, days
    from core.transfer.loaded import STREAMS
    from core.types import DAY

    options = call.options
    venue = (options.venue or call.configuration().config.venue).lower()
    if venue not in BASES:
        raise UsageError(f"--venue {options.venue}: dumps are known of {', '.join(BASES)}")
    if options.paths:
        raise UsageError("cockpit db import: give files, or --venue and --symbols to download, not both")
    symbols = options.symbols or ([options.symbol] if options.symbol else [])
    if not symbols or options.start is None:
        raise UsageError("cockpit db import: a download needs --symbols and --from")
    today = time.time_ns() // DAY * DAY
    if options.end is None and options.start >= today:
        raise UsageError("--from must be before today: dumps are of days that are over")
    midnights = days(options.start, today if options.end is None else options.end)
    return [Dump(venue, _bare(symbol, venue), STREAMS[options.stream or "agg"], day) for symbol in symbols for day in midnights]


def _bare(symbol: str, venue: str) -> str:
    from core.codes import split_symbol

    of, bare = split_symbol(symbol, venue)
    if of != venue or not bare or bare.strip(".") != bare:
        raise UsageError(f"--symbols {symbol}: not a symbol of {venue}, such as BTCUSDT")
    return bare


def _figure(now: Loaded, elapsed: float) -> str:
    from cockpit.figures import size

    if now.fetching is not None:
        what, came = now.fetching
        if came.waiting:
            return f"{what}  {came.waiting}"
        of = f" of {size(came.total)}" if came.total else ""
        return f"{what}  {size(came.done)}{of}"
    rows = now.total("rows")
    file = f"file {min(now.files + 1, now.of_files)} of {now.of_files}"
    if now.sealing:
        return f"{file}  {rows / 1e6:,.2f} M prints  sealing: {now.sealed / 1e6:,.2f} M"
    return f"{file}  {rows / 1e6:,.2f} M prints  {rows / max(elapsed, 0.001) / 1e6:,.2f} M/s"


def _report(loaded: Loaded) -> Iterator[str]:
    from cockpit.figures import many, size, span

    for name, counts in loaded.series.items():
        yield f"{name}: {many(counts.new, 'new print')}, {counts.there:,} were there already"
        if counts.different:
            yield f"{name}: {counts.different:,} of those are on the tape with another price or quantity, and stay as they are"
        if counts.closed:
            yield f"{name}: {counts.closed:,} ids that were missing came"
    yield from _days(loaded.known, "imported before")
    yield from _days(loaded.absent, "not published (yet)")
    if loaded.absent and len(loaded.absent) == loaded.of_files:
        yield "nothing of it is published: is the symbol right, and are the days past?"
    if loaded.holes:
        yield f"{many(loaded.missing, 'id')} in {many(loaded.holes, 'hole')} {'is' if loaded.missing == 1 else 'are'} listed as missing"
    for note in loaded.notes:
        yield f"note: {note}"
    if loaded.sealed:
        yield f"{many(loaded.sealed, 'tick')} sealed, the rest is when it fills chunks (`cockpit db seal --all` seals all)"
    fetched = f", {size(loaded.bytes)} fetched" if loaded.bytes else ""
    imported = loaded.files - len(loaded.known) - len(loaded.absent)
    yield f"{many(imported, 'file')}{fetched} in {span(loaded.elapsed_s * 1e6)}"


def _days(days: list[str], what: str) -> Iterator[str]:
    """A line for each symbol of `SYMBOL DAY` words: the day, or how many days from which to which."""
    by_symbol: dict[str, list[str]] = {}
    for word in days:
        symbol, _, day = word.rpartition(" ")
        by_symbol.setdefault(symbol, []).append(day)
    for symbol, found in by_symbol.items():
        yield f"{symbol} {found[0]}: {what}" if len(found) == 1 else f"{symbol}: {len(found):,} days {what}, {found[0]} to {found[-1]}"
