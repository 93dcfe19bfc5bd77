"""What a file of rules may say; each mistake is one line that says where it is and what is allowed."""

from __future__ import annotations

from pathlib import Path

import pytest
from conditions_rig import BY_HAND, MIXED, written

from core.conditions.model import Condition, Quantity, Tree
from core.conditions.reading import read
from core.errors import StrategyError
from core.written.document import LONGEST

PLACE = Path("/strategies/rules.toml")

MISTAKES = [
    ("sentence = ", "sentence ", ":2: no TOML:"),
    ('sentence = "Buys at 102 after 101, and leaves two percent later."', "", ": sentence: say in one line"),
    ('"Buys at 102', '"\\u0007Buys', ":2: sentence: say in one line of text"),
    (
        'interval = "tick"',
        'interval = "soon"',
        ":3: interval: 'soon' is not allowed: a number and ms, s, m, h, d or w, such as 5m, or tick",
    ),
    ('interval = "tick"', 'intervall = "tick"', "no key 'intervall' there; there are: sentence, interval, indicators, signal"),
    ("[signal]", "[signals]", "no key 'signals' there"),
    ('[signal]\nall = ["price gte 101"]', "", ": [signal]: give its conditions"),
    ('[signal]\nall = ["price gte 101"]', 'signal = ["price gte 101"]', "signal: is a table: write [signal]"),
    ("[signal]", '[signal]\nside = "up"', "[signal]: side: 'up' is not allowed: long or short"),
    ("[signal]", '[signal]\nsize = "up"', ":5: [signal]: no key 'size' there; there are: all, any, side"),
    ("[signal]", '[signal]\nany = ["price lt 3"]', "[signal]: give either all = [...] or any = [...]"),
    ('["price gte 101"]', "[]", "[signal]: all: a list with a condition at least"),
    ('["price gte 101"]', '"price gte 101"', "[signal]: all: a list with a condition at least"),
    ('["price gte 101"]', "[101]", "[signal]: 101 is no condition: a condition is"),
    ('"price gte 101"', '"price gte"', ":5: [signal]: 'price gte': a condition is"),
    ('"price gte 101"', '"price above 101"', "no operator 'above'; there are: gte, lte, gt, lt, eq, between"),
    ('"price gte 101"', '"price gte 101 102"', "gte takes one right side"),
    ('"price gte 101"', '"price between 101"', "between takes two bounds"),
    ('"price gte 101"', '"price between 102 101"', "the lower bound 102 is above the upper one 101"),
    ('"price gte 101"', '"price gte nan"', "nan is no number to compare with: finite, 1e18 at most"),
    ('"price gte 101"', '"price gte slow"', "no indicator 'slow'; named here or of the position: "),
    ('"price gte 101"', '"price.high gte 101"', "price has no line 'high'; it has: price"),
    ('"price gte 101"', '"unrealized_pnl_pct gte 1"', "is known while a position is open: in [close] and [emergency]"),
    ('"price gte 101"', '{ all = ["price gte 101"], any = ["price gte 101"] }', "give either all = [...] or any = [...]"),
    ('"price gte 101"', "{ none = [] }", "give either all = [...] or any = [...]"),
    ('"price gte 101"', "{ all = [" * 9 + '"price gte 1"' + "] }" * 9, "nested deeper than 8"),
    ('"price gte 101"', ", ".join(['"price gte 1"'] * 65), "more than 64 conditions in one file"),
    ('cooldown = "5s"', 'cooldown = "5 s"', ":10: [entry]: cooldown: '5 s' is not allowed: a number and ms, s, m, h, d or w, such as 5m"),
    ('cooldown = "5s"', 'cooldown = "tick"', "[entry]: cooldown: 'tick' is not allowed"),
    ('cooldown = "5s"', 'cooldown = "99999w"', "[entry]: cooldown: '99999w' is longer than"),
    ('timeout = "4s"', "timeout = 4", "[entry]: timeout: 4 is not allowed"),
    ("[signal]", '[indicators]\nFast = { indicator = "sma" }\n[signal]', "[indicators]: Fast: a name is small letters"),
    ("[signal]", '[indicators]\nfast = "sma"\n[signal]', ':5: [indicators]: fast: write { indicator = "sma"'),
    ("[signal]", '[indicators]\nfast = { indicator = "smma" }\n[signal]', "fast: 'smma' cannot be compiled in; these can: atr, bollinger"),
    ("[signal]", '[indicators]\nfast = { indicator = "sma", length = 3 }\n[signal]', "sma has no parameter 'length'; it has: period"),
    ("[signal]", '[indicators]\nfast = { indicator = "sma", period = 0 }\n[signal]', "period=0 is not allowed"),
    ("[signal]", '[indicators]\nfast = { indicator = "macd", fast = 30 }\n[signal]', "fast (30) must be less than slow (26)"),
    ("[signal]", '[indicators]\nfast = { indicator = "sma", period = [3] }\n[signal]', "period = [3] is not allowed: a number or a text"),
    ("[signal]", '[indicators]\nentry = { indicator = "sma" }\n[signal]', "entry: a group or a metric is called that"),
    ('"price gte 101"', '"velocity gte 1"', "interval: tick cannot be, because velocity looks back over bars or seconds"),
]


@pytest.mark.parametrize(("old", "new", "told"), MISTAKES, ids=[told[:60] for _, _, told in MISTAKES])
def test_a_mistake_is_one_line_that_says_where_and_what_is_allowed(old: str, new: str, told: str) -> None:
    assert old in BY_HAND
    with pytest.raises(StrategyError) as refused:
        read(PLACE, BY_HAND.replace(old, new, 1))
    message = str(refused.value)
    assert message.startswith(str(PLACE))
    assert told in message
    assert "\n" not in message


def test_a_file_has_a_longest_length_and_a_largest_number_of_indicators() -> None:
    with pytest.raises(StrategyError, match="65,536 bytes at most"):
        read(PLACE, BY_HAND + "#" * LONGEST)
    many = "\n".join(f'x{i} = {{ indicator = "price" }}' for i in range(33))
    with pytest.raises(StrategyError, match="33 of them: 32 at most"):
        read(PLACE, f"{BY_HAND}\n[indicators]\n{many}")


def test_a_tree_is_read_as_it_is_nested() -> None:
    found = read(PLACE, MIXED)
    surge = Quantity("surge", "recent")
    first, nested = found.groups["signal"].parts
    assert first == Condition(Quantity("fast", "sma"), "gt", (Quantity("slow", "ema"),))
    assert isinstance(nested, Tree)
    assert (nested.how, nested.parts[0]) == ("any", Condition(surge, "gte", (1.0,)))
    assert (found.side, found.entry_cooldown_s, found.entry_timeout_s, found.emergency_cooldown_s) == (1, 10.0, 40.0, 60.0)


def test_an_indicator_that_no_condition_looks_at_costs_nothing() -> None:
    text = MIXED.replace("[signal]", 'idle = { indicator = "atr" }\n[signal]')
    assert written(text) == written(MIXED)
