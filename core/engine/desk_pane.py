"""The desk's pane: positions, nets, the account, orders, signals and blocks, built when a viewer asks."""

from __future__ import annotations

from math import fsum
from typing import TYPE_CHECKING, Any

from msgspec.structs import asdict

from core.desk_view import AccountRow, DeskView, NetRow, PositionRow
from core.engine.account_sharpe import AccountSharpe
from core.engine.desk_answers import risk_view, session_row
from core.engine.desk_log import DeskLog
from core.engine.exit_prices import exit_prices
from core.engine.roster import Entry
from core.kernels.records import FLATTEN, REDUCE, WHY_NAMES
from core.trading.portfolio import Net
from core.trading.position import Position
from core.workers.frames import Leg

if TYPE_CHECKING:
    from core.engine.engine import Engine

#: Of a net what adds up over symbols, in quote currency.
TOTALLED = ("unrealised", "realised", "realised_fifo", "fees", "funding")

FLAT = Leg(0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0, 0, 0)


class Desk:
    """What the pane is made of.

    Attributes:
        log: orders, signals and blocks.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.log = DeskLog(engine)
        self._sharpe = AccountSharpe()

    def view(self) -> DeskView:
        """All of it as of now."""
        positions, nets = self.positions(), self.nets()
        return DeskView(
            session=session_row(self.engine),
            account=self.account(positions),
            positions=positions,
            nets=nets,
            orders=self.log.orders(),
            signals=self.log.signals(),
            risk=risk_view(self.engine, self.log.blocks()),
        )

    def answer(self) -> dict[str, Any]:
        """What `cockpit positions` prints: rows as the pane has them, and what the nets add up to."""
        positions, nets = self.positions(), self.nets()
        total = {name: fsum(getattr(row, name) for row in nets) for name in TOTALLED}
        return {
            "known": self.engine.positions.known,
            "positions": [asdict(row) for row in positions],
            "nets": [asdict(row) for row in nets],
            "total": total | {"pnl": total["realised"] + total["unrealised"] - total["fees"] - total["funding"]},
            "account": asdict(self.account(positions)),
        }

    def positions(self) -> list[PositionRow]:
        """What each strategy holds, a row a symbol, in the order they were registered."""
        found = []
        for entry in self.engine.roster:
            legs = {leg.leg: leg for leg in entry.figures.legs} if entry.figures is not None else {}
            for number, symbol in enumerate(entry.order.symbols):
                row = self._position(entry, symbol, legs.get(number, FLAT))
                if row is not None:
                    found.append(row)
        return found

    def _position(self, entry: Entry, symbol: str, leg: Leg) -> PositionRow | None:
        """By the fills; what only the loop knows is its own, where both speak of the same position."""
        part = self.engine.positions.portfolio.part(entry.id, symbol) if self.engine.positions.known else _told(leg)
        if part is None or part.qty == 0.0:
            return None
        same = leg.position == part.qty and leg.entry == part.entry
        mark = self._mark(symbol) or leg.mark or part.entry
        stop_loss, take_profit, trailing = exit_prices(entry.terms, part.qty, part.entry, leg.best if same else None)
        return PositionRow(
            strategy_id=entry.id,
            symbol=symbol,
            qty=part.qty,
            entry=part.entry,
            mark=mark,
            unrealised=part.qty * (mark - part.entry),
            realised=leg.realised if same else part.trip_realised,
            fees=leg.fees if same else part.trip_fees,
            stop_loss=stop_loss,
            take_profit=take_profit,
            trailing=trailing,
            best=leg.best if same else None,
            opened_ns=part.opened_ns,
            state=_state(entry, leg if same else FLAT),
        )

    def nets(self) -> list[NetRow]:
        """What the account holds, and what it made so far, a row a symbol that strategies of now ever traded, by name."""
        portfolio = self.engine.positions.portfolio
        return [self._net(net) for net in sorted(portfolio, key=lambda net: net.symbol)] if self.engine.positions.known else []

    def _net(self, net: Net) -> NetRow:
        mark = self._mark(net.symbol) or self._last_seen(net)
        return NetRow(
            symbol=net.symbol,
            qty=net.position.qty,
            gross=net.gross,
            average=net.average,
            fifo=net.lots.cost,
            mark=mark,
            unrealised=0.0 if mark is None else net.unrealised(mark),
            realised=net.realised,
            fees=net.fees,
            funding=net.funding,
            strategies=net.holders,
            realised_fifo=net.realised_fifo,
        )

    def account(self, positions: list[PositionRow]) -> AccountRow:
        """All strategies together."""
        roster = self.engine.roster
        equity, capital = roster.equity()
        values = [row.qty * row.mark for row in positions]
        gross = sum(map(abs, values))
        trades = sum(entry.figures.trades for entry in roster if entry.figures is not None)
        wins = sum(entry.figures.wins for entry in roster if entry.figures is not None)
        return AccountRow(
            equity=equity,
            capital=capital,
            exposure_gross=gross,
            exposure_net=sum(values),
            leverage=gross / equity if equity > 0.0 else 0.0,
            drawdown_pct=self.engine.sentinel.fall.percent or 0.0,
            sharpe=self._sharpe.of(roster, equity, capital),
            win_rate=wins / trades if trades else None,
            trades=trades,
        )

    def _mark(self, symbol: str) -> float | None:
        return self.engine.market.of(self.engine.symbols.add(symbol)).last

    def _last_seen(self, net: Net) -> float | None:
        """The last print a strategy that holds the symbol has seen, while the market has none."""
        for id_ in net.holders:
            entry = self.engine.roster.entries.get(id_)
            for leg in entry.figures.legs if entry is not None and entry.figures is not None else ():
                if entry is not None and entry.order.symbols[leg.leg] == net.symbol and leg.mark > 0.0:
                    return leg.mark
        return None


def _told(leg: Leg) -> Position:
    """A position as the loop tells it, while the fills of before are being read."""
    part = Position()
    part.qty, part.entry, part.trip_realised, part.trip_fees = leg.position, leg.entry, leg.realised, leg.fees
    return part


def _state(entry: Entry, leg: Leg) -> str:
    """What holds a position: a person's order, a stop that is under way, or what keeps its strategy from trading."""
    if entry.state in ("failed", "closing", "restarting"):
        return entry.state
    if entry.halted:
        return f"halted: {entry.halted}"
    if leg.latched == REDUCE:
        return "reducing" if leg.aim != leg.position else "reduced"
    if leg.latched == FLATTEN:
        return "flattening"
    if leg.latched:
        return f"leaving: {WHY_NAMES[leg.latched].replace('_', ' ')}"
    return "paused" if entry.paused else ""
