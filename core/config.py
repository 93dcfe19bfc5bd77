"""The configuration: every key with its type, bounds, default and meaning, and where each effective value came from.

Precedence, weakest first: the defaults below, `cockpit.toml` in the home, `COCKPIT_*` environment variables
(`COCKPIT_VENUES__BINANCE__WS_URL`), command-line flags. The file, the listing and the errors are generated from this module.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias, cast

import msgspec
from msgspec import Meta, Struct

from core import config_sources as sources
from core.config_alerts import AlertsConfig, shown
from core.config_broker import BrokerConfig
from core.config_heard import SourceConfig
from core.config_keys import Key, find_key, keys_of, named_section
from core.errors import ConfigError

Url: TypeAlias = Annotated[str, Meta(pattern=r"^wss?://[^/\s?#@]+/?$", extra={"allowed": "ws:// or wss:// and a host, without a path"})]
RestUrl: TypeAlias = Annotated[
    str, Meta(pattern=r"^https?://[^/\s?#@]+/?$", extra={"allowed": "http:// or https:// and a host, without a path"})
]
SymbolName: TypeAlias = Annotated[str, Meta(pattern=r"^[^\s,\x00-\x1f\x7f-\x9f]{1,64}$", extra={"allowed": "a symbol such as BTCUSDT"})]
Seconds: TypeAlias = Annotated[float, Meta(gt=0, le=86_400)]


#: What is streamed where nobody says what.
SYMBOLS = ("BTCUSDT", "ETHUSDT", "BNBUSDT", "SOLUSDT", "ADAUSDT")


class VenueConfig(Struct, frozen=True, kw_only=True):
    """How one venue is reached, and when its silence counts as trouble."""

    ws_url: Annotated[Url | None, Meta(description="base address of its streams; unset: the venue's own")] = None
    rest_url: Annotated[RestUrl | None, Meta(description="base address of its REST calls; unset: the venue's own")] = None
    dumps_url: Annotated[RestUrl | None, Meta(description="base address of its public daily dumps; unset: the venue's own")] = None
    stream: Annotated[Literal["aggTrade", "trade"], Meta(description="which kind of print is recorded and traded on")] = "aggTrade"
    gap_deadline_s: Annotated[Seconds, Meta(description="how long a symbol waits for missing prints before it goes on")] = 2.0
    stale_after_s: Annotated[Seconds, Meta(description="silence after which a connection is shown as stale")] = 10.0
    reconnect_after_s: Annotated[Seconds, Meta(description="silence after which a connection is replaced")] = 30.0

    def __post_init__(self) -> None:
        if self.reconnect_after_s < self.stale_after_s:
            raise ValueError(f"reconnect_after_s ({self.reconnect_after_s:g}) must be at least stale_after_s ({self.stale_after_s:g})")


class Venues(Struct, frozen=True, kw_only=True):
    """The venues there are."""

    binance: VenueConfig = VenueConfig()


class EngineConfig(Struct, frozen=True, kw_only=True):
    """The engine process."""

    workers: Annotated[int, Meta(ge=0, le=256, description="strategy worker processes; 0: one a core")] = 0
    worker_deadline_s: Annotated[Seconds, Meta(description="a strategy that makes no progress for so long is taken out")] = 5.0
    snapshot_every_s: Annotated[Seconds, Meta(description="how often strategy states are saved")] = 60.0
    memory_mb: Annotated[int, Meta(ge=100, le=1_000_000, description="memory the engine and its workers may use together, in MB")] = 500
    log_level: Annotated[Literal["debug", "info", "warning", "error"], Meta(description="what is worth a line in the log")] = "info"
    log_mb: Annotated[int, Meta(ge=1, le=10_000, description="size at which the log starts a new file, in MB")] = 10
    log_files: Annotated[int, Meta(ge=1, le=1000, description="how many log files are kept")] = 5
    linger_s: Annotated[float, Meta(ge=0, description="a demo or a standing replay ends this long after its last viewer")] = 1800.0


class StoreConfig(Struct, frozen=True, kw_only=True):
    """The tape: when old ticks are sealed, and how long they are kept."""

    seal_after_s: Annotated[
        float, Meta(ge=0, le=604_800, description="ticks older than this are sealed: compressed in chunks; 0: as soon as a chunk is full")
    ] = 3600.0
    upkeep_every_s: Annotated[Seconds, Meta(description="how often the engine looks for ticks to seal, and to delete")] = 60.0
    keep_days: Annotated[float, Meta(ge=0, le=36_500, description="older ticks are deleted; 0: none is")] = 0.0
    keep_gb: Annotated[float, Meta(ge=0, le=1e6, description="the oldest ticks are deleted when the tape is larger; 0: it may grow")] = 0.0


class StrategiesConfig(Struct, frozen=True, kw_only=True):
    """Strategies of your own."""

    folder: Annotated[str | None, Meta(description="where your strategy files lie; unset: strategies in the home")] = None


class IndicatorsConfig(Struct, frozen=True, kw_only=True):
    """Indicators of your own."""

    folder: Annotated[str | None, Meta(description="where your indicator files lie; unset: indicators in the home")] = None


class ResearchConfig(Struct, frozen=True, kw_only=True):
    """Runs over history."""

    processes: Annotated[int, Meta(ge=0, le=256, description="how many run at once; 0: one a core but one, at least one")] = 0


class QualityConfig(Struct, frozen=True, kw_only=True):
    """What of the prints and quotes that come is flagged as odd. It is counted and shown; nothing is left out for it."""

    spike_mads: Annotated[
        float, Meta(ge=3, le=1000, description="a print jumped if it is so many median deviations of the symbol's latest moves away")
    ] = 20.0
    spike_pct: Annotated[float, Meta(ge=0, le=100, description="and at least so many percent")] = 1.0
    frozen_after_s: Annotated[Seconds, Meta(description="a price stands still when it has not changed for so long while others do")] = 300.0
    ahead_ms: Annotated[float, Meta(ge=0, le=86_400_000, description="a print so far ahead of our clock is flagged, in milliseconds")] = (
        1000.0
    )
    old_s: Annotated[Seconds, Meta(description="a live print that comes so long after its time is flagged")] = 10.0


class UiConfig(Struct, frozen=True, kw_only=True):
    """The screen."""

    refresh_hz: Annotated[int, Meta(ge=1, le=30, description="how often the screen asks the engine what changed")] = 10
    theme: Annotated[Literal["dark", "light", "contrast", "mono"], Meta(description="colours")] = "dark"
    bell: Annotated[bool, Meta(description="whether the terminal's bell rings at all; [alerts] says for what")] = True
    notify: Annotated[
        bool, Meta(description="whether the terminal is asked for notices at all (OSC 9, OSC 777); [alerts] says for what")
    ] = True
    keys: Annotated[dict[str, str], Meta(description="other keys for actions, by the action's name")] = {}


class PaperConfig(Struct, frozen=True, kw_only=True):
    """Terms of a strategy or a backtest that says nothing else."""

    capital: Annotated[float, Meta(gt=0, description="starting equity, in quote currency")] = 10_000.0
    fee_bps: Annotated[float, Meta(ge=0, lt=10_000, description="fee of a fill, in basis points of its value")] = 4.0
    slippage_bps: Annotated[float, Meta(ge=0, lt=10_000, description="how much worse than the print a fill is, in basis points")] = 0.0
    latency_ms: Annotated[float, Meta(ge=0, le=3_600_000, description="from decision to the venue, in milliseconds")] = 0.0
    filters: Annotated[
        Literal["off", "venue"], Meta(description="venue: a strategy that is registered without lot, tick or least order gets the venue's")
    ] = "off"


class Config(Struct, frozen=True, kw_only=True):
    """Everything that can be configured."""

    venue: Annotated[Literal["binance"], Meta(description="the venue a bare symbol means")] = "binance"
    symbols: Annotated[list[SymbolName], Meta(min_length=1, description="what is streamed and recorded")] = msgspec.field(
        default_factory=lambda: list(SYMBOLS)
    )
    venues: Venues = Venues()
    engine: EngineConfig = EngineConfig()
    store: StoreConfig = StoreConfig()
    strategies: StrategiesConfig = StrategiesConfig()
    indicators: IndicatorsConfig = IndicatorsConfig()
    research: ResearchConfig = ResearchConfig()
    quality: QualityConfig = QualityConfig()
    alerts: AlertsConfig = AlertsConfig()
    sources: dict[str, SourceConfig] = {}
    ui: UiConfig = UiConfig()
    paper: PaperConfig = PaperConfig()
    broker: BrokerConfig = BrokerConfig()

    def of_venue(self, name: str) -> VenueConfig:
        """The section of a venue; its defaults where it has none."""
        return cast(VenueConfig, getattr(self.venues, name, VenueConfig()))

    def strategy_folder(self, home: Path) -> Path:
        """Where the user's own strategies lie; a relative folder is taken from the home."""
        return home / Path(self.strategies.folder or "strategies").expanduser()

    def indicator_folder(self, home: Path) -> Path:
        """The same for the user's own indicators."""
        return home / Path(self.indicators.folder or "indicators").expanduser()


