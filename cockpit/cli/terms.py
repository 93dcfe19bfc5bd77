"""The words of a command line that say how a strategy trades: its parameters and terms, and where strategies lie."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cockpit.cli.parser import Parser
from core.errors import UsageError

if TYPE_CHECKING:
    from cockpit.cli.call import Call
    from core.commands import Terms

#: Terms a flag can give; those that `[paper]` configures fall back to it.
CONFIGURED = ("capital", "fee_bps", "slippage_bps", "latency_ms")
PLAIN = (
    "qty", "side", "participation", "stop_loss_pct", "take_profit_pct", "trailing_pct", "lot", "tick_size", "min_notional",
    "spread", "spread_bps", "impact_bps", "impact_volume",
    "entry", "limit_offset_bps", "limit_fill", "limit_ttl_ms", "limit_then", "maker_fee_bps", "funding_bps", "funding_hours", "size",
    "trigger_offset_bps", "trigger_ttl_ms", "trigger_then", "exits", "vol_half_life_hours", "max_leverage",
    "max_drawdown_pct", "daily_loss_pct", "on_guard", "loss_streak", "low_profit_pct", "low_profit_trades", "lock_hours", "cooldown_s",
    "stop_cooldown_s", "min_confidence", "max_age_s", "time_stop_s", "break_even_pct",
    "queue_ahead", "queue_model", "leverage", "maintenance_pct", "liquidation_fee_bps",
)  # fmt: skip


def add_params(parser: Parser) -> None:
    """`--param k=v …`, any number of times."""
    parser.add_argument(
        "--param", dest="params", nargs="+", action="extend", default=[], metavar="K=V", help="a parameter; see `cockpit strategies`"
    )


def add_terms(parser: Parser) -> None:
    """Size, side, costs and stops: the same for a live run and a backtest. Checked with `terms`."""
    parser.add_argument("--qty", metavar="Q", help="size of one unit of target, in base currency (1)")
    parser.add_argument("--side", metavar="SIDE", help="long_flat or long_short (long_flat)")
    parser.add_argument("--capital", metavar="C", help="starting equity, in quote currency (10000)")
    parser.add_argument("--fee-bps", metavar="B", help="fee of a fill, in basis points of its value (4)")
    parser.add_argument("--slippage-bps", metavar="B", help="how much worse than the print a fill is (0)")
    parser.add_argument("--latency-ms", metavar="MS", help="from decision to the venue (0)")
    parser.add_argument("--participation", metavar="F", help="most of a print's quantity a fill may take (no limit)")
    parser.add_argument("--stop-loss-pct", metavar="P", help="exit this far below (above) the entry")
    parser.add_argument("--take-profit-pct", metavar="P", help="exit this far above (below) the entry")
    parser.add_argument("--trailing-pct", metavar="P", help="exit this far off the best price since entry")
    more = parser.add_argument_group("orders and costs in detail, off unless asked for; docs/costs.md has each with an example")
    more.add_argument("--size", metavar="S", help="what --qty is: units, quote (currency), equity_pct or vol_pct (units)")
    more.add_argument("--vol-half-life-hours", metavar="H", help="age at which a return counts half in the volatility of vol_pct (24)")
    more.add_argument("--max-leverage", metavar="L", help="most a vol_pct position is worth, in multiples of equity (2)")
    more.add_argument("--entry", metavar="E", help="market, limit or stop: what opens a position waits as such an order (market)")
    more.add_argument("--limit-offset-bps", metavar="B", help="how far from the decision's price a limit is (0)")
    more.add_argument("--limit-fill", metavar="F", help="through, touch or queue: whether a print at the limit fills it (through)")
    more.add_argument("--queue-ahead", metavar="Q", help="what stands ahead of a limit order at first (by the prints)")
    more.add_argument("--queue-model", metavar="M", help="trades, or quotes: what takes away from what is ahead (trades)")
    more.add_argument("--limit-ttl-ms", metavar="MS", help="how long a limit order rests (without end)")
    more.add_argument("--limit-then", metavar="T", help="cancel, or market: what becomes of it after that (cancel)")
    more.add_argument("--maker-fee-bps", metavar="B", help="fee of a limit order's fill, below 0 a rebate (as --fee-bps)")
    more.add_argument("--trigger-offset-bps", metavar="B", help="how far from the decision's price a stop order is (0)")
    more.add_argument("--trigger-ttl-ms", metavar="MS", help="how long a stop order waits (without end)")
    more.add_argument("--trigger-then", metavar="T", help="cancel, or market: what becomes of it after that (cancel)")
    more.add_argument("--exits", metavar="E", help="market, or resting: stops and take-profits are orders at the venue (market)")
    more.add_argument("--spread", metavar="S", help="print, or quote: market orders pay ask or bid, where known (print)")
    more.add_argument("--spread-bps", metavar="B", help="spread where no quote is paid; half of it is paid (0)")
    more.add_argument("--impact-bps", metavar="B", help="worse by so much for all that is traded, by the square-root law (0)")
    more.add_argument("--impact-volume", metavar="Q", help="what counts as all that is traded (the print's quantity)")
    more.add_argument("--funding-bps", metavar="B", help="of a position's value, paid by longs, received by shorts (0)")
    more.add_argument("--funding-hours", metavar="H", help="how often, at multiples of so many hours UTC (8)")
    more.add_argument("--leverage", metavar="L", help="most that positions are worth, in multiples of equity, 1 to 125 (no margin)")
    more.add_argument("--maintenance-pct", metavar="P", help="equity below so much of the positions' value is liquidated (0.5)")
    more.add_argument("--liquidation-fee-bps", metavar="B", help="fee of a liquidation beside --fee-bps (0)")
    more.add_argument("--lot", metavar="Q", help="orders are whole multiples of it (any quantity)")
    more.add_argument("--tick-size", metavar="P", help="prices are whole multiples of it (any price)")
    more.add_argument("--min-notional", metavar="V", help="least value of an order, in quote currency (any)")
    safe = parser.add_argument_group("protections, off unless asked for; docs/protections.md has each with an example")
    safe.add_argument("--max-drawdown-pct", metavar="P", help="equity so far below its peak: nothing opens or adds until it is resumed")
    safe.add_argument("--daily-loss-pct", metavar="P", help="the same against the equity of midnight UTC, until the next")
    safe.add_argument("--on-guard", metavar="G", help="block, or flatten: whether reaching either closes what is held, too (block)")
    safe.add_argument("--loss-streak", metavar="N", help="losing round trips in a row after which nothing opens for --lock-hours")
    safe.add_argument("--low-profit-pct", metavar="P", help="the last trips made less, in %% of capital: nothing opens for --lock-hours")
    safe.add_argument("--low-profit-trades", metavar="N", help="round trips that is of, 64 at most (10)")
    safe.add_argument("--lock-hours", metavar="H", help="how long these two lock (24)")
    safe.add_argument("--cooldown-s", metavar="S", help="after an exit nothing opens on that symbol for so long")
    safe.add_argument("--stop-cooldown-s", metavar="S", help="the same after a stop's exit, where that is longer")
    safe.add_argument("--min-confidence", metavar="C", help="targets that a strategy is less sure of open nothing, 0 to 1")
    safe.add_argument("--max-age-s", metavar="S", help="of several symbols: nothing opens while a last print is older")
    safe.add_argument("--time-stop-s", metavar="S", help="exit after so long in a position")
    safe.add_argument("--break-even-pct", metavar="P", help="once it gained so much the stop is where nothing is lost")


def add_costs(parser: Parser) -> None:
    """`--costs`, for what runs over recorded data."""
    parser.add_argument(
        "--costs",
        metavar="C",
        help="measured: what your own fills cost (`cockpit calibrate`), or a FILE its --json wrote; flags go first",
    )


def given(call: Call) -> frozenset[str]:
    """The names of the terms that flags give."""
    return frozenset(name for name in (*CONFIGURED, *PLAIN) if getattr(call.options, name) is not None)


def terms(call: Call, base: Mapping[str, Any] | None = None) -> Terms:
    """The terms of the flags, over those of `base` (values of `term`), over the configured ones.

    Raises:
        UsageError: a value that is not allowed; the message names the flag and what is.
    """
    from core.commands import Terms
    from core.term_rules import DEPENDING, is_idle, needs

    paper = call.configuration().config.paper
    given: dict[str, Any] = {name: getattr(paper, name) for name in CONFIGURED} | dict(base or {})
    for name in (*CONFIGURED, *PLAIN):
        text = getattr(call.options, name)
        if text is not None:
            given[name] = term(name, text, f"--{name.replace('_', '-')} {text}")
    asked = Terms(**given)
    for name in DEPENDING:
        if getattr(call.options, name) is not None and is_idle(asked, name):
            raise UsageError(f"--{name.replace('_', '-')} does nothing without {needs(name, '--{name} {value}')}")
    return asked


def term(name: str, text: str, words: str) -> Any:
    """One of the terms, of text.

    Args:
        words: how it was given, for the message.

    Raises:
        UsageError: it is not allowed.
    """
    import msgspec

    from core.commands import Terms
    from core.config_keys import keys_of

    key = keys_of(Terms)[name]
    try:
        value = msgspec.convert(text, key.type, strict=False)
    except msgspec.ValidationError:
        raise UsageError(f"{words}: must be {key.allowed}") from None
    # NaN passes every bound it is compared with, and "null" reads as no value.
    if value is None or (isinstance(value, float) and not abs(value) < float("inf")):
        raise UsageError(f"{words}: must be {key.allowed}")
    return value


def folders(call: Call) -> list[Path]:
    """Where strategies lie: the built-in ones, then the user's own, which come first where names are equal."""
    from core.strategy_files import builtin_folder

    return [builtin_folder(), call.configuration().config.strategy_folder(call.home)]
