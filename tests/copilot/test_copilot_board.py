"""Advice is one line a rule and subject: it does not flicker, comes back only when it got worse, and is judged once."""

from __future__ import annotations

from dataclasses import replace

from copilot_facts import NOW, SECOND, facts, of_strategy
from hypothesis import given
from hypothesis import strategies as st

from core.copilot.board import AGAIN_NS, END, HOLDS_NS, RAISE, Board
from core.copilot.entry import Entry
from core.copilot.facts import Facts, FeedFact, WorkerFact
from core.copilot.rules import RULES

LOOK = 2 * SECOND


class Watched:
    """A board, and the time."""

    def __init__(self, board: Board | None = None, now_ns: int = NOW) -> None:
        self.board = board or Board(RULES)
        self.now_ns = now_ns

    def see(self, snapshot: Facts, looks: int = 1, *, after_ns: int = LOOK) -> list[Entry]:
        for _ in range(looks):
            self.now_ns += after_ns
            self.board.look(replace(snapshot, now_ns=self.now_ns))
        return self.board.shown(self.now_ns)


def behind(ms: float) -> Facts:
    return facts(feeds=(FeedFact("binance", latency_ms=ms),))


WELL, BAD = behind(10.0), behind(4_000.0)


def test_it_is_raised_by_the_second_look_and_ends_with_the_fifth_without() -> None:
    watched = Watched()
    assert watched.see(BAD, RAISE - 1) == []
    (entry,) = watched.see(BAD)
    assert watched.see(WELL, END - 1) == [entry]
    assert watched.see(WELL) == []
    assert list(watched.board.past) == [entry]


@given(st.lists(st.booleans(), max_size=60))
def test_whatever_comes_and_goes_no_line_is_raised_without_two_looks_or_ends_without_five(seen: list[bool]) -> None:
    watched, shown, run = Watched(), False, 0
    last: bool | None = None
    for bad in seen:
        run = run + 1 if bad == last else 1
        last = bad
        now = bool(watched.see(BAD if bad else WELL))
        if now != shown:
            assert run >= (RAISE if now else END)
        shown = now
    assert len({entry.id for entry in [*watched.board.past, *watched.board.lines.values()]}) <= 1


def test_it_is_one_line_while_it_lasts_with_the_newest_words() -> None:
    watched = Watched()
    (entry,) = watched.see(BAD, 10)
    raised = entry.raised_ns
    (same,) = watched.see(behind(5_000.0))
    assert same is entry
    assert (same.text, same.raised_ns) == ("binance is 5.0 s behind", raised)


def test_coming_again_soon_it_is_the_same_line_and_later_another_one() -> None:
    watched = Watched()
    (entry,) = watched.see(BAD, 2)
    watched.see(WELL, END)
    assert watched.see(BAD, 2) == [entry]
    watched.see(WELL, END)
    watched.now_ns += AGAIN_NS
    (other,) = watched.see(BAD, 2)
    assert other.id != entry.id


def test_how_urgent_it_is_rises_soon_and_falls_slowly() -> None:
    calm, held = (replace(of_strategy(position=p), feeds=(FeedFact("v", "backoff", bad_s=60.0),)) for p in (0.0, 1.0))
    watched = Watched()
    (entry,) = watched.see(calm, 2)
    assert entry.urgency == "soon"
    watched.see(held)
    assert entry.urgency == "soon"
    watched.see(held)
    assert entry.urgency == "now"
    watched.see(calm, END - 1)
    assert entry.urgency == "now"
    watched.see(calm)
    assert entry.urgency == "soon"


def test_dismissed_it_stays_away_until_it_is_clearly_worse() -> None:
    watched = Watched()
    (entry,) = watched.see(BAD, 2)
    watched.board.dismiss(entry, watched.now_ns)
    assert watched.see(behind(5_900.0), 5) == []
    assert watched.see(behind(6_100.0), 1) == []
    assert watched.see(behind(6_100.0), 1) == [entry]


def test_a_dismissal_outlives_the_line_for_a_day() -> None:
    watched = Watched()
    (entry,) = watched.see(BAD, 2)
    watched.board.dismiss(entry, watched.now_ns)
    watched.see(WELL, END)
    assert watched.see(BAD, 3) == []
    watched.now_ns += HOLDS_NS
    assert len(watched.see(BAD, 3)) == 1


def test_a_rule_or_a_subject_that_is_muted_is_not_heard_of_until_then() -> None:
    for key in (("feed behind", ""), ("", "binance"), ("feed behind", "binance")):
        watched = Watched()
        (entry,) = watched.see(BAD, 2)
        watched.board.mutes[key] = watched.now_ns + 10 * LOOK
        assert watched.see(BAD, 9) == []
        assert watched.see(BAD, 1) == [entry]
        watched.board.mutes[key] = watched.now_ns + 10 * LOOK
        watched.see(WELL, END)
        assert watched.see(BAD, 4) == []


