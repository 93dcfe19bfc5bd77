"""The lab: runs over history, and of the one under the cursor what came out: figures, curve, trades; of a study its verdict, a map of its
parameters and the ranking. Two runs can be laid side by side."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import ClassVar

from textual import work
from textual.binding import BindingType
from textual.containers import Container
from textual.widget import Widget
from textual.worker import Worker

from cockpit.actions import bindings_of
from cockpit.deck import ALWAYS, Deck, Pane
from cockpit.panes.equity import EquityPane
from cockpit.panes.facts import Facts
from cockpit.panes.findings import FindingsPane
from cockpit.panes.heat_map import MapPane
from cockpit.panes.line import Part
from cockpit.panes.ranking import RankingPane
from cockpit.panes.result import ResultPane
from cockpit.panes.run_trades import RunTradesPane
from cockpit.panes.runs import RunsPane
from cockpit.report import Report, read_report
from cockpit.study import StudyReport, read_study
from cockpit.text import clean
from core.errors import CockpitError, NotRunning
from core.study_view import StudyRow
from core.view import LabView, RunRow, View

#: Reports that are kept, with curve and trades.
KEPT = 30


class LabScreen(Deck):
    """Runs, and the result, the equity and the trades of the chosen one; the verdict, the map and the ranking where that is a study.

    Attributes:
        marked: the id of the run that others are compared with; '' none.
        writing: by id what writes the files of a run or a study now.
    """

    NAME = "lab"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings_of("lab")]

    def __init__(self) -> None:
        self.runs = RunsPane(id="runs")
        self.result = ResultPane(id="result")
        self.equity = EquityPane(id="equity")
        self.trades = RunTradesPane(id="run_trades")
        self.view: LabView | None = None
        self.marked = ""
        self.writing: dict[str, Worker[None]] = {}
        self._under_way: set[str] = set()
        self._ended: list[RunRow | StudyRow] = []
        self._reports: dict[str, Report | StudyReport] = {}
        self._unreadable: dict[str, str] = {}
        self.findings = FindingsPane(id="findings")
        self.map = MapPane(id="map")
        self.ranking = RankingPane(id="ranking")
        self._of_run: tuple[Pane, ...] = (self.runs, self.result, self.equity, self.trades)
        self._of_study: tuple[Pane, ...] = (self.runs, self.findings, self.map, self.ranking)
        super().__init__(self._of_run)

    def compose_panes(self) -> Iterable[Widget]:
        yield Container(*self._of_run, *self._of_study[1:], id="bench")

    # What the engine said

    def wanted(self) -> list[str]:
        return [*ALWAYS, "lab"]

    def take(self, view: View) -> None:
        super().take(view)
        if view.lab is not None:
            self.view = view.lab
            rows = view.lab.rows
            self._ended += [row for row in rows if row.id in self._under_way and row.state in ("done", "failed")]
            self._under_way = {row.id for row in rows if row.state in ("queued", "running")}
            self.runs.take(view.lab)
            if self.runs.get(self.marked) is None:
                self.marked = ""

    @property
    def told(self) -> bool:
        return self.view is not None

    def awaited(self) -> list[str]:
        """The view to pull while another screen is shown: as long as a run is under way, so that its end can be told."""
        return ["lab"] if self._under_way else []

    def expect(self, row: RunRow | StudyRow) -> None:
        """A run was just asked for: from now on it is the one that keys are about."""
        self.runs.expect(row, time.monotonic())
        self._under_way.add(row.id)
        self.go(1)

    def ended(self) -> list[RunRow | StudyRow]:
        """The runs that ended since this was asked last."""
        ended, self._ended = self._ended, []
        return ended

    def paint(self, now: float, now_ns: int, trouble: str = "") -> None:
        if self.single and self.chosen is None and self.chosen_study is None:  # one pane is shown, and its cursor says what it is about
            self.paint_pane(self.runs, now, now_ns)
        self._fetch_missing(bool(trouble))
        self._face()
        super().paint(now, now_ns, trouble)

    def _face(self) -> None:
        """Show the panes of what is under the cursor: of a run, or of a study."""
        panes = self._of_run if self.chosen_study is None else self._of_study
        if panes is not self.panes:
            at = self.panes.index(self.pane)
            self.panes = panes
            self.set_class(panes is self._of_study, "-study")
            self.pane = panes[at]
            self.reshape()
            self.pane.focus()

    def paint_pane(self, pane: Pane, now: float, now_ns: int) -> None:
        if self.header is not None and self.header.replay is not None:
            now_ns = time.time_ns()  # runs take our time, whatever it is in the replay
        if self.view is None or self.header is None:
            if isinstance(pane, Facts):
                pane.show_lines(f"{pane.NUMBER} {pane.TITLE}", [[Part("Waiting for the engine …", "muted")]])
            else:
                pane.show([], now, empty=("Waiting for the engine …",))
        elif pane is self.runs:
            self.runs.marked, self.runs.writing = self.marked, sorted(self.writing)
            self.runs.paint(now, now_ns)
        else:
            self._paint_chosen(pane, now, now_ns)

    def _paint_chosen(self, pane: Pane, now: float, now_ns: int) -> None:
        study = self.chosen_study
        if study is not None:
            self._paint_study(pane, study, now, now_ns)
            return
        row, marked = self.chosen, self.runs.get(self.marked)
        report = self.report(row)
        if pane is self.result:
            self.result.paint(row, report, marked, now_ns)
        elif pane is self.equity:
            self.equity.paint(report, None if marked is row else self.report(marked), self._why_nothing(row))
        elif pane is self.trades:
            self.trades.paint(report, now, self._why_nothing(row))

    def _paint_study(self, pane: Pane, study: StudyRow, now: float, now_ns: int) -> None:
        report, word = self.study_report(study), self._why_nothing(study)
        self.ranking.paint(report, now, word)  # its cursor says which trial the map is about
        if pane is self.findings:
            self.findings.paint(study, report, now_ns, word)
        elif pane is self.map:
            self.map.paint(study, report, self.ranking.chosen, word)

    # Reports

    @property
    def chosen(self) -> RunRow | None:
        """The run under the cursor of the runs, whatever pane has the focus; None where it is a study."""
        return self.runs.chosen

    @property
    def chosen_study(self) -> StudyRow | None:
        """The study under the cursor of the runs; None where it is a run."""
        return self.runs.chosen_study

    def report(self, row: RunRow | None) -> Report | None:
        """What is held of a run."""
        held = None if row is None else self._reports.get(row.id)
        return held if isinstance(held, Report) else None

    def study_report(self, row: StudyRow | None) -> StudyReport | None:
        """What is held of a study."""
        held = None if row is None else self._reports.get(row.id)
        return held if isinstance(held, StudyReport) else None

    def _why_nothing(self, row: RunRow | StudyRow | None) -> str:
        """Why a run has neither curve nor trades to show, or a study no map; '' where there is no run."""
        if row is None or row.state != "done":
            return {"queued": "It waits for its turn.", "running": "It is under way …"}.get(row.state, "It came to nothing.") if row else ""
        if row.id in self._unreadable:
            return self._unreadable[row.id]
        gone = "Its curve and trades are no longer on disk." if isinstance(row, RunRow) else "Its ranking and map are not on disk."
        return "Reading …" if row.id not in self._reports else gone

    def _fetch_missing(self, away: bool) -> None:
        """Ask for the report of a run that is looked at."""
        for row in (self.chosen_study or self.chosen, self.runs.get(self.marked)):
            if row is not None and row.state == "done" and not away and not {row.id} & {*self._reports, *self._unreadable}:
                self._unreadable[row.id] = "Reading …"
                self._fetch(row.id, isinstance(row, StudyRow))

    @work(group="reports")
    async def _fetch(self, id_: str, study: bool) -> None:
        link = self.app.link  # type: ignore[attr-defined]  # the app is the cockpit's
        try:
            answer = await link.ask("run", id=id_)
            self._reports[id_] = read_study(answer) if study else read_report(answer)
        except NotRunning:
            pass  # asked again when the engine is back
        except (CockpitError, ValueError) as error:
            self._unreadable[id_] = clean(str(error))
            return
        self._unreadable.pop(id_, None)
        for old in [key for key in self._reports if key not in (id_, self.marked)][:-KEPT]:
            del self._reports[old]

    def tab_of(self, pane: Pane) -> str:
        return f"{pane.TITLE}({len(self._under_way)})" if pane is self.runs and self._under_way else pane.TITLE
