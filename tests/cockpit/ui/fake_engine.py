"""An engine that only talks: the real protocol on a real socket, with a scripted market behind it.

    python -m tests.cockpit.ui.fake_engine HOME [paper|demo|live|replay] [NUMBER OF SYMBOLS]

serves a market that moves, for looking at the screen.
"""

from __future__ import annotations

import asyncio
import random
import sys
import time
from pathlib import Path
from typing import Any

import msgspec
from websockets.asyncio.server import Server, ServerConnection, unix_serve
from websockets.exceptions import ConnectionClosed

from core.commands import Backtest, CancelRun, Command, Flatten, Optimize, Pause, Register, Resume, Stop, Unregister, Unwatch, Watch
from core.desk_view import AccountRow, DeskView, RiskView, SessionRow
from core.errors import CockpitError
from core.home import socket_path
from core.system_view import CommandRow, CoverageRow, FeedHealth, LinkRow, ProcessHealth, StageRow, StoreHealth, SystemView, WorkerRow
from core.view import (
    PROTOCOL,
    AlertRow,
    Ask,
    Done,
    FeedState,
    HeaderView,
    Hello,
    LabView,
    Painted,
    PriceRow,
    Pull,
    Refused,
    Reply,
    Request,
    StrategyRow,
    Submit,
    TradeRow,
    View,
)

if __package__:  # as a program, and for the benchmark
    from tests.cockpit.ui import charted
else:
    import charted

SECOND = 1_000_000_000
#: 2026-11-20 14:02:11 UTC: scripted tests stand still here.
NOON = 1_795_183_331 * SECOND

TERMS = [
    {"name": "qty", "type": "float", "default": 1.0, "description": "size of one unit of target, in base currency", "gt": 0},
    {"name": "side", "type": "choice", "default": "long_flat", "description": "", "choices": ["long_flat", "long_short"]},
    {"name": "capital", "type": "float", "default": 10000.0, "description": "starting equity, in quote currency", "gt": 0},
    {"name": "fee_bps", "type": "float", "default": 4.0, "description": "fee of a fill, in basis points", "ge": 0, "lt": 10000},
    {
        "name": "slippage_bps",
        "type": "float",
        "default": 0.0,
        "description": "how much worse a fill is, in basis points",
        "ge": 0,
        "lt": 10000,
    },
    {"name": "latency_ms", "type": "float", "default": 0.0, "description": "from decision to the venue", "ge": 0, "le": 3600000},
    {"name": "participation", "type": "float", "default": None, "description": "most of a print a fill may take", "gt": 0},
    {"name": "stop_loss_pct", "type": "float", "default": None, "description": "exit this far below the entry", "gt": 0, "lt": 100},
    {"name": "take_profit_pct", "type": "float", "default": None, "description": "exit this far above the entry", "gt": 0},
    {"name": "trailing_pct", "type": "float", "default": None, "description": "exit this far off the best price", "gt": 0, "lt": 100},
]

_INTERVAL = {"name": "interval", "type": "interval", "default": "1m", "description": "length of a bar"}

CATALOGUE = {
    "strategies": [
        {
            "name": "momentum",
            "sentence": "Bets that a move that began goes on.",
            "legs": 1,
            "params": [
                {"name": "lookback", "type": "int", "default": 5, "description": "bars of the move", "ge": 1, "le": 1000},
                {"name": "threshold", "type": "float", "default": 0.0, "description": "smallest move, in percent", "ge": 0},
                _INTERVAL,
            ],
        },
        {
            "name": "sma_crossover",
            "sentence": "Bets that a fast average above a slow one means a trend worth following.",
            "legs": 1,
            "params": [
                {"name": "fast", "type": "int", "default": 5, "description": "bars of the fast average", "ge": 1, "le": 10000},
                {"name": "slow", "type": "int", "default": 20, "description": "bars of the slow average", "ge": 2, "le": 10000},
                _INTERVAL,
                {"name": "confirm", "type": "bool", "default": False, "description": "wait for a second bar"},
            ],
        },
    ],
    "broken": {},
    "terms": TERMS,
}


