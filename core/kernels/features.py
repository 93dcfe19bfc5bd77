"""What a strategy's terms may ask for beyond plain market orders: a switch each, and the fields it adds to the loop's records.

The switches are replaced by constants where `core.compile` makes a module, before anything else looks at the source: what is off
leaves no trace in its text, its records or its speed. A field that is added stands behind all that were there before it.
"""

from __future__ import annotations

import numpy as np

from core.kernels.records import ACCOUNT, BOOK, LIMITS, REPORT, TERMS

LOTS = False  # quantities in whole lots, prices on ticks, no order below the venue's minimum
SPREAD = False  # market orders pay the spread, and move the price
RESTING = False  # entries wait at the venue
FUNDED = False  # positions pay funding
SIZED = False  # a unit of target is money's worth
TRIGGERED = False  # what waits is a stop order; RESTING too
HELD = False  # exits rest at the venue; RESTING too
GUARDED = False  # protections keep it from opening
TIMED = False  # exits after a time, and stops that move to the entry
VOLATILE = False  # a unit of target is worth its volatility; SIZED too
QUEUED = False  # limit orders stand in a queue; RESTING too
VENUED = False  # a venue fills the orders, and says for what fee
MARGINED = False  # positions need margin, and are liquidated without

#: What prints told of the market's queues, weighed by age, in base currency and counts.
FLOW = [
    ("sold_at", "f8"),  # price of the newest print that a seller made; 0: none yet
    ("sold", "f8"),
    ("lower", "f8"),  # how often at a lower price than before
    ("bought_at", "f8"),
    ("bought", "f8"),
    ("higher", "f8"),
]

