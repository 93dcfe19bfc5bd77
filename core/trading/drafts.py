"""What an order is made of: whether a wish can become one, its number, and the id it bears at the venue."""

from __future__ import annotations

from collections.abc import Mapping

from core.clock import Clock
from core.errors import UsageError
from core.trading.client_id import client_id, tag
from core.trading.exact import amount
from core.trading.filters import Filters
from core.trading.order import Intent, Order
from core.trading.register import Register
from core.trading.rules import Wish


class Drafts:
    """The part of a desk that makes orders of wishes."""

    home: str
    register: Register
    held: str
    _clock: Clock
    _filters: Mapping[str, Filters]
    _numbers: dict[str, int]
    _floors: dict[str, int]

    def refusal(self, wish: Wish) -> str:
        """Why a wish cannot become an order; empty where it can."""
        filters = self._filters.get(wish.symbol)
        if self.held:
            return f"no orders are sent: {self.held}"
        if filters is None:
            return f"{wish.symbol} is not known at {self.register.venue}"
        working = len(self.register.on(wish.symbol))
        why = filters.refusal(wish.side, wish.qty, wish.price or wish.last, closes=wish.closes, working=working)
        return why or (filters.off_tick(wish.price) if wish.price is not None else "")

    def draft(self, wish: Wish) -> Order:
        """Make an order of a wish. Once its intent is on disk it is to be taken up, and one of the next `steps` sends it.

        Raises:
            UsageError: it is refused, with the reason.
        """
        why = self.refusal(wish)
        if why:
            raise UsageError(why)
        filters = self._filters[wish.symbol]
        number = max(self._numbers.get(wish.strategy_id, 0), self._floors.get(tag("strategy", wish.strategy_id), 0)) + 1
        intent = Intent(
            client_id=client_id(self.home, wish.strategy_id, number), strategy_id=wish.strategy_id, number=number, symbol=wish.symbol,
            base=filters.base, quote=filters.quote, side=wish.side, qty=amount(wish.qty), price=wish.price,
            type="market" if wish.price is None else "limit", closes=wish.closes, decided_ns=self._clock.now_ns(), tick_ns=wish.tick_ns,
            seq=wish.seq, order=wish.order,
        )  # fmt: skip
        self._numbers[wish.strategy_id] = number
        self.register.passage.decided(intent)
        return Order(intent=intent)

    def number_beyond(self, strategy_tag: str, number: int) -> bool:
        """A number that is in use at the venue, and that the journal does not know of: later orders get higher ones.

        Returns:
            whether that is news.
        """
        news = number > self._floors.get(strategy_tag, 0)
        self._floors[strategy_tag] = max(number, self._floors.get(strategy_tag, 0))
        return news
