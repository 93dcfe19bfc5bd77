"""A study as the engine tells it in full, and its words: what was tried, how far it is, how its figures are written."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Any

import msgspec

from cockpit import figures
from cockpit.panes.line import Part
from cockpit.panes.prices import bare
from cockpit.report import quote_of, read_answer, reading_words, sources_words
from cockpit.text import clean
from core.commands import Optimize
from core.measured_terms import Paid
from core.study_view import StudyDetail, StudyRow

#: Figure a study is ranked by -> its name, its decimals, its unit (money: the quote currency).
RANKED = {
    "sharpe": ("Sharpe", 2, ""), "net_pnl": ("net P&L", 2, "money"), "profit_factor": ("profit factor", 2, ""),
    "win_rate": ("wins", 0, "%"), "max_drawdown": ("drawdown", 2, "money"), "max_drawdown_pct": ("drawdown", 2, "%"),
}  # fmt: skip

_BAR = 6


class StudyReport(msgspec.Struct):
    """A study; `detail` is there where it is done and its file still is, `page` is the file of its report where that is, `rows` are there
    where it was made elsewhere."""

    id: str
    state: str
    line: str
    order: Optimize
    asked_ns: int
    started_ns: int
    ended_ns: int
    found: dict[str, Any] = {}
    rows: list[dict[str, Any]] = []
    detail: StudyDetail | None = None
    page: str | None = None

    @property
    def document(self) -> dict[str, Any]:
        """As `cockpit optimize --json` prints it; of one made elsewhere what is known of it."""
        if self.detail is not None:
            return self.detail.document
        return {"rank_by": self.order.rank_by, "ranking": self.rows, **self.found}

    @property
    def told_costs(self) -> list[Any]:
        """What it paid of each symbol, as it is told; empty where no costs were asked for."""
        told: list[Any] = self.document.get("costs") or self.found.get("costs") or []
        return told

    @property
    def costs(self) -> list[Paid]:
        """The same."""
        return msgspec.convert(self.told_costs, list[Paid])

    @property
    def ranking(self) -> list[dict[str, Any]]:
        """Its best rows, the best first."""
        rows: list[dict[str, Any]] = self.document.get("ranking", [])
        return rows

    @property
    def rank_by(self) -> str:
        """The figure the rows are in the order of."""
        return str(self.document.get("rank_by", self.order.rank_by))

    @property
    def symbols(self) -> list[str]:
        """What it was tried on, the symbol of the best row first."""
        return list(dict.fromkeys(str(row.get("symbol", "")) for row in self.ranking))

    @property
    def varied(self) -> list[str]:
        """Parameters that were tried at several values."""
        if self.detail is None:
            return range_names(self.order)
        return list(dict.fromkeys(name for axes in self.detail.axes.values() for name, values in axes if len(values) > 1))


def read_study(answer: Any) -> StudyReport:
    """The engine's answer about a study.

    Raises:
        ValueError: it is none.
    """
    report = read_answer(answer, StudyReport)
    read_answer(report.told_costs, list[Paid])
    return report


def sources_for(row: StudyRow, symbol: str, report: StudyReport | None) -> tuple[list[str], str | None]:
    """What a single run over one of its symbols is made over: the sources, and the symbol where they alone do not say it.

    Of a strategy of several legs `symbol` is those of all, with commas between.
    """
    if "," in symbol:
        return row.order.sources, ",".join(row.order.symbols) or None
    source, whose = _source_for(row, symbol, report)
    return [source], whose


def _source_for(row: StudyRow, symbol: str, report: StudyReport | None) -> tuple[str, str | None]:
    origins = report.detail.origins if report is not None and report.detail is not None else {}
    origin, asked = origins.get(symbol, ""), row.order.symbols
    known = bool(origin) and ", " not in origin  # else it is of several files, and names the first ones
    source = origin if known else row.order.sources[0]
    if source.startswith("tape:"):
        name, at, span = source.removeprefix("tape:").partition("@")
        mine = symbol and name in ("", "*", symbol)
        return (f"tape:{symbol_names([*origins, symbol])[symbol]}{at}{span}" if mine else source), None
    several = list(origins.values()).count(origin) > 1 if known else row.series > 1
    return source, bare(symbol) if several and symbol else asked[0] if len(asked) == 1 else None


def symbol_names(symbols: Sequence[str]) -> dict[str, str]:
    """What they are called: without their venues, where that tells them apart."""
    short = {symbol: bare(symbol) for symbol in dict.fromkeys(symbols)}
    return short if len(set(short.values())) == len(short) else {symbol: symbol for symbol in short}


def range_names(order: Optimize) -> list[str]:
    """The parameters it has ranges of."""
    return [text.partition("=")[0].strip() for text in order.ranges]


def short_params(params: dict[str, Any], names: list[str]) -> str:
    """`fast 5, slow 20`: those that were varied, else all."""
    chosen = {name: params[name] for name in names if name in params} or params
    return ", ".join(f"{clean(str(name))} {clean(value_text(value))}" for name, value in chosen.items())


def value_text(value: Any) -> str:
    """A parameter's value as it is typed."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def ranked_text(by: str, value: float | None) -> str:
    """A figure a study is ranked by, without its unit."""
    _, places, unit = RANKED.get(by, (by, 2, ""))
    if value is None:
        return figures.NONE
    scaled = 100 * value if by == "win_rate" else value
    text = figures.signed(scaled, places) if by == "net_pnl" else figures.number(scaled, places)
    return f"{text} %" if unit == "%" else text


