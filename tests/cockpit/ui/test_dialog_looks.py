"""Every form and dialog on frozen data, at two sizes: cell by cell as it was when somebody looked at it and found it good."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from fake_engine import NOON
from fake_indicators import Lines
from fake_lab import run_row, with_runs
from looks import compare, look_of
from screen_rig import SMALL, WIDE, eventually, line_with, opened
from textual.widgets._input import Input

from cockpit.typeahead import settled
from core.alert_rules import MoveRule, PriceRule, Rule

#: Keys that open it, and words that are in it once all of it is there.
DIALOGS = {
    "register": (["1", "r"], ["Register a strategy", "Enter starts momentum"]),
    "register_wrong": (["1", "r", "tab", "end", "x"], ["Register a strategy", "BTCUSDTX is not listed by"]),
    "register_field": (["1", "r", *["tab"] * 8], ["fee bps", "Enter starts momentum"]),
    "backtest": (["1", "b"], ["Run a strategy over recorded data", "Enter runs momentum over tape:BTCUSDT"]),
    "study": (["1", "f2", "s"], ["Study: try many parameter sets", "Enter tries 1 combination of sma_crossover"]),
    "alert": (["1", "a"], ["Alert me when", "Enter: BTCUSDT crosses above"]),
    "rules": (["1", "A"], ["Alert rules", "BTCUSDT crosses above 61,650"]),
    "drawn": (["1", "l"], ["On the chart: indicators and the trend", "○ vwap"]),
    "variant": (["1", "l", "n"], ["New variant of an indicator", "Enter keeps rsi_1"]),
    "symbols": (["1", "s"], ["Symbols", "binance:XRPUSDT"]),
    "confirm": (["2", "u"], ["Unregister sma-1?", "keep the position"]),
    "help": (["2", "question_mark"], ["Strategies: what can be done here", "Pause the strategy"]),
    "reading": (["2", "enter"], ["sma-1: sma_crossover on BTCUSDT", "Sharpe"]),
    "palette": (["1", "ctrl+p"], ["Register a strategy (r)"]),
    "jump": (["1", "colon"], ["BTCUSDT  symbol"]),
}


def rule_rows() -> list[dict[str, object]]:
    """Two rules, one of which has fired and is off."""
    rules: list[tuple[Rule, str, int]] = [
        (PriceRule(id="price-1", symbol="binance:BTCUSDT", level=61_650, name="top"), "on", 0),
        (MoveRule(id="move-1", symbol="binance:ETHUSDT", percent=2, enabled=False), "off", 3),
    ]
    return [
        {**msgspec.to_builtins(rule), "sentence": rule.sentence, "state": state, "fired": fired, "fired_ns": NOON}
        for rule, state, fired in rules
    ]


@pytest.mark.parametrize("size", [WIDE, SMALL], ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("dialog", list(DIALOGS))
async def test_it_looks_as_it_did(dialog: str, size: tuple[int, int], tmp_path: Path) -> None:
    keys, words = DIALOGS[dialog]
    async with opened(tmp_path, size) as (engine, app, pilot):
        with_runs(engine, run_row(1))
        Lines(engine)
        engine.answers["alert_rules"] = rule_rows()
        engine.answers["listed"] = ["BTCUSDT", "ETHUSDT", "XRPUSDT", "DOGEUSDT"]
        await eventually(lambda: app.catalogue.offers)
        await pilot.press(keys[0])
        await eventually(lambda: app.live.pane.listing.shown)  # type: ignore[union-attr]  # prices or strategies
        await pilot.press(*keys[1:])
        await eventually(lambda: len(app.screen_stack) > 1 and settled(app.screen) and all(line_with(app, word) for word in words))
        for line in app.screen.query(Input):
            line.cursor_blink = False
        app.workers.cancel_group(app, "follow")
        await pilot.pause()
        app.deck.paint(10**6, NOON)  # long after the last change: nothing glows
        app.deck.refresh()
        await pilot.pause()
        compare(f"dialog-{dialog}-{size[0]}x{size[1]}", look_of(app))