#: By feature and record: the fields it adds.
ADDED: dict[str, dict[str, list[tuple[str, str]]]] = {
    "lots": {
        "TERMS": [
            ("lot", "f8"),  # 0: any quantity
            ("lots", "f8"),  # of them in a unit, where that is a whole number; else 0
            ("price_tick", "f8"),  # 0: any price
            ("price_ticks", "f8"),
            ("min_notional", "f8"),
        ],
    },
    "spread": {
        "TERMS": [
            ("quoted", "i8"),  # 1: known quotes are paid
            ("half_spread", "f8"),  # a fraction, where no quote is
            ("impact", "f8"),  # of taking all that is traded, a fraction
            ("impact_volume", "f8"),  # what counts as all; 0: the print's quantity
        ],
    },
    "resting": {
        "TERMS": [
            ("rests", "i8"),  # 1: entries wait
            ("offset", "f8"),  # a fraction: how far from the decision's price
            ("touch", "i8"),  # 1: a print at the limit fills
            ("life", "i8"),  # ns at the venue; 0: without end
            ("then_market", "i8"),  # 1: what is left becomes a market order, else it is cancelled
            ("maker_bps", "f8"),
        ],
        "BOOK": [
            ("limit", "f8"),  # price the working order waits for; 0: a market order
            ("expires", "i8"),  # it fills no later than this
        ],
    },
    "funded": {
        "TERMS": [
            ("funding", "f8"),  # a fraction of the value of a long position, each time
            ("funding_every", "i8"),  # ns
        ],
        "ACCOUNT": [
            ("next_funding", "i8"),  # the next boundary
            ("funding", "f8"),  # how much of the fees it is
        ],
    },
    "sized": {
        "TERMS": [
            ("sizing", "i8"),  # UNITS, QUOTE, EQUITY, VOLATILITY
            ("worth", "f8"),  # of a unit: quote currency, a fraction of equity, or how much of it a year's deviation is
        ],
        "BOOK": [
            ("unit", "f8"),  # base currency a unit of target, as last worked out
            ("sized", "f8"),  # the target it was worked out for
        ],
    },
    "triggered": {
        "TERMS": [
            ("triggers", "i8"),  # 1: entries are stop orders
        ],
    },
    "volatile": {
        "TERMS": [
            ("half_life", "f8"),  # ns, of what a return weighs
            ("spacing", "i8"),  # ns, the least between the prints of a return
            ("leverage", "f8"),  # a position is worth so many times the equity at most
        ],
        "BOOK": [
            ("sampled", "f8"),  # price of the newest print that ended a return; 0: none yet
            ("sampled_at", "i8"),
            ("variance", "f8"),  # weighted sums: of squared returns,
            ("elapsed", "f8"),  # of the time they took, ns,
            ("returns", "f8"),  # of their number
        ],
    },
    "held": {
        "TERMS": [
            ("holds", "i8"),  # 1: exits rest
        ],
    },
    "queued": {
        "TERMS": [
            ("queued", "i8"),  # 1: prints at the limit fill behind what is ahead
            ("queue_ahead", "f8"),  # what is ahead at first, base currency; below 0: by the prints
            ("queue_quotes", "i8"),  # 1: nothing is ahead at a price the best quote is worse than
        ],
        "BOOK": [
            ("ahead", "f8"),  # of the working order; below 0: it is not in the queue yet
            ("goal", "f8"),  # price of the take-profit that stands in the queue; 0: none does
            ("goal_ahead", "f8"),
            ("got", "f8"),  # of the newest print, what the take-profit gets at most; 0: no such limit
            *FLOW,
        ],
    },
    "margined": {
        "TERMS": [
            ("margin_leverage", "f8"),  # positions are worth so many times the equity at most; 0: off
            ("maintenance", "f8"),  # of their value: the least equity, a fraction
            ("liquidation_bps", "f8"),  # fee of a liquidation, beside the taker's
        ],
        "BOOK": [
            ("affordable", "f8"),  # the most that could be held when an order was last decided
        ],
    },
    "venued": {
        "TERMS": [
            ("outside", "i8"),  # 1: orders are a venue's to fill
        ],
        "BOOK": [
            ("toll", "f8"),  # fee of the execution that is being told, quote currency
            ("spurned", "f8"),  # the position whose order came to nothing
            ("again", "i8"),  # until this time of prints it is not ordered again
        ],
    },
    "guarded": {
        "TERMS": [
            ("deepest_fall", "f8"),  # of equity from its best, a fraction; NaN: off
            ("day_loss", "f8"),  # of equity since midnight, a fraction; NaN: off
            ("flattens", "i8"),  # 1: reaching either closes what is held
            ("streak_of", "i8"),  # losing round trips in a row; 0: off
            ("lock", "i8"),  # ns
            ("cooldown", "i8"),  # ns after an exit; 0: off, as the next one
            ("stop_cooldown", "i8"),
            ("low_profit", "f8"),  # a fraction of capital
            ("low_trades", "i8"),  # round trips it is of; 0: off
            ("least_sure", "f8"),  # 0: off
            ("max_age", "i8"),  # ns; 0: off
        ],
        "BOOK": [
            ("cool_until", "i8"),  # nothing opens before this
            ("printed_at", "i8"),  # time of the last print
        ],
        "ACCOUNT": [
            ("best", "f8"),  # equity, since it was registered or a person resumed it
            ("day_equity", "f8"),  # at the last UTC midnight
            ("fallen", "i8"),  # 1: the deepest fall was reached
            ("lost", "i8"),  # 1: the day's loss was reached
            ("streak", "i8"),  # losing round trips in a row
            ("locked", "i8"),  # what for: LOSS_STREAK, LOW_PROFIT
            ("locked_until", "i8"),
            ("barred", "i8"),  # why nothing opens, as of the last print; 0: it does
            ("kept", "i8"),  # round trips since counting began
            ("kept_net", "f8"),  # what the last `low_trades` of them made
            ("trips", "(64,)f8"),  # what each made, net of its fees: a ring of the last ones
        ],
    },
    "timed": {
        "TERMS": [
            ("time_stop", "i8"),  # ns; 0: off
            ("break_even", "f8"),  # the gain that moves the stop to the entry, a fraction; NaN: off
            ("even_long", "f8"),  # where nothing is lost, in multiples of the entry
            ("even_short", "f8"),
        ],
        "BOOK": [
            ("entered", "i8"),  # when the open round trip began
        ],
    },
}

BASE: dict[str, np.dtype[np.void]] = {"BOOK": BOOK, "ACCOUNT": ACCOUNT, "TERMS": TERMS, "LIMITS": LIMITS, "REPORT": REPORT}


def layouts(features: frozenset[str]) -> dict[str, np.dtype[np.void]]:
    """The loop's records with these features, by name."""
    chosen = [added for name, added in ADDED.items() if name in features]
    return {
        record: np.dtype([*base.descr, *(field for added in chosen for field in added.get(record, ()))]) for record, base in BASE.items()
    }


def features_in(fields: tuple[str, ...]) -> frozenset[str]:
    """The features whose terms are among these fields of TERMS."""
    return frozenset(name for name, added in ADDED.items() if added["TERMS"][0][0] in fields)
