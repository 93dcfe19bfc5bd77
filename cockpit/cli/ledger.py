"""Commands that read the ledger. They read the file itself, so they work whether an engine runs or not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cockpit.cli import alert_testing, alerts_out
from cockpit.cli.parser import Commands
from core.errors import UsageError

if TYPE_CHECKING:
    from cockpit.cli.call import Call

#: What a person reads of each, and under which heads.
FILLS = ("ts_ns", "strategy_id", "symbol", "side", "qty", "price", "fee", "realised", "position", "mode")
ORDERS = ("decided_ns", "order_id", "symbol", "side", "qty", "filled", "average", "state", "reason")
SIGNALS = ("ts_ns", "strategy_id", "symbol", "side", "target", "confidence", "price", "position", "reason", "outcome")
ALERTS = ("ts_ns", "alert_id", "level", "state", "text")
_HEADS = {"ts_ns": "time", "decided_ns": "decided", "order_id": "order", "strategy_id": "strategy", "alert_id": "id"}

#: As much of an alert's id as names it, where the engine raised it by itself.
ID = 12


def add(commands: Commands) -> None:
    """fills, orders, signals, alerts."""
    parser = commands.add("fills", fills, "every execution, oldest first; under --json one object a line")
    parser.add_argument("--strategy", metavar="ID", help="of this one only")
    parser.add_argument("-n", "--lines", type=int, metavar="N", help="the newest N only")
    parser = commands.add("orders", orders, "every order and what became of it, oldest first; under --json one object a line")
    parser.add_argument("--strategy", metavar="ID", help="of this one only")
    parser.add_argument("-n", "--lines", type=int, metavar="N", help="the newest N only")
    parser = commands.add("signals", signals, "what strategies want, each change, and what sources say, oldest first; --json: one a line")
    parser.add_argument("--strategy", metavar="ID", help="of this one only; source:NAME is what a source said")
    parser.add_argument("-n", "--lines", type=int, metavar="N", help="the newest N only")
    parser = commands.add("alerts", alerts, "what a person should know, oldest first; under --json one object a line")
    parser.add_argument("-n", "--lines", type=int, metavar="N", help="the newest N only")
    below = commands.below(parser)
    alerts_out.add(below)
    alert_testing.add(below)


def fills(call: Call) -> int:
    """The executions of the ledger."""
    from core.store.ledger_reader import read_fills

    return _print(call, FILLS, lambda path, newest: read_fills(path, call.options.strategy, newest=newest))


def orders(call: Call) -> int:
    """The orders of the ledger, with what was filled of each."""
    from core.store.account_rows import read_orders

    return _print(call, ORDERS, lambda path, newest: read_orders(path, call.options.strategy, newest=newest))


def signals(call: Call) -> int:
    """What strategies wanted, whether it was traded or not, and what sources beyond the tape said."""
    from core.store.heard import SPEAKER, read_heard
    from core.store.ledger_reader import read_signals

    def read(path: Path, newest: int | None) -> list[dict[str, Any]]:
        only = call.options.strategy
        said = read_heard(path, only and only.removeprefix(SPEAKER), newest=newest) if only is None or only.startswith(SPEAKER) else []
        wanted = read_signals(path, only, newest=newest)
        both = sorted([*wanted, *({"outcome": ""} | row for row in said)], key=lambda row: row["ts_ns"])
        return both if newest is None else both[max(0, len(both) - newest) :]

    return _print(call, SIGNALS, read)


def alerts(call: Call) -> int:
    """The alerts of the ledger, open and past."""
    from core.store.ledger_reader import read_alerts

    return _print(call, ALERTS, lambda path, newest: read_alerts(path, newest=newest))


def _print(call: Call, shown: Sequence[str], read: Callable[[Path, int | None], list[dict[str, Any]]]) -> int:
    from cockpit.cli.call import table

    newest = call.options.lines
    if newest is not None and newest < 0:
        raise UsageError(f"-n {newest}: must be 0 or more")
    path = call.home / "ledger.db"
    if not path.exists():
        call.say(f"no ledger in {call.home} yet")
        return 0
    rows = read(path, newest)
    if call.json:
        for row in rows:
            call.document(row)
    else:
        for line in table([_HEADS.get(name, name) for name in shown], [[_shown(name, row[name]) for name in shown] for row in rows]):
            call.line(line)
    return 0


def _shown(column: str, value: Any) -> Any:
    from core.clock import iso

    if column == "alert_id":
        return value if ":" in value else value[:ID]  # a rule's is short, and counts its firings at the end
    return iso(value) if column in ("ts_ns", "decided_ns") else value
