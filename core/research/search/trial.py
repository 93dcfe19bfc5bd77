"""What is sent to whoever runs trials and what comes back: plain data that crosses processes and machines."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from core.commands import Terms
from core.compile.blueprint import Blueprint


class Series(msgspec.Struct, frozen=True):
    """The rows of one symbol, known by what is in them.

    Attributes:
        key: hash of the rows.
        path: a file that holds them, where who runs the trial can see it.
        bars: BAR records, else TICK.
        interval_ns: length of a bar; 0 for ticks.
        first_ns, last_ns: times of the first and last row (of bars, when they open).
        edges_ns: where the periods end that equity is told for, ascending; the last one is beyond the last row.
    """

    key: str
    path: str
    symbol: str
    rows: int
    bars: bool
    interval_ns: int
    first_ns: int
    last_ns: int
    edges_ns: list[int]


class Jitter(msgspec.Struct, frozen=True):
    """A market and costs a little different from those that were.

    Attributes:
        seed: of the prices; the same gives the same.
        price_bps: deviation of each row's price (of a bar: all of its prices together), in basis points.
        cost: what fees and slippage are multiplied by.
    """

    seed: int
    price_bps: float
    cost: float


class Trial(msgspec.Struct, frozen=True):
    """One strategy with one set of parameters over one stretch of one series.

    Attributes:
        number: its place in the study, from 0.
        plan, series: numbers in the study's lists.
        params: bytes of the parameter record.
        values: the parameters as a person reads them, all of them.
        work: float64s of work memory it needs; warmup, interval: as of `Blueprint`.
        start, stop: the rows to trade; what lies before them only warms it up.
        jitter: None: on the rows as they are.
    """

    number: int
    plan: int
    series: int
    params: bytes
    values: dict[str, Any]
    work: int
    warmup: int
    interval: int
    start: int
    stop: int
    jitter: Jitter | None = None


class Job(msgspec.Struct, frozen=True):
    """Some trials and all they need but the rows themselves: plans, series and their terms by the numbers of the study."""

    plans: dict[int, Blueprint]
    series: dict[int, Series]
    terms: dict[int, Terms]
    trials: list[Trial]


class Result(msgspec.Struct, frozen=True):
    """What came of a trial.

    Attributes:
        figures: as `core.research.metrics` names them; empty where it failed.
        changes: float64 bytes: change of equity in each of the series' periods, quote currency.
        error: why it failed, one line; '' it did not.
        series: as of its trial; -1 not told.
    """

    number: int
    figures: dict[str, Any]
    changes: bytes = b""
    error: str = ""
    series: int = -1

    @property
    def periods(self) -> NDArray[np.float64]:
        """(T,) change of equity a period, quote currency."""
        return np.frombuffer(self.changes, np.float64)


encode_job = msgspec.msgpack.Encoder().encode
decode_job = msgspec.msgpack.Decoder(Job).decode
encode_results = msgspec.msgpack.Encoder().encode
decode_results = msgspec.msgpack.Decoder(list[Result]).decode
