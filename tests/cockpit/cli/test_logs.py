"""The engine's log read back."""

from __future__ import annotations

import json
import logging
from itertools import islice
from pathlib import Path

import pytest
from cli_doubles import Run
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cockpit.cli.logfile import follow, tail
from cockpit.cli.logs import in_words
from core.log import LogFile, log_path


@pytest.fixture
def log(home: Path) -> Path:
    """An empty log of the home."""
    path = log_path(home)
    path.parent.mkdir(parents=True)
    path.touch()
    return path


def test_without_a_log_the_line_says_so(run: Run) -> None:
    outcome = run("logs", "--json")
    assert (outcome.code, outcome.out) == (0, "")
    assert "no engine has run in this home yet" in outcome.err


def test_the_newest_lines_come_oldest_first_one_object_a_line_under_json(run: Run, log: Path) -> None:
    log.write_text("".join(json.dumps({"ts": "T", "level": "info", "event": f"e{n}", "n": n}) + "\n" for n in range(9)) + "not json\n")
    lines = [json.loads(line) for line in run("logs", "-n", "3", "--json").out.splitlines()]
    assert [line["event"] for line in lines] == ["e7", "e8", "not json"]
    assert run("logs", "-n", "2").out == "T  info     e8  n=8\nnot json\n"


def test_what_a_venue_said_does_nothing_to_the_terminal(run: Run, log: Path) -> None:
    log.write_text(json.dumps({"ts": "T", "level": "info", "event": "x", "symbol": "\x1b]52;c;AAAA\x07B"}) + "\n")
    assert "symbol=B" in run("logs").out
    assert "\x1b" not in run("logs").out


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.text("ab", max_size=200_000 // 16), max_size=12), st.integers(0, 15), st.integers(0, 12))
def test_the_tail_is_the_end_of_the_whole_log_wherever_it_was_rotated(tmp_path: Path, lines: list[str], count: int, cut: int) -> None:
    old, new = lines[:cut], lines[cut:]
    (tmp_path / "l").write_text("".join(f"{line}\n" for line in new))
    (tmp_path / "l.1").write_text("".join(f"{line}\n" for line in old))
    assert tail(tmp_path / "l", count) == (lines[-count:] if count else [])


def test_following_goes_on_in_a_new_file_after_a_rotation(tmp_path: Path) -> None:
    path = tmp_path / "l"
    path.write_text("one\n")

    def append(text: str) -> None:
        with path.open("a") as file:
            file.write(text)

    texts = iter(["two\nthr", "ee\n", None])

    def wait(_seconds: float) -> None:
        text = next(texts)
        if text is None:
            path.rename(tmp_path / "l.1")
        append(text or "four\n")

    assert list(islice(follow(path, 5, wait=wait), 4)) == ["one", "two", "three", "four"]


def test_following_waits_for_a_log_that_is_not_there_yet(tmp_path: Path) -> None:
    path = tmp_path / "l"
    texts = iter([None, "one\n"])

    def wait(_seconds: float) -> None:
        text = next(texts)
        if text is not None:
            path.write_text(text)

    assert list(islice(follow(path, 5, wait=wait), 1)) == ["one"]


@pytest.mark.parametrize("line", ["[1]", "Traceback", '{"ts": 1}', "[" * 100_000])
def test_a_line_that_is_no_event_is_shown_as_it_is(line: str) -> None:
    assert list(in_words(line)) == [line]


def test_a_traceback_stands_below_its_line(run: Run, log: Path) -> None:
    event = {"ts": "T", "level": "error", "event": "failed", "exception": "Traceback:\n  File x\nValueError: \x1b[31mno"}
    log.write_text(json.dumps(event) + "\n")
    assert run("logs").out == "T  error    failed\n    Traceback:\n      File x\n    ValueError: no\n"


def event(at: str, level: str, said: str, **more: object) -> str:
    return json.dumps({"ts": at, "level": level, "event": said, **more}) + "\n"


@pytest.fixture
def day(log: Path) -> Path:
    """A log of some days, in two files."""
    log.with_name("engine.log.1").write_text(
        event("2025-11-19T10:00:00.000000Z", "error", "connection lost") + event("2025-11-20T10:00:00.000000Z", "debug", "frame")
    )
    log.write_text(
        event("2025-11-21T10:00:00.000000Z", "info", "connected", venue="Binance")
        + "a line of something else\n"
        + event("2025-11-21T10:00:01.000000Z", "warning", "gap", symbol="binance:BTCUSDT")
        + event("2025-11-21T10:00:02.000000Z", "critical", "disk full")
    )
    return log


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--level", "warning"], ["connection lost", "gap", "disk full"]),
        (["--level", "warning", "-n", "2"], ["gap", "disk full"]),
        (["--level", "error"], ["connection lost", "disk full"]),
        (["--since", "2025-11-20T12:00Z"], ["connected", "gap", "disk full"]),
        (["--since", "2025-11-20", "--level", "info", "-n", "1"], ["disk full"]),
        (["--grep", "bINANCE"], ["connected", "gap"]),
        (["--grep", "something ELSE"], ["a line of something else"]),
        (["--grep", "no such thing"], []),
        (["--since", "1s"], []),
        (["-n", "0"], []),
    ],
)
def test_the_lines_wanted_are_found_in_every_file(run: Run, day: Path, words: list[str], said: list[str]) -> None:
    outcome = run("logs", "--json", *words)
    assert outcome.code == 0
    assert [json.loads(line)["event"] for line in outcome.out.splitlines()] == said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--since", "yesterday"], "--since yesterday: a duration such as 10m or 2h"),
        (["--level", "loud"], "--level"),
        (["-n", "-1"], "-n -1"),
    ],
)
def test_a_wish_that_cannot_be_understood_is_one_line(run: Run, day: Path, words: list[str], said: str) -> None:
    outcome = run("logs", *words)
    assert outcome.code == 2
    assert said in outcome.err
    assert outcome.err.count("\n") == 1


