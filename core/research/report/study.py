"""A study as a page: what was asked, whether the best may be believed, all trials, and what other stretches of time and chance say."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from core.clock import iso
from core.research.report.elsewhere import chance_documents, fold_document, params_text
from core.research.report.page import brief, page
from core.research.report.trials import FIGURES, trial_columns
from core.research.report_figures import money, number
from core.research.report_text import Setting, assumptions
from core.research.search.advice import sentences
from core.research.search.findings import Findings
from core.research.search.question import Origin
from core.research.search.ranking import Ranking
from core.research.search.study import Study
from core.research.search.trial import Series
from core.research.statistics.overfitting import Overfitting
from core.research.statistics.verdict import DSR_HOLDS, DSR_OVERFIT, PBO_HOLDS, PBO_OVERFIT
from core.types import DAY, MINUTE, interval_text

#: Failed trials a page lists; dots of the scatter.
FAILED, DOTS = 500, 800

_MEANS = {
    "overfit": "What the search found is luck, as far as this data tells: the best of one half of the time was no guide to the other, "
    "or chance alone brings as much from so many trials.",
    "doubtful": "It cannot be told from luck: neither what this data says for it nor what it says against it is enough.",
    "holds": "It stands up to the number of trials: what was chosen on one half of the time did well on the other, and its Sharpe is above "
    "what so many worthless trials would bring. That says nothing of a market that changes.",
    None: "There are too few periods or trials to tell luck from skill.",
}


def study_page(found: Findings, origins: Sequence[Origin]) -> bytes:
    """The whole file; `origins` in the order of the study's series."""
    data = study_document(found, origins)
    return page(data["title"], data)


def study_document(found: Findings, origins: Sequence[Origin]) -> dict[str, Any]:
    """What the page draws (`study.js`)."""
    ranking, study = found.ranking, found.study
    names = ", ".join(space.definition.name for space in study.spaces)
    symbols = _several([one.symbol for one in study.series], "symbols")
    columns = trial_columns(found)
    first = {one.symbol: one.first_ns for one in study.series}
    failed = [dict(strategy=s, symbol=on, params=params_text(params), error=why) for s, on, params, why in ranking.failed[:FAILED]]
    return {
        "kind": "study",
        "title": f"{names} on {symbols}",
        "lead": _lead(found),
        "facts": list(_facts(found)),
        "verdict": _verdict(ranking),
        "rank_by": ranking.rank_by,
        **columns,
        "degradation": _degradation(ranking.overfitting),
        "validations": [fold_document(one, first[one.symbol]) for one in found.validations],
        "monte_carlo": list(chance_documents(found.monte_carlo)) if found.monte_carlo else [],
        "failed": failed,
        "failed_total": len(ranking.failed),
        "assumptions": _assumptions(found, origins, columns["fixed"]),
        "notes": study_notes(study, origins),
        "made": f"cockpit optimize, study {study.key}",
    }


def _lead(found: Findings) -> str:
    """The question in words."""
    ranking, study = found.ranking, found.study
    axes = {name: values for space in study.spaces for name, values in space.axes}
    varied = ", ".join(f"{name} {_span(values)}" for name, values in axes.items()) or "no parameter"
    rows = _several([f"{_rows(one)} of {one.symbol} from {_day(one.first_ns)} to {_day(one.last_ns)}" for one in study.series], "series")
    return f"Which is best by {_name(ranking)}? Tried: {varied} ({study.ask.method}), on {rows}."


def _several(texts: Sequence[str], what: str) -> str:
    return ", ".join(texts) if len(texts) <= 3 else f"{len(texts):,} {what}"


def _name(ranking: Ranking) -> str:
    return next(figure.name for figure in FIGURES if figure.key == ranking.rank_by)


def _span(values: Sequence[Any]) -> str:
    return ", ".join(map(str, values)) if len(values) <= 4 else f"{values[0]} … {values[-1]} ({len(values):,} values)"


def _rows(series: Series) -> str:
    return f"{series.rows:,} {interval_text(series.interval_ns) + ' bars' if series.bars else 'ticks'}"


def _day(ns: int) -> str:
    return iso(ns)[:16].replace("T", " ")


