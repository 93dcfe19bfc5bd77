"""What an ensemble's file may say; each mistake is one line that says where it is and what is allowed."""

from __future__ import annotations

from pathlib import Path

import pytest
from ensembles_rig import WHOLE, folder_of

from core.ensembles.model import Vote
from core.ensembles.reading import MOST_MEMBERS, read
from core.errors import StrategyError
from core.written.document import LONGEST

#: The line of the file that the text begins on, what takes its place, where the mistake is, and what is said of it.
MISTAKES = [
    ("sentence = ", "sentence ", 3, "no TOML:"),
    ('sentence = "Goes where several voices agree."\n', "", 2, "[ensemble]: sentence: say in one line"),
    ('interval = "1s"', "interval = 1", 4, "[ensemble]: interval: 1 is not allowed: a number and ms, s, m, h, d or w, such as 5m, or tick"),
    ('interval = "1s"', 'intervall = "1s"', 4, "[ensemble]: no key 'intervall' there; there are: sentence, interval"),
    ("[vote]", "[votes]", 12, "the file: no key 'votes' there; there are: ensemble, members, vote, validators"),
    ("trend = { strategy", "Trend = { strategy", 6, "[members]: Trend: a name is small letters"),
    ("trend = { strategy", "validator = { strategy", 6, "[members]: validator: validators are called that"),
    ('model = { source = "mymodel", weight = 2 }', "model = 3", 11, '[members]: model: write { strategy = "sma_crossover"'),
    ('source = "mymodel"', 'source = "mymodel", strategy = "rsi"', 11, "[members]: model: write { strategy"),
    ('source = "mymodel"', 'source = "my model"', 11, "[members]: model: source: 'my model' is no name of a source"),
    (
        'source = "mymodel"',
        'source = "mymodel", params = { a = 1 }',
        11,
        "[members]: model: no key 'params' there; there are: source, weight",
    ),
    ("model = {", 'twin = { source = "mymodel" }\nmodel = {', 12, "[members]: model: twin is source mymodel already"),
    ("weight = 0.75", "weight = -1", 9, "[members]: rules: weight: -1 is not allowed: 0 to 1e+06"),
    ("weight = 0.75", "weight = inf", 9, "[members]: rules: weight: inf is not allowed: a number"),
    ("weight = 0.75", 'weight = "1"', 9, "[members]: rules: weight: '1' is not allowed: a number"),
    ("weight = 0.75", "wait = 1", 9, "[members]: rules: no key 'wait' there; there are: strategy, weight, params"),
    ('strategy = "ladder"', "strategy = 3", 10, "[members]: ladder: strategy: 3 is no name of a strategy"),
    ('strategy = "ladder"', 'strategy = "snake"', 10, "[members]: ladder: strategy: no strategy 'snake'; there are: "),
    ('strategy = "ladder"', 'strategy = "pairs"', 10, "[members]: ladder: strategy: pairs trades 2 symbols: a member trades one"),
    ('strategy = "ladder"', 'strategy = "plain"', 10, "ladder: strategy: plain is a class in plain Python, which cannot be compiled in"),
    ('strategy = "ladder"', 'strategy = "whole"', 10, "ladder: strategy: whole is an ensemble itself: give its members"),
    ('strategy = "ladder"', 'strategy = "broken"', 10, "broken.toml: [signal]: give its conditions"),
    ('strategy = "ladder"', 'strategy = "ear"', 10, "ear listens to sources itself: give them as members"),
    ('strategy = "ladder"', 'strategy = "wordy"', 10, "wordy has a parameter 'text' that is no number with a default"),
    ("params = { fast = 2, slow = 4 }", "params = 3", 6, "[members]: trend: params: a table: write params = { fast = 5 }"),
    ("fast = 2", "fats = 2", 6, "[members]: trend: params: sma_crossover has no parameter 'fats'; it has: fast, slow, interval"),
    ("fast = 2", "fast = 0", 6, "[members]: trend: params: sma_crossover: fast=0 is not allowed"),
    ("fast = 2", "fast = 9", 6, "[members]: trend: params: sma_crossover: fast (9) must be less than slow (4)"),
    ("fast = 2", "fast = [2]", 6, "[members]: trend: params: fast = [2] is not allowed: a number or a text"),
    ("threshold = 0.5", "threshold = 1.5", 13, "[vote]: threshold: 1.5 is not allowed: 0 to 1"),
    ("threshold = 0.5", "threshold = 0", 13, "[vote]: threshold: above 0: with no vote at all no side is taken"),
    ("exit_threshold = 0.25", "exit_threshold = 0.75", 14, "[vote]: exit_threshold: 0.75 is above the threshold, 0.5"),
    ("exit_threshold = 0.25", "exit = 0.25", 14, "[vote]: no key 'exit' there; there are: threshold, exit_threshold, quorum, side"),
    ("quorum = 1.0", "quorum = 9", 15, "[vote]: quorum: 9 is above the weight of all members, 6.25"),
    ("quorum = 1.0", 'side = "up"', 15, "[vote]: side: 'up' is not allowed: both, long, short"),
    (
        "spread_pct = 0.3",
        "spread = 0.3",
        17,
        "[validators]: no key 'spread' there; there are: spread_pct, volatility_pct, liquidity, trend",
    ),
    ("spread_pct = 0.3", "spread_pct = 101", 17, "[validators]: spread_pct: 101 is not allowed: at least 0 and at most 100"),
    ("spread_pct = 0.3", "spread_pct = { high = 1 }", 17, "[validators]: spread_pct: {'high': 1} is not allowed: a number"),
    ("spread_pct = 0.3", 'unknown = "maybe"', 17, "[validators]: unknown: 'maybe' is not allowed: hold or pass"),
    (
        "{ high = 2.0, period = 3 }",
        "3",
        18,
        "[validators]: volatility_pct: a table: write volatility_pct = { low = … }; it has: low, high, period",
    ),
    ("high = 2.0", "low = 3, high = 2.0", 18, "[validators]: volatility_pct: low (3) must not be above high (2)"),
    ("high = 2.0, period = 3", "high = 2.0, period = 2.5", 18, "[validators]: volatility_pct: period: 2.5 is not allowed: a whole number"),
    ("high = 2.0, period = 3", "high = 2.0, period = 0", 18, "[validators]: volatility_pct: period: 0 is not allowed: at least 1 and"),
    ("high = 2.0", "hihg = 2.0", 18, "[validators]: volatility_pct: no key 'hihg' there; there are: low, high, period"),
    ("quote = 500, ", "", 19, "[validators]: liquidity: quote must be given: value traded in the window"),
    (
        'window = "30s"',
        "window = 30",
        19,
        "[validators]: liquidity: window: 30 is not allowed: a number and ms, s, m, h, d or w, such as 5m",
    ),
    ('window = "30s"', 'window = "30ms"', 19, "[validators]: liquidity: window: 0.03 is not allowed: at least 1 and"),
    ("freshness_s = 4", "freshness_s = 0", 21, "[validators]: freshness_s: 0 is not allowed: above 0 and"),
    ('interval = "1s"', 'interval = "tick"', 4, "[ensemble]: interval: tick cannot be, because turn lives on bars"),
]

