"""What is under the cursor in the lab as files: a run with its curve and trades, a study with its ranking."""

from __future__ import annotations

import asyncio
import csv
import io
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from cockpit.report import Report
from cockpit.study import StudyReport
from cockpit.text import clean
from cockpit.trials import subject, yet

if TYPE_CHECKING:
    from cockpit.app import CockpitApp

FOLDER = "exports"

_EQUITY = ("ts_ns", "equity", "drawdown", "drawdown_pct", "in_market")


def export(app: CockpitApp) -> None:
    """Write the result under the cursor to files in the home, and say where."""
    study = app.lab.chosen_study
    if app.deck is app.lab and study is not None:
        found = app.lab.study_report(study)
        if found is None or study.state != "done":
            app.say(f"{clean(study.id)} has no findings: {clean(study.state)}")
        else:
            app.run_worker(_write(app, partial(study_files, found)), group="export")
        return
    row = subject(app, "e writes")
    if row is None:
        return
    report = app.lab.report(row)
    if report is None or row.state != "done":
        app.say(f"{clean(row.id)} has no result{yet(row)}")
        return
    app.run_worker(_write(app, partial(run_files, report)), group="export")


async def _write(app: CockpitApp, made: Callable[[], dict[str, bytes]]) -> None:
    folder = app.home / FOLDER
    try:
        names = await asyncio.to_thread(write_files, folder, made)
    except OSError as error:
        app.say(f"cannot write into {clean(str(folder))}: {error.strerror}", "error")
        return
    app.say(f"{', '.join(names)} written in {clean(str(folder))}")


def write_files(folder: Path, made: Callable[[], dict[str, bytes]]) -> list[str]:
    """Write files by name; returns the names.

    Raises:
        OSError: they cannot be written.
    """
    folder.mkdir(mode=0o700, exist_ok=True)
    files = made()
    for name, data in files.items():
        (folder / Path(name).name).write_bytes(data)
    return list(files)


def run_files(report: Report) -> dict[str, bytes]:
    """A run: the whole as JSON; the curve, the fills and the round trips as CSV too."""
    detail = report.detail
    files = {f"{report.id}.json": msgspec.json.format(msgspec.json.encode(report), indent=2)}
    if detail is not None:
        points = ([*point, *detail.underwater[k : k + 1], *detail.held[k : k + 1]] for k, point in enumerate(detail.equity))
        files[f"{report.id}-equity.csv"] = _csv(_EQUITY, points)
        for name, rows in (("fills", detail.fills), ("trades", detail.trips), ("signals", [_flat(row) for row in detail.signals])):
            if rows:
                files[f"{report.id}-{name}.csv"] = _csv(list(rows[0]), (row.values() for row in rows))
    return files


def _flat(row: dict[str, Any]) -> dict[str, Any]:
    """A decision with its values beside each other; one that is called as something else of it gets an underscore behind its name."""
    plain = {name: value for name, value in row.items() if name != "values"}
    return plain | {f"{name}_" if name in plain else name: value for name, value in row["values"].items()}


def study_files(report: StudyReport) -> dict[str, bytes]:
    """A study: what was asked and the document as JSON, the ranking as CSV, a column a parameter."""
    whole = {"id": report.id, "order": report.order, **report.document}
    names = list(dict.fromkeys(name for row in report.ranking for name in row.get("params", {})))
    plain = [name for name in (report.ranking[0] if report.ranking else {}) if name != "params"]
    rows = ([row["params"].get(name) for name in names] + [row.get(name) for name in plain] for row in report.ranking)
    return {
        f"{report.id}.json": msgspec.json.format(msgspec.json.encode(whole), indent=2),
        f"{report.id}-ranking.csv": _csv([*names, *plain], rows),
    }


def _csv(columns: Any, rows: Any) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return text.getvalue().encode()
