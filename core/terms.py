"""How a strategy trades: what its size means, what its orders are and cost, and where it is stopped out."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from msgspec import Meta, Struct

StopLoss: TypeAlias = Annotated[float, Meta(gt=0, lt=100, description="exit this far below (above) the entry, in percent")]
TakeProfit: TypeAlias = Annotated[float, Meta(gt=0, description="exit this far above (below) the entry, in percent")]
Trailing: TypeAlias = Annotated[float, Meta(gt=0, lt=100, description="exit this far off the best price since entry, in percent")]


class Terms(Struct, frozen=True, kw_only=True):
    """How a strategy trades: size, side, costs and stops. The same for a live run and a backtest."""

    qty: Annotated[float, Meta(gt=0, description="size of one unit of target, in base currency")] = 1.0
    side: Annotated[Literal["long_flat", "long_short"], Meta(description="long_flat ignores short targets")] = "long_flat"
    capital: Annotated[float, Meta(gt=0, description="starting equity, in quote currency")] = 10_000.0
    fee_bps: Annotated[float, Meta(ge=0, lt=10_000, description="fee of a fill, in basis points of its value")] = 4.0
    slippage_bps: Annotated[float, Meta(ge=0, lt=10_000, description="how much worse than the print a fill is, in basis points")] = 0.0
    latency_ms: Annotated[float, Meta(ge=0, le=3_600_000, description="from decision to the venue, in milliseconds")] = 0.0
    participation: (
        Annotated[float, Meta(gt=0, description="most of a print's quantity a fill may take, 0.1 = 10 %; none: no limit")] | None
    ) = None
    stop_loss_pct: StopLoss | None = None
    take_profit_pct: TakeProfit | None = None
    trailing_pct: Trailing | None = None
    lot: Annotated[float, Meta(gt=0, description="orders are whole multiples of it, in base currency; none: any quantity")] | None = None
    tick_size: Annotated[float, Meta(gt=0, description="prices are whole multiples of it; none: any price")] | None = None
    min_notional: (
        Annotated[float, Meta(gt=0, description="least value of an order, in quote currency; one to flat always passes")] | None
    ) = None
    spread: Annotated[Literal["print", "quote"], Meta(description="quote: market orders pay ask or bid, where known")] = "print"
    spread_bps: Annotated[
        float, Meta(ge=0, lt=10_000, description="spread where no quote is paid, in basis points; half of it is paid")
    ] = 0.0
    impact_bps: Annotated[float, Meta(ge=0, lt=10_000, description="worse by so much for all that is traded, by the square-root law")] = 0.0
    impact_volume: (
        Annotated[float, Meta(gt=0, description="what counts as all that is traded, in base currency; none: the print's quantity")] | None
    ) = None
    entry: Annotated[Literal["market", "limit", "stop"], Meta(description="limit, stop: what opens a position waits as such an order")] = (
        "market"
    )
    limit_offset_bps: Annotated[float, Meta(ge=0, lt=10_000, description="how far from the decision's price a limit is")] = 0.0
    limit_fill: Annotated[
        Literal["through", "touch", "queue"],
        Meta(description="through: only a print beyond the limit fills it; queue: at it, behind others"),
    ] = "through"
    limit_ttl_ms: (
        Annotated[float, Meta(gt=0, le=31_536_000_000, description="how long a limit order rests, in milliseconds; none: without end")]
        | None
    ) = None
    limit_then: Annotated[Literal["cancel", "market"], Meta(description="what becomes of a limit order after that")] = "cancel"
    maker_fee_bps: (
        Annotated[float, Meta(ge=-1_000, lt=10_000, description="fee of a limit order's fill; below 0 a rebate; none: fee_bps")] | None
    ) = None
    funding_bps: Annotated[
        float, Meta(gt=-10_000, lt=10_000, description="of a position's value each time, paid by longs, received by shorts")
    ] = 0.0
    funding_hours: Annotated[int, Meta(ge=1, le=24, description="how often, at multiples of so many hours UTC")] = 8
    size: Annotated[
        Literal["units", "quote", "equity_pct", "vol_pct"],
        Meta(description="what qty is: base currency, quote currency, % of equity, volatility a year in % of equity"),
    ] = "units"
    trigger_offset_bps: Annotated[float, Meta(ge=0, lt=10_000, description="how far from the decision's price a stop order is")] = 0.0
    trigger_ttl_ms: (
        Annotated[float, Meta(gt=0, le=31_536_000_000, description="how long a stop order waits, in milliseconds; none: without end")]
        | None
    ) = None
    trigger_then: Annotated[Literal["cancel", "market"], Meta(description="what becomes of a stop order after that")] = "cancel"
    exits: Annotated[
        Literal["market", "resting"], Meta(description="resting: stops and take-profits are orders at the venue from the entry on")
    ] = "market"
    vol_half_life_hours: Annotated[
        float, Meta(gt=0, le=87_600, description="age at which a return counts half in the volatility of vol_pct")
    ] = 24.0
    max_leverage: Annotated[float, Meta(gt=0, le=1_000, description="most a vol_pct position is worth, in multiples of equity")] = 2.0
    queue_ahead: (
        Annotated[float, Meta(ge=0, description="what stands ahead of a limit order at first, in base currency; none: by the prints")]
        | None
    ) = None
    queue_model: Annotated[
        Literal["trades", "quotes"], Meta(description="quotes: nothing is ahead at a price that the best quote is worse than")
    ] = "trades"
    leverage: (
        Annotated[float, Meta(ge=1, le=125, description="most that positions are worth, in multiples of equity; none: margin is no matter")]
        | None
    ) = None
    maintenance_pct: Annotated[
        float, Meta(gt=0, lt=100, description="equity below so much of the positions' value is liquidated, in percent")
    ] = 0.5
    liquidation_fee_bps: Annotated[
        float, Meta(ge=0, lt=10_000, description="fee of a liquidation beside fee_bps, in basis points of its value")
    ] = 0.0
    max_drawdown_pct: (
        Annotated[float, Meta(gt=0, lt=100, description="equity so far below its peak: nothing opens or adds until it is resumed")] | None
    ) = None
    daily_loss_pct: (
        Annotated[float, Meta(gt=0, lt=100, description="equity so far below that of midnight UTC: nothing opens or adds until the next")]
        | None
    ) = None
    on_guard: Annotated[Literal["block", "flatten"], Meta(description="flatten: reaching either of these closes what is held, too")] = (
        "block"
    )
    loss_streak: (
        Annotated[int, Meta(ge=1, le=1_000, description="after so many losing round trips in a row nothing opens for lock_hours")] | None
    ) = None
    low_profit_pct: (
        Annotated[
            float,
            Meta(gt=-100, lt=100, description="the last low_profit_trades made less, in % of capital: nothing opens for lock_hours"),
        ]
        | None
    ) = None
    low_profit_trades: Annotated[int, Meta(ge=1, le=64, description="round trips that low_profit_pct is of")] = 10
    lock_hours: Annotated[float, Meta(gt=0, le=8_760, description="how long loss_streak and low_profit_pct lock")] = 24.0
    cooldown_s: (
        Annotated[float, Meta(gt=0, le=31_536_000, description="after an exit nothing opens on that symbol for so many seconds")] | None
    ) = None
    stop_cooldown_s: (
        Annotated[float, Meta(gt=0, le=31_536_000, description="the same after a stop's exit, where that is longer")] | None
    ) = None
    min_confidence: (
        Annotated[float, Meta(gt=0, le=1, description="targets that a strategy is less sure of open nothing; 0 to 1")] | None
    ) = None
    max_age_s: (
        Annotated[float, Meta(gt=0, le=31_536_000, description="of several symbols: nothing opens while a last print is older, in seconds")]
        | None
    ) = None
    time_stop_s: Annotated[float, Meta(gt=0, le=31_536_000, description="exit after so many seconds in a position")] | None = None
    break_even_pct: (
        Annotated[float, Meta(gt=0, description="once it gained so much the stop is where nothing is lost, in percent")] | None
    ) = None
