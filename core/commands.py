"""What people and programs may tell a running engine: typed, validated, journalled before they act.

Every one goes through `engine.submit`. `actor` is who asked (`cli`, `tui`, `api`, `engine`).
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

from msgspec import Meta, Struct

from core.advice_orders import AdviceCommand
from core.alert_rules import AnyRule
from core.desk_orders import DeskCommand
from core.lever_orders import Flatten as Flatten
from core.lever_orders import Hear as Hear
from core.lever_orders import LeverCommand
from core.lever_orders import Pause as Pause
from core.lever_orders import Reduce as Reduce
from core.lever_orders import Resume as Resume
from core.lever_orders import Said as Said
from core.lever_orders import SetLimits as SetLimits
from core.lever_orders import SetStops as SetStops
from core.lever_orders import silence as silence
from core.lever_orders import with_stops as with_stops
from core.replay_orders import ReplayCommand as ReplayCommand
from core.replay_orders import ReplayPace as ReplayPace
from core.replay_orders import ReplaySeek as ReplaySeek
from core.replay_orders import ReplayStep as ReplayStep
from core.terms import Terms as Terms
from core.variant import Variant

NonNegative: TypeAlias = Annotated[float, Meta(ge=0)]
Fraction: TypeAlias = Annotated[float, Meta(gt=0, lt=1)]


class Register(Struct, frozen=True, kw_only=True, tag="register"):
    """Start a strategy on its symbols. Answered with the strategy's id."""

    name: str
    symbols: list[str]
    params: dict[str, str | int | float | bool] = {}
    terms: Terms = Terms()
    id: str | None = None


class Unregister(Struct, frozen=True, kw_only=True, tag="unregister"):
    """Take a strategy out: flattened first, unless its position is kept."""

    id: str
    keep: bool = False


class Watch(Struct, frozen=True, kw_only=True, tag="watch"):
    """Stream and record these symbols too."""

    symbols: list[str]


class Unwatch(Struct, frozen=True, kw_only=True, tag="unwatch"):
    """Stop streaming these symbols; refused while a strategy trades one of them."""

    symbols: list[str]


class SetAlert(Struct, frozen=True, kw_only=True, tag="set_alert"):
    """Watch for what this rule asks, from now on. Answered with the rule's id; a rule with an id takes the place of that one."""

    rule: AnyRule


class RemoveAlert(Struct, frozen=True, kw_only=True, tag="remove_alert"):
    """Take a rule away; what it said stays."""

    id: str


class AckAlert(Struct, frozen=True, kw_only=True, tag="ack_alert"):
    """Somebody has seen an alert. `id` None is every open one."""

    id: str | None


class SnoozeAlert(Struct, frozen=True, kw_only=True, tag="snooze_alert"):
    """Say nothing of an alert, or of a rule, for so long; 0 wakes it."""

    id: str
    seconds: Annotated[float, Meta(ge=0, le=2_592_000)]


class SetVariant(Struct, frozen=True, kw_only=True, tag="set_variant"):
    """Keep a variant of an indicator in the home, in the place of one of its name; with `anew` there must be none."""

    variant: Variant
    anew: bool = False


class RemoveVariant(Struct, frozen=True, kw_only=True, tag="remove_variant"):
    """Take a variant of an indicator out of the home, whether or not what is said of it there is right."""

    name: str


class Stop(Struct, frozen=True, kw_only=True, tag="stop"):
    """End the engine cleanly; `flatten` closes every position first."""

    flatten: bool = False


class Backtest(Struct, frozen=True, kw_only=True, tag="backtest"):
    """Run a strategy over recorded data, beside the live ones. Answered with the run's id at once; it may wait for others to end.

    `source` is a file, a folder or `tape:SYMBOL[@FROM..TO]`, `further` are more of them: of a strategy of several legs one for each of its
    further legs, in their order. `symbol` says whose rows are meant, of several legs with commas between, in their order.
    What lies before `from_ns` only warms up, `to_ns` is exclusive.
    `allow_gaps` runs over a source that lacks data too. `costs` pays what was measured of the symbol, but for the terms in `given`:
    `measured` by the fills of this home, or the whole path of a file that `cockpit calibrate --json` wrote.
    """

    source: str
    strategy: str
    symbol: str | None = None
    params: dict[str, str | int | float | bool] = {}
    terms: Terms = Terms()
    from_ns: int | None = None
    to_ns: int | None = None
    allow_gaps: bool = False
    costs: str | None = None
    given: list[str] = []
    further: list[str] = []

    @property
    def sources(self) -> list[str]:
        """All of them."""
        return [self.source, *self.further]


