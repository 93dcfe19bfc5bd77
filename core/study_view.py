"""What a screen may know of a study: how far it is, what is best so far, and what may be believed of it once it is done."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from core.commands import Optimize


class StudyRow(Struct, array_like=True):
    """One study: many parameter sets over history."""

    id: str
    order: Optimize  # what was asked for
    state: str  # queued | running | done | failed | cancelled
    line: str  # why it failed or was cancelled
    asked_ns: int
    started_ns: int  # 0 not yet
    ended_ns: int  # 0 not yet
    done: int = 0  # trials with a result, those kept from an earlier run too
    total: int = 0  # trials there will be at most; 0 not known yet
    failed: int = 0  # trials that came to nothing
    kept: int = 0  # taken over from an earlier run of the same study
    rate: float = 0.0  # trials a second in this run
    eta_ns: int = 0  # when it will be done; 0 nobody knows
    symbol: str = ""  # venue:SYMBOL as the source says, of several that of the best; '' until it is known
    best: dict[str, Any] | None = None  # the best trial so far: strategy, params and figures
    verdict: str | None = None  # overfit | doubtful | holds, of one that is done; None where it cannot be told
    first_ns: int = 0  # the span tried over
    last_ns: int = 0
    series: int = 0  # symbols it is tried on; 0 not known yet
    stage: str = ""  # what is done once all was tried; '' it is still being tried
    rows: int = 0  # read so far, before anything is tried
    share: float | None = None  # 0..1 of the rows that is read; None nobody knows


class StudyDetail(Struct):
    """What a finished study leaves in a file.

    Attributes:
        document: as `cockpit optimize --json` prints it, with at most `MOST_ROWS` of the ranking (`core.research.search.service`).
        rows_total: rows the ranking has.
        axes: by strategy the parameters that were tried at several values, with those values in order.
        points: by strategy of each trial its places on the axes, then the figure ranked by; of at most `MOST_POINTS`.
        symbols: it was tried on, `venue:SYMBOL`; empty in files of before there could be several.
        on: by strategy of each of its points the number of its symbol; empty as well.
        origins: by symbol what was read, as it can be asked for again.
        notes: what was set right in a source, or is missing in it; of several symbols with whose it is.
        left_out: symbols that could not be opened, and why.
        edges_ns: ends of the periods of the curves, ns UTC.
        curves: of the best rows, equity at the end of each period, quote currency.
    """

    document: dict[str, Any]
    rows_total: int
    axes: dict[str, list[tuple[str, list[Any]]]]
    points: dict[str, list[list[float | None]]]
    edges_ns: list[int]
    curves: list[list[float]]
    symbols: list[str] = []
    on: dict[str, list[int]] = {}
    origins: dict[str, str] = {}
    notes: list[str] = []
    left_out: dict[str, str] = {}
