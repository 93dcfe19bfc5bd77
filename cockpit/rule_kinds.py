"""The words of each kind of alert rule. The command line is made of them: nothing is loaded here."""

from __future__ import annotations

from typing import NamedTuple


class Words(NamedTuple):
    """A kind of rule: its words, of which the last `spare` may be left out, the fields they fill, and what it is for."""

    words: tuple[str, ...]
    fields: tuple[str, ...]
    meaning: str
    spare: int = 0


WORDS: dict[str, Words] = {
    "price": Words(("SYMBOL", "above|below", "LEVEL"), ("symbol", "side", "level"), "the price crosses a level"),
    "move": Words(("SYMBOL", "PERCENT", "WITHIN"), ("symbol", "percent", "window_s"), "the price moves so far in a while: ETHUSDT 2% 5m"),
    "between": Words(
        ("[VARIANT@]SYMBOL", "inside|outside", "LOW", "HIGH"), ("symbol", "where", "low", "high"),
        "it enters or leaves a band: BTCUSDT, or rsi_7@BTCUSDT"
    ),
    "indicator": Words(
        ("VARIANT", "SYMBOL", "above|below", "LEVEL"), ("variant", "symbol", "side", "level"), "an indicator's variant goes beyond a level"
    ),
    "zscore": Words(
        ("A", "B", "LEVEL", "INTERVAL", "WINDOW", "METHOD"), ("a", "b", "level", "interval", "window", "method"),
        "the z-score of a pair goes beyond a level on either side: BTCUSDT ETHUSDT 2 1m 60 ols", 3,
    ),
    "pnl": Words(("ID", "above|below", "LEVEL"), ("strategy", "side", "level"), "a strategy's P&L after fees goes beyond a level"),
    "equity": Words(("ID|all", "above|below", "LEVEL"), ("strategy", "side", "level"), "a strategy's equity, or the account's"),
    "drawdown": Words(("ID|all", "PERCENT"), ("strategy", "percent"), "a strategy's drawdown, or the account's, goes beyond a share"),
    "stale": Words(("SYMBOL|all", "AFTER"), ("symbol", "after_s"), "a symbol, or the whole feed, is silent for so long: BTCUSDT 30s"),
    "health": Words(("warning|critical",), ("level",), "the engine has a trouble of this level or worse"),
    "latency": Words(("target|fill", "MS"), ("stage", "ms"), "99 of 100 prints take longer to a target, or a fill: target 5"),
    "disk": Words(("ROOM",), ("free",), "less room than this on the home's disk: 20GB, or 5%"),
}  # fmt: skip
