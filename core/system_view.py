"""What a screen may know of what keeps the engine going: workers, feeds, files, latencies, the process itself.

Times are int64 ns UTC; `None` is "not known", never NaN.
"""

from __future__ import annotations

from msgspec import Struct


class WorkerRow(Struct, array_like=True):
    """One place of the pool and the process that fills it."""

    number: int
    pid: int  # 0 none at the moment
    state: str  # starting | running | behind | restarting | gone
    strategies: list[str]
    cpu_pct: float | None  # of one core
    rss_mb: float | None
    queue_ticks: int  # wait in the engine
    in_flight_ticks: int  # sent, not yet seen by its strategies
    behind_seq: int
    p99_us: float | None  # from receiving a live tick until its strategies have seen it
    restarts: int
    last_end: str  # why the process before this one ended; '' there was none


class LinkRow(Struct, array_like=True):
    """One connection to a venue."""

    symbols: int
    state: str
    detail: str
    retry_ns: int  # 0 none is due
    opened_ns: int  # of its newest socket; 0 none is open
    heard_ns: int  # when anything came last; 0 never
    sockets: int  # 2 while an old one is being replaced


class FeedHealth(Struct, array_like=True):
    """One venue's feed."""

    venue: str
    state: str
    detail: str
    retry_ns: int
    latency_ms: float | None
    skew_ms: float | None  # the venue's clock minus ours
    skew_error_ms: float | None  # how far off that may be
    clock_steps: int  # how often our clock was set
    trouble: str  # why the last REST call failed; '' it did not
    breakers: dict[str, str]  # rest, connect: closed | open | half_open
    hold_until_ns: int  # the venue asked for silence until then; 0 it did not
    paused: bool  # nothing is read: the disk or the memory is behind
    links: list[LinkRow]
    budgets: list[tuple[str, float, float]]  # what a venue limits: name, used, of how much
    counters: dict[str, int]
    reasons: dict[str, int]  # prints and quotes that were refused, by reason
    degraded: dict[str, str]  # symbols of which nothing usable comes, and why
    waiting: list[str]  # symbols that wait for missing prints
    unlisted: list[str]  # symbols the venue no longer lists
    flags: dict[str, int] = {}  # prints and quotes that were taken and are odd, by reason
    odd: dict[str, dict[str, int]] = {}  # refused and odd ones by symbol and reason
    jumps: list[tuple[str, int, float, float]] = []  # symbol, time, price, price before: the newest out of their band, the newest last
    frozen: dict[str, float] = {}  # symbols whose price stands still while others move, and for how many seconds when that was seen


class StoreHealth(Struct, array_like=True):
    """The tape and the ledger. Sizes in bytes; None: not looked yet."""

    ticks: int
    backlog: int
    lag_ms: float | None  # how long the newest commit took, from receiving
    trouble: str  # '' none
    tape_bytes: int | None
    tape_wal_bytes: int | None
    ledger_backlog: int
    ledger_trouble: str
    ledger_bytes: int | None
    ledger_wal_bytes: int | None
    disk_free_bytes: int | None
    settling: int  # writes that wait for the tape
    gaps: dict[str, list[int]] | None  # state -> [rows, ids]
    sealed: int | None = None  # of the ticks, those in chunks


class StageRow(Struct, array_like=True):
    """How long one stage took in the last minute, microseconds; None: nothing passed it."""

    name: str  # parsed | sequenced | target | fill | on_disk | alert
    p50_us: float | None
    p99_us: float | None
    max_us: float | None
    count: int


class ProcessHealth(Struct, array_like=True):
    """The engine process: memory in MB, pauses of its loop in microseconds; None unknown."""

    used_mb: float | None
    budget_mb: float | None
    shedding: str  # '' all is kept; else what is being given up
    cpu_pct: float | None  # of one core
    recent_ticks: int  # kept for workers that start again
    loop_p99_us: float | None
    loop_max_us: float | None  # in the last minute
    long_pauses: dict[str, int]  # pauses over 5 ms, by what made them
    refused: dict[str, int] = {}  # connections to its socket turned away or dropped since its start, by reason


class AnalystRow(Struct, array_like=True):
    """The process that judges markets, pairs and indicators."""

    state: str  # idle (nobody asked yet) | starting | ready | failed
    pid: int  # 0 none at the moment
    cpu_pct: float | None  # of one core
    rss_mb: float | None
    questions: int  # answered since the engine started
    p99_ms: float | None  # of the last minute, from asking to the answer
    restarts: int
    last_end: str  # why the process before this one ended; '' there was none
    follows: int  # symbols whose ticks it is sent
    behind: bool  # it reads them from the tape
    scan: str  # idle | running | done | failed | cancelled


class ChannelRow(Struct, array_like=True):
    """One way out for alerts."""

    name: str
    kind: str  # webhook | apprise
    where: str  # its address without what may be secret
    state: str  # ok | failing | quiet | off (it cannot be used; `error` says why)
    sent: int  # messages of the last 30 days
    failed: int  # given up
    waiting: int
    error: str  # why the last try failed; '' it did not
    sent_ns: int  # when the last one was delivered; 0 none was since the engine started


class SourceRow(Struct, array_like=True):
    """One source of signals beyond the tape."""

    name: str
    where: str  # its address without what may be secret
    state: str  # ok | late | abstains | down | waiting (no price to ask about yet) | off (it is not asked; `error` says why)
    symbols: int  # it is asked about
    answered_ns: int  # when its last signal came; 0 none did since the engine started
    p50_ms: float | None  # how long its newest answers took
    answers: int  # signals since the engine started
    errors: int  # tries that brought none
    failed: int  # of these, how many in a row
    error: str  # why the last one failed; '' it did not
    next_ns: int  # when it is asked again


class SystemView(Struct, array_like=True):
    """What keeps the engine going."""

    workers: list[WorkerRow]
    feeds: list[FeedHealth]
    store: StoreHealth
    stages: list[StageRow]
    process: ProcessHealth
    analyst: AnalystRow | None = None
    channels: list[ChannelRow] = []
    sources: list[SourceRow] = []


class CommandRow(Struct, array_like=True):
    """One thing the engine was told, or did by itself."""

    ts_ns: int
    actor: str  # tui | cli | api | engine
    kind: str
    subject: str
    refused: str = ""  # why it was not done; '' it was


class CoverageRow(Struct, array_like=True):
    """What the tape holds of one symbol over time."""

    symbol: str
    from_ns: int
    step_ns: int
    cells: str  # one character a stretch: ' ' nothing, '=' live, '+' some fetched later, 'i' some imported, '!' some missing
    ids: int
    missing: int
