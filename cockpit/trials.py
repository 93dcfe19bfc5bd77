"""What a person does with a run of the lab: ask for it, cancel, compare, register what was tested."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec

from cockpit import figures
from cockpit.forms.fields import Field
from cockpit.panes.prices import bare
from cockpit.panes.result import order_lines, result_lines
from cockpit.panes.run_figures import more_lines
from cockpit.panes.run_fill import fill_lines
from cockpit.report import params_words, quote_of, stamp, terms_words, title_words
from cockpit.study import best_words
from cockpit.text import clean
from core.commands import Backtest, CancelRun, Register
from core.errors import CockpitError
from core.study_view import StudyRow
from core.view import RunRow

if TYPE_CHECKING:
    from cockpit.app import CockpitApp

#: States of a run that no longer change.
OVER = ("done", "failed", "cancelled")


def run(app: CockpitApp) -> None:
    """Open the form of a run, filled in with what the cursor is on."""
    from cockpit.forms.backtest import BacktestForm
    from cockpit.forms.recents import Recents

    asked: list[Backtest] = []

    async def submit(order: Backtest) -> Any:
        asked.append(order)
        return await app.link.submit(order)

    def queued(id_: str | None) -> None:
        if id_:
            app.show("lab")
            now_ns = app.lab.header.now_ns if app.lab.header else time.time_ns()
            app.lab.expect(RunRow(id_, asked[-1], "queued", "", now_ns, 0, 0, 0, None, 0, "", None))

    strategy, typed, id_ = beginning(app)
    form = BacktestForm(
        app.catalogue,
        submit,
        lambda: app.link.look("sources"),
        lambda path: app.link.aside("source", path=path),
        recents=Recents(app.home, "backtest"),
        strategy=strategy,
        typed=typed,
        more=partial(terms_of, app, id_) if id_ else None,
    )
    app.push_screen(form, queued)


def beginning(app: CockpitApp) -> tuple[str, dict[str, str], str]:
    """What the form begins with: the run under the cursor again, or the strategy or the symbol the cursor is on; and the id of that
    strategy, whose terms the engine knows."""
    chosen, study = app.lab.chosen, app.lab.chosen_study
    if app.deck is app.lab and study is not None:
        return single(app, study)
    if app.deck is app.lab and chosen is not None:
        return chosen.order.strategy, typed_of(chosen.order), ""
    live = app.live
    row = live.chosen_strategy if app.deck is live else None
    if row is not None and len(row.symbols) == 1:
        return row.name, {"source": f"tape:{bare(row.symbols[0])}", **shown(row.params)}, row.id
    symbol = bare(live.prices.listing.cursor_key)
    return "", {"source": f"tape:{symbol}"} if symbol else {}, ""


def single(app: CockpitApp, study: StudyRow) -> tuple[str, dict[str, str], str]:
    """The form of a run of the trial under the cursor of the ranking, or of the best so far; else of the study's first strategy."""
    order, trial = study.order, trial_of(app, study) or {}
    name = str(trial.get("strategy", order.strategies[0]))
    params = trial.get("params", order.params)
    run = Backtest(
        source=order.source,
        strategy=name,
        symbol=order.symbol,
        params=params,
        terms=order.terms,
        from_ns=order.from_ns,
        to_ns=order.to_ns,
        allow_gaps=order.allow_gaps,
    )
    return name, typed_of(run), ""


def trial_of(app: CockpitApp, study: StudyRow) -> dict[str, Any] | None:
    """The trial under the cursor of a study's ranking, or the best that is known."""
    return (app.lab.ranking.chosen if study.state == "done" else None) or study.best


async def terms_of(app: CockpitApp, id_: str) -> dict[str, str]:
    """The terms a strategy trades on; the form has its own where the engine does not say."""
    try:
        return shown((await app.link.look("order", id=id_))["terms"])
    except (CockpitError, TypeError, KeyError):
        return {}


def typed_of(order: Backtest) -> dict[str, str]:
    """What stood in the fields of a run."""
    times = {name: stamp(ns) for name, ns in (("from", order.from_ns), ("to", order.to_ns)) if ns is not None}
    return {
        "source": clean(order.source),
        "symbol": order.symbol or "", **times, "gaps": "allow" if order.allow_gaps else "refuse",
        **shown(order.params), **shown(msgspec.to_builtins(order.terms)),
    }  # fmt: skip


def shown(values: dict[str, Any]) -> dict[str, str]:
    """Values as they stand in the fields of a form."""
    return {name: Field(name=name).shown(value) for name, value in values.items()}