def _facts(found: Findings) -> Iterator[tuple[str, str]]:
    ranking, study = found.ranking, found.study
    best = ranking.rows[0] if ranking.rows else None
    yield "trials", f"{ranking.trials:,}"
    yield "trials ever on this data", f"{ranking.counted:,}"
    if best is not None:
        yield f"best {_name(ranking)}", number(getattr(best, ranking.rank_by))
        if ranking.rank_by != "net_pnl":
            yield "its net P&L", money(best.net_pnl, sign=True)
        yield "its trades", f"{best.trades:,}"
        yield "trials that made money", f"{sum((row.net_pnl or 0) > 0 for row in ranking.rows) / len(ranking.rows):.0%}"
    longest = max(one.last_ns - one.first_ns for one in study.series)
    unit, ns = next(((unit, ns) for unit, ns in (("days", DAY), ("hours", 60 * MINUTE)) if longest >= ns), ("minutes", MINUTE))
    yield unit, f"{longest / ns:,.1f}"
    if found.refused:
        yield "combinations not allowed", f"{found.refused:,}"
    if ranking.failed:
        yield "failed", f"{len(ranking.failed):,}"


def _verdict(ranking: Ranking) -> dict[str, Any]:
    best = ranking.rows[0] if ranking.rows else None
    dsr = best.deflated_sharpe if best else None
    pbo_words = (
        "It cannot be told: it takes two trials and two periods a block."
        if ranking.pbo is None
        else f"In {ranking.pbo:.0%} of the ways to halve the time, the best of one half was no better than the middle on the other. "
        f"Up to {PBO_HOLDS:.0%} holds, from {PBO_OVERFIT:.0%} on it is overfit."
    )
    dsr_words = (
        "It cannot be told: too few periods, or equity that did not change."
        if dsr is None
        else f"How likely its true Sharpe is above zero once {ranking.counted:,} trials are counted. From {DSR_HOLDS:.0%} on it holds, "
        f"up to {DSR_OVERFIT:.0%} it is overfit."
    )
    return {
        "word": ranking.verdict,
        "means": _MEANS[ranking.verdict],
        "pbo": brief(ranking.pbo),
        "pbo_words": pbo_words,
        "pbo_marks": [PBO_HOLDS, PBO_OVERFIT],
        "deflated": brief(dsr),
        "deflated_words": dsr_words,
        "deflated_marks": [DSR_OVERFIT, DSR_HOLDS],
        "lines": [*(line for line in sentences(ranking) if not line.startswith("Verdict")), *_tests(ranking)],
    }


def _tests(ranking: Ranking) -> Iterator[str]:
    """What is said of all trials together."""
    if ranking.spa is not None:
        white = "" if ranking.reality_check is None else f", {ranking.reality_check:.0%} by White's reality check"
        yield f"By chance alone some trial would do as well as the best in {ranking.spa:.0%} of the cases (Hansen's test{white})."
    if ranking.independent is not None:
        yield f"Neighbours trade alike: these {ranking.trials:,} trials come to about {ranking.independent:,.0f} independent ones."


def _degradation(found: Overfitting | None) -> dict[str, Any] | None:
    if found is None:
        return None
    count = len(found.in_sample)
    some = [count * k // DOTS for k in range(DOTS)] if count > DOTS else range(count)
    return {
        "combinations": count,
        "inside": [brief(float(found.in_sample[k]), 4) for k in some],
        "outside": [brief(float(found.out_of_sample[k]), 4) for k in some],
        "slope": brief(found.slope),
        "intercept": brief(found.intercept),
        "loss": brief(found.loss),
    }


def _assumptions(found: Findings, origins: Sequence[Origin], fixed: dict[str, Any]) -> list[tuple[str, str, str]]:
    """As a backtest's: the terms once, the rest of each series."""
    study = found.study
    names = ", ".join(space.definition.name for space in study.spaces)
    lines: list[tuple[str, str, str]] = []
    for one, origin, terms in zip(study.series, origins, study.terms, strict=True):
        setting = Setting(
            strategy=names, params=fixed, terms=terms, source=origin.source, symbol=one.symbol,
            kind="bars" if one.bars else "ticks", form=origin.form, interval_ns=one.interval_ns, first_ns=one.first_ns, last_ns=one.last_ns,
            costs=None if study.ask.costs is None else study.ask.costs.words(one.symbol, study.ask.terms),
        )  # fmt: skip
        lines += [line for line in assumptions(setting) if line not in lines]
    asked = [one.text for one in study.ask.where]
    return [
        *lines,
        *((f"values of {name}", "", _span(values)) for space in study.spaces for name, values in space.axes),
        *([("conditions", "", ", ".join(asked))] if asked else []),
        ("method", study.ask.method, "" if study.ask.method == "grid" else f"seed {study.ask.seed}"),
        ("ranked by", _name(found.ranking), ""),
    ]


def study_notes(study: Study, origins: Sequence[Origin]) -> list[str]:
    """What was said of the sources; of several with whose it is."""
    pairs = zip(study.series, origins, strict=True)
    return [f"{one.symbol}: {note}" if len(origins) > 1 else note for one, origin in pairs for note in origin.notes]
