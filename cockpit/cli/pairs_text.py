"""A measured pair, and a scan of many, as lines for people: figures with their units, and sentences; what to look at has a star."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from cockpit.cli.call import table
from core.research.source_verdict import counted

#: How a method of a hedge ratio is called.
_METHODS = {"ols": "least squares", "huber": "Huber", "theil_sen": "Theil-Sen", "kalman": "Kalman, newest"}

_NONE = "n/a"


def pair_lines(found: dict[str, Any]) -> Iterator[str]:
    """What `cockpit pairs` prints without --json."""
    span = f"{_minute(found['from'])} to {_minute(found['to'])}" if found["from"] else "no common span"
    prices = "logarithms of prices" if found["prices"] == "log" else "prices"
    yield f"A {found['legs'][0]}, B {found['legs'][1]}"
    yield f"{found['n']:,} bars of {found['interval']}, {span}, {prices}"
    yield ""
    marked = {verdict["about"] for verdict in found["verdicts"] if verdict["marked"]}
    unit = "money in B for each 1 in A" if found["prices"] == "log" else "units of B for each of A"
    rows = [
        [f"hedge ratio, {_METHODS[name]}", _number(ratio, ".5g"), unit + (", makes the spread" if name == found["method"] else "")]
        for name, ratio in found["hedge_ratio"].items()
    ]
    rows += [list(row) for row in _rows(found, marked)]
    yield from (line.rstrip() for line in table(["figure", "value", "unit"], _aligned(rows)))
    yield ""
    for verdict in found["verdicts"]:
        yield f"{'*' if verdict['marked'] else ' '} {verdict['text']}"
    if marked:
        yield ""
        yield "* z beyond ±2, p below 0.05, or one relation between the legs"
    for note in found["notes"]:
        yield f"note: {note}"


def _rows(found: dict[str, Any], marked: set[str]) -> Iterator[tuple[str, str, str]]:
    def star(about: str) -> str:
        return " *" if about in marked else ""

    window = f"{found['window']:,} bars"
    yield "z-score", _number(found["zscore"], "+.2f") + star("zscore"), f"deviations of the last {window}"
    seconds = found["half_life_s"]
    yield "half-life", _number(found["half_life"], ",.1f"), "bars" if seconds is None else f"bars, {_duration(seconds)}"
    yield "correlation", _number(found["correlation"], ".3f"), "of changes from bar to bar, all bars"
    yield "rolling correlation", _number(found["rolling_correlation"], ".3f"), f"the last {window}"
    yield "rolling beta", _number(found["rolling_beta"], ".3f"), f"change of A for a change of 1 in B, the last {window}"
    yield from _test("ADF of the spread", found["adf"], found["lags"]["adf"], star("adf"))
    yield from _test("Engle-Granger", found["coint"], found["lags"]["coint"], star("coint"))
    johansen = found["johansen"]
    if johansen is None:
        yield "Johansen trace", _NONE, ""
    else:
        yield "Johansen trace", f"{johansen['trace'][0]:.2f}{star('johansen')}", f"{johansen['critical_95'][0]:.2f} at 95 %"
    yield "Hurst exponent", _number(found["hurst"], ".2f"), "0.5 a random walk, below it comes back"


def _test(name: str, test: dict[str, float | None], lags: int | None, star: str) -> Iterator[tuple[str, str, str]]:
    yield f"{name}, p", _chance(test["pvalue"]) + star, "chance that a random walk looks so"
    yield f"{name}, t", _number(test["stat"], ".3f"), "" if lags is None else f"{lags} lags, by AIC"


def _aligned(rows: Sequence[list[str]]) -> list[list[str]]:
    """The values to the right, with room for a star behind each."""
    bodies = [row[1].removesuffix(" *") for row in rows]
    width = max(map(len, bodies))
    return [[row[0], body.rjust(width) + (" *" if row[1].endswith(" *") else "  "), row[2]] for row, body in zip(rows, bodies, strict=True)]


def scan_lines(found: dict[str, Any]) -> Iterator[str]:
    """What `cockpit pairs --scan` prints without --json."""
    below = found["below"]
    pairs, took = counted(found["tested"], "pair"), f"{found['elapsed_s']:.1f} s"
    yield f"{pairs} of {len(found['symbols'])} symbols tested in {took}, bars of {found['interval']}"
    by_chance = below["at"] * found["tested"]
    yield f"p < {below['at']:g} for {below['p']:,}, where chance alone gives about {by_chance:,.1f}; q < {below['at']:g} for {below['q']:,}"
    for why, count in found["untested"].items():
        yield f"not tested: {counted(count, 'pair')}: {why}"
    yield ""
    rows = [
        [
            " / ".join(row["legs"]), row["n"], _number(row["hedge_ratio"], ".4g"), _number(row["zscore"], ".2f"),
            _number(row["half_life"], ",.1f"), _number(row["correlation"], ".2f"), _chance(row["coint"]["pvalue"]), _chance(row["q"]),
            "*" if row["q"] < below["at"] else "",
        ]
        for row in found["pairs"]
    ]  # fmt: skip
    heads = ["pair", "bars", "hedge", "z", "half-life", "corr", "p", "q", ""]
    yield from table(heads, rows)
    yield ""
    tests = counted(found["tested"], "test")
    yield f"p: Engle-Granger; q: p corrected for {tests} (Benjamini-Hochberg), * below {below['at']:g}; half-life in bars"
    for note in found["notes"]:
        yield f"note: {note}"


def _chance(p: float | None) -> str:
    return _NONE if p is None else "<0.0001" if p < 0.0001 else f"{p:.4f}"


def _minute(iso: str) -> str:
    return f"{iso[:19]}Z"


def _number(value: float | None, form: str) -> str:
    return _NONE if value is None else format(value, form)


def _duration(seconds: float) -> str:
    for size, name in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds / size:,.1f} {name}"
    return f"{seconds:,.1f} s"
