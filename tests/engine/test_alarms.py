"""Alerts: raised once, resolved, and a storm of them that costs a bounded amount of memory and of the ledger."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from core.engine.alarm_writing import WRITE_NS
from core.engine.alarms import AGAIN_NS, LINES, MOST_OPEN, Alarms
from core.engine.crowd import OF_A_KIND, OF_A_LEVEL
from core.types import MINUTE, SECOND
from core.view import AlertRow


class Told:
    """Alarms with a clock the test turns, and the ledger they write."""

    def __init__(self) -> None:
        self.now = 1_700_000_000 * SECOND
        self.writes = 0
        self.ledger: dict[str, AlertRow] = {}
        self.alarms = Alarms(lambda: self.now, lambda: None)
        self.alarms.writing.keep = self.keep

    def keep(self, id_: str, row: AlertRow) -> None:
        self.writes += 1
        self.ledger[id_] = row

    def wait(self, seconds: float) -> None:
        self.now += int(seconds * SECOND)
        self.alarms.sweep()

    def shown(self) -> list[tuple[str, bool]]:
        return [(row.text, row.open) for row in self.alarms.rows()]


def test_an_alert_is_raised_once_until_it_is_resolved() -> None:
    told = Told()
    for _ in range(3):
        told.alarms.raise_("disk", "critical", "the disk is full")
    assert told.shown() == [("the disk is full", True)]
    told.alarms.resolve("disk")
    told.alarms.resolve("disk")
    assert told.shown() == [("the disk is full", False)]
    assert told.writes == 2
    assert [row.open for row in told.ledger.values()] == [False]


def test_an_open_alert_takes_new_words_and_the_ledger_has_them_before_long() -> None:
    told = Told()
    told.alarms.raise_("feed", "warning", "backoff: try 1")
    for number in range(2, 50):
        told.alarms.raise_("feed", "warning", f"backoff: try {number}")
    assert told.shown() == [("backoff: try 49", True)]
    assert told.writes == 1
    told.wait(11)
    assert [row.text for row in told.ledger.values()] == ["backoff: try 49"]


def test_what_comes_and_goes_is_one_alert_that_counts() -> None:
    told = Told()
    for _ in range(1000):
        told.alarms.raise_("feed binance", "warning", "stale")
        told.alarms.resolve("feed binance")
        told.wait(0.01)
    assert told.shown() == [("stale (1,000 times)", False)]
    assert len(told.ledger) == 1
    assert told.writes <= 4
    told.wait(70)
    assert [row.text for row in told.ledger.values()] == ["stale (1,000 times)"]
    told.alarms.raise_("feed binance", "warning", "stale")
    assert told.shown() == [("stale", True), ("stale (1,000 times)", False)], "later, it is another one"


def test_of_one_kind_only_so_many_a_minute_stand_for_themselves() -> None:
    told = Told()
    for number in range(5000):
        told.alarms.raise_(f"gap binance:BTCUSDT {number}..{number}", "warning", f"gap: {number}")
    told.alarms.raise_("strategy x-1", "critical", "x-1 failed")
    rows = told.shown()
    assert len(rows) == OF_A_KIND + 2
    assert (f"{5000 - OF_A_KIND:,} more of gap, the last: gap: 4999", True) in rows
    assert ("x-1 failed", True) in rows, "other kinds are not crowded out"
    for number in range(5000):
        told.alarms.resolve(f"gap binance:BTCUSDT {number}..{number}")
    told.wait(61)
    assert [text for text, is_open in told.shown() if is_open] == ["x-1 failed"]
    told.wait(11)
    assert [row.text for row in told.ledger.values() if row.open] == ["x-1 failed"]


def test_notes_of_a_kind_are_counted_too_whatever_names_and_figures_are_in_them() -> None:
    told = Told()
    for number in range(3000):
        told.alarms.note("warning", f"binance:C{number}USDT jumped from {number} to {2 * number} in one print")
    assert len(told.shown()) == OF_A_KIND + 1
    assert told.writes < 2 * OF_A_KIND
    assert told.alarms.crowd.counted == 3000 - OF_A_KIND


CAUSES = st.one_of(st.sampled_from(["disk", "feed a", "memory"]), st.integers(0, 3000).map(lambda n: f"gap x {n}"), st.text(max_size=8))
LEVELS = st.sampled_from(["info", "warning", "critical"])
STEPS = st.one_of(
    st.tuples(st.just("raise"), CAUSES, LEVELS),
    st.tuples(st.just("resolve"), CAUSES, LEVELS),
    st.tuples(st.just("note"), CAUSES, LEVELS),
    st.tuples(st.just("storm"), CAUSES, LEVELS),
    st.tuples(st.just("wait"), st.floats(0, 90), LEVELS),
)


@settings(max_examples=60)
@given(st.lists(STEPS, max_size=60))
def test_no_storm_grows_without_bound_and_what_is_raised_is_shown(steps: list[tuple[str, str | float, str]]) -> None:
    told = Told()
    raised: set[str] = set()
    began = told.now
    for what, value, level in steps:
        if isinstance(value, float):
            told.wait(value)
        elif what == "raise":
            told.alarms.raise_(value, level, f"{value} is bad")
            raised.add(value)
        elif what == "resolve":
            told.alarms.resolve(value)
            raised.discard(value)
        elif what == "note":
            told.alarms.note(level, value)
        else:
            for number in range(300):
                told.alarms.raise_(f"{value} {number}", level, f"{number}")
                told.alarms.resolve(f"{value} {number}")
        rows = told.alarms.rows()
        assert len(rows) <= LINES + MOST_OPEN + 200
        assert bool(raised) <= any(row.open for row in rows)
    minutes = (told.now - began) // MINUTE + 2
    alerts = minutes * 3 * (OF_A_LEVEL + 60)
    assert len(told.ledger) <= alerts
    assert told.writes <= 2 * alerts + len(told.ledger) * ((told.now - began) // WRITE_NS + 1)
    for cause in raised:
        told.alarms.resolve(cause)
    told.wait(AGAIN_NS / SECOND + 1)
    told.wait(WRITE_NS / SECOND + 1)
    assert not any(row.open for row in told.alarms.rows())
    assert not any(row.open for row in told.ledger.values())
