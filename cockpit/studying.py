"""What a person does with a study of the lab: ask for it, cancel it, register one of its trials, read it; a run is left to `trials`."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING, Any

from cockpit import trials
from cockpit.figures import NONE
from cockpit.panes.findings import findings_lines
from cockpit.panes.prices import bare
from cockpit.report import params_words, stamp, terms_words
from cockpit.study import range_names, study_title
from cockpit.text import clean
from core.commands import CancelRun, Optimize, Register
from core.study_view import StudyRow

if TYPE_CHECKING:
    from cockpit.app import CockpitApp


def ask(app: CockpitApp) -> None:
    """Open the form of a study, filled in with what the cursor is on."""
    from cockpit.forms.recents import Recents
    from cockpit.forms.study import StudyForm

    asked: list[Optimize] = []

    async def submit(order: Optimize) -> Any:
        asked.append(order)
        return await app.link.submit(order)

    def queued(id_: str | None) -> None:
        if id_:
            app.show("lab")
            now_ns = app.lab.header.now_ns if app.lab.header else time.time_ns()
            app.lab.expect(StudyRow(id_, asked[-1], "queued", "", now_ns, 0, 0))

    study = _chosen(app)
    strategy, typed, id_ = (study.order.strategies[0], typed_of(study.order), "") if study is not None else trials.beginning(app)
    form = StudyForm(
        app.catalogue,
        submit,
        lambda: app.link.look("sources"),
        lambda path: app.link.aside("source", path=path),
        recents=Recents(app.home, "study"),
        strategy=strategy,
        typed=typed,
        more=partial(trials.terms_of, app, id_) if id_ else None,
    )
    app.push_screen(form, queued)


def typed_of(order: Optimize) -> dict[str, str]:
    """What stood in the fields of a study."""
    import msgspec

    times = {name: stamp(ns) for name, ns in (("from", order.from_ns), ("to", order.to_ns)) if ns is not None}
    ranges = {name: clean(text.partition("=")[2]) for name, text in zip(range_names(order), order.ranges, strict=True)}
    return {
        "source": clean(order.source), "symbol": order.symbol or "", **times, **trials.shown(dict(order.params)), **ranges,
        "also": clean(", ".join(order.strategies[1:])), "where": clean(" ".join(order.where)), "method": order.method,
        "trials": str(order.trials or ""), "seed": str(order.seed), "rank_by": order.rank_by, "validate": order.validate or "none",
        "folds": str(order.folds), "gaps": "allow" if order.allow_gaps else "refuse", **trials.shown(msgspec.to_builtins(order.terms)),
    }  # fmt: skip


def _chosen(app: CockpitApp) -> StudyRow | None:
    """The study the cursor is on, on the lab's screen."""
    return app.lab.chosen_study if app.deck is app.lab else None


def cancel(app: CockpitApp) -> None:
    """Cancel the study or the run under the cursor, or say why not."""
    study = _chosen(app)
    if study is None:
        trials.cancel(app)
    elif study.state in ("queued", "running"):
        app.submit(CancelRun(id=study.id), f"{clean(study.id)} is cancelled; the same study goes on from there")
    else:
        app.say(f"{clean(study.id)} is over already: {clean(study.state)}")


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
    trial = trials.trial_of(app, study) if study.state == "done" else None
    if trial is None:
        app.say(f"{clean(study.id)} has no result to register: {clean(study.state)}")
        return
    name, params, terms = str(trial["strategy"]), dict(trial["params"]), study.order.terms
    symbol = bare(str(trial.get("symbol") or study.symbol))
    command = Register(name=name, symbols=[symbol], params=params, terms=terms)
    mode = f"in {app.lab.mode or 'paper'} mode"
    real = " This is REAL MONEY." if app.lab.mode == "live" else ""
    doubt = {"overfit": " Its study says OVERFIT.", "doubtful": " Its study says doubtful."}.get(study.verdict or "", "")
    answers = [
        ("r", "register", f"start it on live prices {mode}: {params_words(params) or 'its default parameters'}; {terms_words(terms)}")
    ]
    question = f"Register {clean(name)} on {symbol} as {clean(study.id)} tried it?{doubt}{real}"
    done = f"{clean(name)} trades {symbol} as {clean(study.id)} tried it"
    app.ask_person(question, answers, {"r": lambda: app.submit(command, done)})


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
    lines = findings_lines(study, app.lab.study_report(study), now_ns, 116)
    app.push_screen(Reading(study_title(study), ["".join(part.text for part in line) for line in lines]))


def trial_lines(trial: dict[str, Any]) -> list[str]:
    """Every parameter and figure of a trial."""
    params = [f"{clean(str(name)):<18} {clean(str(value))}" for name, value in trial["params"].items()]
    told = [(name, value) for name, value in trial.items() if name not in ("params", "strategy", "symbol")]
    return [*params, "", *(f"{name.replace('_', ' '):<18} {NONE if value is None else f'{value:,.6g}'}" for name, value in told)]