class Optimize(Struct, frozen=True, kw_only=True, tag="optimize"):
    """Try many parameter sets over recorded data: `cockpit optimize`. Answered with the study's id at once; it queues with the runs.

    Attributes:
        sources: files, folders, `tape:SYMBOL[@FROM..TO]`, or `tape:*[@FROM..TO]` for every symbol of the tape.
        symbols: only these of what the sources hold; none: all. Of strategies of several legs those of the legs, in their order.
        params, from_ns, to_ns, allow_gaps, costs, given: as of `Backtest`; params of all trials, costs of each symbol its own.
        ranges, where: as on the command line: `fast=5:50:5`, `fast<slow`.
        trials: at most so many a strategy and symbol; None: as the method has it.
        validate: how the choice is judged by other stretches; None: not. `folds`: by how many.
        train: share of the time to choose on, of split and rolling. `embargo`: periods left out before judging.
        monte_carlo: how often the periods of the best are drawn again; None: not.
    """

    sources: Annotated[list[str], Meta(min_length=1)]
    strategies: Annotated[list[str], Meta(min_length=1)]
    symbols: list[str] = []
    params: dict[str, str | int | float | bool] = {}
    ranges: list[str] = []
    where: list[str] = []
    terms: Terms = Terms()
    method: Literal["grid", "random", "bayes"] = "grid"
    trials: Annotated[int, Meta(ge=1)] | None = None
    seed: int = 0
    rank_by: Literal["sharpe", "net_pnl", "profit_factor", "win_rate", "max_drawdown", "max_drawdown_pct"] = "sharpe"
    validate: Literal["split", "rolling", "anchored", "purged", "combinatorial"] | None = None
    folds: Annotated[int, Meta(ge=2, le=100)] = 5
    train: Fraction = 0.7
    embargo: Annotated[int, Meta(ge=0)] = 1
    monte_carlo: Annotated[int, Meta(ge=1)] | None = None
    from_ns: int | None = None
    to_ns: int | None = None
    allow_gaps: bool = False
    costs: str | None = None
    given: list[str] = []


class CancelRun(Struct, frozen=True, kw_only=True, tag="cancel_run"):
    """End a run that waits or is under way."""

    id: str


class NoteRun(Struct, frozen=True, kw_only=True, tag="note_run"):
    """List a run that was made elsewhere, over by now, with the lab's own; answered with its id.

    `outcome` is what came out, as `core.research.service.Outcome` by name.
    """

    order: Backtest
    started_ns: int
    ended_ns: int
    outcome: dict[str, Any]
    line: str = ""


class TrialCount(Struct, frozen=True, kw_only=True):
    """So many trials were made on a symbol between two times, ns UTC; `ever` with those of earlier runs of the same study."""

    symbol: str
    first_ns: int
    last_ns: int
    trials: int
    ever: int = 0


class NoteStudy(Struct, frozen=True, kw_only=True, tag="note_study"):
    """Count a study that was made elsewhere among the trials of this home; answered with its id.

    Attributes:
        asked: what was tried, in words of the command line.
        counts: by symbol, the span tried over (ns UTC) and how many trials were made in this run of it.
        found: its verdict and its best rows; of a portfolio (`kind`) its figures and warnings.
        journal: names the file its trials are kept in; of rows that name the same, the largest `ever` is what was made.
    """

    key: str
    strategies: list[str]
    source: str
    asked: dict[str, Any]
    counts: list[TrialCount]
    found: dict[str, Any]
    started_ns: int
    ended_ns: int
    kind: Literal["optimize", "portfolio"] = "optimize"
    journal: str = ""


VariantCommand: TypeAlias = SetVariant | RemoveVariant
AlertCommand: TypeAlias = SetAlert | RemoveAlert | AckAlert | SnoozeAlert
LabCommand: TypeAlias = Backtest | Optimize | CancelRun | NoteRun | NoteStudy
SteerCommand: TypeAlias = Register | Unregister | LeverCommand | Watch | Unwatch | Stop
Command: TypeAlias = SteerCommand | AlertCommand | LabCommand | ReplayCommand | VariantCommand | AdviceCommand | DeskCommand
