"""Scenarios of the generated market: which symbols, how fast, how wild; read from TOML files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from core.errors import UsageError

_Positive = Annotated[float, Meta(gt=0, le=1e9)]
_Asset = Annotated[str, Meta(pattern=r"^\w{1,20}$")]

_ROOT = Path(__file__).resolve().parents[2]

#: In a checkout, and in an installed wheel.
FOLDERS = (_ROOT / "data" / "scenarios", _ROOT / "cockpit" / "data" / "scenarios")


class Instrument(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One symbol of a generated market.

    Attributes:
        price: where its price keeps returning to.
        tick, step: the smallest price and size steps.
        volatility: of a year, as a fraction.
        beta: how much of the common factor it takes.
        trades_per_s: the mean; the scenario's own when None.
        notional: the median value of a print, in quote currency.
        follows: the base of another symbol whose price this one keeps returning to (times its own over that one's, to the power of
            `beta`): the two are cointegrated. It then takes the common factor through that one only.
        half_life_h: in which time half of its distance from there is gone, in hours; with `follows` alone.
    """

    base: _Asset
    quote: _Asset = "USDT"
    price: _Positive
    tick: _Positive = 0.01
    step: _Positive = 0.001
    volatility: Annotated[float, Meta(ge=0, le=50)] = 0.6
    beta: Annotated[float, Meta(ge=-5, le=5)] = 1.0
    trades_per_s: Annotated[float, Meta(gt=0, le=50_000)] | None = None
    notional: _Positive = 300.0
    follows: _Asset | None = None
    half_life_h: Annotated[float, Meta(gt=0, le=1000)] = 2.0

    @property
    def symbol(self) -> str:
        return self.base + self.quote


class Scenario(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A generated market: the same seed gives the same prints at the same wall-clock time, in every run.

    Attributes:
        history_hours: how far before its start it can tell of bars and of prints by time; at least two. Of prints by id it tells of all.
        factor_volatility: of a year, of the factor all symbols share.
        day_shape: how much livelier the busiest hours of a UTC day (14 to 16, New York's morning) are than the mean, and the quietest
            calmer: 0 not at all, 0.5 half.
    """

    instruments: Annotated[list[Instrument], Meta(min_length=1, max_length=500)]
    seed: Annotated[int, Meta(ge=0, lt=2**32)] = 1
    trades_per_s: Annotated[float, Meta(gt=0, le=50_000)] = 5.0
    history_hours: Annotated[float, Meta(ge=2, le=24 * 7)] = 6.0
    factor_volatility: Annotated[float, Meta(ge=0, le=50)] = 0.5
    day_shape: Annotated[float, Meta(ge=0, le=0.9)] = 0.0

    def __post_init__(self) -> None:
        names = [instrument.symbol for instrument in self.instruments]
        if len(set(names)) < len(names):
            raise ValueError("a symbol is listed twice")
        free = {instrument.base for instrument in self.instruments if instrument.follows is None}
        for instrument in self.instruments:
            if instrument.follows is not None and instrument.follows not in free:
                raise ValueError(f"{instrument.base} follows {instrument.follows}, which is no symbol here or follows another itself")

    def leader(self, instrument: Instrument) -> Instrument | None:
        """The one a symbol follows, if any."""
        return next((other for other in self.instruments if other.base == instrument.follows), None)

    def rate(self, instrument: Instrument) -> float:
        """Trades a second of one symbol."""
        return self.trades_per_s if instrument.trades_per_s is None else instrument.trades_per_s


def load(name: str, seed: int | None = None) -> Scenario:
    """A scenario by its name, or by the path of a TOML file; `seed` replaces its own.

    Raises:
        UsageError: there is none, or a value in it is not allowed; the file and the key are named.
    """
    path = _find(name)
    try:
        found = msgspec.toml.decode(path.read_bytes(), type=Scenario)
    except (OSError, ValueError) as exc:
        raise UsageError(f"scenario {path}: {exc}") from exc
    if seed is None:
        return found
    if not 0 <= seed < 2**32:
        raise UsageError(f"a seed is a number from 0 to {2**32 - 1}, not {seed}")
    return msgspec.structs.replace(found, seed=seed)


def names() -> list[str]:
    """The scenarios that ship with the project."""
    return sorted({path.stem for folder in FOLDERS for path in folder.glob("*.toml")})


def _find(name: str) -> Path:
    if name.endswith(".toml"):
        return Path(name)
    path = next((folder / f"{name}.toml" for folder in FOLDERS if (folder / f"{name}.toml").is_file()), None)
    if path is None or Path(name).name != name:
        raise UsageError(f"no scenario {name!r}: {', '.join(names()) or 'none are installed'}, or the path of a .toml file")
    return path