def test_what_the_facts_cannot_tell_does_not_end_a_line_and_a_subject_that_is_gone_does() -> None:
    losing = of_strategy(paid_bps=9.0, paid_fills=30, assumed_bps=4.0)
    known = replace(losing, symbols={name: replace(one, usual_spread_bps=2.0) for name, one in losing.symbols.items()})
    watched = Watched()
    (entry,) = watched.see(known, 2)
    assert entry.rule == "cost"
    assert watched.see(losing, 3 * END) == [entry]
    assert watched.see(facts(), END) == []


def test_what_is_counted_by_the_hour_does_not_end_before_an_hour_was_looked_at() -> None:
    restarted, young, old = (
        facts(looked_s=seconds, workers=(WorkerFact(1, count),)) for seconds, count in ((10.0, 3), (3_599.0, 0), (3_600.0, 0))
    )
    watched = Watched()
    (entry,) = watched.see(restarted, 2)
    assert watched.see(young, 2 * END) == [entry]
    assert watched.see(old, END) == []
    blocked = replace(of_strategy(blocks={"halted": 9}), looked_s=10.0)
    watched.see(blocked, 2)
    assert len(watched.see(replace(of_strategy(), looked_s=20.0), 2 * END)) == 1
    assert watched.see(facts(looked_s=30.0), END) == []


def test_it_is_judged_once_when_it_is_time_and_counts_for_its_rule() -> None:
    watched = Watched()
    (entry,) = watched.see(BAD, 2)
    watched.see(BAD, 1, after_ns=599 * SECOND)
    assert entry.outcome == ""
    watched.see(BAD, 3)
    assert (entry.outcome, entry.told) == ("hit", "still so after 10 min")
    assert watched.board.scores == {"feed behind": (1, 1)}


def test_what_was_over_at_once_by_itself_was_a_false_alarm() -> None:
    watched = Watched()
    watched.see(BAD, 2)
    watched.see(WELL, END)
    watched.see(WELL, 1, after_ns=600 * SECOND)
    (entry,) = watched.board.past
    assert entry.outcome == "miss"
    assert watched.board.scores == {"feed behind": (0, 1)}


def test_what_was_done_is_kept_with_it_and_it_is_judged_from_then_on() -> None:
    losing = of_strategy(trips=(1.0,) * 10 + (-1.0,) * 4, position=2.0)
    watched = Watched()
    (entry,) = watched.see(losing, 2)
    watched.see(losing, 1, after_ns=1_800 * SECOND)
    watched.board.act(entry, "flatten", replace(losing, now_ns=watched.now_ns))
    cheaper = replace(losing, symbols={name: replace(one, last=95.0) for name, one in losing.symbols.items()})
    watched.see(cheaper, 1, after_ns=1_900 * SECOND)
    assert entry.outcome == ""
    watched.see(cheaper, 1, after_ns=1_800 * SECOND)
    assert (entry.acted, entry.outcome, entry.told) == ("flatten", "hit", "flattening saved 10.00")


def test_every_change_is_written_once_and_a_line_that_goes_on_once_a_minute() -> None:
    watched = Watched()
    watched.see(BAD, 2)
    assert len(watched.board.changes(watched.now_ns)) == 1
    watched.see(BAD, 5)
    assert watched.board.changes(watched.now_ns) == []
    watched.see(BAD, 30)
    assert len(watched.board.changes(watched.now_ns)) == 1


def test_another_engine_takes_up_lines_dismissals_and_what_is_to_be_judged() -> None:
    first = Watched()
    (entry,) = first.see(BAD, 2)
    first.board.dismiss(entry, first.now_ns)
    rows = [one.columns() for one in first.board.changes(first.now_ns)]
    second = Watched(now_ns=first.now_ns)
    second.board.recall([Entry.of(row) for row in rows])
    assert second.see(BAD, 3) == []
    (same,) = second.board.lines.values()
    assert (same.id, same.raised_ns, same.evidence, same.before) == (entry.id, entry.raised_ns, entry.evidence, entry.before)
    second.see(BAD, 1, after_ns=600 * SECOND)
    assert same.outcome == "hit"


def test_what_no_engine_was_there_to_judge_is_not_judged() -> None:
    first = Watched()
    first.see(BAD, 2)
    rows = [one.columns() for one in first.board.changes(first.now_ns)]
    second = Watched(now_ns=first.now_ns + 3_600 * SECOND)
    second.board.recall([Entry.of(row) for row in rows])
    second.see(WELL)
    (entry,) = second.board.lines.values()
    assert entry.outcome == "unknown"
    assert second.board.scores == {}
