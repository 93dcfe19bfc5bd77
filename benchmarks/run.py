"""`make bench`: run the benchmarks one after the other, print their tables, keep them in results/.

    python benchmarks/run.py [--only loop,sweep] [--all] [--quick]

results/latest.md and latest.json hold the newest figures of each benchmark with what others used of the machine meanwhile;
results/runs.jsonl, outside git, every run. `--all` adds the slow peers, `--quick` takes small sizes and keeps nothing.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import time
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks.contest import ROOT, say
from benchmarks.tables import environment, section

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "results"

#: In this order; one that is not there is passed over. Each prints one JSON document.
BENCHES: dict[str, list[str]] = {
    "loop": ["--ticks", "100000", "--rounds", "3", "--peers", "hftbacktest"],
    "sweep": ["--bars", "10000", "--rounds", "2"],
    "study": ["--bars", "10000", "--sweep-bars", "5000", "--rounds", "1", "--peers", "vectorbt"],
    "cold": ["--ticks", "50000", "--rounds", "1"],
    "busy": ["--ticks", "50000", "--pairs", "50", "--rounds", "1"],
    "cluster": ["--jobs", "200", "--rounds", "1"],
    "call": ["--calls", "2000", "--rounds", "2"],
    "parser": ["--rounds", "2"],
    "sources": ["--rows", "100000"],
    "store": ["--ticks", "100000", "--rounds", "1"],
    "scan": ["--ticks", "300000", "--rounds", "1"],
    "feed": ["--frames", "50000", "--rounds", "1", "--seconds", "2"],
    "live": ["--seconds", "2", "--idle", "2", "--target", "0", "--crowd", "0"],
    "wide": ["--seconds", "2"],
    "backfill": ["--ids", "20000", "--minutes", "0"],
    "replay": ["--ticks", "100000", "--hours", "2"],
    "recovery": ["--ticks", "50000", "--rounds", "1"],
    "lab": ["--seconds", "2", "--rounds", "1"],
    "lab_study": ["--seconds", "2", "--rounds", "1"],
    "alerts": ["--batches", "200", "--seconds", "5"],
    "honesty": ["--searches", "2", "--paths", "500"],
    "trend": ["--markets", "20"],
    "pairs": ["--symbols", "8", "--bars", "200", "--rounds", "1"],
    "screen": ["--seconds", "4", "--keys", "10"],
    "screen_live": ["--seconds", "3", "--keys", "10", "--rates", "5000"],
}
LONGEST_S = 3600


def run(name: str, arguments: list[str]) -> dict[str, Any]:
    """One benchmark in a process of its own: its document, when and under which load it began; `failed` instead of figures."""
    began, load = datetime.now(UTC), os.getloadavg()[0]
    say(f"{name} {' '.join(arguments)}".rstrip())
    clock, others = time.perf_counter(), cpu_of_others()
    found: dict[str, Any] = {"measured": began.isoformat(timespec="seconds"), "load_before": round(load, 2)}
    try:
        done = subprocess.run(
            [sys.executable, str(HERE / f"{name}.py"), *arguments],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
            timeout=LONGEST_S,
        )
        found["document"] = json.loads(done.stdout)
    except (subprocess.SubprocessError, ValueError) as error:
        found["failed"] = f"{type(error).__name__}: {error}"[:300]
    took = time.perf_counter() - clock
    if others is not None:
        found["others_pct"] = round(100 * ((cpu_of_others() or 0.0) - others) / (took * (os.cpu_count() or 1)), 1)
    return found | {"took_s": round(took, 1), "machine": machine()}


def cpu_of_others() -> float | None:
    """CPU seconds since boot that neither we nor what we ran and waited for used; None where /proc does not tell."""
    try:
        first = Path("/proc/stat").read_text(encoding="ascii").partition("\n")[0].split()
    except OSError:
        return None
    user, nice, system, _idle, _iowait, irq, softirq, steal = map(int, first[1:9])
    usage = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    ours = sum(one.ru_utime + one.ru_stime for one in usage)
    return (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK") - ours


def machine() -> dict[str, Any]:
    """What it ran on, and with."""
    commit = subprocess.run(
        ["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.strip()
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        **{name: version(name) for name in ("numpy", "numba", "llvmlite", "msgspec", "textual", "websockets")},
        "commit": commit or "unknown",
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


def page(results: dict[str, Any]) -> str:
    """results/latest.md."""
    newest = max(results.values(), key=lambda result: result["measured"])
    head = "# Figures\n\nWritten by `make bench`; what is measured, and how, is in [README.md](../README.md).\n\n"
    return head + environment(newest["machine"]) + "".join(section(name, results[name]) for name in BENCHES if name in results)


def keep(results: dict[str, Any]) -> None:
    """Put the new figures beside those of benchmarks that were not run now."""
    RESULTS.mkdir(exist_ok=True)
    latest = RESULTS / "latest.json"
    merged = (json.loads(latest.read_text(encoding="utf-8")) if latest.exists() else {}) | results
    latest.write_text(json.dumps(merged, indent=1) + "\n", encoding="utf-8")
    (RESULTS / "latest.md").write_text(page(merged), encoding="utf-8")
    with (RESULTS / "runs.jsonl").open("a", encoding="utf-8") as runs:
        runs.write(json.dumps(results) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--only", default=",".join(BENCHES), help=f"of {', '.join(BENCHES)}")
    parser.add_argument("--all", action="store_true", help="all peers, the slow ones too")
    parser.add_argument("--quick", action="store_true", help="small sizes, nothing kept")
    chosen = parser.parse_args()
    names = chosen.only.split(",")
    if unknown := [name for name in names if name not in BENCHES]:
        parser.error(f"no benchmark {', '.join(unknown)}; there are: {', '.join(BENCHES)}")
    results = {}
    for name in (name for name in BENCHES if name in names and (HERE / f"{name}.py").exists()):
        arguments = BENCHES[name] if chosen.quick else []
        results[name] = run(name, [*arguments, *(["--all"] if chosen.all and name == "loop" else [])])
        sys.stdout.write(section(name, results[name]))
        sys.stdout.flush()
    if not chosen.quick:
        keep(results)
    if any("failed" in result or _differs(result["document"]) for result in results.values()):
        raise SystemExit(1)


def _differs(document: dict[str, Any]) -> bool:
    """Whether a contestant came to another result than ours: then its speed says nothing."""
    contests = [part for part in (document, *document.values()) if isinstance(part, dict) and "ratios" in part]
    return any(row.get("agrees", "").startswith("DIFFERS") for part in contests for row in part["rows"])


if __name__ == "__main__":
    main()
