"""Benchmark documents as Markdown: contests as a table of contestants, everything else as a list of figures."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

TITLES = {
    "loop": "Tick backtest: SMA 50/200, fees",
    "sweep": "Sweep: pairs of windows over bars",
    "study": "One run, a sweep and a walk forward over bars",
    "cold": "A backtest as a whole command",
    "busy": "Cores at work during a sweep and a walk forward",
    "cluster": "What a Dask scheduler hands out",
    "call": "One live call; starting",
    "parser": "Venue frames to records",
    "sources": "Market data files to ticks",
    "store": "Tape and ledger",
    "scan": "A sealed tape through a backtest",
    "feed": "Socket to consumer",
    "live": "The whole live path",
    "wide": "Three hundred symbols, recorded",
    "backfill": "Missed prints fetched",
    "replay": "A long recording replayed",
    "recovery": "As it was, after kill -9",
    "lab": "The live path beside runs over history",
    "lab_study": "The live path beside a study",
    "alerts": "Alert rules",
    "honesty": "Statistics of honest ranking",
    "trend": "Trends told of generated markets",
    "pairs": "Pairs: a scan of all, an update of one",
    "screen": "The price pane",
    "screen_live": "The whole screen under load",
}


def section(name: str, result: dict[str, Any]) -> str:
    """One benchmark's part of the page."""
    others = f" ({result['others_pct']:.0f} % of the machine used by others meanwhile)" if "others_pct" in result else ""
    lines = [
        f"\n## {TITLES.get(name, name)}\n",
        f"`benchmarks/{name}.py`: {result['measured']}, took {result['took_s']:.0f} s{others}, "
        f"load average {result['load_before']} at the start, commit {result['machine']['commit']}\n",
    ]
    if "failed" in result:
        lines.append(f"**Failed:** {result['failed']}")
    elif "ratios" in result["document"]:
        lines += contest(result["document"])
    elif parts := {key: part for key, part in result["document"].items() if isinstance(part, dict) and "ratios" in part}:
        for key, part in parts.items():
            lines += [f"### {key}\n", *contest(part), ""]
    else:
        lines += ["| figure | value |", "|---|---|"]
        lines += [f"| {key} | {value} |" for key, value in flat(result["document"]) if key != "bench"]
    return "\n".join(lines) + "\n"


def environment(machine: dict[str, Any]) -> str:
    """What it ran on, and with, in one line."""
    versions = ", ".join(f"{key} {machine[key]}" for key in machine if key not in ("processor", "cores", "system", "commit"))
    return f"{machine['processor']}, {machine['cores']} cores, {machine['system']}; {versions}\n"


def contest(document: dict[str, Any]) -> list[str]:
    """Contestants fastest first, then the ratios."""
    unit = document["unit"]
    sizes = [f"{value:,} {key}" for key, value in document.items() if isinstance(value, int)]
    lines = [
        f"{', '.join(sizes)}\n",
        f"| | version | {unit}, median | best | per CPU second | first result after | peak memory | profit and fills |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for row in sorted(document["rows"], key=lambda row: -row.get("rate", 0.0)):
        name = f"**{row['name']}**" if row["ours"] else row["name"]
        if "rate" in row:
            cells = [row["version"], *(short(row[key]) for key in ("rate", "rate_best", "rate_of_cpu"))]
            cells += [f"{row['start_s']:.1f} s", f"{row['peak_mb']:.0f} MB", row["agrees"]]
        else:
            cells = ["", "", "", "", "", "", row["note"]]
        lines.append(f"| {' | '.join([name, *cells])} |")
    lines.append("")
    for one in document["ratios"]:
        lines.append(
            f"- {one['name']}: **{one['times']}x** {one['over']} ({one['least']}-{one['most']} in single rounds, "
            f"{one['times_of_cpu']}x by CPU time)"
        )
    return lines


def short(rate: float) -> str:
    """Three digits: 52.3 M, 845 k, 31.2."""
    for size, suffix in ((1e6, " M"), (1e3, " k")):
        if rate >= size:
            return f"{rate / size:.3g}{suffix}"
    return f"{rate:.3g}"


def flat(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """(dotted name, value) of everything in a document."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from flat(inner, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from flat(inner, f"{path}.{number}")
    elif isinstance(value, float):
        yield path, f"{value:,.4g}" if abs(value) < 1e4 else f"{value:,.0f}"
    elif isinstance(value, int) and not isinstance(value, bool):
        yield path, f"{value:,}"
    else:
        yield path, value