def price_row(symbol: str = "binance:BTCUSDT", last: float | None = 61_686.01, **changes: Any) -> PriceRow:
    """One symbol, live a tenth of a second ago."""
    row = PriceRow(symbol, last, 1, 0.42, 61_685.99, 61_686.0, 18_200.0, 310.0, NOON - SECOND // 10, 2, "live", [1.0, 2.0, 3.0])
    return msgspec.structs.replace(row, **changes)


def strategy_row(id: str = "sma-1", **changes: Any) -> StrategyRow:
    """One running strategy, long half a coin."""
    row = StrategyRow(
        id, "sma_crossover", ["binance:BTCUSDT"], "running", "", "", 0.5, 61_650.0, 18.0, 42.1, 12.3, 12, 7, 10_060.1, 10_000.0, 0.4,
        {"fast": 5, "slow": 20, "interval": "1m"}, [1.0, 3.0, 2.0, 4.0],
    )  # fmt: skip
    return msgspec.structs.replace(row, **changes)


def trade_row(number: int = 1, **changes: Any) -> TradeRow:
    """One fill: a profitable sale."""
    row = TradeRow(
        NOON - 2 * SECOND, "sma-1", "binance:BTCUSDT", "fill", "sell", 0.5, 61_712.0, 12.34, 13.12, 0.0, "signal", f"sma-1:{number}"
    )
    return msgspec.structs.replace(row, **changes)


def header_view(**changes: Any) -> HeaderView:
    """A healthy paper engine."""
    feeds = [FeedState("binance", "live", "", 12.0)]
    row = HeaderView(
        "paper", feeds, NOON, NOON - 187_200 * SECOND, 4_000_000, 1204.0, 0, 12, 0, 0, 10_012.4, 10_000.0, 0.3, 4711, "/home/x"
    )
    return msgspec.structs.replace(row, **changes)


def worker_row(number: int = 1, **changes: Any) -> WorkerRow:
    """One worker at ease."""
    row = WorkerRow(number, 4711 + number, "running", [f"sma-{number}", f"rsi-{number}"], 1.2, 145.3, 0, 3, 0, 212.0, 0, "")
    return msgspec.structs.replace(row, **changes)


def feed_health(**changes: Any) -> FeedHealth:
    """A venue that streams."""
    counters = {"frames": 2_104_333, "ticks": 1_204_333, "late": 0, "backfilled": 34, "duplicates": 2, "stepped_back": 0, "quarantined": 3,
                "malformed": 0, "spikes": 1, "unwatched": 0, "gaps": 2, "gaps_open": 0, "reconnects": 1}  # fmt: skip
    link = LinkRow(4, "live", "", 0, NOON - 7_400 * SECOND, NOON - SECOND // 5, 1)
    row = FeedHealth(
        venue="binance", state="live", detail="", retry_ns=0, latency_ms=12.0, skew_ms=-3.0, skew_error_ms=2.0, clock_steps=0, trouble="",
        breakers={"rest": "closed", "connect": "closed"}, hold_until_ns=0, paused=False, links=[link],
        budgets=[("REST weight", 120.0, 6_000.0), ("connects", 1.0, 300.0)], counters=counters, reasons={"price nan": 2, "quantity 0": 1},
        degraded={}, waiting=[], unlisted=[],
    )  # fmt: skip
    return msgspec.structs.replace(row, **changes)


def store_health(**changes: Any) -> StoreHealth:
    """Both files in order."""
    gaps = {"filled": [2, 34], "quarantined": [1, 3]}
    row = StoreHealth(1_204_333, 12, 85.0, "", 48_200_000, 4_100_000, 0, "", 1_200_000, 300_000, 12_400_000_000, 0, gaps)
    return msgspec.structs.replace(row, **changes)


def stage_rows() -> list[StageRow]:
    """A quick engine on a usual disk."""
    return [
        StageRow("parsed", 12.3, 41.0, 310.5, 61_204),
        StageRow("sequenced", 31.0, 96.2, 812.0, 61_204),
        StageRow("target", 140.4, 412.7, 1_930.0, 58_110),
        StageRow("fill", 310.0, 812.0, 2_100.0, 41),
        StageRow("on_disk", 84_100.0, 160_400.0, 212_000.0, 61_204),
    ]


def system_view(**changes: Any) -> SystemView:
    """An engine in which all is well."""
    process = ProcessHealth(132.4, 500.0, "", 3.2, 200_000, 210.0, 1_240.0, {"gc": 0, "work": 0, "processor": 1, "blocked": 0})
    row = SystemView([worker_row(1), worker_row(2)], [feed_health()], store_health(), stage_rows(), process)
    return msgspec.structs.replace(row, **changes)


def trail_rows() -> list[CommandRow]:
    """What was told, newest first."""
    return [
        CommandRow(NOON - 5 * SECOND, "tui", "pause", "macd"),
        CommandRow(NOON - 60 * SECOND, "cli", "register", "sma_crossover on DOGEUSDT", "DOGEUSDT is not listed on binance"),
        CommandRow(NOON - 3600 * SECOND, "engine", "failed", "boll-4: ZeroDivisionError, boll.py:31"),
        CommandRow(NOON - 7200 * SECOND, "tui", "register", "sma-1 sma_crossover on binance:BTCUSDT"),
    ]


def coverage_rows() -> list[CoverageRow]:
    """Four hours of three symbols: one imported up to where it was recorded, one with prints fetched later, one with a hole."""
    start, step = NOON - 48 * 300 * SECOND, 300 * SECOND
    return [
        CoverageRow("binance:BTCUSDT", start, step, "i" * 6 + "=" * 42, 1_204_333, 0),
        CoverageRow("binance:ETHUSDT", start, step, "=" * 20 + "+" * 3 + "=" * 25, 604_100, 0),
        CoverageRow("binance:XRPUSDT", start, step, " " * 12 + "=" * 22 + "!" + "=" * 13, 90_100, 3),
    ]


def digest_answer(**changes: Any) -> dict[str, Any]:
    """A night in which something happened."""
    since = NOON - 33_120 * SECOND
    return {
        "since": "detached", "from_ns": since, "until_ns": NOON, "arrived_ns": NOON - SECOND, "fills": 41,
        "by_strategy": {"sma-1": {"fills": 30, "realised": 42.1, "fees": 12.3}, "rsi-2": {"fills": 11, "realised": -3.2, "fees": 4.0}},
        "realised": 38.9, "fees": 16.3, "unrealised_change": 18.0, "pnl_change": 40.6, "equity": 10_052.6, "capital": 10_000.0,
        "alerts": {"critical": 1, "warning": 4, "info": 2},
        "worst": [{"ts_ns": NOON - 7200 * SECOND, "level": "critical", "text": "boll-4 failed: ZeroDivisionError", "open": True}],
        "gaps": {"filled": 34}, "engine_restarts": 1, "engine_kills": 1, "worker_restarts": 2,
        "failed": [{"ts_ns": NOON - 7200 * SECOND, "id": "boll-4", "line": "ZeroDivisionError, boll.py:31"}],
        **changes,
    }  # fmt: skip


NOTHING: dict[str, Any] = {
    "fills": 0, "by_strategy": {}, "pnl_change": 0.0, "alerts": {}, "worst": [], "gaps": {}, "engine_restarts": 0, "worker_restarts": 0,
    "failed": [],
}  # fmt: skip


class FakeEngine:
    """A socket server that answers like an engine.

    Attributes:
        header, prices, strategies, trades, alerts: what it shows; `moved` tells viewers of a change.
        commands: what it was told.
        asked: what charts asked it.
        refuse: kind of command -> the words it is refused with.
        answers, replies: what other questions (or what makes it of their arguments), and kinds of command, are answered with.
        hold: commands are answered only while this event is set.
    """

    def __init__(self, home: Path) -> None:
        self.home = home
        self.header = header_view()
        self.prices: list[PriceRow] = []
        self.strategies: list[StrategyRow] = []
        self.trades: list[TradeRow] = []
        self.alerts: list[AlertRow] = []
        self.system = system_view()
        self.lab = LabView([], 0, 2)
        account = AccountRow(10_000.0, 10_000.0, 0.0, 0.0, 0.0, 0.0, None, None, 0)
        self.desk = DeskView(SessionRow("none"), account, [], [], [], [], RiskView("normal", "", 0, [], []))
        self.answers: dict[str, Any] = {}
        self.digest: dict[str, Any] = digest_answer(**NOTHING)
        self.catalogue: Any = CATALOGUE
        self.trail = trail_rows()
        self.coverage = coverage_rows()
        self.commands: list[Command] = []
        self.hellos: list[Hello] = []
        self.pulls: list[Pull] = []
        self.asks: list[str] = []
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.refuse: dict[type, str] = {}
        self.replies: dict[type, Any] = {}
        self.hold = asyncio.Event()
        self.hold.set()
        panes = ("header", "prices", "strategies", "trades", "alerts", "system", "trail", "coverage", "lab", "desk")
        self.revisions = dict.fromkeys(panes, 1)
        self._met: list[ServerConnection] = []
        self._server: Server | None = None

    async def __aenter__(self) -> FakeEngine:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self) -> None:
        """Listen on the home's socket."""
        path = socket_path(self.home)
        path.unlink(missing_ok=True)
        self._server = await unix_serve(self._serve, str(path), compression=None, close_timeout=0.2, create_connection=self._meet)

    async def stop(self) -> None:
        """Vanish, as a killed engine does."""
        if self._server is not None:
            # Nobody comes in any more, and who is on the way in arrives: asyncio leaks the socket of who is let in by a closed server.
            socket_path(self.home).unlink(missing_ok=True)
            for _ in range(5):
                await asyncio.sleep(0)
            self._server.close()
            await self._server.wait_closed()
            self._server = None
            for _ in range(20):  # turns of the loop: who was just let in has a transport in the next ones, and closes in those after
                for connection in self._met:
                    if hasattr(connection, "transport"):
                        connection.transport.abort()
                await asyncio.sleep(0)
            self._met.clear()
        socket_path(self.home).unlink(missing_ok=True)

    def _meet(self, *args: Any, **options: Any) -> ServerConnection:
        """Who is still shaking hands when the engine vanishes is hung up on as well."""
        self._met.append(ServerConnection(*args, **options))
        return self._met[-1]

    def moved(self, *panes: str) -> None:
        """These panes have something new."""
        for pane in panes:
            self.revisions[pane] += 1

    async def _serve(self, connection: ServerConnection) -> None:
        try:
            async for frame in connection:
                assert isinstance(frame, bytes)
                request: Request = msgspec.msgpack.decode(frame, type=Request)
                await connection.send(msgspec.msgpack.encode(await self.answer(request)))
        except ConnectionClosed:
            pass

    async def answer(self, request: Request) -> Reply:
        """What an engine would say."""
        match request:
            case Hello():
                self.hellos.append(request)
                return Done() if request.protocol == PROTOCOL else Refused("another protocol", 1)
            case Pull(panes):
                self.pulls.append(request)
                names = [name for name, revision in panes.items() if revision != self.revisions[name]]
                return Painted(View({name: self.revisions[name] for name in names}, **{name: getattr(self, name) for name in names}))
            case Ask("catalogue"):
                return Done(self.catalogue)
            case Ask("digest"):
                self.asks.append("digest")
                return Done(self.digest)
            case Ask("bars" | "prints" | "equity" as what, args):
                self.asked.append((what, args))
                return charted.answer(what, args, {row.symbol: row for row in self.prices})
            case Ask("bar_fills", args) if "bar_fills" not in self.answers:
                self.asked.append(("bar_fills", args))
                return Done({"fills": []})
            case Ask(what, args) if what in self.answers:
                self.asks.append(what)
                answer = self.answers[what]
                try:
                    return Done(answer(args) if callable(answer) else answer)
                except CockpitError as error:
                    return Refused(str(error), error.exit_code)
            case Ask(what):
                return Refused(f"{what!r} is not a question", 2)
            case Submit(command):
                await self.hold.wait()
                return self._obey(command)

    def _obey(self, command: Command) -> Reply:
        if type(command) in self.refuse:
            return Refused(self.refuse[type(command)], 2)
        self.commands.append(command)
        if type(command) in self.replies:
            return Done(self.replies[type(command)])
        match command:
            case Register(name=name, symbols=symbols):
                made = f"{name.partition('_')[0]}-{len(self.strategies) + 1}"
                row = strategy_row(made, name=name, symbols=[f"binance:{s}" for s in symbols], state="warming", detail="3/20", position=0.0)
                self.strategies = [
                    *self.strategies,
                    msgspec.structs.replace(row, entry=None, unrealised=0.0, realised=0.0, trades=0, wins=0),
                ]
                self.moved("strategies")
                return Done({"id": made})
            case Pause(id=id) | Resume(id=id):
                state = "paused" if isinstance(command, Pause) else "running"
                self._change(id, state=state)
            case Flatten(id=id):
                self._change(id, position=0.0, entry=None, unrealised=0.0)
            case Unregister(id=id):
                self.strategies = [row for row in self.strategies if row.id != id]
            case Watch(symbols=symbols):
                self.prices = [*self.prices, *(price_row(f"binance:{s}", None, last_ns=0, state="waiting", spark=[]) for s in symbols)]
            case Unwatch(symbols=symbols):
                self.prices = [row for row in self.prices if row.symbol not in symbols]
            case Backtest() | Optimize():
                return Done({"id": f"run-{self.lab.total + 1}"})
            case CancelRun() | Stop():
                pass
        self.moved("strategies", "prices")
        return Done()

    def _change(self, id: str | None, **changes: Any) -> None:
        self.strategies = [msgspec.structs.replace(row, **changes) if id in (None, row.id) else row for row in self.strategies]


_QUOTED = {"BTCUSDT": (61_686.0, 2, 18_200.0), "ETHUSDT": (2_684.1, 2, 210_400.0), "BNBUSDT": (612.3, 2, 90_100.0),
           "SOLUSDT": (158.22, 2, 1_100_000.0), "ADAUSDT": (0.6021, 4, 88_000_000.0), "XRPUSDT": (1.1034, 4, 41_000_000.0),
           "DOGEUSDT": (0.08123, 5, 640_000_000.0), "PEPEUSDT": (0.00000812, 8, 9.1e12)}  # fmt: skip


class Market:
    """Prices that wander, strategies that gain and lose, and now and then a trade: something to look at."""

    def __init__(self, engine: FakeEngine, mode: str, symbols: int) -> None:
        self.engine = engine
        self.mode = mode
        self.random = random.Random(7)
        quoted = list(_QUOTED.items())[:symbols]
        quoted += [(f"SYM{index:02d}USDT", (100.0 * index, 2, 5e5)) for index in range(len(quoted), symbols)]
        self.quoted = dict(quoted)
        self.last = {symbol: start for symbol, (start, _, _) in quoted}
        self.paths = {symbol: [start * (1 + 0.0004 * self.random.gauss(0, 1)) for _ in range(60)] for symbol, (start, _, _) in quoted}
        self.seen = {symbol: time.time_ns() for symbol in self.last}
        self.began = time.time_ns()
        self.fills = 0
        self.engine.alerts = [
            AlertRow(self.began - 13 * SECOND, "warning", "XRPUSDT stale for 12 s", True),
            AlertRow(self.began - 250 * SECOND, "info", "BTCUSDT crossed above 61,650", False),
        ]
        failure = "\n".join(
            (
                "Traceback (most recent call last):",
                '  File "boll.py", line 31, in step',
                "    z = (price - mean) / deviation",
                "ZeroDivisionError: division by zero",
            )
        )
        equity = [10_000.0]
        for _ in range(119):
            equity.append(equity[-1] + self.random.gauss(0.8, 6))
        self.engine.strategies = [
            strategy_row("sma-1", spark=equity),
            strategy_row("rsi-2", name="rsi", symbols=["binance:ETHUSDT"], position=-2.0, entry=2683.9, unrealised=-0.4, realised=-3.2,
                         wins=4, trades=9, equity=9996.4, drawdown_pct=1.1, spark=equity[::-1]),
            strategy_row("macd", name="macd", symbols=["binance:SOLUSDT"], state="paused", position=0.0, entry=None, unrealised=0.0,
                         realised=7.7, wins=11, trades=18, equity=10_007.7, drawdown_pct=0.2, spark=equity[:6]),
            strategy_row("mom-3", name="momentum", symbols=["binance:ADAUSDT"], state="warming", detail="37/50", position=0.0, entry=None,
                         unrealised=0.0, realised=0.0, wins=0, trades=0, equity=10_000.0, drawdown_pct=0.0, spark=[]),
            strategy_row("boll-4", name="bollinger", state="failed", detail="ZeroDivisionError, boll.py:31", traceback=failure,
                         position=0.0),
        ]  # fmt: skip
        for age in range(40, 0, -1):
            self.trade(self.began - age * 37 * SECOND)

    def trade(self, at: int) -> None:
        """One more line of the log."""
        self.fills += 1
        which = self.fills % 5
        strategy, symbol, size = (("sma-1", "BTCUSDT", 0.5), ("rsi-2", "ETHUSDT", 2.0), ("macd", "SOLUSDT", 10.0))[self.fills % 3]
        price = self.last.get(symbol, 100.0)
        blocked = which == 4
        realised = 0.0 if self.fills % 2 else self.random.gauss(2, 15)
        reason = "spread 0.9 % > 0.5 %" if blocked else "stop_loss" if which == 3 and realised else "signal"
        row = TradeRow(
            at, strategy, f"binance:{symbol}", "blocked" if blocked else "fill", "buy" if self.fills % 2 else "sell", size, price,
            price * size * 4e-4, realised, 0.0, reason, "" if blocked else f"{strategy}:{self.fills}",
        )  # fmt: skip
        self.engine.trades = [row, *self.engine.trades][:500]

    def step(self) -> None:
        """A tenth of a second passes."""
        now = time.time_ns()
        rows = []
        for index, (symbol, (start, decimals, volume)) in enumerate(self.quoted.items()):
            silent = symbol == "XRPUSDT"
            old = self.last[symbol]
            if not silent and self.random.random() < 1 / (1 + index * 0.4):
                self.last[symbol] = max(old * (1 + self.random.gauss(0, 3e-5)), 10.0**-decimals)
                self.seen[symbol] = now
            last, tick = round(self.last[symbol], decimals), 10.0**-decimals
            path = self.paths[symbol]
            if self.random.random() < 0.02:
                path[:] = [*path[1:], last]
            direction = 0 if silent else 1 if last > path[-2] else -1
            rows.append(
                PriceRow(
                    f"binance:{symbol}", last, direction, 100 * (last / start - 1) + 1.9 - index * 0.6, None if silent else last - tick,
                    None if silent else last, None if silent else volume, 0.0 if silent else round(310 / (1 + index), 0),
                    self.began - 12 * SECOND if silent else self.seen[symbol], decimals, "stale" if silent else "live", list(path),
                )
            )  # fmt: skip
        self.engine.prices = rows
        sma = self.engine.strategies[0]
        if sma.position and sma.entry:
            gain = (self.last["BTCUSDT"] - sma.entry) * sma.position
            self.engine.strategies = [msgspec.structs.replace(sma, unrealised=round(gain, 2)), *self.engine.strategies[1:]]
        if self.random.random() < 0.01:
            self.trade(now)
            self.engine.moved("trades")
        capital = sum(row.capital for row in self.engine.strategies)
        equity = capital + sum(row.unrealised + row.realised for row in self.engine.strategies)
        self.engine.header = HeaderView(
            self.mode, [FeedState("binance", "live", "", 12.0 + self.random.gauss(0, 2))], now, self.began - 187_200 * SECOND, 4_000_000,
            1204 + self.random.gauss(0, 40), 0, 12, 0, 0, equity, capital, 0.3, 4711, str(self.engine.home),
        )  # fmt: skip
        self.engine.moved("header", "prices", "strategies")


async def serve(home: Path, mode: str = "paper", symbols: int = 6) -> None:
    """Serve a moving market until cancelled."""
    async with FakeEngine(home) as engine:
        market = Market(engine, mode, symbols)
        engine.moved("trades", "alerts")
        while True:
            market.step()
            await asyncio.sleep(0.1)


if __name__ == "__main__":
    home = Path(sys.argv[1])
    home.mkdir(parents=True, exist_ok=True)
    asyncio.run(serve(home, *(kind(text) for kind, text in zip((str, int), sys.argv[2:], strict=False))))
