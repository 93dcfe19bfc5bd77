"""The keys of the analyst's screen."""

from __future__ import annotations

from cockpit import analysing, moves, variants
from cockpit.action import Action

_PAIRS = frozenset({"pair", "correlations", "scanner"})
_SCAN = frozenset({"scanner"})
_LISTS = frozenset({"scanner", "indicators"})
_VALUES = frozenset({"indicators"})


def _to(number: int, word: str, sentence: str) -> Action:
    """Going to a pane."""
    return Action(word, str(number), word, sentence, lambda app: moves.go(app, "analyst", number), deck="analyst", reach=True)


ANALYST: tuple[Action, ...] = (
    Action("analyst_open", "enter", "details", "Evidence of a trend; a pair in 2, there its figures; a variant", analysing.read, rank=2,
           deck="analyst"),
    Action("backtest_trend", "b", "backtest", "Run the strategy that fits the trend, or another, over recorded data", analysing.backtest,
           rank=4, deck="analyst"),
    Action("register_pair", "r", "register", "Register the strategy pairs on the pair under the cursor", analysing.register, _PAIRS, 3,
           "analyst"),
    Action("scan", "s", "scan", "Scanner: test every two symbols for cointegration", analysing.scan, _SCAN, 1, "analyst", True),
    Action("scan_cancel", "x", "cancel", "Scanner: cancel the scan", analysing.cancel, _SCAN, 1, "analyst", True),
    Action("choose_pair", "slash", "pair", "Choose a pair by its symbols", analysing.choose, rank=3, deck="analyst", reach=True),
    Action("analyst_interval", "i", "interval", "Longer bars of the pair, the correlations or the next scan", analysing.longer, _PAIRS, 3,
           "analyst"),
    Action("analyst_shorter", "I", "shorter", "Shorter bars", analysing.shorter, _PAIRS, 0, "analyst"),
    Action("pair_window", "w", "window", "Pair: another window of the z-score; scanner: why pairs were not tested", analysing.window,
           frozenset({"pair", "scanner"}), 3, "analyst"),
    Action("pair_method", "m", "method", "Pair: the hedge ratio by least squares, Huber, Theil-Sen, Kalman", analysing.method,
           frozenset({"pair"}), 3, "analyst"),
    Action("add_variant", "n", "new", "Add a variant: an indicator with parameters and a name", variants.add, _VALUES, 1, "analyst"),
    Action("edit_variant", "e", "edit", "Change the variant under the cursor", variants.edit, _VALUES, 1, "analyst"),
    Action("delete_variant", "d", "delete", "Delete the variant under the cursor", variants.delete, _VALUES, 1, "analyst"),
    Action("sort_pairs", "o", "sort", "Sort the rows by the next column", analysing.sort, _LISTS, 8, "analyst"),
    Action("turn_pairs", "O", "turn", "Turn the order of the rows round", analysing.turn, _LISTS, 0, "analyst"),
    _to(1, "trends", "Go to the trends of all symbols"),
    _to(2, "pair", "Go to the pair: prices, spread, z-score"),
    _to(3, "correlations", "Go to the correlations"),
    _to(4, "scanner", "Go to the scan of all pairs"),
    _to(5, "indicators", "Go to the values of indicators"),
)  # fmt: skip
