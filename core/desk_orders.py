"""Commands of the desk: the session's settings and course, and the account's levers."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from msgspec import Meta, Struct

from core.terms import StopLoss, TakeProfit, Trailing

Reached: TypeAlias = Literal["tell", "stop_new", "flatten"]
Percent: TypeAlias = Annotated[float, Meta(gt=0, le=100)]
Positive: TypeAlias = Annotated[float, Meta(gt=0)]


class Settings(Struct, frozen=True, kw_only=True):
    """What a session trades, how, and what ends it. Money in quote currency, None is off."""

    strategies: Annotated[list[str], Meta(description="names of the catalogue; each trades every symbol of the watchlist")] = []
    watchlist: Annotated[list[str], Meta(description="symbols that are streamed and traded")] = []
    weights: Annotated[dict[str, Positive], Meta(description="size of a strategy against the others, by name; 1 where none is said")] = {}
    validators: Annotated[bool, Meta(description="ensembles ask their validators before they enter")] = True
    min_confidence: Annotated[float, Meta(ge=0, le=1, description="targets less sure than this open nothing")] = 0.0
    side: Annotated[Literal["long_flat", "long_short"], Meta(description="long_flat ignores short targets")] = "long_flat"
    order_type: Annotated[Literal["market", "limit", "stop"], Meta(description="what opens a position")] = "market"
    stop_loss_pct: StopLoss | None = 10.0
    take_profit_pct: TakeProfit | None = 25.0
    trailing_pct: Trailing | None = None
    base_pct: Annotated[Percent, Meta(description="size of a position in percent of the capital, before risk score and weight")] = 0.5
    min_notional: Annotated[Positive, Meta(description="least value of a position")] = 10.0
    max_notional: Annotated[Positive, Meta(description="most value of a position")] = 1_000.0
    max_leverage: Annotated[float, Meta(gt=0, le=100, description="value of all positions in multiples of equity, at most")] = 2.0
    capital: Annotated[Positive, Meta(description="of the account, at the session's start")] = 10_000.0
    max_positions: Annotated[int, Meta(ge=1, description="open positions at most")] | None = None
    max_symbol_pct: Annotated[Percent, Meta(description="value on one symbol, in percent of equity, at most")] | None = None
    max_strategy_pct: Annotated[Percent, Meta(description="value of one strategy's positions, in percent of equity, at most")] | None = None
    max_group_pct: (
        Annotated[Percent, Meta(description="value of positions that move together, net, in percent of equity, at most")] | None
    ) = None
    band_pct: (
        Annotated[Percent, Meta(description="a last price further off the middle of the quotes, in percent, opens nothing")] | None
    ) = None
    stale_s: (
        Annotated[float, Meta(ge=1, le=86_400, description="nothing heard of a symbol for so many seconds opens nothing on it")] | None
    ) = None
    groups: Annotated[list[str], Meta(description="symbols that move together, as BTCUSDT+ETHUSDT")] = []
    max_drawdown_pct: Annotated[Percent, Meta(description="fall of equity from its peak in the session, open profit counted")] | None = None
    on_drawdown: Annotated[Reached, Meta(description="what reaching it does")] = "stop_new"
    target_week: Annotated[Positive, Meta(description="profit of a week (from Monday, UTC)")] | None = None
    on_target: Annotated[Reached, Meta(description="what reaching it does, until the week is over")] = "stop_new"


class StartSession(Struct, frozen=True, kw_only=True, tag="start_session"):
    """Begin a session: its strategies are registered on its watchlist, by its terms."""

    settings: Settings
    name: str = ""


class ChangeSession(Struct, frozen=True, kw_only=True, tag="change_session"):
    """Other limits, target and stops from here on; what is traded stays as it is."""

    settings: Settings


class PauseSession(Struct, frozen=True, kw_only=True, tag="pause_session"):
    """Its strategies are paused: positions and stops stay."""


class ResumeSession(Struct, frozen=True, kw_only=True, tag="resume_session"):
    """Its strategies trade again; what a target or a limit did is undone."""


class StopSession(Struct, frozen=True, kw_only=True, tag="stop_session"):
    """End it: its strategies are taken out, flattened first unless their positions are kept."""

    keep: bool = False


class SetMode(Struct, frozen=True, kw_only=True, tag="mode"):
    """The account's lever: nothing new, only less, nothing at all, or as usual. `flatten` closes everything too."""

    mode: Literal["normal", "stop_new", "reduce_only", "halt"] = "normal"
    flatten: bool = False


DeskCommand: TypeAlias = StartSession | ChangeSession | PauseSession | ResumeSession | StopSession | SetMode