@dataclass(frozen=True, slots=True)
class Effective:
    """The configuration in force, and where each value of it came from."""

    config: Config
    origins: Mapping[str, str]

    def origin(self, key: str) -> str:
        """`default`, the path of cockpit.toml, the environment variable's name, or the flag."""
        return self.origins.get(key, "default")

    def rows(self) -> Iterator[tuple[str, Any, str]]:
        """(dotted key, value, origin) of every key; what may be a secret is shortened."""
        for pattern, key in keys_of(Config).items():
            for name, value in _values(self.config, pattern.split("."), ""):
                yield name, shown(value) if key.private else value, self.origin(name)


def _values(section: Any, pattern: list[str], path: str) -> Iterator[tuple[str, Any]]:
    """(dotted key, value) of a key: one for each name that was given, where a part of it is chosen."""
    if not pattern:
        yield path, section
        return
    part, *rest = pattern
    for name, inner in section.items() if part == "*" else ((part, getattr(section, part)),):
        yield from _values(inner, rest, f"{path}.{name}" if path else name)


def load(home: Path, env: Mapping[str, str] | None = None, flags: Mapping[str, Any] | None = None) -> Effective:
    """Read every source and merge them; `flags` maps dotted keys to values, None meaning not given.

    Raises:
        ConfigError: a wrong key or value, or a file that is not TOML: one line naming where, what, and what is allowed.
    """
    keys = keys_of(Config)
    values, origins = dict[str, Any](), dict[str, str]()
    for setting in (
        *sources.from_file(home / "cockpit.toml", keys),
        *sources.from_env(os.environ if env is None else env, keys),
        *sources.from_flags(flags or {}, keys),
    ):
        key = find_key(keys, setting.key)
        assert key is not None  # the sources refuse what is none
        values[setting.key] = _checked(setting, key)
        origins[setting.key] = setting.origin
    return Effective(_build(Config, "", values, origins), origins)


