"""The engine's log read back."""

from __future__ import annotations

import json
from itertools import islice
from pathlib import Path

import pytest
from cli_doubles import Run
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cockpit.cli.logfile import follow, readable, tail
from core.log import log_path


@pytest.fixture
def log(home: Path) -> Path:
    """An empty log of the home."""
    path = log_path(home)
    path.parent.mkdir(parents=True)
    path.touch()
    return path


def test_without_a_log_the_line_says_so(run: Run) -> None:
    outcome = run("logs")
    assert outcome.code == 1
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

    assert list(islice(follow(path, 5, wait), 4)) == ["one", "two", "three", "four"]


def test_following_waits_for_a_log_that_is_not_there_yet(tmp_path: Path) -> None:
    path = tmp_path / "l"
    texts = iter([None, "one\n"])

    def wait(_seconds: float) -> None:
        text = next(texts)
        if text is not None:
            path.write_text(text)

    assert list(islice(follow(path, 5, wait), 1)) == ["one"]


def test_a_line_that_is_no_event_is_shown_as_it_is() -> None:
    assert readable("[1]") == "[1]"
    assert readable("Traceback") == "Traceback"
