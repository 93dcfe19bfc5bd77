"""Bars of watched symbols for charts: made when first asked for, kept going from the recent ticks, a few of them at a time.

Nothing is done per tick: a series goes on from the ring of recent ticks when it is asked for again, and is read anew
where the ring no longer reaches back. An answer never waits: what is still being read comes with a later one.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any

import structlog

from core.analytics.bar_cuts import Cuts
from core.analytics.bar_series import BarSeries
from core.engine import bar_history
from core.engine.history import AGAIN_S
from core.errors import CockpitError, UsageError
from core.types import DAY, SECOND, BarKind, Records, bar_kind

if TYPE_CHECKING:
    from core.engine.engine import Engine

log = structlog.get_logger("charts")

#: Series kept, those asked for least lately go, or so many a symbol where that is more, but no more than `MOST_SERIES`; and bars of one.
SERIES, BARS = 64, 2000
A_SYMBOL, MOST_SERIES = 8, 512

#: Ticks of a symbol that are made into bars at once, and of all symbols that are looked through for them: it takes some 3 ms.
AT_ONCE, BEHIND = 50_000, 100_000

#: Seconds between two readings of a chart's past, where nothing deeper is asked for.
REST_S = 1.0

#: Bars a series begins with at least.
AT_LEAST = 300


class Chart:
    """One symbol in one kind of bars.

    Attributes:
        seq: ticks through here are in `series`.
        depth: so many bars back were asked for.
        loading: its past is being read.
        note: why its past is shorter than asked for.
        again: when what did not come is tried again, monotonic seconds.
        anew: ticks since the last time are gone: it must be read from now backwards.
        on_tape: the tape goes on before `read_ns`, back to which it was read; else older bars are the venue's.
    """

    def __init__(self, symbol: str, kind: BarKind, *, dense: bool) -> None:
        self.symbol = symbol
        self.series = BarSeries(kind, BARS, dense=dense)
        self.seq = 0
        self.depth = 0
        self.loading = False
        self.note = ""
        self.again = 0.0
        self.anew = True
        self.on_tape = True
        self.read_ns = 0


class Charts:
    """Answers `bars`.

    Attributes:
        no_history_until: the venue is not asked for bars before (monotonic seconds): it took too long. Strategies still may.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.no_history_until = float("-inf")
        self._charts: OrderedDict[tuple[str, BarKind], Chart] = OrderedDict()

    def bars(self, args: dict[str, Any]) -> dict[str, Any]:
        """The newest bars of a symbol, as of now.

        Args:
            args: `symbol`, `interval` (from 1s to 1d, or `tick:500`, `volume:10`, `dollar:1M`), `count` (bars at most), `since_ns` (none
                that starts before).

        Raises:
            UsageError: the symbol is not watched, or there is no such interval.
        """
        engine = self.engine
        symbol = watched(engine, args.get("symbol"))
        text = str(args.get("interval", "1m"))
        kind = bar_kind(text)
        if kind.by == "time" and (not SECOND <= kind.size <= DAY or kind.size % SECOND):
            raise UsageError(f"a chart's interval is from 1s to 1d: {text!r} is not")
        count = whole(args, "count", AT_LEAST, 1, BARS)
        chart = self.current(symbol, kind)
        if self.lacks(chart, count):
            engine.spawn(self.load(chart, count), "bars")
        return {
            "symbol": symbol,
            "interval": text,
            "bars": rows(chart.series.since(whole(args, "since_ns", 0, 0, 1 << 62), count)),
            "complete_from_ns": chart.series.whole_from,
            "loading": chart.loading or chart.anew,
            "note": chart.note,
        }

    def current(self, symbol: str, kind: BarKind) -> Chart:
        """A symbol's bars up to now, as far as their past was read.

        Args:
            symbol: one that is streamed, with its venue.
        """
        chart = self._chart(symbol, kind)
        self.engine.incoming.absorb()
        chart.anew |= not self._go_on(chart)
        return chart

    def lacks(self, chart: Chart, count: int) -> bool:
        """Whether its past is to be read, and nobody does."""
        again = (chart.anew or bool(chart.note)) and self.engine.clock.monotonic() > chart.again
        return not chart.loading and (count > chart.depth or again)

    async def cuts(self, symbol: str, kind: BarKind) -> Cuts:
        """Where a symbol's bars of a kind, not of time, are cut from here on: as its chart cuts them, also where none is asked for."""
        engine = self.engine
        chart = self._charts.get((symbol, kind))
        if chart is None or chart.anew or chart.loading or not self._go_on(chart):
            chart = Chart(symbol, kind, dense=self._dense)
            await engine.tape.flush()
            await self._read_forth(chart)
        return chart.series.cuts()

    def _chart(self, symbol: str, kind: BarKind) -> Chart:
        key = (symbol, kind)
        if key not in self._charts:
            self._charts[key] = Chart(symbol, kind, dense=self._dense)
            while len(self._charts) > self.most:
                self._charts.popitem(last=False)
        self._charts.move_to_end(key)
        return self._charts[key]

    @property
    def most(self) -> int:
        """Series kept."""
        return min(max(SERIES, A_SYMBOL * len(self.engine.market.watched)), MOST_SERIES)

    @property
    def _dense(self) -> bool:
        return self.engine.venue.ids == "dense"

    def _go_on(self, chart: Chart) -> bool:
        """Take the ticks since the last time; False when they are gone, or too many to be taken between two turns of the loop."""
        engine = self.engine
        if chart.seq and engine.last_seq - chart.seq > BEHIND:
            return False
        ticks = engine.recent.of(engine.symbols[chart.symbol], chart.seq)
        if ticks is None or len(ticks) > (AT_ONCE if chart.series.interval else bar_history.AT_ONCE):
            return False
        chart.series.extend(ticks)
        chart.seq = max(chart.seq, engine.last_seq)
        return True

    def load(self, chart: Chart, count: int) -> Coroutine[Any, Any, None]:
        """Read the past, so many bars at least: the tape's, then what the venue has from before it. From this call on it is `loading`."""
        chart.depth = max(chart.depth, count, AT_LEAST)
        chart.loading = True
        return self._load(chart)

    async def _load(self, chart: Chart) -> None:
        try:
            await self._read(chart)
        except CockpitError as error:
            chart.note = str(error)
        except Exception:  # a chart must not end the engine
            log.exception("bars could not be read", symbol=chart.symbol)
            chart.note = "its past could not be read: see the log"
        finally:
            chart.loading = False
            chart.again = self.engine.clock.monotonic() + (AGAIN_S if chart.note else REST_S)

    async def _read(self, chart: Chart) -> None:
        """Read on from where the last reading ended; from now where there was none, or where ticks since then are gone."""
        if chart.series.kind.by != "time":
            if chart.anew:
                await self._read_forth(chart)
            return
        engine, interval = self.engine, chart.series.interval
        last = engine.market.of(engine.symbols[chart.symbol]).last_ts or await engine.venue_now()
        start = (last // interval - chart.depth) * interval
        if chart.anew:
            series, through = BarSeries(chart.series.kind, BARS, dense=self._dense), engine.tape.synced_seq
            chart.read_ns, chart.on_tape = await bar_history.read_tape(engine, chart.symbol, series, start, last + SECOND, through)
            chart.series, chart.seq, chart.anew = series, through, False
            self._go_on(chart)
        elif chart.on_tape:
            chart.read_ns, chart.on_tape = await bar_history.read_tape(engine, chart.symbol, chart.series, start, chart.read_ns, chart.seq)
        series, chart.note = chart.series, ""
        if not chart.on_tape:
            series.cut()
            until = series.first_end or last + 1
            known, chart.note = await bar_history.ask_venue(engine, chart.symbol, interval, start, until)
            engine.incoming.absorb()
            self._go_on(chart)
            series.complete(known)

    async def _read_forth(self, chart: Chart) -> None:
        """Bars that are not cut by time are counted from a beginning on."""
        series, through = BarSeries(chart.series.kind, BARS, dense=self._dense), self.engine.tape.synced_seq
        chart.note = await bar_history.read_forth(self.engine, chart.symbol, series, through)
        chart.series, chart.seq, chart.anew = series, through, False
        self._go_on(chart)


def watched(engine: Engine, symbol: Any) -> str:
    """The full name of a symbol that is streamed, as typed with or without its venue.

    Raises:
        UsageError: it is not.
    """
    full = f"{engine.venue.name}:{engine.bare(str(symbol or ''))}"
    if full not in engine.market.watched:
        raise UsageError(f"{symbol!r} is not streamed: {', '.join(engine.market.watched) or 'no symbol is'}")
    return full


def whole(args: dict[str, Any], name: str, default: int, least: int, most: int) -> int:
    """A whole number of a question, brought into its bounds.

    Raises:
        UsageError: it is no number.
    """
    value = args.get(name)
    if value is None:
        return default
    if not isinstance(value, int):
        raise UsageError(f"{name} is a whole number, not {value!r}")
    return min(max(value, least), most)


def rows(bars: Records) -> list[list[Any]]:
    """`[start_ns, open, high, low, close, volume, quality, vwap, buy_volume, trades]` of each; a vwap that is not known is None."""
    names = ("start", "open", "high", "low", "close", "volume", "quality", "vwap", "buy_volume", "trades")
    columns = {name: bars[name].tolist() for name in names}
    columns["vwap"] = [value if value == value else None for value in columns["vwap"]]
    return [list(row) for row in zip(*columns.values(), strict=True)]
