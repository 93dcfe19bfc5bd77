"""What a person should know before believing a portfolio, in sentences."""

from __future__ import annotations

from collections.abc import Iterator

from core.clock import iso
from core.research.portfolio.figures import gross_and_net
from core.research.portfolio.run import Portfolio
from core.research.portfolio.together import contributions, correlation, netting, overdrawn

#: From here on two legs are said to be one.
ALIKE = 0.8

#: Pairs that are named; the others are counted.
MOST_PAIRS = 5

#: A leg with so much of the variance, or a share of the gross so large that cancels, is worth a sentence.
MUCH_VARIANCE, MUCH_CANCELS = 0.8, 0.05

#: A leg whose rows reach over less of the span is told.
LEAST_SPAN = 0.95


def warnings_of(done: Portfolio) -> list[str]:
    """A line each, the gravest first; whoever prints them makes what came from files safe."""
    return [*_failed(done), *_ruined(done), *_borrowed(done), *_alike(done), *_opposed(done), *_lopsided(done), *_of_legs(done)]


def _failed(done: Portfolio) -> Iterator[str]:
    for name, why in done.failed.items():
        yield f"leg {name} failed, and all figures are without it: {why}"


def _ruined(done: Portfolio) -> Iterator[str]:
    gone = done.equity <= 0.0
    if gone.any():
        yield f"equity was gone at {moment(int(done.marks.times[gone.argmax()]))}: in earnest nothing would have been traded after it"


def _borrowed(done: Portfolio) -> Iterator[str]:
    equity = done.equity
    gross, _ = gross_and_net(done.marks.value)
    found = overdrawn(done.marks.times, gross, equity)
    if not found:
        return
    share = float(((gross > equity) & (gross > 0.0)).mean())
    worst = max(found, key=lambda one: (one.leverage is None, one.leverage or 0.0, one.gross))
    times = "once" if len(found) == 1 else f"{len(found):,} times"
    most = f"{worst.leverage:.2f} times equity" if worst.leverage is not None else "with no equity left"
    yield (
        f"positions were worth more than equity {times}, {100 * share:.1f} % of the time, first at {moment(found[0].from_ns)}; most at "
        f"{moment(worst.worst_ns)}: {worst.gross:,.2f}, {most}, {worst.gross - worst.equity:,.2f} more than there was"
    )


def _alike(done: Portfolio) -> Iterator[str]:
    matrix = correlation(done.marks.changes, done.marks.covered)
    names = [run.leg.name for run in done.runs]
    pairs = []
    for i in range(len(names)):
        for j in range(i):
            r = matrix[i][j]
            if r is not None and abs(r) >= ALIKE:
                pairs.append((-abs(r), names[j], names[i], r))
    for _, one, other, r in sorted(pairs)[:MOST_PAIRS]:
        words = "exposure counts twice" if r > 0 else "what one makes the other loses, and both pay fees"
        yield f"{one} and {other} are {r:.2f} correlated: {words}"
    if len(pairs) > MOST_PAIRS:
        yield f"{len(pairs) - MOST_PAIRS:,} more pairs of legs are correlated by {ALIKE} or more, one way or the other"


def _opposed(done: Portfolio) -> Iterator[str]:
    for symbol, found in netting(done.marks.value, done.symbols).items():
        if found.cancels >= MUCH_CANCELS:
            names = ", ".join(done.runs[k].leg.name for k in found.legs)
            yield (
                f"{symbol}: {100 * found.cancels:.0f} % of the gross exposure cancels: {names} held opposite sides "
                f"{100 * found.opposed:.0f} % of the time, and each pays its own fees"
            )


def _lopsided(done: Portfolio) -> Iterator[str]:
    if len(done.runs) < 2:
        return
    parts = contributions(done.marks.changes, [float(run.result.figures["net_pnl"] or 0.0) for run in done.runs])
    for run, part in zip(done.runs, parts, strict=True):
        if part.of_variance is not None and part.of_variance >= MUCH_VARIANCE:
            yield f"{run.leg.name} makes {100 * part.of_variance:.0f} % of the variance: the other legs hardly count"


def _of_legs(done: Portfolio) -> Iterator[str]:
    yield from _shorter(done)
    for run in done.runs:
        name, cold = run.leg.name, run.result.cold
        if not run.result.figures["fills"]:
            yield f"{name} did not trade" + (f": it {cold}" if cold else "")
        for note in run.result.source.notes:
            if not cold or not note.endswith(cold):
                yield f"{name}: {note}"


def _shorter(done: Portfolio) -> Iterator[str]:
    """Legs whose rows do not reach over the span, those of about the same rows together."""
    marks = done.marks
    span = marks.last_ns + 1 - marks.first_ns
    groups: dict[tuple[int, str, str], list[str]] = {}
    for run in done.runs:
        first, last = int(run.rows.when[0]), run.rows.last_ns
        share = (last + 1 - first) / span
        if share < LEAST_SPAN:
            groups.setdefault((round(100 * share), iso(first)[:10], iso(last)[:10]), []).append(run.leg.name)
    for (percent, first_day, last_day), names in groups.items():
        verb = "has" if len(names) == 1 else "have"
        yield f"{', '.join(names)} {verb} rows for {percent} % of the span, {first_day} to {last_day}: outside it nothing changes"


def moment(ns: int) -> str:
    """A time to the second."""
    return f"{iso(ns)[:19]}Z"
