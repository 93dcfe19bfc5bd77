"""The log: one JSON object a line, whoever writes it, rotated by size."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import structlog

from core.log import log_path, logging_to


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
        for _ in range(12):
            structlog.get_logger().info("x" * 200_000)
    assert sorted(path.name for path in log_path(tmp_path).parent.iterdir()) == ["engine.log", "engine.log.1"]
    assert log_path(tmp_path).stat().st_size <= 1_000_000


def test_afterwards_logging_is_as_before(tmp_path: Path) -> None:
    before = logging.getLogger().handlers[:]
    with logging_to(tmp_path):
        pass
    assert logging.getLogger().handlers == before
