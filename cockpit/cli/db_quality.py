"""`cockpit db quality`: how good the recorded prints of a symbol are. The tape is only read, engine or no engine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cockpit.cli.parser import Commands
from cockpit.cli.progress import Progress
from cockpit.cli.stopping import stopping

if TYPE_CHECKING:
    from cockpit.cli.call import Call

_EPILOG = """\
Counted over the range: prints by hour and by where they came from, ids that are missing and whether the table of gaps
knows of them, times that go back, prints like the one before, jumps, stretches without a new price, crossed quotes, and
the delay of live prints. What counts as a jump or as standing still is set in [quality] of cockpit.toml.
"""

#: Rows of a list that a person is shown; --json has up to a hundred.
_SHOWN = 8


def add(commands: Commands) -> None:
    """quality."""
    parser = commands.add("quality", quality, "how good the recorded prints of a symbol are", epilog=_EPILOG)
    parser.add_argument("stretch", metavar="SYMBOL[@FROM..TO]", help="a symbol on the tape, and from when to when (ISO 8601, UTC)")


def quality(call: Call) -> int:
    """Look at all prints of a range."""
    from core.analytics.quality import Survey, survey_tape
    from core.errors import SourceError
    from core.research.source_name import clean
    from core.research.source_tape import PREFIX, find_series, parse_tape
    from core.store.failures import is_file
    from core.store.tape_stats import read_gaps

    text = call.options.stretch.removeprefix(PREFIX)
    try:
        stretch = parse_tape(PREFIX + text)
    except SourceError as error:
        raise SourceError(str(error).replace(PREFIX, "").removeprefix(": ")) from None  # as it is typed here
    path = call.home / "tape.db"
    if not is_file(path):
        raise SourceError(f"no tape in {call.home}: record one with cockpit --record")
    symbol, stream = find_series(path, stretch, clean(text))
    survey = Survey(call.configuration().config.quality)
    with stopping(call, "nothing was changed"), Progress() as progress:
        survey_tape(path, symbol, stream, survey, from_ns=stretch.from_ns, to_ns=stretch.to_ns, told=progress.rows)
    if not survey.ticks:
        raise SourceError(f"{clean(text)}: no prints of {symbol} there: {_held(path, symbol, stream)}")
    gaps = [gap for gap in read_gaps(path) if (gap.symbol, gap.stream) == (symbol, stream) and gap.state != "filled"]
    found = {"symbol": symbol, "stream": stream, **survey.report([(gap.from_id, gap.to_id) for gap in gaps])}
    return call.answer(found, lines(found))


def _held(path: Path, symbol: str, stream: str) -> str:
    """Where the tape holds prints of a series."""
    from core.clock import iso
    from core.store.sizes import tape_size

    sizes = tape_size(path).series
    first, last = next(((one.first_ns, one.last_ns) for one in sizes if (one.symbol, one.stream) == (symbol, stream)), (None, None))
    if first is None or last is None:
        return "the tape holds none at all"
    return f"the tape holds them from {iso(first)[:19]}Z to {iso(last)[:19]}Z"


def lines(found: dict[str, Any]) -> Iterator[str]:
    """The report for a person."""
    from cockpit import figures
    from core.clock import iso

    first, last = found["first"], found["last"]
    seconds = (last["ts_ns"] - first["ts_ns"]) / 1e9
    yield _line("symbol", f"{found['symbol']} {found['stream']}")
    yield _line("prints", f"{found['ticks']:,}, ids {first['id']:,} to {last['id']:,}")
    yield _line("time", f"{iso(first['ts_ns'])[:19]}Z to {iso(last['ts_ns'])[:19]}Z ({figures.uptime(seconds)})")
    rates = [row["ticks"] for row in found["hours"]]
    spark = figures.spark([float(rate) for rate in rates], min(len(rates), 72))
    yield _line("an hour", f"{spark}  {min(rates):,} to {figures.many(max(rates), 'print')}, {figures.many(len(rates), 'hour')} with any")
    shares = ", ".join(f"{name} {count:,} ({100 * found['shares'][name]:.2f} %)" for name, count in found["origins"].items())
    yield _line("came", shares)
    yield from _missing(found["missing"])
    back, delay = found["time_back"], found["delay_ms"]
    yield _line("time back", f"{back['count']:,}" + (f", by up to {back['most_ms']:,.3f} ms" if back["count"] else ""))
    yield _line("repeated", f"{figures.many(found['same_content'], 'print')} with the time, price, size and side of the one before")
    yield _line("crossed", f"{figures.many(found['crossed'], 'print')} with a bid that is not below the ask")
    if delay is not None:
        quantiles = " · ".join(f"{name} {value:,.1f}" for name, value in delay.items() if name not in ("count", "negative"))
        ahead = f" · {delay['negative']:,} ahead of our clock" if delay["negative"] else ""
        yield _line("delay ms", f"{quantiles}{ahead}")
    jumps, still = found["jumps"], found["still"]
    yield _line("jumps", f"{jumps['count']:,}")
    for row in sorted(jumps["list"], key=lambda row: -abs(row["pct"]))[:_SHOWN]:
        yield _line("", f"{iso(row['ts_ns'])[:23]}Z  {figures.signed(row['pct'])} % to {row['price']:,.10g}  id {row['id']:,}")
    longest = f", {figures.uptime(still['total_s'])} in all" if still["count"] else ""
    yield _line("stood still", f"{still['count']:,}{longest}")
    for row in sorted(still["list"], key=lambda row: -row["seconds"])[:_SHOWN]:
        yield _line("", f"{iso(row['from_ns'])[:19]}Z  {figures.uptime(row['seconds'])} at {row['price']:,.10g}")


def _missing(missing: dict[str, Any] | None) -> Iterator[str]:
    from cockpit.figures import many

    if missing is None:
        return
    words = "none" if not missing["ids"] else f"{many(missing['ids'], 'id')} in {many(missing['ranges'], 'range')}"
    if missing["ids"]:
        words += f", {missing['unlisted']:,} of them not listed as gaps" if missing["unlisted"] else ", all listed as gaps"
    yield _line("missing", words)
    for row in sorted(missing["list"], key=lambda row: -int(row["ids"]))[:_SHOWN]:
        yield _line(
            "", f"{row['from_id']:,} to {row['to_id']:,} ({row['ids']:,})" + ("" if row["listed"] == row["ids"] else "  not listed")
        )


def _line(label: str, text: str) -> str:
    return f"{label:<12}{text}".rstrip()
