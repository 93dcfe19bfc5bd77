"""All rules, in the order they are listed: what each watches for, when it speaks, and how it is told whether it was right."""

from __future__ import annotations

from core.copilot import laws, measures, on_machine, on_market, on_results, on_running
from core.copilot.rule import Rule, for_an_hour

_MONEY = "right where the strategy went on losing; flattened or reduced, where the position would have lost"
_LASTED = "right where it lasted a minute or more, or went away once something was done"

RULES: tuple[Rule, ...] = (
    Rule(
        "regime against", "a market that turned into one a strategy does not bet on",
        "a trend at least 60 % sure that the table of regimes does not give to the strategy", _MONEY,
        on_results.regime_against, laws.loses_more, measures.of_strategy, 3600.0, on_results.regime_known,
    ),
    Rule(
        "correlated", "two strategies that are one bet", "correlation of their equity changes by the minute above 0.9",
        "right where both made money, or both lost some", on_results.correlated, laws.moved_together, measures.of_couple, 3600.0,
        on_results.couples_known,
    ),
    Rule(
        "losing streak", "more losses in a row than a strategy is used to",
        "4 or more in a row that at its own share of losses are 5 % likely or less, after 10 trades", _MONEY,
        on_results.losing_streak, laws.loses_more, measures.of_strategy,
    ),
    Rule(
        "drawdown", "a strategy near its worst", "85 % of its deepest fall before this one; 5 % where that was below 2 %", _MONEY,
        on_results.near_worst, laws.loses_more, measures.of_strategy,
    ),
    Rule(
        "exposure", "positions worth a multiple of the equity", "2 times the equity; 4 times is urgent",
        "right where the account lost since", on_results.exposed, laws.loses_more, measures.of_account,
    ),
    Rule(
        "failed", "a strategy that could not go on", "its state is failed", _LASTED, on_running.failed, laws.lasted, after_s=900.0
    ),
    Rule(
        "no trade", "a strategy that is silent for longer than usual", "10 times the median time between its fills, at least 10 min",
        "right where there still was no fill", on_running.silent, laws.stayed_silent, measures.of_strategy,
    ),
    Rule(
        "warming", "a warm-up that does not end", "longer than 5 min", _LASTED, on_running.warming_long, laws.lasted, after_s=1800.0
    ),
    Rule(
        "blocked", "orders that a guard refuses again and again", "5 times in an hour for one reason", _LASTED, on_running.refused,
        laws.lasted, known=on_running.refusals_known,
    ),
    Rule(
        "cost", "fills that cost more than was assumed in the backtest",
        "fee and half the usual spread of 20 fills: 1.5 times what was assumed, and 1 bps more",
        "right where fills still cost more than was assumed", on_running.dear, laws.still_dear, measures.cost_of, 86_400.0,
        on_running.cost_known,
    ),
    Rule(
        "order waits", "a market order that is not filled", "it waits for 60 s", _LASTED, on_running.waiting, laws.lasted, after_s=900.0
    ),
    Rule(
        "feed behind", "prices that are seconds old when they come", "2 s behind", _LASTED, on_market.feed_behind, laws.lasted,
        after_s=600.0,
    ),
    Rule("feed away", "a feed that is not live", "for 10 s", _LASTED, on_market.feed_away, laws.lasted, after_s=600.0),
    Rule(
        "silent", "a symbol that is silent while its feed is live", "nothing of it for 60 s", _LASTED, on_market.symbol_silent,
        laws.lasted, after_s=600.0,
    ),
    Rule(
        "volatility", "a symbol that moves much more than usual", "3 times the median of the hours before",
        "right where it still moved 1.5 times as much as usual", on_market.wild, laws.stayed_wide, measures.of_moves, 1800.0,
        on_market.moves_known,
    ),
    Rule(
        "spread", "a spread that is much wider than usual", "3 times the median of the hours before, and 2 bps or more",
        "right where it still was 1.5 times as wide as usual", on_market.wide, laws.stayed_wide, measures.of_spread, 900.0,
        on_market.spread_known,
    ),
    Rule(
        "pair", "a spread that left its cointegration", "Engle-Granger p above 0.05 after it was under it, of pairs in alert rules",
        "right where the z-score did not come back halfway", on_market.pair_left, laws.stayed_apart, measures.of_pair, 3600.0,
        on_market.pair_known,
    ),
    Rule(
        "disk", "a disk that runs full", "within 14 days at the rate since the start, once that is half an hour",
        "right where less was free later", on_machine.disk, laws.shrank, measures.of_disk, 6 * 3600.0, on_machine.disk_known,
    ),
    Rule(
        "gaps", "more and more missing from the tape", "10 prints more than half an hour ago", _LASTED, on_machine.gaps_grow,
        laws.lasted, after_s=1800.0, known=on_machine.gaps_known,
    ),
    Rule(
        "restarts", "a worker that dies again and again", "3 restarts in an hour", _LASTED, on_machine.restarts, laws.lasted,
        known=for_an_hour,
    ),
    Rule(
        "alert often", "an alert rule that fires too often", "20 firings in an hour", _LASTED, on_machine.fires_often, laws.lasted,
        known=for_an_hour,
    ),
    Rule("unseen", "alerts nobody has seen", "open and unseen for 15 min", _LASTED, on_machine.unseen, laws.lasted),
    Rule(
        "study", "a study that ended", "within the last hour", "right where a strategy was registered within a day",
        on_machine.study_ended, laws.was_used, measures.of_study, 86_400.0,
    ),
)  # fmt: skip

BY_NAME = {rule.name: rule for rule in RULES}