def _checked(setting: sources.Setting, key: Key) -> Any:
    """The value as its key's type. Text is read as the type asks, except from a file, which has types of its own."""
    if setting.value == "" and key.default is None:
        return None
    try:
        value = msgspec.convert(setting.value, key.type, strict=not setting.is_text)
    except (msgspec.ValidationError, OverflowError):
        raise sources.refused(setting, key.allowed) from None
    if isinstance(value, float) and not math.isfinite(value):
        raise sources.refused(setting, key.allowed)
    return value


def _build(kind: type[Struct], path: str, values: Mapping[str, Any], origins: Mapping[str, str]) -> Any:
    """One section from its values; rules between values of a section are checked by the section itself."""
    given: dict[str, Any] = {}
    for field in msgspec.structs.fields(kind):
        dotted = f"{path}{field.name}"
        if (named := named_section(field.type)) is not None:
            below = sorted({name.removeprefix(f"{dotted}.").partition(".")[0] for name in values if name.startswith(f"{dotted}.")})
            given[field.name] = {name: _build(named, f"{dotted}.{name}.", values, origins) for name in below}
        elif isinstance(field.type, type) and issubclass(field.type, Struct):
            given[field.name] = _build(field.type, f"{dotted}.", values, origins)
        elif dotted in values:
            given[field.name] = values[dotted]
    try:
        return kind(**given)
    except ValueError as error:
        where = ", ".join(sorted({origins[f"{path}{name}"] for name in given if f"{path}{name}" in origins}))
        raise ConfigError(f"{where}: [{path.rstrip('.')}] {error}") from None
