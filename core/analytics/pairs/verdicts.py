"""What the figures of a pair say, in plain sentences; the ones to look at are marked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from core.analytics.pairs.figures import Figures, How

#: A z-score this far from 0, and a p-value below this, are marked.
FAR, LIKELY = 2.0, 0.05

#: Hurst exponents up to the first come back, from the second on go on; between them nobody can tell.
COMES_BACK, GOES_ON = 0.45, 0.55

#: Hedge ratios that differ by more than this share of the largest do not agree.
DISAGREE = 0.25


class Verdict(NamedTuple):
    """A sentence about a figure, and whether it is marked."""

    about: str
    text: str
    marked: bool


def verdicts(found: Figures, how: How, a: str, b: str, interval: str) -> list[Verdict]:
    """The sentences.

    Args:
        a, b: names of the legs.
        interval: of a bar, as it is written.
    """
    return [*_zscore(found, a, b), *_coint(found), *_adf(found, how), *_johansen(found), *_speed(found, interval), *_hedge(found)]


def _zscore(found: Figures, a: str, b: str) -> Iterator[Verdict]:
    z = found.zscore
    if z is None:
        yield Verdict("zscore", f"z-score: {found.absent['zscore']}", False)
    elif abs(z) >= FAR:
        yield Verdict("zscore", f"the spread is wide, z = {z:+.2f}: {a} is {'dear' if z > 0 else 'cheap'} against {b}", True)
    else:
        yield Verdict("zscore", f"the spread is within ±{FAR:g} deviations: z = {z:+.2f}", False)


def _coint(found: Figures) -> Iterator[Verdict]:
    if found.coint is None:
        yield Verdict("coint", f"cointegration: {found.absent['coint']}", False)
        return
    p = found.coint.pvalue
    if p < LIKELY:
        yield Verdict("coint", f"cointegrated: p = {p_text(p)}", True)
    elif found.earlier is not None and found.earlier.pvalue < LIKELY:
        before = p_text(found.earlier.pvalue)
        yield Verdict("coint", f"spread left its cointegration: p = {p_text(p)}, {before} in the first two thirds of the bars", True)
    else:
        yield Verdict("coint", f"no cointegration: p = {p_text(p)}", False)


def _adf(found: Figures, how: How) -> Iterator[Verdict]:
    if found.adf is None:
        yield Verdict("adf", f"ADF of the spread: {found.absent['adf']}", False)
        return
    p = found.adf.pvalue
    after = " (errors of a forecast come back by themselves: it says little of the legs)" if how.method == "kalman" else ""
    if p < LIKELY:
        yield Verdict("adf", f"the spread comes back: p = {p_text(p)}{after}", True)
    else:
        yield Verdict("adf", f"the spread may be a random walk: p = {p_text(p)}{after}", False)


def _johansen(found: Figures) -> Iterator[Verdict]:
    if found.johansen is not None:
        words = ("no relation between the legs", "one relation between the legs", "each leg comes back by itself")
        relations = found.johansen.relations
        yield Verdict("johansen", f"Johansen at 95 %: {words[relations]}", relations == 1)


def _speed(found: Figures, interval: str) -> Iterator[Verdict]:
    if found.half_life is None:
        yield Verdict("half_life", f"half-life: {found.absent['half_life']}", False)
    else:
        yield Verdict("half_life", f"half of a deviation is gone after {found.half_life:,.1f} bars of {interval}", False)
    if found.hurst is None:
        yield Verdict("hurst", f"Hurst exponent: {found.absent['hurst']}", False)
    else:
        words = "comes back" if found.hurst <= COMES_BACK else "goes on" if found.hurst >= GOES_ON else "is as good as a random walk"
        yield Verdict("hurst", f"the spread {words}: H = {found.hurst:.2f}", False)


def _hedge(found: Figures) -> Iterator[Verdict]:
    known = {name: ratio for name, ratio in found.hedge_ratio.items() if ratio is not None}
    if not known:
        yield Verdict("hedge_ratio", f"hedge ratio: {found.absent['ols']}", False)
        return
    least, most = min(known, key=lambda name: known[name]), max(known, key=lambda name: known[name])
    if known[most] - known[least] > DISAGREE * max(abs(ratio) for ratio in known.values()):
        words = f"hedge ratios disagree: {known[least]:.4g} ({least}) to {known[most]:.4g} ({most})"
        yield Verdict("hedge_ratio", words, False)
    if max(known.values()) < 0.0:
        yield Verdict("hedge_ratio", "hedge ratio below 0: both legs are bought together, or sold", False)


def p_text(p: float) -> str:
    """`0.31`, `0.012`, `below 0.001`."""
    return "below 0.001" if p < 0.001 else f"{p:.3f}" if p < 0.1 else f"{p:.2f}"
