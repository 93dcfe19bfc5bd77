"""The log: one JSON object a line, whoever writes it, rotated by size."""

from __future__ import annotations

import errno
import json
import logging
import os
import threading
from pathlib import Path
from typing import Any

import pytest
import structlog

from core.log import LONGEST, LogFile, log_path, logging_to


def lines(home: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log_path(home).read_text().splitlines()]


def test_a_line_holds_time_level_event_and_what_was_said_with_it(tmp_path: Path) -> None:
    with logging_to(tmp_path):
        structlog.get_logger().warning("gap", symbol="binance:BTCUSDT", missing=3)
    (line,) = lines(tmp_path)
    assert line.pop("ts").endswith("Z")
    assert line == {"level": "warning", "event": "gap", "symbol": "binance:BTCUSDT", "missing": 3}


def test_lines_of_other_libraries_go_the_same_way(tmp_path: Path) -> None:
    with logging_to(tmp_path):
        logging.getLogger("some.library").error("broken %s", "pipe")
    (line,) = lines(tmp_path)
    assert (line["level"], line["event"]) == ("error", "broken pipe")


def test_an_exception_is_one_line_with_its_traceback(tmp_path: Path) -> None:
    with logging_to(tmp_path):
        try:
            raise ValueError("no")
        except ValueError:
            structlog.get_logger().exception("failed")
    (line,) = lines(tmp_path)
    assert "ValueError: no" in line["exception"]


def test_below_the_level_nothing_is_written(tmp_path: Path) -> None:
    with logging_to(tmp_path, level="warning"):
        structlog.get_logger().info("quiet")
        logging.getLogger("some.library").info("quiet")
    assert lines(tmp_path) == []


def test_control_characters_are_spelt_out(tmp_path: Path) -> None:
    with logging_to(tmp_path):
        structlog.get_logger().info("x", symbol="\x1b]52;c;AAAA\x07\x9b31m")
    raw = log_path(tmp_path).read_bytes()
    assert raw.strip().isascii()
    assert b"\x1b" not in raw


def test_a_full_file_makes_room_for_a_new_one(tmp_path: Path) -> None:
    with logging_to(tmp_path, megabytes=1, files=2):
        for _ in range(150):
            structlog.get_logger().info("x" * 15_000)
    assert sorted(path.name for path in log_path(tmp_path).parent.iterdir()) == ["engine.log", "engine.log.1"]
    assert log_path(tmp_path).stat().st_size <= 1_000_000


def test_afterwards_logging_is_as_before(tmp_path: Path) -> None:
    before = logging.getLogger().handlers[:]
    with logging_to(tmp_path):
        pass
    assert logging.getLogger().handlers == before


def test_nothing_is_lost_over_many_rotations(tmp_path: Path) -> None:
    with logging_to(tmp_path, megabytes=1, files=50):
        for number in range(300):
            structlog.get_logger().info("x", number=number, text="y" * 40_000)
    files = [log_path(tmp_path).with_name(f"engine.log.{n}") for n in range(20, 0, -1)] + [log_path(tmp_path)]
    found = [json.loads(line)["number"] for file in files if file.exists() for line in file.read_text().splitlines()]
    assert found == list(range(300))


def test_a_folder_that_takes_no_new_file_loses_no_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_self: Path, _target: Path) -> Path:
        raise PermissionError

    monkeypatch.setattr(Path, "replace", refuse)
    with logging_to(tmp_path, megabytes=1):
        for number in range(100):
            structlog.get_logger().info("x", number=number, text="y" * 15_000)
    assert [line["number"] for line in lines(tmp_path)] == list(range(100))


def test_a_log_that_somebody_took_away_is_begun_anew(tmp_path: Path) -> None:
    disk = LogFile(log_path(tmp_path), 1_000_000, 5)
    disk.emit(record("one"))
    log_path(tmp_path).rename(tmp_path / "taken")
    disk.emit(record("two"))
    disk.close()
    assert (tmp_path / "taken").read_text() == "one\n"
    assert log_path(tmp_path).read_text() == "two\n"


def test_lines_a_full_disk_did_not_take_are_counted_in_the_next_one_it_takes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    disk, room = LogFile(log_path(tmp_path), 1_000_000, 5), [1000, 3, 0]
    write = os.write

    def limited(file: int, data: bytes) -> int:
        left = room.pop(0) if room else len(data)
        if not left:
            raise OSError(errno.ENOSPC, "full")
        return write(file, data[:left])

    monkeypatch.setattr(os, "write", limited)
    for text in ("kept", "torn", "refused", "kept too"):
        disk.emit(record(text))
    disk.close()
    first, told, last = log_path(tmp_path).read_text().splitlines()
    assert (first, last) == ("kept", "kept too")
    assert json.loads(told)["lines"] == 2
    assert disk.lost == 0


def test_a_disk_that_hangs_costs_bounded_memory_and_the_lines_too_many_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.log.WAITING", 10)
    hangs, write = threading.Event(), os.write

    def slow(file: int, data: bytes) -> int:
        hangs.wait(20)
        return write(file, data)

    monkeypatch.setattr(os, "write", slow)
    with logging_to(tmp_path):
        for number in range(100):
            structlog.get_logger().info("x", number=number)
        hangs.set()
    found = lines(tmp_path)
    lost = sum(line.get("lines", 0) for line in found)
    kept = [line["number"] for line in found if "number" in line]
    assert len(kept) + lost == 100
    assert 10 <= len(kept) <= 12
    assert kept == sorted(kept)


class Rude:
    """Whose repr raises."""

    def __repr__(self) -> str:
        raise RuntimeError("no")


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (float("nan"), "nan"),
        (float("-inf"), "-inf"),
        ([float("nan")], "[nan]"),
        ({(1, 2): 3}, "{(1, 2): 3}"),
        (b"\x1b", "b'\\x1b'"),
        (Rude(), "<Rude: RuntimeError>"),
        ("\ud800", "\ud800"),
    ],
)
def test_whatever_is_logged_is_one_line_of_strict_json(tmp_path: Path, value: object, said: object) -> None:
    with logging_to(tmp_path):
        structlog.get_logger().info("x", value=value)
    (line,) = log_path(tmp_path).read_text().splitlines()

    def refuse(constant: str) -> float:
        raise ValueError(constant)

    assert json.loads(line, parse_constant=refuse)["value"] == said


def test_a_text_without_end_is_cut_in_its_middle(tmp_path: Path) -> None:
    with logging_to(tmp_path):
        structlog.get_logger().info("x", frame="a" * 5_000_000 + "the end")
    (line,) = lines(tmp_path)
    assert len(line["frame"]) < LONGEST + 100
    assert line["frame"].startswith("aaa")
    assert line["frame"].endswith("the end")


def record(text: str) -> logging.LogRecord:
    return logging.LogRecord("x", logging.INFO, "x", 1, text, (), None)
