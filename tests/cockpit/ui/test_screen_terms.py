"""Every term there is, in the forms of a small screen: what is usual first, the rest below it, off until it is filled in."""

from __future__ import annotations

from pathlib import Path

import pytest
from fake_engine import CATALOGUE, NOON, FakeEngine
from fake_engine import trade_row as fake_trade
from screen_rig import SMALL, cockpit, eventually, line_with, text_of, trading

from cockpit.app import CockpitApp
from cockpit.forms.entry import Entry
from cockpit.moves import trade_lines
from cockpit.panes.trades import trade_row
from cockpit.report import terms_words
from core.commands import Register, Terms
from core.strategy import describe_fields


def entries(app: CockpitApp) -> dict[str, Entry]:
    """The fields of the form that is open, by name, in order."""
    return {found.field.name: found for found in app.screen.query(Entry)}


@pytest.mark.parametrize("key", ["r", "b"], ids=["register", "backtest"])
async def test_every_term_is_asked_and_fits(tmp_path: Path, key: str) -> None:
    engine = trading(FakeEngine(tmp_path))
    engine.catalogue = CATALOGUE | {"terms": describe_fields(Terms)}
    async with engine, cockpit(tmp_path, SMALL) as (app, pilot):
        await eventually(lambda: "BTCUSDT" in text_of(app) and engine.asks)
        await pilot.press(key)
        await eventually(lambda: "size" in entries(app))
        names = list(entries(app))
        asked = [name for name in names if name in Terms.__struct_fields__]
        assert asked == list(Terms.__struct_fields__)
        assert names.index("id") < names.index("lot") if key == "r" else "id" not in names
        for name, words in (("lot", "off"), ("limit_offset_bps", "0"), ("size", "units")):
            entries(app)[name].control.focus()
            await eventually(lambda name=name, words=words: line_with(app, name.replace("_", " "), words))  # type: ignore[misc]
        assert line_with(app, "what qty is")


async def test_what_is_filled_in_is_registered(tmp_path: Path) -> None:
    engine = trading(FakeEngine(tmp_path))
    engine.catalogue = CATALOGUE | {"terms": describe_fields(Terms)}
    async with engine, cockpit(tmp_path, SMALL) as (app, pilot):
        await eventually(lambda: "BTCUSDT" in text_of(app) and engine.asks)
        await pilot.press("r")
        await eventually(lambda: line_with(app, "Enter starts momentum"))
        entries(app)["entry"].text = "limit"
        entries(app)["limit_ttl_ms"].text = "5000"
        entries(app)["size"].text = "quote"
        entries(app)["qty"].text = "250"
        await eventually(lambda: line_with(app, "250 of quote currency"))
        await pilot.press("enter")
        await eventually(lambda: engine.commands)
        (command,) = engine.commands
        assert isinstance(command, Register)
        assert command.terms == Terms(entry="limit", limit_ttl_ms=5000.0, size="quote", qty=250.0)


def test_terms_are_put_into_words_where_they_were_asked_for() -> None:
    assert terms_words(Terms()) == "1 a unit, long or flat, capital 10,000, fee 4 bps"
    words = terms_words(Terms(size="equity_pct", qty=20, lot=0.001, entry="limit", limit_then="market", funding_hours=4))
    assert words.startswith("20 % of equity a unit, ")
    assert terms_words(Terms(size="vol_pct", qty=20)).startswith("20 % volatility a year a unit, ")
    assert words.endswith("lot 0.001, entry limit, limit then market, funding hours 4")


@pytest.mark.parametrize(
    ("fee", "position", "words"),
    [(3.25, 2.0, "funding paid: 3.25 on +2.00 at 61,712"), (-0.5, -1.0, "funding received: 0.5 on -1.00 at 61,712")],
)
def test_funding_is_a_line_of_the_trade_log(fee: float, position: float, words: str) -> None:
    line = fake_trade(kind="funding", fee=fee, position=position, reason="", fill_id="")
    row = trade_row(line, NOON, lambda _: 2)
    assert row.span is not None
    assert row.span[1].text == words
    assert any("funding" in text for text in trade_lines(line))
