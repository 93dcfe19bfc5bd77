"""Asking the lab for a run or a study: each form begins with what the cursor is on, and the cursor goes to what was asked for."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec

from cockpit.forms.fields import Field
from cockpit.panes.prices import bare
from cockpit.report import stamp
from cockpit.study import range_names, sources_for
from cockpit.text import clean
from core.commands import Backtest, Optimize
from core.errors import CockpitError
from core.study_view import StudyRow
from core.view import RunRow

if TYPE_CHECKING:
    from cockpit.app import CockpitApp
    from cockpit.forms.sourced import SourcedForm

#: What a form begins with: a strategy, what stands in the fields, and the id of a strategy whose terms the engine knows; '' none.
Beginning = tuple[str, dict[str, str], str]


def run(app: CockpitApp, begin: Beginning | None = None) -> None:
    """Open the form of a run, filled in with `begin`, else with what the cursor is on."""
    from cockpit.forms.backtest import BacktestForm

    def row(id_: str, order: Any, now_ns: int) -> RunRow:
        return RunRow(id_, order, "queued", "", now_ns, 0, 0, 0, None, 0, "", None)

    _open(app, BacktestForm, "backtest", begin or beginning(app), row)


def study(app: CockpitApp) -> None:
    """Open the form of a study, filled in with what the cursor is on."""
    from cockpit.forms.study import StudyForm

    def row(id_: str, order: Any, now_ns: int) -> StudyRow:
        return StudyRow(id_, order, "queued", "", now_ns, 0, 0)

    chosen = app.lab.chosen_study if app.deck is app.lab else None
    if chosen is not None:
        begin: Beginning = chosen.order.strategies[0], typed_of_study(chosen.order), ""
    else:
        strategy, typed, id_ = beginning(app)
        begin = strategy, typed | {"symbols": typed.get("symbol", "")}, id_
    _open(app, StudyForm, "study", begin, row)


def _open(app: CockpitApp, kind: type[SourcedForm], name: str, begin: Beginning, row: Callable[[str, Any, int], RunRow | StudyRow]) -> None:
    """Open a form of recorded data; `row` is how the list shows what was asked for before the engine does."""
    from cockpit.forms.recents import Recents

    asked: list[Any] = []

    async def submit(order: Any) -> Any:
        asked.append(order)
        return await app.link.submit(order)

    def queued(id_: str | None) -> None:
        if id_:
            app.show("lab")
            now_ns = app.lab.header.now_ns if app.lab.header else time.time_ns()
            app.lab.expect(row(id_, asked[-1], now_ns))

    strategy, typed, of = begin
    form = kind(
        app.catalogue,
        submit,
        lambda: app.link.look("sources"),
        lambda path: app.link.aside("source", path=path),
        lambda tapes, from_ns, to_ns: app.link.aside("gaps", sources=tapes, from_ns=from_ns, to_ns=to_ns),
        recents=Recents(app.home, name),
        strategy=strategy,
        typed=typed,
        more=partial(terms_of, app, of) if of else None,
    )
    app.push_screen(form, queued)


def beginning(app: CockpitApp) -> Beginning:
    """The run under the cursor again, or a trial of the study there, or the strategy or the symbol the cursor is on."""
    chosen, asked = app.lab.chosen, app.lab.chosen_study
    if app.deck is app.lab and asked is not None:
        return single(app, asked)
    if app.deck is app.lab and chosen is not None:
        return chosen.order.strategy, typed_of(chosen.order), ""
    live = app.live
    row = live.chosen_strategy if app.deck is live else None
    if row is not None and row.symbols:
        return row.name, {"source": ", ".join(f"tape:{bare(symbol)}" for symbol in row.symbols), **shown(row.params)}, row.id
    symbol = bare(live.prices.listing.cursor_key)
    return "", {"source": f"tape:{symbol}"} if symbol else {}, ""


def single(app: CockpitApp, asked: StudyRow) -> Beginning:
    """A run of the trial under the cursor of the ranking, or of the best so far; else of the study's first strategy."""
    order, trial = asked.order, trial_of(app, asked) or {}
    (source, *further), symbol = sources_for(asked, str(trial.get("symbol") or asked.symbol), app.lab.study_report(asked))
    run = Backtest(
        source=source,
        further=further,
        strategy=str(trial.get("strategy", order.strategies[0])),
        symbol=symbol,
        params=trial.get("params", order.params),
        terms=order.terms,
        from_ns=order.from_ns,
        to_ns=order.to_ns,
        allow_gaps=order.allow_gaps,
        costs=order.costs,
        given=order.given,
    )
    return run.strategy, typed_of(run), ""


def trial_of(app: CockpitApp, asked: StudyRow) -> dict[str, Any] | None:
    """The trial under the cursor of a study's ranking, or the best that is known."""
    return (app.lab.ranking.chosen if asked.state == "done" else None) or asked.best


async def terms_of(app: CockpitApp, id_: str) -> dict[str, str]:
    """The terms a strategy trades on; the form has its own where the engine does not say."""
    try:
        return shown((await app.link.look("order", id=id_))["terms"])
    except (CockpitError, TypeError, KeyError):
        return {}


def typed_of(order: Backtest) -> dict[str, str]:
    """What stood in the fields of a run."""
    return {"source": clean(", ".join(order.sources)), "symbol": order.symbol or "", **shown(order.params), **_span_and_terms(order)}


def typed_of_study(order: Optimize) -> dict[str, str]:
    """What stood in the fields of a study."""
    ranges = {name: clean(text.partition("=")[2]) for name, text in zip(range_names(order), order.ranges, strict=True)}
    return {
        "source": clean(", ".join(order.sources)), "symbols": clean(", ".join(order.symbols)), **shown(dict(order.params)), **ranges,
        "also": clean(", ".join(order.strategies[1:])), "where": clean(" ".join(order.where)), "method": order.method,
        "trials": str(order.trials or ""), "seed": str(order.seed), "rank_by": order.rank_by, "validate": order.validate or "none",
        "folds": str(order.folds), "train": f"{order.train:g}", "embargo": str(order.embargo),
        "monte_carlo": str(order.monte_carlo or ""), **_span_and_terms(order),
    }  # fmt: skip


def _span_and_terms(order: Backtest | Optimize) -> dict[str, str]:
    times = {name: stamp(ns) for name, ns in (("from", order.from_ns), ("to", order.to_ns)) if ns is not None}
    said = {"gaps": "allow" if order.allow_gaps else "refuse", "costs": clean(order.costs or ""), "given": " ".join(order.given)}
    return times | said | shown(msgspec.to_builtins(order.terms))


def shown(values: dict[str, Any]) -> dict[str, str]:
    """Values as they stand in the fields of a form."""
    return {name: Field(name=name).shown(value) for name, value in values.items()}
