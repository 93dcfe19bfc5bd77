"""A tape is a source like any file: every tick by time, or as strategies were given them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core.errors import SourceError
from core.research import source_tape
from core.research.source_tape import parse_tape
from core.research.sources import open_source
from core.store.tape import Tape
from core.types import MINUTE, SECOND, TICK, Records, Symbols

T0 = 1_723_075_200 * SECOND
BTC, ETH = "binance:BTCUSDT", "binance:ETHUSDT"


def ticks(count: int, symbol: int, first_id: int = 1, step: int = SECOND) -> Records:
    """Ticks one `step` apart, released in order."""
    out = np.zeros(count, TICK)
    out["id"] = first_id + np.arange(count)
    out["ts"] = T0 + step * np.arange(count)
    out["seq"] = 1 + np.arange(count)
    out["price"] = 100 + np.arange(count) % 7
    out["qty"] = 1.5
    out["bid"] = np.nan
    out["ask"] = np.nan
    out["symbol"] = symbol
    return out


async def record(home: Path, *batches: tuple[Records, str]) -> Path:
    async with await Tape.open(home / "tape.db", Symbols([BTC, ETH])) as tape:
        for batch, stream in batches:
            tape.append(batch, stream)
        await tape.flush()
    return home


async def test_a_tape_gives_every_tick_of_its_symbol_by_time(tmp_path: Path) -> None:
    rows = ticks(100, 0)
    rows["seq"][40] = 0
    rows["ts"][60:62] = rows["ts"][60:62][::-1].copy()
    home = await record(tmp_path / "home", (rows, "agg"), (ticks(10, 1), "agg"))
    source = open_source("tape:BTCUSDT", home=home)
    assert (source.kind, source.symbol, source.interval_ns) == ("ticks", BTC, 0)
    read = source.load()
    assert read["id"].tolist() == [*range(1, 61), 62, 61, *range(63, 101)]
    assert read["price"].tolist() == rows["price"][read["id"] - 1].tolist()
    assert not read["symbol"].any()
    assert source.notes == ["1 of the ticks came too late to be delivered live; --as-delivered leaves them out"]


async def test_as_delivered_gives_what_strategies_saw_in_their_order(tmp_path: Path) -> None:
    rows = ticks(100, 0)
    rows["seq"][40] = 0
    rows["seq"][60:62] = rows["seq"][60:62][::-1].copy()
    home = await record(tmp_path / "home", (rows, "agg"))
    source = open_source("tape:binance:BTCUSDT", home=home, as_delivered=True)
    read = source.load()
    assert read["id"].tolist() == [*range(1, 41), *range(42, 61), 62, 61, *range(63, 101)]
    assert (np.diff(read["seq"]) > 0).all()


async def test_a_span_may_stand_in_the_name_and_in_the_flags(tmp_path: Path) -> None:
    home = await record(tmp_path / "home", (ticks(100, 0), "agg"))
    source = open_source("tape:btcusdt@2024-08-08T00:00:10Z..2024-08-08T00:00:20Z", home=home)
    assert source.load()["id"].tolist() == list(range(11, 21))
    narrower = open_source("tape:BTCUSDT@2024-08-08T00:00:10Z..", home=home, from_ns=T0, to_ns=T0 + 13 * SECOND)
    assert narrower.load()["id"].tolist() == [11, 12, 13]
    with pytest.raises(SourceError, match="the tape holds no ticks of binance:BTCUSDT from 2030"):
        open_source("tape:BTCUSDT@2030-01-01..", home=home).load()


async def test_a_long_tape_comes_in_windows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source_tape, "_WINDOW_ROWS", 60)
    home = await record(tmp_path / "home", (ticks(200, 0, step=MINUTE), "agg"))
    batches = list(open_source("tape:BTCUSDT", home=home).batches())
    assert len(batches) > 2
    assert max(map(len, batches)) <= 60
    assert np.concatenate(batches)["id"].tolist() == list(range(1, 201))


async def test_two_streams_of_a_symbol_must_be_chosen_from(tmp_path: Path) -> None:
    trades = ticks(5, 0)
    trades["seq"] += 5
    home = await record(tmp_path / "home", (ticks(5, 0), "agg"), (trades, "trade"))
    with pytest.raises(SourceError, match="choose one of tape:binance:BTCUSDT/agg, tape:binance:BTCUSDT/trade"):
        open_source("tape:BTCUSDT", home=home)
    assert open_source("tape:BTCUSDT/trade", home=home).load()["seq"].tolist() == [6, 7, 8, 9, 10]


async def test_what_is_not_on_the_tape_is_refused_in_a_line(tmp_path: Path) -> None:
    home = await record(tmp_path / "home", (ticks(5, 0), "agg"))
    with pytest.raises(SourceError, match=r"not on the tape in .*; it holds tape:binance:BTCUSDT/agg"):
        open_source("tape:SOLUSDT", home=home)
    with pytest.raises(SourceError, match="--symbol ETHUSDT is another symbol"):
        open_source("tape:BTCUSDT", home=home, symbol="ETHUSDT")
    with pytest.raises(SourceError, match="record one with cockpit --record"):
        open_source("tape:BTCUSDT", home=tmp_path / "nowhere")


@pytest.mark.parametrize(
    "text", ["tape:", "tape:BTCUSDT@2024-08-08", "tape:BTCUSDT@x..y", "tape:BTCUSDT@2024-08-09..2024-08-08", "tape:@.."]
)
def test_words_that_are_no_tape_are_refused(text: str) -> None:
    with pytest.raises(SourceError, match="tape"):
        parse_tape(text)