def test_every_kind_of_line_is_one_json_object_under_json(run: Run, log: Path) -> None:
    log.write_bytes(b'{"ts":"T","event":"\\ud800"}\n\xff\xfe\n"text"\n{"a":"\xc3\xa4\x1b"}\n')
    found = run("logs", "--json").out.splitlines()
    assert len(found) == 4
    assert all(isinstance(json.loads(line), dict) for line in found)
    assert all(line.isprintable() for line in found)


def test_following_misses_no_line_over_many_rotations_between_two_looks(tmp_path: Path) -> None:
    path = tmp_path / "engine.log"
    disk = LogFile(path, 100, 50)
    turns = iter(range(6))
    number = 0

    def wait(_seconds: float) -> None:
        nonlocal number
        for _ in range((1, 40, 3, 7, 90, 1)[next(turns)]):
            disk.emit(logging.LogRecord("x", logging.INFO, "x", 1, f"line {number:06d}", (), None))
            number += 1

    found = list(islice(follow(path, 5, wait=wait), 142))
    disk.close()
    assert found == [f"line {n:06d}" for n in range(142)]


def test_following_shows_only_what_is_wanted_and_no_line_twice(tmp_path: Path) -> None:
    path = tmp_path / "l"
    path.write_text("no 1\nyes 1\nyes to be")

    def wait(_seconds: float) -> None:
        with path.open("a") as file:
            file.write(" continued\nno 2\nyes 2\n")

    lines = follow(path, 5, lambda line: line.startswith("yes"), wait)
    assert list(islice(lines, 3)) == ["yes 1", "yes to be continued", "yes 2"]


def test_following_goes_on_where_somebody_removed_the_log(tmp_path: Path) -> None:
    path = tmp_path / "l"
    path.write_text("one\n")
    (tmp_path / "l.1").write_text("old\n")

    def wait(_seconds: float) -> None:
        if path.exists():
            path.unlink()
        else:
            path.write_text("two\n")

    assert list(islice(follow(path, 1, wait=wait), 2)) == ["one", "two"]
