"""What must hold after a chaos run: of the tape against what the exchange says it traded, of the ledger against itself and the engine."""

from __future__ import annotations

import json
import math
import sqlite3
import time
import urllib.error
import urllib.request
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from core.store.verify import verify
from tests.faults.plain_tape import plain_tape

#: A poisoned price of this kind is believed, and flagged.
_SPIKE = 1.5

#: Findings told one by one.
_SHOWN = 10

Print = tuple[float, float, int, int]  # price, quantity, side, ms


@contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    """A database, to be read."""
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as db:
        yield db


def truth(rest_url: str, symbol: str, stream: str, first: int, last: int) -> dict[int, Print]:
    """What the exchange says was traded under these ids."""
    path, id_, price, qty, at, maker = (
        ("aggTrades", "a", "p", "q", "T", "m")
        if stream == "aggTrade"
        else ("historicalTrades", "id", "price", "qty", "time", "isBuyerMaker")
    )
    found: dict[int, Print] = {}
    while first <= last:
        rows = _get(f"{rest_url}/api/v3/{path}?symbol={symbol}&fromId={first}&limit=1000")
        if not rows:
            break
        for row in rows:
            found[row[id_]] = (float(row[price]), float(row[qty]), -1 if row[maker] else 1, int(row[at]))
        first = rows[-1][id_] + 1
    return found


def _get(url: str) -> Any:
    for _ in range(100):
        try:
            with urllib.request.urlopen(url, timeout=30) as answer:
                return json.loads(answer.read())
        except urllib.error.HTTPError as error:
            with error:
                time.sleep(min(float(error.headers.get("Retry-After") or 1), 10) + 0.1)
    raise AssertionError(f"the exchange gave no answer to {url}")


def tape_faults(home: Path, rest_url: str, played: list[dict[str, Any]]) -> tuple[list[str], dict[str, int]]:
    """What is wrong with the tape, and what it holds in figures."""
    wrong: list[str] = []
    totals: Counter[str] = Counter()
    spikes: Counter[str] = Counter()
    for fault in played:
        if fault["kind"] == "poison" and fault["how"] == "spike":
            spikes[fault["symbol"]] += fault["count"]
    with opened(home / "tape.db") as db:
        if (said := db.execute("PRAGMA quick_check").fetchall()) != [("ok",)]:
            wrong.append(f"tape.db: {said[:3]}")
        ((totals["sealed"],),) = db.execute("SELECT coalesce(sum(count), 0) FROM chunks")
    proof = verify(home / "tape.db", deep=True)
    if not proof.ok(lambda _symbol: True):
        wrong.append(f"tape.db is not proved: {proof.damage} {[one for one in proof.series if one.missing or one.duplicates]}")
    with plain_tape(home / "tape.db") as db:
        twice = db.execute("SELECT seq, count(*) FROM ticks WHERE seq > 0 GROUP BY seq HAVING count(*) > 1 LIMIT 5").fetchall()
        if twice:
            wrong.append(f"seqs given twice: {twice}")
        for symbol, stream in db.execute("SELECT DISTINCT symbol, stream FROM ticks ORDER BY 1").fetchall():
            wrong += [f"{symbol} {line}" for line in _series(db, symbol, stream, rest_url, spikes, totals)]
    return wrong, dict(totals)


