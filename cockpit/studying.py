"""What a person does with a study of the lab: cancel it, register one of its trials, read it; a run is left to `trials`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cockpit import trials
from cockpit.asking import trial_of
from cockpit.figures import NONE
from cockpit.panes.findings import findings_lines
from cockpit.report import symbols_of
from cockpit.study import study_title
from cockpit.text import clean
from core.commands import Register
from core.study_view import StudyRow

if TYPE_CHECKING:
    from cockpit.app import CockpitApp


def _chosen(app: CockpitApp) -> StudyRow | None:
    """The study the cursor is on, on the lab's screen."""
    return app.lab.chosen_study if app.deck is app.lab else None


def cancel(app: CockpitApp) -> None:
    """Cancel the study or the run under the cursor, or say why not."""
    study = _chosen(app)
    if study is None:
        trials.cancel(app)
    else:
        trials.end(app, study, f"{clean(study.id)} is cancelled; the same study goes on from there")


def compare(app: CockpitApp) -> None:
    """Mark the run under the cursor; a study is none."""
    study = _chosen(app)
    if study is None:
        trials.compare(app)
    else:
        app.say(f"{clean(study.id)} is a study: b makes a run of its trial under the cursor, and runs are compared")


def register(app: CockpitApp) -> None:
    """Register the trial under the cursor of the ranking, after saying what that is; elsewhere what the run tested."""
    study = _chosen(app)
    if study is None:
        trials.register(app)
        return
    trial = trial_of(app, study) if study.state == "done" else None
    if trial is None:
        app.say(f"{clean(study.id)} has no result to register: {clean(study.state)}")
        return
    whole = str(trial.get("symbol") or study.symbol)
    terms, report = study.order.terms, app.lab.study_report(study)
    if study.order.costs is not None:
        if report is None:
            app.say(f"what {clean(study.id)} paid is not read yet: again in a moment")
            return
        terms = next((paid.over(terms) for paid in report.costs if paid.symbol == whole), terms)
    command = Register(name=str(trial["strategy"]), symbols=symbols_of(whole), params=dict(trial["params"]), terms=terms)
    doubt = {"overfit": " Its study says OVERFIT.", "doubtful": " Its study says doubtful."}.get(study.verdict or "", "")
    trials.propose(app, command, f"as {clean(study.id)} tried it", doubt)


def sort(app: CockpitApp) -> None:
    """Sort the ranking, or the runs, by the next column."""
    if app.lab.pane is not app.lab.ranking:
        trials.sort(app)
        return
    column = app.lab.ranking.cycle_sort()
    app.say(f"sorted by {column}" if column else "the best first")


def turn(app: CockpitApp) -> None:
    """Turn the order of the ranking, or of the runs, round."""
    if app.lab.pane is app.lab.ranking:
        app.lab.ranking.flip_sort()
    else:
        trials.turn(app)


def axes(app: CockpitApp) -> None:
    """Draw the map of a study over two other parameters."""
    if _chosen(app) is None:
        app.say("a study has a map: s asks for one")
        return
    app.lab.map.turn += 1
    if app.lab.single:
        app.lab.go(3)


def read(app: CockpitApp) -> None:
    """Everything about the study or the run under the cursor; where one pane is shown at a time, its findings."""
    from cockpit.forms.reading import Reading

    study = _chosen(app)
    if study is None:
        trials.read(app)
        return
    trial = app.lab.ranking.chosen if app.lab.pane is app.lab.ranking else None
    if trial is not None:
        app.push_screen(Reading(f"{clean(str(trial['strategy']))} as {clean(study.id)} tried it", trial_lines(trial)))
        return
    if app.lab.single:
        app.lab.go(2)
        return
    now_ns = app.lab.header.now_ns if app.lab.header else 0
    lines = findings_lines(study, app.lab.study_report(study), now_ns, 116, whole=True)
    app.push_screen(Reading(study_title(study), ["".join(part.text for part in line) for line in lines]))


def trial_lines(trial: dict[str, Any]) -> list[str]:
    """Every parameter and figure of a trial."""
    params = [f"{clean(str(name)):<18} {clean(str(value))}" for name, value in trial["params"].items()]
    told = [(name, value) for name, value in trial.items() if name not in ("params", "strategy", "symbol")]
    return [*params, "", *(f"{name.replace('_', ' '):<18} {NONE if value is None else f'{value:,.6g}'}" for name, value in told)]
