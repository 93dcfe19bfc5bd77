"""An engine in miniature: one desk of strategies, and the tape and the ledger of its home, written as the engine writes them."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Any
from uuid import uuid4

import msgspec
import numpy as np

from core.commands import Hear, Register, Said, Terms
from core.compile.blueprint import blueprint, live_variant
from core.engine.blotter import Blotter
from core.engine.hearing import in_order
from core.engine.roster import Entry
from core.kernels.records import REPORT
from core.store.heard import SIDES
from core.store.journal import SAID, lines_of
from core.store.ledger import Ledger
from core.store.tape import Tape
from core.strategy_files import builtin_folder, load
from core.types import TICK, Records, Symbols
from core.workers import frames
from core.workers.desk import Desk
from core.workers.frames import Assignment, Failure, Lever, Snapshot, Start

NAMES = ["binance:BTCUSDT", "binance:ETHUSDT", "binance:BNBUSDT"]
START = 1_723_161_253_937_085_123
TERMS = Terms(side="long_short", qty=0.7, fee_bps=3, slippage_bps=1)
STREAM = "trade"


def market(count: int, *, first_seq: int = 1, seed: int = 0) -> Records:
    """Ticks of three symbols in the order of seq, five a second; ids dense, some quotes unknown."""
    rng = np.random.default_rng(seed)
    ticks = np.zeros(count, TICK)
    ticks["seq"] = np.arange(first_seq, first_seq + count)
    ticks["symbol"] = ticks["seq"] % 3
    ticks["id"] = 1000 + ticks["seq"] // 3
    ticks["ts"] = START + ticks["seq"] * 200_000_000
    ticks["recv"] = ticks["ts"] + 5_000_000
    ticks["price"] = np.round(60_000 / (1 + 9 * ticks["symbol"]) * np.exp(np.cumsum(rng.normal(0, 3e-5, count))), 2)
    ticks["qty"] = np.round(rng.exponential(0.5, count) + 1e-5, 5)
    ticks["side"] = rng.choice([-1, 1], count)
    ticks["bid"] = np.where(rng.random(count) < 0.1, np.nan, np.round(ticks["price"] - 0.01, 2))
    ticks["ask"] = np.round(ticks["bid"] + 0.02, 2)
    return ticks


class Session:
    """One life of an engine in a home; `async with` begins and ends it, `crash` ends it as a kill would."""

    def __init__(self, home: Path, *, mode: str = "paper") -> None:
        self.home = home
        self.mode = mode
        self.symbols = Symbols(list(NAMES))
        self.entries: dict[str, Entry] = {}
        self.seq = 0
        self._desk = Desk(self._hear)
        self._splitter = frames.Splitter()
        self._blotter = Blotter(mode)
        self._clock = START
        self._number = self._heard = 0
        self._crashed = False

    async def __aenter__(self) -> Session:
        self.home.mkdir(exist_ok=True)
        self.tape = await Tape.open(self.home / "tape.db", self.symbols)
        self.ledger = await Ledger.open(self.home / "ledger.db")
        self.seq = await self.ledger.last_seq()
        rows = await self.ledger.commands()
        self._number = len(rows)
        self._clock += 1_000_000_000 * (len(rows) + 1)
        self._name = f"session {self._number} {uuid4().hex}"
        self.ledger.start_session(self._name, self.now(), mode=self.mode, first_seq=self.seq + 1, fingerprint="{}")
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if not self._crashed:
            self.snap()
            self.ledger.end_session(self._name, self.now())
        await self.tape.close()
        await self.ledger.close()

    def crash(self) -> None:
        """Nothing of what would come now happens."""
        self._crashed = True

    @property
    def blocked(self) -> set[str]:
        """What kept strategies from ordering, of this session."""
        return {line.reason for line in self._blotter.lines if line.kind == "blocked"}

    def now(self) -> int:
        """Later at each call."""
        self._clock += 1_000
        return self._clock

    def register(
        self, id_: str, file: Path | str = "sma_crossover", *, on: Iterable[str] = NAMES[:1], terms: Terms = TERMS,
        params: dict[str, Any] | None = None,
    ) -> None:  # fmt: skip
        """Register a strategy, a file or a built-in one, from here on."""
        path = _path(file)
        if params is None:
            params = {"interval": "1s"} if isinstance(file, str) else {}
        order = Register(name=path.stem, symbols=list(on), params=params, terms=terms, id=id_)
        self._journal("register", msgspec.to_builtins(order) | {"plan": {}})
        self.start(id_, path, order, "registered")

    def start(
        self, id_: str, path: Path, order: Register, why: str, snapshot: Snapshot | None = None,
        fills: list[tuple[int, float, float, float, int, float, int]] | None = None,
    ) -> None:  # fmt: skip
        """Start it, with the books of an earlier self perhaps, and keep what it starts from."""
        plan = blueprint(load(path), order.params, live_variant(order.terms))
        text = msgspec.json.encode(plan).decode()
        name = hashlib.sha256(text.encode()).hexdigest()
        self.ledger.add_source(name, "plan", text)
        self.entries[id_] = Entry(id_, order, plan)
        legs = {self.symbols[symbol]: leg for leg, symbol in enumerate(order.symbols)}
        order_ = Assignment(
            id=id_, plan=plan, terms=order.terms, legs=legs, seq=self.seq, book_only=snapshot is not None,
            snapshot=snapshot.data if snapshot else None, layout=snapshot.layout if snapshot else "", fills=fills or [],
        )  # fmt: skip
        self._send(frames.ASSIGN, msgspec.msgpack.encode(order_))
        self._send(frames.WARM, len(id_).to_bytes(2, "little") + id_.encode(), self.seq)
        self._send(frames.SNAP, msgspec.msgpack.encode(Start(id_, json.dumps({"start": why, "plan": name, "ts_ns": self.now()}))))

    async def take_up(self, id_: str, file: Path | str) -> None:
        """Take it up from its newest snapshot, as after a restart."""
        order = await self._order(id_)
        row = {row["strategy_id"]: row for row in await self.ledger.snapshots()}[id_]
        plan = blueprint(load(_path(file)), order.params, live_variant(order.terms))
        entry = self.entries[id_] = Entry(id_, order, plan)
        for line in lines_of(await self.ledger.commands()):
            if line.lever and id_ in line.ids:
                entry.tell(line.after or 0, Lever(id=id_, lever=line.lever, said=line.said, number=entry.told + 1))
        heard = in_order([], await self.ledger.heard.told_since(row["seq"]), order)
        told = json.loads(row["payload"]).get("told", 0)
        legs = {self.symbols[symbol]: leg for leg, symbol in enumerate(order.symbols)}
        again = Assignment(
            id=id_, plan=plan, terms=entry.terms_at(told), legs=legs, seq=row["seq"], snapshot=row["state"], layout=row["layout_hash"],
            told=told,
        )  # fmt: skip
        self._send(frames.ASSIGN, msgspec.msgpack.encode(again))
        for pulled in heard:
            self._send(frames.LEVER, msgspec.msgpack.encode(Lever(id=id_, lever="hear", said=pulled.said)))

    async def begin_again(self, id_: str, file: Path | str, why: str) -> None:
        """Start it anew with the books it had."""
        order = await self._order(id_)
        row = {row["strategy_id"]: row for row in await self.ledger.snapshots()}[id_]
        legs = {symbol: leg for leg, symbol in enumerate(order.symbols)}
        since = [(fill, int(fill["fill_id"].rpartition(":")[2])) for fill in await self.ledger.fills(id_) if fill["seq"] >= row["seq"]]
        fills = [
            (legs[f["symbol"]], f["qty"] if f["side"] == "buy" else -f["qty"], f["position"], f["price"], f["ts_ns"], f["fee"], number)
            for f, number in since
        ]
        heir = Snapshot(id_, row["seq"], row["layout_hash"], row["source_hash"], row["state"])
        self.start(id_, _path(file), order, why, heir, fills)

    async def _order(self, id_: str) -> Register:
        for row in await self.ledger.commands():
            payload = json.loads(row["payload"])
            if row["kind"] == "register" and payload["id"] == id_:
                return msgspec.convert({key: value for key, value in payload.items() if key != "plan"}, Register)
        raise KeyError(id_)

    def feed(self, ticks: Records, pieces: int = 7, *, record: bool = True) -> None:
        """Ticks arrive in so many batches."""
        if record:
            self.tape.append(ticks, STREAM)
        for batch in np.array_split(ticks, pieces):
            if len(batch):
                self.seq = int(batch["seq"][-1])
                self._send(frames.TICKS, batch.tobytes(), self.seq)

    def pull(self, lever: str, *ids: str, **payload: Any) -> None:
        """Tell strategies something."""
        said: Said = msgspec.convert({"id": ids[0], **payload}, SAID[lever]) if lever in SAID else None
        self._journal(
            {"close": "unregister", "drop": "unregister"}.get(lever, lever),
            {"id": ids[0], "ids": list(ids), "keep": lever == "drop", **payload},
        )
        for id_ in ids:
            entry = self.entries[id_]
            told = Lever(id=id_, lever=lever, said=said, number=entry.told + 1)
            entry.tell(self.seq, told)
            self._send(frames.LEVER, msgspec.msgpack.encode(told))

    def hear(self, id_: str, side: str, confidence: float = 1.0, *, source: str = "model", fresh_s: float = 60.0) -> None:
        """A source says something of a strategy's first symbol; `side` as on the ledger."""
        entry, now = self.entries[id_], self.now()
        until = now + int(fresh_s * 1e9)
        said = Hear(source=source, leg=0, side=SIDES[side], confidence=confidence, at=now, until=until)
        self._heard += 1
        told = Lever(id=id_, lever="hear", said=said, heard=self._heard)
        entry.tell(self.seq, told)
        self._send(frames.LEVER, msgspec.msgpack.encode(told))
        self.ledger.heard.put(
            {
                "source": source, "symbol": entry.order.symbols[0], "side": side, "confidence": confidence, "reason": "", "metadata": "{}",
                "price": 1.0, "latency_ns": 1, "ts_ns": now, "until_ns": until, "seq": self.seq, "told": json.dumps({id_: self.seq}),
            }
        )  # fmt: skip

    def snap(self) -> None:
        """Save every strategy."""
        self._send(frames.SNAP, b"")

    def _journal(self, kind: str, payload: dict[str, Any], actor: str = "test") -> None:
        self._number += 1
        payload = {key: value for key, value in payload.items() if key != "type"}
        self.ledger.journal(f"c{self._number}", self.now(), actor, kind, json.dumps(payload))
        self.ledger.took_effect(f"c{self._number}", self.seq)

    def _send(self, kind: int, payload: bytes, seq: int = 0) -> None:
        self._desk.handle(kind, seq, bytearray(payload))

    def _hear(self, data: bytes) -> None:
        for kind, seq, payload in self._splitter.split(data):
            if kind == frames.REPORTS:
                size = int.from_bytes(payload[:2], "little")
                entry = self.entries[payload[2 : 2 + size].decode()]
                rows = self._blotter.translate(entry, np.frombuffer(payload[2 + size :], REPORT), seq)
                if rows.fills:
                    self.ledger.add_fills(rows.fills)
            elif kind == frames.SNAPSHOT:
                self.keep(msgspec.msgpack.decode(payload, type=Snapshot))
            elif kind == frames.FAILED:
                failure = msgspec.msgpack.decode(payload, type=Failure)
                self._journal("failed", {"id": failure.id, "line": failure.line, "cause": "raised"}, "engine")
            elif kind == frames.GONE:
                self._journal("gone", {"id": payload.decode()}, "engine")

    def keep(self, snapshot: Snapshot) -> None:
        """A snapshot, to the ledger."""
        self.newest = snapshot
        self.ledger.add_snapshot(
            snapshot.id, snapshot.seq, self.now(), layout_hash=snapshot.layout, source_hash=snapshot.source_hash,
            state=snapshot.data, payload=json.dumps(json.loads(snapshot.payload) | {"told": snapshot.told}),
        )  # fmt: skip


def _path(file: Path | str) -> Path:
    return builtin_folder() / f"{file}.py" if isinstance(file, str) else file


def change(home: Path, statement: str, *values: Any) -> int:
    """Change the ledger behind everyone's back; how many rows."""
    with sqlite3.connect(home / "ledger.db") as db:
        count = db.execute(statement, values).rowcount
    db.close()
    return count


def lose(home: Path, symbol: str, id_: int) -> None:
    """Take one print off the tape behind everyone's back."""
    with sqlite3.connect(home / "tape.db") as db:
        ours = "SELECT series FROM series WHERE symbol = ?"
        assert db.execute(f"DELETE FROM tick_rows WHERE id = ? AND series = ({ours})", (id_, symbol)).rowcount == 1
    db.close()


def ask(home: Path, query: str, *values: Any) -> list[Any]:
    """Rows of the ledger."""
    with sqlite3.connect(f"file:{home / 'ledger.db'}?mode=ro", uri=True) as db:
        rows = db.execute(query, values).fetchall()
    db.close()
    return rows