BESIDE = {
    "plain.py": '"""Says nothing."""\nfrom msgspec import Struct\n\nclass Params(Struct, frozen=True, kw_only=True):\n    n: int = 1\n\n'
    "class Strategy:\n    def __init__(self, params): pass\n    def on_tick(self, tick): return None\n",
    "broken.toml": 'sentence = "Nothing."\n',
    "ear.py": '"""Hears."""\nimport numpy as np\nfrom msgspec import Struct\nfrom core.kernels.heard import HEARD\nSOURCES = ("a",)\n'
    'STATE = np.dtype([("heard", HEARD, (1,))])\n\nclass Params(Struct, frozen=True, kw_only=True):\n    n: int = 1\n\n'
    "def step(s, mem, p, tick, out): pass\n",
    "wordy.py": '"""Says."""\nimport numpy as np\nfrom msgspec import Struct\nSTATE = np.dtype([("n", "i8")])\n\n'
    'class Params(Struct, frozen=True, kw_only=True):\n    text: str = "a"\n\ndef step(s, mem, p, tick, out): pass\n',
    "whole.toml": WHOLE,
}


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Where an ensemble lies among members good and bad."""
    for name, text in BESIDE.items():
        (folder_of(tmp_path) / name).write_text(text)
    return tmp_path


@pytest.mark.parametrize(("old", "new", "line", "told"), MISTAKES, ids=[told[:60] for _, _, _, told in MISTAKES])
def test_a_mistake_is_one_line_that_says_where_and_what_is_allowed(place: Path, old: str, new: str, line: int, told: str) -> None:
    assert old in WHOLE
    with pytest.raises(StrategyError) as refused:
        read(place / "mine.toml", WHOLE.replace(old, new, 1))
    message = str(refused.value)
    assert message.startswith(f"{place}/mine.toml:{line}: ")
    assert told in message
    assert "\n" not in message


def test_members_in_tables_of_their_own_are_found_there_too(place: Path) -> None:
    text = WHOLE.replace('ladder = { strategy = "ladder" }\n', "") + '[members.ladder]\nstrategy = "ladder"\nweight = -1\n'
    with pytest.raises(StrategyError, match=r"mine\.toml:23: \[members\]: ladder: weight: -1 is not allowed"):
        read(place / "mine.toml", text)


def test_a_file_has_a_longest_length_and_from_one_to_so_many_members(place: Path) -> None:
    with pytest.raises(StrategyError, match="65,536 bytes at most"):
        read(place / "mine.toml", WHOLE + "#" * LONGEST)
    head, _, tail = WHOLE.partition("[members]\n")
    rest = tail[tail.index("[vote]") :]
    many = "".join(f'x{i} = {{ source = "s{i}" }}\n' for i in range(MOST_MEMBERS + 1))
    for members, count in ((many, 17), ("", 0)):
        with pytest.raises(StrategyError, match=rf"\[members\]: {count} of them: 1 to 16 can vote"):
            read(place / "mine.toml", f"{head}[members]\n{members}{rest}")


def test_two_parameters_of_one_name_are_refused(place: Path) -> None:
    text = WHOLE.replace("[vote]", 'a = { strategy = "twice" }\na_b = { source = "x" }\n[vote]', 1)
    (place / "twice.py").write_text(BESIDE["wordy.py"].replace('text: str = "a"', "b_weight: int = 1"))
    with pytest.raises(StrategyError, match=r"\[members\]: two parameters would be called a_b_weight: rename a member"):
        read(place / "mine.toml", text)


def test_a_file_is_read_as_it_says(place: Path) -> None:
    found = read(place / "mine.toml", WHOLE)
    assert [(name, one.weight, one.text) for name, one in found.members.items()][-2:] == [
        ("ladder", 1.0, "strategy ladder"), ("model", 2.0, "source mymodel"),
    ]  # fmt: skip
    assert found.vote == Vote(0.5, 0.25, 1.0, "both")
    assert found.validators["liquidity"] == {"quote": 500.0, "window": 30.0}
    assert found.unknown == "hold"
    plain = read(place / "mine.toml", '[ensemble]\nsentence = "A model."\n[members]\nmodel = { source = "m" }\n')
    assert (plain.vote, plain.validators) == (Vote(0.5, 0.5, 0.0, "both"), {})
