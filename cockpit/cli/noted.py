"""A run made on the command line, listed with those of the lab: by the running engine, or on the ledger of the home where none runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import CockpitError, NotRunning

if TYPE_CHECKING:
    from cockpit.cli.call import Call
    from core.commands import NoteRun
    from core.research.backtest import Order, Result
    from core.research.curve import Curve


def kept(home: Path) -> bool:
    """Whether a home has a ledger: nothing is made only to note a run."""
    return (home / "ledger.db").exists()


def note_run(call: Call, order: Order, result: Result, curve: Curve, span: tuple[int, int]) -> None:
    """Note it; what keeps it from being noted is said, and fails nothing."""
    from core.engine.run_files import FOLDER
    from core.research.job import detail_of, write_detail

    try:
        id_ = _note(call, _command(order, result, span))
        write_detail(call.home / FOLDER / f"{id_}.msgpack", detail_of(result, curve))
    except (CockpitError, OSError) as error:
        call.say(f"note: this run is not listed with those of {call.home}: {error}")


def _command(order: Order, result: Result, span: tuple[int, int]) -> NoteRun:
    import msgspec

    from core.commands import Backtest, NoteRun
    from core.research.job import outcome_of

    sources = [source if source.startswith("tape:") else str(Path(source).absolute()) for source in map(str, order.sources)]
    asked = Backtest(
        source=", ".join(sources),
        strategy=result.plan.name,
        symbol=order.symbol,
        params=order.params,
        terms=order.terms,
        from_ns=order.from_ns,
        to_ns=order.to_ns,
        allow_gaps=order.allow_gaps,
    )
    line = "as delivered" if order.as_delivered else ""
    outcome: dict[str, Any] = msgspec.to_builtins(outcome_of(result))
    return NoteRun(order=asked, started_ns=span[0], ended_ns=span[1], outcome=outcome, line=line)


def _note(call: Call, command: NoteRun) -> str:
    try:
        return str(call.submit(command)["id"])
    except NotRunning:
        import asyncio

        return asyncio.run(_write(call.home, command))


async def _write(home: Path, command: NoteRun) -> str:
    import msgspec

    from core.engine.run import made_elsewhere
    from core.home_lock import CARE, lock_home
    from core.research.service import Outcome
    from core.store.ledger import Ledger

    with lock_home(home, CARE):
        async with await Ledger.open(home / "ledger.db") as ledger:
            _, number = await ledger.count_runs()
            run = made_elsewhere(f"run-{number + 1}", command, msgspec.convert(command.outcome, Outcome))
            await ledger.add_run(run.id, run.asked_ns, **run.columns())
            return run.id
