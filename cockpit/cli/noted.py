"""A run made on the command line, listed with those of the lab: by the running engine, or on the ledger of the home where none runs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import CockpitError, NotRunning

if TYPE_CHECKING:
    from cockpit.cli.call import Call
    from core.commands import NoteRun, NoteStudy
    from core.research.backtest import Result
    from core.research.curve import Curve
    from core.research.order import Order
    from core.research.portfolio.run import Portfolio
    from core.research.search.findings import Findings
    from core.research.search.progress import Progress
    from core.research.search.study import Study


def kept(home: Path) -> bool:
    """Whether a home has a ledger: nothing is made only to note a run."""
    return (home / "ledger.db").exists()


def note_run(call: Call, order: Order, result: Result, curve: Curve, span: tuple[int, int]) -> None:
    """Note it; what keeps it from being noted is said, and fails nothing."""
    from core.engine.run_files import FOLDER
    from core.research.job import detail_of
    from core.research.serving import write_detail

    try:
        id_ = _note(call, _command(call, order, result, span))
        write_detail(call.home / FOLDER / f"{id_}.msgpack", detail_of(result, curve))
    except (CockpitError, OSError) as error:
        call.say(f"note: this run is not listed with those of {call.home}: {error}")


def note_study(call: Call, found: Findings, source: str, span: tuple[int, int]) -> None:
    """Count the trials of a study that were made now; the home gets a ledger for it."""
    _count(call, _study_command(call, found, source, span))


def note_stopped(call: Call, study: Study, progress: Progress, source: str, span: tuple[int, int]) -> None:
    """Count the trials of a study that was stopped before its end."""
    _count(call, _trials_command(call, study, progress, source, span, {}))


def note_portfolio(call: Call, done: Portfolio, found: dict[str, Any], span: tuple[int, int]) -> None:
    """Count every leg of a portfolio that had rows to trade as a trial; the home gets a ledger for it.

    Args:
        found: the document of it.
    """
    _count(call, _portfolio_command(done, found, span))


def whole(sources: Sequence[str]) -> str:
    """Sources as one text that means the same in every folder."""
    return ", ".join(source if source.startswith("tape:") else str(Path(source).absolute()) for source in map(str, sources))


def _count(call: Call, command: NoteStudy) -> None:
    if not any(count.trials for count in command.counts):
        return
    try:
        _note(call, command)
    except (CockpitError, OSError) as error:
        call.say(f"note: these trials are not counted in {call.home}: {error}")


def _study_command(call: Call, found: Findings, source: str, span: tuple[int, int]) -> NoteStudy:
    import msgspec

    ranking = found.ranking
    best = {
        "rows": msgspec.to_builtins(ranking.rows[:20]),
        "pbo": ranking.pbo,
        "verdict": ranking.verdict,
        "trials": ranking.trials,
        "rank_by": ranking.rank_by,
    }
    return _trials_command(call, found.study, found.progress, source, span, best)


def _trials_command(call: Call, study: Study, progress: Progress, source: str, span: tuple[int, int], best: dict[str, Any]) -> NoteStudy:
    import msgspec

    from core.commands import NoteStudy

    asked = {
        "ranges": [space.axes for space in study.spaces], "method": study.ask.method, "trials": study.ask.most, "seed": study.ask.seed,
        "params": study.ask.params, "terms": msgspec.to_builtins(study.ask.terms), "more": _more(call),
        **({} if study.ask.costs is None else {"costs": [study.ask.costs.document(one.symbol, study.ask.terms) for one in study.series]}),
    }  # fmt: skip
    return NoteStudy(
        key=study.key,
        strategies=study.ask.strategies,
        source=source,
        asked=asked,
        counts=progress.counts(study.series),
        journal=progress.journal,
        found=best,
        started_ns=span[0],
        ended_ns=span[1],
    )


def _more(call: Call) -> dict[str, Any]:
    """What else was asked of a study, by the names of `core.commands.Optimize`: the lab asks for the same again."""
    options = call.options
    judged = {name: getattr(options, name) for name in ("validate", "folds", "train", "embargo")} if options.validate else {}
    if judged and options.folds < 2:
        del judged["folds"]  # of a split nothing is divided
    more = {
        "symbols": options.symbols, "where": options.where, "rank_by": options.rank_by, "monte_carlo": options.monte_carlo,
        "from_ns": options.start, "to_ns": options.end, "allow_gaps": options.allow_gaps, **judged, **_costs(call),
    }  # fmt: skip
    return {name: value for name, value in more.items() if value is not None}


def _costs(call: Call) -> dict[str, Any]:
    """What `--costs` and the flags it leaves alone were, by the names of `core.commands`; nothing where it was not given."""
    from cockpit.cli.terms import given
    from core.measured_terms import MEASURED

    word = call.options.costs
    return {} if word is None else {"costs": word if word == MEASURED else str(Path(word).absolute()), "given": sorted(given(call))}


def _portfolio_command(done: Portfolio, found: dict[str, Any], span: tuple[int, int]) -> NoteStudy:
    import hashlib
    from dataclasses import replace

    import msgspec

    from core.commands import NoteStudy, TrialCount

    ran = {run.leg.name: run.leg for run in done.runs}
    legs = [msgspec.to_builtins(replace(ran.get(leg.name, leg), costs=None)) for leg in done.ask.legs]
    for leg in legs:
        del leg["costs"]  # they are in its terms
    asked = {
        "legs": legs, "capital": done.ask.capital, "by_risk": done.ask.by_risk, "from_ns": done.ask.from_ns, "to_ns": done.ask.to_ns
    }  # fmt: skip
    tried = list(done.tried.values())
    return NoteStudy(
        kind="portfolio",
        key=hashlib.sha256(msgspec.json.encode(asked)).hexdigest()[:16],
        strategies=list(dict.fromkeys(leg.strategy for leg in done.ask.legs)),
        source=", ".join(dict.fromkeys(source for leg in done.ask.legs for source in leg.sources)),
        asked=asked,
        counts=[TrialCount(symbol=one[0], first_ns=one[1], last_ns=one[2], trials=tried.count(one)) for one in dict.fromkeys(tried)],
        found={name: found[name] for name in ("figures", "correlation", "contributions", "warnings")},
        started_ns=span[0],
        ended_ns=span[1],
    )


def _command(call: Call, order: Order, result: Result, span: tuple[int, int]) -> NoteRun:
    import msgspec

    from core.commands import Backtest, NoteRun
    from core.research.job import outcome_of

    first, *further = (whole([source]) for source in order.sources)
    asked = Backtest(
        source=first,
        further=further,
        strategy=result.plan.name,
        symbol=order.symbol,
        params=order.params,
        terms=order.terms,
        from_ns=order.from_ns,
        to_ns=order.to_ns,
        allow_gaps=order.allow_gaps,
        **_costs(call),
    )
    line = "as delivered" if order.as_delivered else ""
    outcome: dict[str, Any] = msgspec.to_builtins(outcome_of(order, result))
    return NoteRun(order=asked, started_ns=span[0], ended_ns=span[1], outcome=outcome, line=line)


def _note(call: Call, command: NoteRun | NoteStudy) -> str:
    try:
        return str(call.submit(command)["id"])
    except NotRunning:
        import asyncio

        return asyncio.run(_write(call.home, command))


async def _write(home: Path, command: NoteRun | NoteStudy) -> str:
    import msgspec

    from core.commands import NoteStudy
    from core.engine.run import made_elsewhere, study_columns
    from core.home_lock import CARE, lock_home
    from core.research.service import Outcome
    from core.store.ledger import Ledger

    with lock_home(home, CARE):
        async with await Ledger.open(home / "ledger.db") as ledger:
            _, number = await ledger.count_runs()
            id_ = f"run-{number + 1}"
            if isinstance(command, NoteStudy):
                await ledger.add_run(id_, command.started_ns, **study_columns(command))
            else:
                run = made_elsewhere(id_, command, msgspec.convert(command.outcome, Outcome))
                await ledger.add_run(id_, run.asked_ns, **run.columns())
            return id_