def tell_end(app: CockpitApp, row: RunRow | StudyRow) -> None:
    """Say that a run or a study ended, where its line is not in sight."""
    if app.deck is app.lab:
        return
    if row.state == "failed":
        app.say(f"{clean(row.id)} failed: {clean(row.line)} (F2)", "warning")
    elif isinstance(row, StudyRow):
        app.say(f"{clean(row.id)} is done: {row.verdict or 'no verdict'}, best {best_words(row)} (F2)")
    else:
        money = figures.signed((row.figures or {}).get("net_pnl"))
        app.say(f"{clean(row.id)} is done: {clean(row.order.strategy)} made {money} {quote_of(row.symbol)} (F2)")


def sort(app: CockpitApp) -> None:
    """Sort the runs by their next column."""
    column = app.lab.runs.cycle_sort()
    app.say(f"sorted by {column}" if column else "the newest first")


def turn(app: CockpitApp) -> None:
    """Turn the runs' order round."""
    app.lab.runs.flip_sort()


def cancel(app: CockpitApp) -> None:
    """Cancel the run under the cursor, or say why not."""
    row = subject(app, "x cancels")
    if row is None:
        return
    if row.state in ("queued", "running"):
        app.submit(CancelRun(id=row.id), f"{clean(row.id)} is cancelled")
    else:
        app.say(f"{clean(row.id)} is over already: {clean(row.state)}")


def compare(app: CockpitApp) -> None:
    """Mark the run under the cursor as the one others are compared with; on the marked one, unmark it."""
    row = subject(app, "c marks")
    if row is None:
        return
    name = clean(row.id)
    if app.lab.marked == row.id:
        app.lab.marked = ""
        app.say(f"{name} is no longer marked")
    elif row.state != "done":
        app.say(f"{name} has no result to compare{yet(row)}: {clean(row.state)}")
    else:
        app.lab.marked = row.id
        app.say(f"{name} is A: move to another run to see both")


def register(app: CockpitApp) -> None:
    """Register the strategy of the run under the cursor with what was tested, after saying what that is."""
    row = subject(app, "r registers the strategy of")
    if row is None:
        return
    if row.state != "done":
        app.say(f"{clean(row.id)} {'came to no' if row.state in OVER else 'has no'} result{yet(row)}: {clean(row.state)}")
        return
    order = row.order
    command = Register(name=order.strategy, symbols=[bare(row.symbol)], params=order.params, terms=order.terms)
    what = f"{params_words(order.params) or 'its default parameters'}; {terms_words(order.terms)}"
    mode = f"in {app.lab.mode or 'paper'} mode"
    real = " This is REAL MONEY." if app.lab.mode == "live" else ""
    answers = [("r", "register", f"start it on live prices {mode}: {what}")]
    question = f"Register {clean(order.strategy)} on {bare(row.symbol)} as {clean(row.id)} tested it?{real}"
    done = f"{clean(order.strategy)} trades {bare(row.symbol)} as {clean(row.id)} tested it"
    app.ask_person(question, answers, {"r": lambda: app.submit(command, done)})


def read(app: CockpitApp) -> None:
    """Everything about the run under the cursor, or its fill; where one pane is shown at a time, its result."""
    from cockpit.forms.reading import Reading

    row = app.lab.chosen
    if row is None:
        return
    if app.lab.pane is app.lab.trades:
        if (chosen := app.lab.trades.chosen) is not None:
            app.push_screen(Reading(f"Fill of {title_words(row)}", fill_lines(*chosen)))
        return
    if app.lab.single:
        app.lab.go(2)
        return
    now_ns = app.lab.header.now_ns if app.lab.header else 0
    report = app.lab.report(row)
    told = [*result_lines(row, report, now_ns, 116), *more_lines(report, quote_of(row.symbol))] if row.state == "done" else None
    head = [] if row.state == "done" else [f"{clean(row.state)}{': ' + clean(row.line) if row.line else ''}", ""]
    app.push_screen(Reading(title_words(row), [*head, *("".join(part.text for part in line) for line in told or order_lines(row, 116))]))


def yet(row: RunRow) -> str:
    return "" if row.state in OVER else " yet"


def subject(app: CockpitApp, what: str) -> RunRow | None:
    """The run the cursor is on; elsewhere the focus goes to the runs, and nothing is done."""
    row = app.lab.chosen
    if app.deck is not app.lab or row is None:
        app.show("lab")
        app.lab.go(1)
        some = app.lab.view and (app.lab.view.runs or app.lab.view.studies)
        app.say(f"{what} the run under the cursor" if some else "no run yet: press b to make one, s for a study")
        return None
    return row
