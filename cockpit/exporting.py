"""What is under the cursor in the lab as files: a run with its curve and trades, a study with its ranking, and of both a report to read."""

from __future__ import annotations

import asyncio
import gzip
import os
import zlib
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from cockpit.report import Report
from cockpit.study import StudyReport
from cockpit.subject import subject, yet
from cockpit.text import clean
from core.child import running
from core.errors import CockpitError, one_line

if TYPE_CHECKING:
    from cockpit.app import CockpitApp
    from core.transfer.sheet import Sheet

    #: Files by name: whole, or a table in the form its name ends with.
    Files = dict[str, bytes | Sheet]

FOLDER = "exports"


class _LastWord(msgspec.Struct):
    """What the process of a page says: that it is done, or what is wrong (`core.research.report.job`)."""

    type: str
    message: str = ""


_EQUITY = ("ts_ns", "equity", "drawdown", "drawdown_pct", "in_market")


def export(app: CockpitApp) -> None:
    """Write the result under the cursor to files in the home, and say where."""
    study = app.lab.chosen_study
    if app.deck is app.lab and study is not None:
        found = app.lab.study_report(study)
        if found is None or study.state != "done":
            app.say(f"{clean(study.id)} has no findings: {clean(study.state)}")
        else:
            _begin(app, study.id, partial(study_files, found))
        return
    row = subject(app, "e writes")
    if row is None:
        return
    report = app.lab.report(row)
    if report is None or row.state != "done":
        app.say(f"{clean(row.id)} has no result{yet(row)}")
        return
    _begin(app, row.id, partial(run_files, report), report)


def stop(app: CockpitApp, id_: str) -> bool:
    """Stop writing the files of a run or a study; whether they were being written."""
    worker = app.lab.writing.get(id_)
    if worker is None:
        return False
    worker.cancel()
    app.say(f"the files of {clean(id_)} are no longer written")
    return True


def _begin(app: CockpitApp, id_: str, made: Callable[[], Files], report: Report | None = None) -> None:
    if id_ in app.lab.writing:
        app.say(f"the files of {clean(id_)} are being written: x stops it")
    else:
        app.lab.writing[id_] = app.run_worker(_write(app, id_, made, report), group="export")


async def _write(app: CockpitApp, id_: str, made: Callable[[], Files], report: Report | None) -> None:
    """Write them beside the loop; of a run its page is made in a process of its own."""
    folder = app.home / FOLDER
    try:
        names = await asyncio.to_thread(write_files, folder, made)
        if report is not None and report.detail is not None:
            names = [await run_page(report, folder), *names]
    except OSError as error:
        app.say(f"cannot write into {clean(str(folder))}: {error.strerror}", "error")
        return
    except CockpitError as error:
        app.say(f"the files of {clean(id_)} are not all written: {clean(str(error))}", "error")
        return
    finally:
        app.lab.writing.pop(id_, None)
    without = "" if any(name.endswith(".html") for name in names) else " (it left no report)"
    app.say(f"{', '.join(names)}{without} written in {clean(str(folder))}")


async def run_page(report: Report, folder: Path) -> str:
    """Have the page of a run written by a process, which ends with whoever waits for it; its name.

    Raises:
        CockpitError: it cannot be written.
    """
    name = f"{Path(report.id).name}.html"
    words = msgspec.structs.asdict(report) | {"path": str(folder / name)}
    async with running("core.research.report.job", str(os.getpid()), stderr=asyncio.subprocess.PIPE, own_session=True) as process:
        said, complaint = await process.communicate(msgspec.msgpack.encode(words))
    try:
        last = msgspec.json.decode(said, type=_LastWord)
    except msgspec.MsgspecError:
        raise CockpitError(f"its process crashed: {one_line(complaint.decode(errors='replace').strip().rpartition(chr(10))[2])}") from None
    if last.type != "done":
        raise CockpitError(last.message)
    return name


def write_files(folder: Path, made: Callable[[], Files]) -> list[str]:
    """Write files, each whole or not at all; returns the names.

    Raises:
        OSError: there is no such folder.
        CockpitError: one cannot be written; those before it are.
    """
    from core.transfer.draft import Draft
    from core.transfer.export import export as write_sheet
    from core.transfer.export import form_of

    folder.mkdir(mode=0o700, exist_ok=True)
    files = made()
    for name, content in files.items():
        path = folder / Path(name).name
        if isinstance(content, bytes):
            with Draft(path) as draft:
                draft.part.write_bytes(content)
                draft.keep()
        else:
            write_sheet(content, path, form_of(path, None), lambda done, rows: None)
    return list(files)


def run_files(report: Report) -> Files:
    """A run: the whole as JSON; the curve, the fills, the round trips and the decisions as CSV too."""
    from core.transfer.rows_out import plain_sheet

    detail = report.detail
    files: Files = {f"{report.id}.json": msgspec.json.format(msgspec.json.encode(report), indent=2)}
    if detail is not None:
        under, held = (dict(enumerate(values)) for values in (detail.underwater, detail.held))
        points = [dict(zip(_EQUITY, (*point, under.get(k), held.get(k)), strict=True)) for k, point in enumerate(detail.equity)]
        signals = [_flat(row) for row in detail.signals]
        for name, rows in (("equity", points), ("fills", detail.fills), ("trades", detail.trips), ("signals", signals)):
            if rows:
                files[f"{report.id}-{name}.csv"] = plain_sheet(name, rows)
    return files


def _flat(row: dict[str, Any]) -> dict[str, Any]:
    """A decision with its values beside each other; one that is called as something else of it gets an underscore behind its name."""
    plain = {name: value for name, value in row.items() if name != "values"}
    return plain | {f"{name}_" if name in plain else name: value for name, value in row["values"].items()}


def study_files(report: StudyReport) -> Files:
    """A study: its report, where its process left one; what was asked and the document as JSON, the ranking as CSV, a column a
    parameter."""
    from core.transfer.run_out import ranking_table

    whole = {"id": report.id, "order": report.order, **report.document}
    return {
        **_page(report),
        f"{report.id}.json": msgspec.json.format(msgspec.json.encode(whole), indent=2),
        f"{report.id}-ranking.csv": ranking_table(report.ranking).sheet,
    }


def _page(report: StudyReport) -> dict[str, bytes]:
    try:
        return {f"{report.id}.html": gzip.decompress(Path(report.page).read_bytes())} if report.page else {}
    except (OSError, EOFError, zlib.error):
        return {}  # gone, or damaged: what is written instead says that there is none
