"""`cockpit advice`: what is said, in lines for people; what was said before, and how often that was right."""

from __future__ import annotations

from fake_advice import advice_answer

from cockpit.cli.advice import lines

NOON = 1_795_183_331 * 1_000_000_000


def test_every_line_says_how_urgent_it_is_why_by_which_numbers_and_what_to_type() -> None:
    said = list(lines(advice_answer(NOON)))
    assert said[0] == "now   advice-4  ETHUSDT turned volatile (15m): mr-1 lost 3 of its last 4"
    assert said[1].strip().startswith("mean_reversion bets on a price that comes back")
    assert "lost of the last 3 of 4, net of these -78.4 quote" in said[2]
    assert "its rule was not judged yet" in said[2]
    assert said[3].strip() == "$ cockpit pause mr-1"


def test_the_past_and_the_rules_are_told_where_they_are_asked_for() -> None:
    answer = advice_answer(NOON)
    plain, past, rules = list(lines(answer)), list(lines(answer, past=True)), list(lines(answer, rules=True))
    assert past[: len(plain)] == plain
    assert any("lost 100.00 more on the position it kept" in line and "pause" in line for line in past)
    assert any("not judged yet" in line for line in past)
    assert any(line.startswith("losing streak") and " 1 " in line and " 2 " in line for line in rules)


def test_where_all_is_well_it_says_so_and_what_cannot_be_looked_at() -> None:
    answer = advice_answer(NOON, well=True)
    assert list(lines(answer)) == ["nothing to advise"]
    assert list(lines(answer | {"note": "the analyst does not run"}))[-1] == "note: the analyst does not run"
    assert list(lines(answer | {"state": "starting"})) == ["the copilot has just begun to look"]
