"""`cockpit why`: what a strategy's conditions come to now, and why any strategy did, or did not, trade at a moment of the past."""

from __future__ import annotations

import contextlib
import sys
from typing import TYPE_CHECKING, Any

from cockpit.cli.parser import Commands
from cockpit.cli.progress import Progress
from cockpit.cli.research import moment
from core.errors import UsageError

if TYPE_CHECKING:
    from cockpit.cli.call import Call

_EPILOG = """\
cockpit why surge-1                                   how its conditions stand now, said by the running engine
cockpit why surge-1 --at 2026-11-20T21:30:00Z         what it saw then; works from the files, whether an engine runs or not
"""

#: Cells of a line for people.
_CELLS = 110


def add(commands: Commands) -> None:
    """why."""
    parser = commands.add("why", why, "why a strategy trades, or does not: now, or at a moment of the past", epilog=_EPILOG)
    parser.add_argument("id", metavar="ID", help="a registered strategy; of the past also one that is gone")
    parser.add_argument("--at", type=moment, metavar="TIME", help="the moment (now)")


def why(call: Call) -> int:
    """The live tree, or the past."""
    return _now(call) if call.options.at is None else _then(call)


def _now(call: Call) -> int:
    import msgspec

    from cockpit.standing import heads, phase_cells, tree_lines
    from core.clock import iso
    from core.desk_view import ConditionsView

    view = msgspec.convert(call.ask("conditions", id=call.options.id), ConditionsView)
    head = f"{view.strategy_id} at {iso(view.at_ns)}" if view.at_ns else view.strategy_id
    lines = [[(head, "strong")], phase_cells(view), [], heads(view, _CELLS), *tree_lines(view, _CELLS)]
    return call.answer(_plain(view), ("".join(text for text, _ in line).rstrip() for line in lines))


def _then(call: Call) -> int:
    from cockpit.cli.stopping import stopping
    from cockpit.cli.terms import folders
    from cockpit.standing import why_lines
    from core.research.inquest.why import inquire
    from core.research.inquest.words import Inquiry

    if not (call.home / "ledger.db").exists():
        raise UsageError(f"no strategy {call.options.id!r}: there is no ledger in {call.home} yet")
    inquiry = Inquiry(home=str(call.home), id=call.options.id, at_ns=call.options.at, folders=[str(folder) for folder in folders(call)])
    # A strategy may print; stdout is ours.
    progress = Looked()
    with stopping(call, "nothing was changed"), progress, contextlib.redirect_stdout(sys.stderr):
        view = inquire(inquiry, progress.tell)
    return call.answer(_plain(view), ("".join(text for text, _ in line).rstrip() for line in why_lines(view, _CELLS)))


class Looked(Progress):
    """The line that says how far looking into the past is."""

    def tell(self, share: float) -> None:
        """Such a share (0..1) is done."""
        if self._due() is not None:
            self._put(f"run again: {max(0.0, min(share, 1.0)):.0%}")


def _plain(value: Any) -> Any:
    """By name, what goes over the wire by place."""
    import msgspec

    if isinstance(value, msgspec.Struct):
        return {name: _plain(getattr(value, name)) for name in value.__struct_fields__}
    return [_plain(one) for one in value] if isinstance(value, list) else value
