"""What the figures of a pair say: short beside its curves, in full to read."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from cockpit import figures
from cockpit.analyst_view import PairAnswer
from cockpit.panes.line import Part
from cockpit.panes.prices import bare
from cockpit.text import clean

METHODS = {"ols": "least squares", "huber": "Huber", "theil_sen": "Theil-Sen", "kalman": "Kalman"}

#: A z-score this far from 0 is wide.
FAR = 2.0


def z_tone(value: float | None) -> str:
    """Coloured where it is wide: by its sign."""
    return "plain" if value is None or abs(value) < FAR else "up" if value > 0 else "down"


def z_words(found: PairAnswer) -> str:
    """`▲ BTCUSDT dear against ETHUSDT`, `within ±2`."""
    a, b = _names(found)
    z = found.zscore
    if z is None:
        return clean((found.absent or {}).get("zscore", "not known yet"))
    return f"within ±{FAR:g}" if abs(z) < FAR else f"{'▲' if z > 0 else '▼'} {a} is {'dear' if z > 0 else 'cheap'} against {b}"


def _names(found: PairAnswer) -> tuple[str, str]:
    return (bare(found.legs[0]), bare(found.legs[1])) if len(found.legs) == 2 else ("A", "B")


def chance(p: float | None) -> str:
    """A p-value: `0.012`, `<0.0001`."""
    return figures.NONE if p is None else "<0.0001" if p < 0.0001 else f"{p:.4f}"


def duration(seconds: float) -> str:
    """`8.4 min`, `2.1 d`: in the largest unit of which there are two."""
    for size, name in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds / size:,.1f} {name}"
    return f"{seconds:,.1f} s"


def ratio(value: float | None) -> str:
    """A hedge ratio, four digits."""
    return figures.NONE if value is None else f"{value:.4g}"


def figure_rows(found: PairAnswer, method: str, window: int) -> list[tuple[str, str, str]]:
    """(name, value, unit and meaning) of all figures."""
    half, (a, b) = found.half_life, _names(found)
    slow = "" if found.half_life_s is None else f", {duration(found.half_life_s)}"
    coint, adf = found.coint, found.adf
    rows = [("z-score", figures.signed(found.zscore), f"deviations of the last {window:,} bars")]
    for name, value in found.hedge_ratio.items():
        rows.append((f"hedge ratio, {METHODS.get(name, clean(name))}", ratio(value), "makes the log spread" if name == method else ""))
    return [
        *rows,
        ("half-life", figures.number(half, 1), f"bars{slow}" if half is not None else ""),
        ("Engle-Granger p", chance(coint.pvalue if coint else None), "chance that a random walk looks so"),
        ("ADF of the spread p", chance(adf.pvalue if adf else None), "takes the spread as it is"),
        ("correlation", figures.signed(found.correlation), "of changes from bar to bar"),
        ("the same lately", figures.signed(found.rolling_correlation), f"the last {window:,} bars"),
        ("beta lately", figures.signed(found.rolling_beta), f"{a} for 1 in {b}"),
        ("Hurst exponent", figures.number(found.hurst), "0.5 random walk, below: comes back"),
        ("bars", f"{found.n or 0:,}", "both legs have them"),
    ]


def short_figures(found: PairAnswer, method: str, cells: int) -> list[Part]:
    """The figures a pair is chosen by, in a line: as many as fit, the first ones first."""
    half = "" if found.half_life is None else f"{found.half_life:,.1f} bars"
    slow = "" if found.half_life_s is None else f" ({duration(found.half_life_s)})"
    told = (
        ("p", chance(found.coint.pvalue if found.coint else None)),
        ("half-life", f"{half}{slow}" or figures.NONE),
        ("hedge", ratio(found.hedge_ratio.get(method))),
        ("r", figures.signed(found.correlation)),
        ("Hurst", figures.number(found.hurst)),
        ("bars", f"{found.n or 0:,}"),
    )
    parts: list[Part] = []
    for name, value in told:
        cells -= len(name) + len(value) + 3
        if cells < -2:
            break
        parts += [Part(f"{'  ' if parts else ''}{name} ", "muted"), Part(value, "plain")]
    return parts


def verdict_lines(found: PairAnswer, cells: int, *, wrapped: bool = False) -> list[list[Part]]:
    """The sentences, those to look at first, with a mark; then what to know about the bars."""
    made: list[list[Part]] = []
    for verdict in sorted(found.verdicts, key=lambda one: not one.marked):
        mark, tone = ("◆", "strong") if verdict.marked else ("·", "plain")
        made += _sentence(_plainly(verdict.text, found), mark, tone, cells, wrapped)
    for note in found.notes:
        made += _sentence(_plainly(note, found), "!", "warn", cells, wrapped)
    return made


def _sentence(text: str, mark: str, tone: str, cells: int, wrapped: bool) -> Iterator[list[Part]]:
    lines = textwrap.wrap(text, max(20, cells - 2)) if wrapped else [text]
    for number, line in enumerate(lines):
        yield [Part(f"{mark if not number else ' '} ", tone if mark != "·" else "muted"), Part(line, tone)]


def _plainly(text: str, found: PairAnswer) -> str:
    """Without the venue before a leg's name."""
    for leg in found.legs:
        text = text.replace(leg, bare(leg))
    return clean(text)


def pair_lines(found: PairAnswer, method: str, window: int, cells: int) -> list[str]:
    """All of it, to read in so many cells."""
    rows = [(f"{name:<26} {value:>10}", meaning) for name, value, meaning in figure_rows(found, method, window)]
    told = ["".join(part.text for part in line) for line in verdict_lines(found, cells, wrapped=True)]
    marked = any(verdict.marked for verdict in found.verdicts)
    figures_told = [line for row, meaning in rows for line in _beside_or_below(row, meaning, cells)]
    return [*figures_told, "", *told, *(["", "◆ is what to look at"] if marked else [])]


def _beside_or_below(row: str, meaning: str, cells: int) -> list[str]:
    return [f"{row}  {meaning}".rstrip()] if len(row) + len(meaning) + 2 <= cells else [row, f"    {meaning}"]
