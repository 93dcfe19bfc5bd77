"""What a session will do, in a few sentences, before it does it. Pure."""

from __future__ import annotations

from cockpit.figures import many
from cockpit.text import clean
from core.desk_orders import ChangeSession, Reached, Settings, StartSession

_DOES: dict[Reached, str] = {
    "tell": "only tells you",
    "stop_new": "opens nothing new",
    "flatten": "closes everything and opens nothing new",
}


def session_words(command: StartSession | ChangeSession, now: Settings | None, mode: str) -> str:
    """Of a start: what is traded, how big, how it is left; of a change: what is different; of both: what target and limits do."""
    wanted = command.settings
    if isinstance(command, ChangeSession):
        other = [name.replace("_", " ") for name in wanted.__struct_fields__ if now is None or getattr(now, name) != getattr(wanted, name)]
        begins = f"Enter changes {', '.join(other)}." if other else "Nothing is different yet."
        return " ".join([begins, *reached_words(wanted)])
    money = "with REAL MONEY" if mode == "live" else f"in {mode or 'paper'} mode"
    trades = many(len(wanted.strategies) * len(wanted.watchlist), "strategy", "strategies")
    each = f"{wanted.base_pct:g} % of {wanted.capital:,.0f} each, from {wanted.min_notional:,.0f} to {wanted.max_notional:,.0f}"
    begins = (
        f"Enter starts {', '.join(map(clean, wanted.strategies))} on {', '.join(map(clean, wanted.watchlist))} {money}: {trades}, {each}, "
    )
    return " ".join([f"{begins}{_left(wanted)}.", *reached_words(wanted)])


def reached_words(wanted: Settings) -> list[str]:
    """What reaching the target or the drawdown does."""
    said = []
    if wanted.target_week is not None:
        until = "" if wanted.on_target == "tell" else " until Monday"
        said.append(f"A week's profit of {wanted.target_week:,.2f} {_DOES[wanted.on_target]}{until}.")
    if wanted.max_drawdown_pct is not None:
        said.append(f"A fall of {wanted.max_drawdown_pct:g} % {_DOES[wanted.on_drawdown]}.")
    return said or ["Neither a target nor a drawdown ends it."]


def _left(wanted: Settings) -> str:
    """How a position is left."""
    stops = (("stop loss", wanted.stop_loss_pct), ("take profit", wanted.take_profit_pct), ("trailing", wanted.trailing_pct))
    on = [f"{word} {percent:g} %" for word, percent in stops if percent is not None]
    return ", ".join(on) if on else "without stops"
