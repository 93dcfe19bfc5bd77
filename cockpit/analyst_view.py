"""What the analyst answers, as values: the dicts of the engine's answers with the types a screen may rely on. None is "not known"."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

from msgspec import Struct

State: TypeAlias = Literal["ready", "starting", "failed"]


class Answer(Struct, kw_only=True):
    """What every answer has: whether it is one yet, a line where all is not well, and the time it is of (ns; 0 not known)."""

    state: State
    note: str | None = ""
    asof_ns: int | None = 0


class TrendCell(Struct, kw_only=True):
    """One symbol at one interval.

    Attributes:
        confidence: of the trend, 0 to 1.
        why: there is no trend, in words.
        loading: bars are still being read.
    """

    trend: str | None = None
    confidence: float | None = None
    change_pct: float | None = None
    bars: int | None = None
    why: str | None = ""
    loading: bool | None = False


class TrendRow(Struct, kw_only=True):
    """One symbol, by interval."""

    symbol: str
    cells: dict[str, TrendCell] = {}


class Trends(Answer, kw_only=True):
    """All symbols at all intervals."""

    rows: list[TrendRow] = []


class Evidence(Struct, kw_only=True):
    """One figure a trend is told by."""

    name: str
    value: float | None = None
    unit: str = ""
    sentence: str = ""
    weighed: bool = False


class Suggestion(Struct, kw_only=True):
    """A strategy that bets on a trend."""

    strategy: str
    reason: str = ""
    params: dict[str, Any] = {}
    side: str = ""


class Trend(Answer, kw_only=True):
    """All of one symbol at one interval; `n` bars were judged, prices are of those."""

    symbol: str = ""
    interval: str | None = None
    trend: str | None = None
    confidence: float | None = None
    status: str = ""
    evidence: list[Evidence] = []
    suggestions: list[Suggestion] = []
    likely: dict[str, float] | None = None
    n: int | None = 0
    min: float | None = None
    max: float | None = None
    change_pct: float | None = None
    from_ns: int | None = None
    to_ns: int | None = None
    changes_ns: list[int] | None = None
    notes: list[str] = []


class Test(Struct, kw_only=True):
    """A statistical test: its statistic and its p."""

    stat: float | None = None
    pvalue: float | None = None


class Verdict(Struct, kw_only=True):
    """A sentence about a figure, and whether it is one to look at."""

    about: str
    text: str
    marked: bool = False


class Series(Struct, kw_only=True):
    """The newest bars of a pair, all of equal length: closes of the legs, the spread with its mean and bands, the z-score."""

    ts_ns: list[int] = []
    a: list[float | None] = []
    b: list[float | None] = []
    spread: list[float | None] = []
    mean: list[float | None] = []
    upper: list[float | None] = []
    lower: list[float | None] = []
    zscore: list[float | None] = []


class PairAnswer(Answer, kw_only=True):
    """Two markets beside each other, as docs/pairs.md tells it."""

    legs: list[str] = []
    hedge_ratio: dict[str, float | None] = {}
    zscore: float | None = None
    half_life: float | None = None
    half_life_s: float | None = None
    correlation: float | None = None
    rolling_correlation: float | None = None
    rolling_beta: float | None = None
    adf: Test | None = None
    coint: Test | None = None
    hurst: float | None = None
    n: int | None = 0
    verdicts: list[Verdict] = []
    absent: dict[str, str] | None = {}
    notes: list[str] = []
    series: Series | None = None


class Correlations(Answer, kw_only=True):
    """Pearson's r of log returns of every two symbols, and of how many bars."""

    symbols: list[str] = []
    matrix: list[list[float | None]] = []
    bars: list[list[int | None]] = []


class ScanRow(Struct, kw_only=True):
    """One pair of a scan; `half_life` in bars, `n` bars both have; `why` it was not tested."""

    a: str
    b: str
    pvalue: float | None = None
    q: float | None = None
    hedge_ratio: float | None = None
    zscore: float | None = None
    half_life: float | None = None
    correlation: float | None = None
    n: int | None = None
    why: str | None = ""


class Scan(Answer, kw_only=True):
    """The newest scan; `interval` of its bars, `window` of its z-scores."""

    interval: str | None = ""
    window: int | None = None
    stage: Literal["idle", "running", "done", "failed", "cancelled"] = "idle"
    done: int | None = 0
    total: int | None = 0
    eta_s: float | None = None
    rows: list[ScanRow] = []
    tested: int | None = None
    untested: int | dict[str, int] | None = None


class Value(Struct, kw_only=True):
    """What a variant of an indicator is now; None while it is not known.

    Attributes:
        ts_ns: since when.
        note: what is wrong with it.
        venue_bars: so many of the bars it rests on are the venue's own.
    """

    variant: str
    indicator: str = ""
    type: str = ""
    line: str | None = ""
    unit: str | None = ""
    params: dict[str, Any] = {}
    value: float | None = None
    flagged: bool | None = False
    ts_ns: int | None = 0
    note: str | None = ""
    venue_bars: int = 0


class Values(Answer, kw_only=True):
    """All variants that follow a symbol."""

    values: list[Value] = []
