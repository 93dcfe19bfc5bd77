"""What sources said is kept, the newest so many, and read back by strategy with its place among the ticks."""

from __future__ import annotations

import json
import math
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import StoreError
from core.store import heard
from core.store.heard import dropped_through, gather, read_heard, read_told
from core.store.ledger import Ledger


def row(n: int, told: dict[str, int] | None = None, **changes: Any) -> dict[str, Any]:
    values = {
        "source": "model", "symbol": "binance:BTCUSDT", "side": "buy", "confidence": 0.5, "reason": "it rises", "metadata": '{"a":1}',
        "price": 100.5, "latency_ns": 1_000, "ts_ns": 1_000 + n, "until_ns": 2_000 + n, "seq": 10 * n, "told": json.dumps(told or {}),
    }  # fmt: skip
    return values | changes


@pytest.fixture
async def ledger(tmp_path: Path) -> AsyncIterator[Ledger]:
    async with await Ledger.open(tmp_path / "ledger.db") as opened:
        yield opened


async def test_what_was_told_is_read_by_strategy_in_order_and_what_was_only_noted_is_not(ledger: Ledger, tmp_path: Path) -> None:
    ledger.heard.put(row(1, {"a": 9, "b": 10}))
    ledger.heard.put(row(2, {}, side="abstain", confidence=None, reason="no answer in time"))
    ledger.heard.put(row(3, {"a": 30}, side="abstain", confidence=None, source="other"))
    await ledger.heard.put(row(4, {"b": 38}, side="sell", symbol="binance:ETHUSDT"))
    told = read_told(tmp_path / "ledger.db")
    assert told.sources == [("model", "binance:BTCUSDT"), ("other", "binance:BTCUSDT"), ("model", "binance:ETHUSDT")]
    assert told.rows["b"].tolist() == [(10, 0, 1.0, 0.5, 1001, 2001), (38, 2, -1.0, 0.5, 1004, 2004)]
    (first, second) = told.rows["a"].tolist()
    assert first == (9, 0, 1.0, 0.5, 1001, 2001)
    assert second[:2] == (30, 1)
    assert math.isnan(second[2])
    assert read_told(tmp_path / "ledger.db", "a").rows.keys() == {"a"}
    assert {id_: len(rows) for id_, rows in (await ledger.heard.told_since(30)).rows.items()} == {"a": 1, "b": 1}


async def test_what_was_told_is_read_in_the_order_in_which_it_took_effect(ledger: Ledger, tmp_path: Path) -> None:
    for n, after in enumerate((9, 30, 20, 30, 20)):
        await ledger.heard.put(row(n, {"a": after}))
    found = read_told(tmp_path / "ledger.db").rows["a"]
    assert list(zip(found["after"].tolist(), found["at"].tolist(), strict=True)) == [
        (9, 1000),
        (20, 1002),
        (20, 1004),
        (30, 1001),
        (30, 1003),
    ]


async def test_the_newest_are_kept_and_from_where_on_all_are_is_known(
    ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heard, "HEARD_KEPT", 5)
    path = tmp_path / "ledger.db"
    assert dropped_through(path) == -1
    for n in range(5):
        await ledger.heard.put(row(n, {"a": 10 * n}))
    assert dropped_through(path) == -1
    for n in range(5, 12):
        await ledger.heard.put(row(n, {"a": 10 * n}))
    assert [found["seq"] for found in read_heard(path)] == [70, 80, 90, 100, 110]
    assert dropped_through(path) == 70
    assert await ledger.last_seq() == 110


async def test_they_are_shown_as_signals_are(ledger: Ledger, tmp_path: Path) -> None:
    ledger.heard.put(row(1, {"a": 9}))
    await ledger.heard.put(row(2, source="other"))
    (only,) = read_heard(tmp_path / "ledger.db", "model")
    assert (only["strategy_id"], only["signal_id"], only["side"], only["confidence"]) == ("source:model", "source:model:1", "buy", 0.5)
    assert (only["metadata"], only["told"], only["target"], only["position"]) == ({"a": 1}, {"a": 9}, None, None)
    assert [found["strategy_id"] for found in read_heard(tmp_path / "ledger.db", newest=1)] == ["source:other"]


async def test_a_row_that_cannot_be_is_refused(ledger: Ledger) -> None:
    with pytest.raises(StoreError):
        ledger.heard.put(row(1, confidence=math.nan))
    with pytest.raises(StoreError):
        ledger.heard.put({"source": "model"})


@settings(max_examples=30)
@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("xy"), st.dictionaries(st.sampled_from("pqr"), st.integers(0, 1 << 62)))))
def test_nothing_told_is_lost_or_told_to_another(rows: list[tuple[str, str, dict[str, int]]]) -> None:
    told = gather((source, symbol, "hold", 0.5, at, at + 1, json.dumps(ids)) for at, (source, symbol, ids) in enumerate(rows))
    for id_ in "pqr":
        expected = [(ids[id_], source, symbol, at) for at, (source, symbol, ids) in enumerate(rows) if id_ in ids]
        found = told.rows[id_].tolist() if id_ in told.rows else []
        assert [(after, *told.sources[number], at) for after, number, _, _, at, _ in found] == sorted(expected, key=lambda one: one[0])
