"""The command that asks a running engine what its strategies hold, and what that comes to on one account."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from cockpit.cli.parser import Commands

if TYPE_CHECKING:
    from cockpit.cli.call import Call

_POSITIONS = (
    *("strategy", "symbol", "position", "entry", "mark", "unrealised", "realised", "fees", "stop loss", "take profit", "trailing"),
    *("opened", ""),
)
_NETS = ("symbol", "net", "gross", "average", "fifo", "mark", "unrealised", "realised", "fees", "funding", "strategies")

#: Of the nets' columns those that add up.
_MONEY = ("unrealised", "realised", "fees", "funding")


def add(commands: Commands) -> None:
    """positions."""
    commands.add("positions", positions, "what strategies hold, and what the account holds of each symbol, with its P&L")


def positions(call: Call) -> int:
    """Ask, and print; exit 3 without an engine."""
    answer: dict[str, Any] = call.ask("positions")
    if not answer["known"]:
        call.say("note: the fills of before are still being read; what the account holds of each symbol is not known yet")
    return call.answer(answer, lines(answer))


def lines(answer: dict[str, Any]) -> Iterator[str]:
    """Positions and nets as tables, the account below."""
    from cockpit import figures
    from cockpit.cli.call import table

    if answer["positions"]:
        yield from table(_POSITIONS, [_position(row) for row in answer["positions"]])
        yield ""
    else:
        yield "no positions"
    if answer["nets"]:
        total = ["total", None, None, None, None, None, *(answer["total"][name] for name in _MONEY), ""]
        yield from table(_NETS, [*(_net(row) for row in answer["nets"]), _money(total, 6)])
        yield ""
    account = answer["account"]
    made = figures.signed(account["equity"] - account["capital"])
    yield f"equity {figures.number(account['equity'])} ({made}) · drawdown {account['drawdown_pct']:.2f} %"
    exposure = f"exposure {figures.number(account['exposure_gross'])}, net {figures.signed(account['exposure_net'])}"
    yield f"{exposure} · leverage {account['leverage']:.2f}"
    won = "" if account["win_rate"] is None else f", {account['win_rate']:.0%} won"
    sharpe = "" if account["sharpe"] is None else f" · Sharpe {account['sharpe']:.2f}"
    yield f"{account['trades']:,} round trips{won}{sharpe}"


def _position(row: dict[str, Any]) -> list[Any]:
    from core.clock import iso

    names = ("strategy_id", "symbol", "qty", "entry", "mark", "unrealised", "realised", "fees", "stop_loss", "take_profit", "trailing")
    opened = iso(row["opened_ns"]) if row["opened_ns"] else None
    return [*_money([row[name] for name in names], 5, 8), opened, row["state"]]


def _net(row: dict[str, Any]) -> list[Any]:
    names = ("symbol", "qty", "gross", "average", "fifo", "mark", *_MONEY)
    return [*_money([row[name] for name in names], 6), ", ".join(row["strategies"])]


def _money(row: Sequence[Any], start: int, end: int = 10) -> list[Any]:
    """The same with what is money in cents."""
    return [round(value, 2) if isinstance(value, float) and start <= at < end else value for at, value in enumerate(row)]
