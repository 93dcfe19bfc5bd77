"""What a person does with a run of the lab: cancel it, compare it, read it, register what was tested."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cockpit import exporting, figures
from cockpit.panes.result import order_lines, result_lines
from cockpit.panes.run_figures import more_lines
from cockpit.panes.run_fill import fill_lines
from cockpit.report import params_words, quote_of, symbols_of, terms_words, title_words
from cockpit.study import best_words
from cockpit.subject import OVER, subject, yet
from cockpit.text import clean
from core.commands import CancelRun, Register
from core.study_view import StudyRow
from core.view import RunRow

if TYPE_CHECKING:
    from cockpit.app import CockpitApp


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
    if row is not None:
        end(app, row, f"{clean(row.id)} is cancelled")


def end(app: CockpitApp, row: RunRow | StudyRow, done: str) -> None:
    """Cancel a run or a study, or the writing of its files; or say why not."""
    if exporting.stop(app, row.id):
        return
    if row.state in ("queued", "running"):
        app.submit(CancelRun(id=row.id), done)
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
    terms = order.terms if row.costs is None else row.costs.over(order.terms)
    command = Register(name=order.strategy, symbols=symbols_of(row.symbol), params=order.params, terms=terms)
    propose(app, command, f"as {clean(row.id)} tested it")


def propose(app: CockpitApp, command: Register, tested: str, doubt: str = "") -> None:
    """Ask whether to register what was tested, after saying what that is."""
    name, symbol = clean(command.name), ", ".join(command.symbols)
    mode = f"in {app.lab.mode or 'paper'} mode"
    real = " This is REAL MONEY." if app.lab.mode == "live" else ""
    what = f"{params_words(command.params) or 'its default parameters'}; {terms_words(command.terms)}"
    answers = [("r", "register", f"start it on live prices {mode}: {what}")]
    done = f"{name} trades {symbol} {tested}"
    app.ask_person(f"Register {name} on {symbol} {tested}?{doubt}{real}", answers, {"r": lambda: app.submit(command, done)})


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
