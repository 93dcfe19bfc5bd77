"""A symbol that the venue halts or lists no more is known with the next round of figures, not with the next hourly list."""

from __future__ import annotations

from pathlib import Path

import pytest
from feed_rig import CALM, recording, running, until

from core.venues.venue import SymbolInfo


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return recording(tmp_path_factory.mktemp("market"), prints=4000)


async def test_a_symbol_that_is_halted_delisted_and_traded_again_is_told_each_time(market: Path) -> None:
    """As far as the feed goes; the other symbols' figures come on."""
    told: list[dict[str, SymbolInfo]] = []
    tickers: list[object] = []
    async with running(market, timing=CALM, tickers_every_s=0.2, on_symbols=told.append, on_tickers=tickers.append) as rig:
        await until(lambda: told and told[-1]["BTCUSDT"].status == "TRADING")
        rig.exchange.set_status("BTCUSDT", "CANCEL_ONLY")
        await until(lambda: told[-1]["BTCUSDT"].status == "CANCEL_ONLY")
        rig.exchange.set_status("BTCUSDT", None)
        await until(lambda: rig.feed.health()["unlisted"] == ["BTCUSDT"])
        assert "BTCUSDT" not in told[-1]
        seen = len(tickers)
        await until(lambda: len(tickers) > seen + 1)
        rig.exchange.set_status("BTCUSDT", "TRADING")
        await until(lambda: told[-1].get("BTCUSDT") is not None and told[-1]["BTCUSDT"].status == "TRADING")
        await until(lambda: rig.feed.health()["unlisted"] == [])
        assert rig.feed.health()["breaker"]["rest"] == "closed"