def ranked_name(by: str) -> str:
    """What it is called."""
    return RANKED.get(by, (by, 2, ""))[0]


def unit_of(by: str, symbol: str) -> str:
    """The unit of what a study is ranked by; '' where it has none, or says it."""
    return quote_of(symbol) if RANKED.get(by, ("", 0, ""))[2] == "money" else ""


def progress_words(row: StudyRow, now_ns: int) -> str:
    """`██▌    43 %  430/1,000 trials  286/s  2 s left  best Sharpe 1.24: fast 5, slow 20`; before that how far it has read."""
    if row.stage:
        return f"● {row.stage}  {row.done:,} trials"
    if not row.total and (row.rows or row.share):
        return reading_words(row.rows, row.share)
    if not row.total:
        so_far = figures.age(max(0.0, (now_ns - row.started_ns) / 1e9)) if row.started_ns else ""
        return f"● preparing  {so_far}"
    share = row.done / row.total
    words = [f"{figures.bar(share, _BAR)} {100 * share:3.0f} %", f"{row.done:,}/{row.total:,} trials"]
    words += [f"{figures.short(row.rate)}/s"] if row.rate > 0 else []
    words += [f"{figures.age(max(0.0, (row.eta_ns - now_ns) / 1e9))} left"] if row.eta_ns else []
    words += [f"{row.failed:,} failed"] if row.failed else []
    words += [f"best {best_words(row)}"] if row.best else []
    return "  ".join(words)


def best_words(row: StudyRow) -> str:
    """`Sharpe 1.24: fast 5, slow 20`; where no trial has what it is to be ranked by, `net P&L +3.10 (no Sharpe): fast 5, slow 20`."""
    best = row.best or {}
    by = str(best.get("rank_by", row.order.rank_by))
    value = ranked_text(by, best.get(by))
    unit = unit_of(by, row.symbol)
    other = f" (no {ranked_name(row.order.rank_by)})" if by != row.order.rank_by else ""
    return f"{ranked_name(by)} {value}{' ' + unit if unit else ''}{other}: {best_params(row)}"


def best_params(row: StudyRow) -> str:
    """`fast 5, slow 20`; of several symbols `BTCUSDT fast 5, slow 20`."""
    best = row.best or {}
    on = f"{bare(clean(str(best.get('symbol', ''))))} " if row.series > 1 else ""
    return f"{on}{short_params(best.get('params', {}), range_names(row.order))}"


def study_title(row: StudyRow) -> str:
    """`run-3: study of sma_crossover over tape:BTCUSDT`."""
    return f"{clean(row.id)}: study of {clean(', '.join(row.order.strategies))} over {sources_words(row.order.sources)}"


def wrapped(text: str, cells: int, tone: str = "plain", label: str = "") -> list[list[Part]]:
    """A text over as many lines as it takes, behind a label."""
    lines = textwrap.wrap(clean(text), max(20, cells - 13 if label else cells)) or [""]
    if not label:
        return [[Part(line, tone)] for line in lines]
    return [[Part(f"{label if not at else '':<12} ", "muted"), Part(line, tone)] for at, line in enumerate(lines)]