def _series(db: sqlite3.Connection, symbol: str, stream: str, rest_url: str, spikes: Counter[str], totals: Counter[str]) -> Iterator[str]:
    rows = db.execute(
        "SELECT trade_id, price, qty, side, ts_ns, seq, origin FROM ticks WHERE symbol = ? AND stream = ? ORDER BY trade_id",
        (symbol, stream),
    ).fetchall()
    bare = symbol.rpartition(":")[2]
    ids = [row[0] for row in rows]
    totals["ticks"] += len(ids)
    totals["backfilled"] += sum(row[6] == 1 for row in rows)
    totals["late"] += sum(row[5] == 0 for row in rows)
    if len(set(ids)) != len(ids):
        yield f"has {len(ids) - len(set(ids))} duplicates"
    gaps = db.execute(
        "SELECT from_id, to_id, state, cause FROM gaps WHERE symbol = ? AND stream = ? ORDER BY from_id", (symbol, stream)
    ).fetchall()
    yield from holes(ids, gaps, totals)
    released = [row[5] for row in rows if row[5] > 0]
    if released != sorted(set(released)):
        yield "was not released in the order of its ids"
    true = truth(rest_url, bare, stream, ids[0], ids[-1])
    if unknown := sorted(set(ids) - true.keys()):
        yield f"holds {len(unknown)} ids that were never traded: {unknown[:_SHOWN]}"
    if untold := sorted(set(range(ids[0], ids[-1] + 1)) - true.keys()):
        yield f"the exchange does not tell of {len(untold)} ids: {untold[:_SHOWN]}"
    unlike = [(row[0], row[1:4], true[row[0]]) for row in rows if row[0] in true and (*row[1:4], row[4] // 1_000_000) != true[row[0]]]
    believed = [one for one in unlike if math.isclose(one[1][0], one[2][0] * _SPIKE, rel_tol=1e-9) and one[1][1:] == one[2][1:3]]
    totals["spikes"] += len(believed)
    if len(believed) > spikes[bare]:
        yield f"has {len(believed)} spikes, the exchange sent {spikes[bare]}"
    if others := [one for one in unlike if one not in believed]:
        yield f"has {len(others)} prints that are not what was traded: {others[:_SHOWN]}"


def holes(ids: list[int], gaps: list[tuple[int, int, str, str]], totals: Counter[str]) -> Iterator[str]:
    """Ids that are neither on the tape nor in a gap, and gaps (first id, last id, state, cause) that say what is not so."""
    here = set(ids)
    listed: set[int] = set()
    for first, last, state, cause in gaps:
        span = set(range(first, last + 1))
        totals[f"gap ids {state}"] += len(span)
        if state == "filled" and (absent := sorted(span - here)):
            yield f"says {first}-{last} ({cause}) is filled, without {absent[:_SHOWN]}"
        if state == "open":
            yield f"says {first}-{last} ({cause}) is open, where the engine had no open gap"
        if state != "filled":
            listed |= span
            if twice := sorted(span & here):
                totals["here and in a gap"] += len(twice)
                yield f"says {first}-{last} ({cause}) is {state}, and holds {twice[:_SHOWN]}"
            totals[f"{state}: {cause[:40]}"] += len(span)
    if holes := sorted(set(range(ids[0], ids[-1] + 1)) - here - listed):
        yield f"lacks {len(holes)} ids without a word: {holes[:_SHOWN]}"


def ledger_faults(home: Path, told: list[dict[str, Any]], acknowledged: dict[str, int]) -> tuple[list[str], dict[str, int]]:
    """What is wrong with the ledger, and what it holds in figures.

    Args:
        told: of each strategy that ran in the end, what the engine said of it when the market stood still.
        acknowledged: commands the engine said yes to, by kind.
    """
    wrong: list[str] = []
    fills: dict[str, list[dict[str, Any]]] = defaultdict(list)
    with opened(home / "ledger.db") as db:
        if (said := db.execute("PRAGMA quick_check").fetchall()) != [("ok",)]:
            wrong.append(f"ledger.db: {said[:3]}")
        db.row_factory = sqlite3.Row
        for row in db.execute("SELECT * FROM fills"):
            fills[row["strategy_id"]].append(dict(row))
        journalled = Counter(kind for (kind,) in db.execute("SELECT kind FROM commands WHERE actor IN ('chaos', 'cli')"))
        undone = db.execute("SELECT kind, payload FROM commands WHERE after_seq IS NULL AND actor = 'chaos'").fetchall()
    with plain_tape(home / "tape.db") as db:
        seqs = {(symbol, id_): (seq, price) for symbol, id_, seq, price in db.execute("SELECT symbol, trade_id, seq, price FROM ticks")}
    for kind, count in acknowledged.items():
        if journalled[kind] < count:
            wrong.append(f"{count} {kind} acknowledged, {journalled[kind]} in the journal")
    for id_, own in fills.items():
        wrong += [f"{id_} {line}" for line in fill_faults(own, seqs)]
    for row in told:
        wrong += [f"{row['id']} {line}" for line in money_faults(row, fills.get(row["id"], []))]
    figures = {"strategies": len(fills), "fills": sum(map(len, fills.values())), "compared with the engine": len(told)}
    return wrong, figures | {f"journal {kind}": count for kind, count in sorted(journalled.items())} | {"without effect": len(undone)}


def fill_faults(own: list[dict[str, Any]], seqs: dict[tuple[str, int], tuple[int, float]]) -> Iterator[str]:
    """What is wrong with one strategy\'s fills, by themselves and against the ticks they name: (seq, price) by symbol and id."""
    own.sort(key=_number)
    if [_number(fill) for fill in own] != list(range(1, len(own) + 1)):
        yield f"has fills {[_number(fill) for fill in own][:_SHOWN]}… in place of 1 to {len(own)}"
    if [fill["seq"] for fill in own] != sorted(fill["seq"] for fill in own):
        yield "has fills out of order"
    held: defaultdict[str, float] = defaultdict(float)
    bad = []
    for fill in own:
        held[fill["symbol"]] += fill["qty"] if fill["side"] == "buy" else -fill["qty"]
        if not math.isclose(held[fill["symbol"]], fill["position"], rel_tol=1e-9, abs_tol=1e-9):
            bad.append(f"{fill['fill_id']}: holds {held[fill['symbol']]}, says {fill['position']}")
        seq, price = seqs.get((fill["symbol"], fill["tick_id"]), (None, 0.0))
        if seq != fill["seq"] or not math.isclose(price, fill["price"], rel_tol=0.01):
            bad.append(
                f"{fill['fill_id']}: on tick {fill['tick_id']} (seq {fill['seq']}) at {fill['price']}, the tape has {seq} at {price}"
            )
    if bad:
        yield f"has {len(bad)} fills that do not add up: {bad[:_SHOWN]}"


def money_faults(row: dict[str, Any], own: list[dict[str, Any]]) -> Iterator[str]:
    """A strategy's own figures against its fills."""
    realised, fees = math.fsum(fill["realised"] for fill in own), math.fsum(fill["fee"] for fill in own)
    first = [fill["position"] for fill in own if fill["symbol"] == row["symbols"][0]]
    for what, said, is_ in (
        ("realised", row["realised"], realised),
        ("fees", row["fees"], fees),
        ("position", row["position"], first[-1] if first else 0.0),
        ("equity", row["equity"], row["capital"] + realised - fees + row["unrealised"]),
    ):
        if not math.isclose(said, is_, rel_tol=1e-9, abs_tol=1e-6):
            yield f"said its {what} is {said!r}, its {len(own)} fills say {is_!r}"


def _number(fill: dict[str, Any]) -> int:
    return int(fill["fill_id"].rpartition(":")[2])
