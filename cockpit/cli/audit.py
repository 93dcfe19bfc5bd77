"""`cockpit audit`: what the ledger holds, proved by running it again over the tape. Both files are only read, engine or no engine."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from cockpit.cli.parser import Commands
from cockpit.cli.progress import Progress
from cockpit.cli.stopping import stopping
from cockpit.figures import many
from core.errors import NotRunning, UsageError

if TYPE_CHECKING:
    from cockpit.cli.call import Call
    from core.research.audit import Findings

_EPILOG = """\
Every strategy is run again from the state and the text it started with, over the ticks of the tape, with the commands at
their places; each fill and each saved book must come out the same to the last bit. Exit code 1 when any differs, or when the
tape lacks prints that no gap lists: what was run over would then not be what the venue gave.
"""

#: States of a strategy in which what it did until now is not all on the ledger.
_UNSETTLED = ("starting", "restarting", "failed")


def add(commands: Commands) -> None:
    """audit."""
    parser = commands.add("audit", audit, "replay sessions from the tape and compare every fill and book", epilog=_EPILOG)
    parser.add_argument("--strategy", metavar="ID", help="this one only")


def audit(call: Call) -> int:
    """Audit the home. Where nothing was traded yet, nothing differs."""
    from core.research.audit import Findings, run_audit

    if not (call.home / "ledger.db").exists():
        if call.options.strategy is not None:
            raise UsageError(f"no strategy {call.options.strategy!r}: there is no ledger in {call.home} yet")
        call.say(f"no ledger in {call.home} yet: nothing to audit")
        return call.answer(Findings(), [])
    horizon, running = _settled(call)

    # A strategy may print; stdout is ours.
    progress = Replayed()
    with stopping(call, "nothing is proved, and nothing was changed"), progress, contextlib.redirect_stdout(sys.stderr):
        found = run_audit(call.home, horizon=horizon, running=running, strategy=call.options.strategy, progress=progress.tell)
    call.answer(found, _report(found))
    return 0 if found.proven else 1


def _settled(call: Call) -> tuple[int, set[str]]:
    """Through which seq the running engine has everything on disk, and of which strategies; (0, none) where none runs."""
    try:
        before = _states(call)
        seq = int(call.ask("settled")["seq"])
        return seq, before & _states(call)
    except NotRunning:
        return 0, set()


def _states(call: Call) -> set[str]:
    return {row["id"] for row in call.ask("status")["strategies"] if row["state"] not in _UNSETTLED}


class Replayed(Progress):
    """The line that says how far an audit is."""

    def tell(self, ticks: int, strategies: int) -> None:
        """So many ticks were replayed, so many strategies came to their end."""
        if (elapsed := self._due()) is not None:
            rate = ticks / elapsed / 1e6
            self._put(f"replayed {ticks / 1e6:,.1f} M ticks  {rate:,.1f} M/s  {many(strategies, 'strategy', 'strategies')} done")


def _report(found: Findings) -> Iterator[str]:
    from cockpit.cli.call import table

    books, tape = found.books, found.tape
    yield f"replayed    {many(found.ticks, 'tick')} (seq {found.from_seq:,} to {found.to_seq:,}) of {many(found.sessions, 'session')}"
    yield f"fills       {found.fills:,} of {many(found.strategies, 'strategy', 'strategies')}, {found.identical:,} identical"
    yield f"books       {books['compared']:,}, {books['identical']:,} identical"
    if tape:
        holes = f"{many(tape['listed'], 'id')} listed as gaps, {tape['missing']:,} missing unlisted"
        yield f"tape        {many(tape['ticks'], 'tick')} of {tape['series']} series: {holes}"
    for hole in found.holes:
        yield f"hole        {hole['symbol']} {hole['stream']}: {many(hole['missing'], 'id')} neither on the tape nor in a gap"
    for edit in found.edited:
        when = "its file has changed since it started" if edit["at_seq"] is None else f"its file had changed at seq {edit['at_seq']:,}"
        yield f"edited      {edit['strategy']}: {when} ({_short(edit['from'])} to {_short(edit['to'])})"
    for part in found.not_auditable:
        yield f"not audited {part['strategy']}: {many(part['fills'], 'fill')}: {part['reason']}"
    for part in found.pending:
        yield f"pending     {part['strategy']}: {many(part['ticks'], 'tick')} after seq {part['after_seq']:,}: the next start does them"
    if found.differences:
        rows = [[row["strategy"], row["what"], row["column"], _value(row["ledger"]), _value(row["audit"])] for row in found.details]
        yield ""
        yield from table(["strategy", "what", "column", "ledger", "replay"], rows)
        yield ""
    yield f"{_verdict(found)} in {found.elapsed_s:.1f} s"


def _verdict(found: Findings) -> str:
    if found.differences:
        return many(found.differences, "difference")
    return "identical, but over a tape with unlisted holes," if found.holes else "identical  "


def _short(hash: str | None) -> str:
    return hash[:12] if hash else "what it is now"


def _value(value: Any) -> str:
    """Every digit of a number: differences may lie in the last."""
    return "-" if value is None else value if isinstance(value, str) else repr(value)
