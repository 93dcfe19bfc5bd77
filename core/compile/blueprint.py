"""All a process needs to run a strategy, as plain data: what the compiler process answers and a worker is sent."""

from __future__ import annotations

import importlib.util
import math
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from core.commands import SetLimits, Terms
from core.compile.extras import added_terms, features_of
from core.compile.module import Variant, generate
from core.compile.protections import is_timed
from core.errors import StrategyError, one_line
from core.kernels.records import HALT, LIMITS, NO_NEW, NORMAL, REDUCING, TERMS
from core.strategy import PYTHON, Definition, OutlineLine, params_record, source_hash

_MODES = {"normal": NORMAL, "stop_new": NO_NEW, "reduce_only": REDUCING, "halt": HALT}


class Blueprint(msgspec.Struct, frozen=True, kw_only=True):
    """One strategy with its parameters, ready to run.

    Attributes:
        text: the generated module, which also holds every record's layout.
        params: bytes of the parameter record.
        values: the parameters as a person reads them.
        work: float64s of work memory.
        warmup: bars (ticks when `interval` is 0) before it has an opinion.
        source: the strategy file's text.
        source_hash: sha256 of the file and of everything bundled with it.
        reasons: what the numbers of reasons that go with its targets stand for.
        sources: those beyond the tape that it hears.
        details: names of the numbers that go with its signals.
        outline: the conditions of a strategy of rules, a line each.
        helpers: of a strategy in plain Python, the texts of the modules beside it that it imports, by name.
    """

    name: str
    kind: str
    path: str
    text: str
    params: bytes
    values: dict[str, Any]
    work: int
    legs: int
    warmup: int
    interval: int
    source: str
    source_hash: str
    helpers: dict[str, str] = {}
    reasons: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    details: tuple[str, ...] = ()
    outline: tuple[OutlineLine, ...] = ()


def blueprint(definition: Definition, values: dict[str, Any], variant: Variant) -> Blueprint:
    """Check the parameters and generate the module.

    Raises:
        StrategyError: a parameter is refused, or `step` cannot be compiled in.
    """
    params = definition.params(values)
    source = importlib.util.decode_source(definition.path.read_bytes())
    try:
        work, warmup = definition.work(params), definition.warmup(params)
    except Exception as error:  # the user's functions
        raise StrategyError(one_line(f"{definition.path}: {type(error).__name__}: {error}")) from error
    if work < 0 or warmup < 0:
        raise StrategyError(f"{definition.path}: work and warmup give lengths: {work} and {warmup} cannot be")
    interval = definition.interval(params)
    helpers = _helpers(definition) if definition.kind == PYTHON else {}
    text = generate(definition, msgspec.structs.replace(variant, ticks=interval == 0 and not variant.bars))
    return Blueprint(
        name=definition.name,
        kind=definition.kind,
        path=str(definition.path),
        text=text,
        params=params_record(params).tobytes(),
        values=msgspec.to_builtins(params),
        work=work,
        legs=definition.legs,
        warmup=warmup,
        interval=interval,
        source=source,
        source_hash=source_hash("".join([source, text, *helpers.values()])),
        helpers=helpers,
        reasons=definition.reasons,
        sources=definition.sources,
        details=definition.details,
        outline=definition.outline,
    )


def _helpers(definition: Definition) -> dict[str, str]:
    """The texts of the modules it imports from its own folder."""
    files = {name: Path(module.__file__) for name, module in sorted(definition.helpers.items()) if module.__file__}
    return {name: importlib.util.decode_source(file.read_bytes()) for name, file in files.items()}


def terms_record(terms: Terms, layout: np.dtype[np.void] = TERMS) -> np.ndarray[Any, Any]:
    """TERMS, shape (1,): percent and basis points become fractions, milliseconds ns, "none" its neutral value.

    Args:
        layout: TERMS with the fields of the features that are in.
    """
    row = np.zeros(1, layout)
    for field, value in added_terms(terms).items():
        if field in (layout.names or ()):
            row[field] = value
    row["qty"] = terms.qty
    row["fee_bps"] = terms.fee_bps
    row["slippage"] = terms.slippage_bps / 1e4
    row["latency"] = round(terms.latency_ms * 1e6)
    row["participation"] = math.inf if terms.participation is None else terms.participation
    for field, percent in (("stop_loss", terms.stop_loss_pct), ("take_profit", terms.take_profit_pct), ("trailing", terms.trailing_pct)):
        row[field] = math.nan if percent is None else percent / 100
    row["long_only"] = terms.side == "long_flat"
    return row


def limits_record(limits: SetLimits | None) -> np.ndarray[Any, Any]:
    """LIMITS, shape (1,); None is no limit."""
    limits = limits or SetLimits()
    row = np.zeros(1, LIMITS)
    row["mode"] = _MODES[limits.mode]
    row["max_position"] = limits.max_position or math.inf
    row["max_spread"] = math.inf if limits.max_spread_pct is None else limits.max_spread_pct / 100
    row["price_low"] = limits.price_low or 0.0
    row["price_high"] = limits.price_high or math.inf
    return row


def backtest_variant(terms: Terms, *, bars: bool, legs: int = 1) -> Variant:
    """The least that gives the same result: no limits, no levers, a symbol for each leg, stops only if any is set."""
    stops = is_timed(terms) or any(pct is not None for pct in (terms.stop_loss_pct, terms.take_profit_pct, terms.trailing_pct))
    return Variant(mapped=legs > 1, bars=bars, stops=stops, limited=False, features=features_of(terms))


def live_variant(terms: Terms, *, external: bool = False) -> Variant:
    """All that may be asked of a strategy while it runs, and the features of its terms.

    Args:
        external: a venue fills its orders.
    """
    features = features_of(terms)
    return Variant(features=features | {"venued"} if external else features, signals=True, external=external)
