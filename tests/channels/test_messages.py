"""Messages are folded, paced and kept for after the quiet hours; secrets are read from places that nobody else may read."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from core.channels.message import Message, fold, is_at_least, read_message
from core.channels.pace import Pace
from core.channels.quiet import Quiet
from core.channels.secret import read_secret
from core.errors import ConfigError
from core.types import MINUTE, SECOND


def told(id_: str, level: str = "warning", state: str = "raised") -> Message:
    return Message(id=id_, rule="", level=level, text=f"text of {id_}", state=state, ts_ns=7, home="/h", host="box", count=1)


def ns(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * SECOND


def test_folded_messages_are_the_first_of_the_worst_and_how_many_more() -> None:
    made = fold([told("a"), told("b", "critical"), told("c", "critical"), told("d", state="resolved")])
    assert (made.text, made.level, made.state, made.count) == ("text of b and 3 more", "critical", "raised", 4)
    assert made.folded == ["a raised", "b raised", "c raised", "d resolved"]
    assert made.key == "a+3:raised:7"
    assert read_message(made.body()) == made


def test_messages_that_something_is_over_fold_to_one_that_says_so() -> None:
    assert fold([told("a", state="resolved"), told("b", state="resolved")]).state == "resolved"


def test_nothing_is_as_loud_as_off() -> None:
    assert [is_at_least(level, "warning") for level in ("info", "warning", "critical")] == [False, True, True]
    assert not any(is_at_least(level, "off") for level in ("info", "warning", "critical"))


def test_in_any_minute_no_more_goes_out_than_allowed_and_what_is_critical_has_its_own_share() -> None:
    pace = Pace(2)
    for at in (0.0, 10.0):
        pace.count(False, at)
    assert (pace.room(False, 20.0), pace.room(True, 20.0)) == (0, 2)
    assert pace.wait(False, 20.0) == 40.0
    assert pace.room(False, 60.0) == 1
    assert pace.wait(False, 60.0) == 0.0
    assert Pace(0).room(False, 0.0) > 1_000_000


@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("2026-11-20T21:59:59", None),
        ("2026-11-20T22:00:00", "2026-11-21T07:00:00"),
        ("2026-11-21T06:59:59", "2026-11-21T07:00:00"),
        ("2026-11-21T07:00:00", None),
    ],
)
def test_quiet_hours_go_over_midnight(now: str, until: str | None) -> None:
    assert Quiet("22:00-07:00").until(ns(now)) == (ns(until) if until else 0)


def test_quiet_hours_are_those_of_the_zone() -> None:
    pytest.importorskip("zoneinfo").ZoneInfo("UTC")
    try:
        quiet = Quiet("13:00-14:00", zone="Asia/Tokyo")
    except KeyError:
        pytest.skip("this machine has no table of zones")
    assert quiet.until(ns("2026-11-20T04:30:00")) == ns("2026-11-20T05:00:00")
    assert quiet.until(ns("2026-11-20T13:30:00")) == 0


def test_what_is_loud_enough_is_told_in_quiet_hours() -> None:
    quiet = Quiet("22:00-07:00", "critical")
    at = ns("2026-11-20T23:00:00")
    assert quiet.silences("critical", at) == 0
    assert quiet.silences("warning", at) == at + 480 * MINUTE
    assert Quiet("22:00-07:00", "off").silences("critical", at)
    assert Quiet().silences("info", at) == 0


def test_a_secret_is_read_from_a_file_of_its_owner_or_from_the_environment(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_text(" hunter2\n")
    path.chmod(0o600)
    assert read_secret("file:key", "x", tmp_path, {}) == "hunter2"
    assert read_secret(f"file:{path}", "x", Path("/"), {}) == "hunter2"
    assert read_secret("env:KEY", "x", tmp_path, {"KEY": "hunter2"}) == "hunter2"


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660, 0o700 | 0o010])
def test_a_secret_that_others_may_use_is_refused_in_one_line_that_says_what_to_do(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "key"
    path.write_text("hunter2")
    path.chmod(mode)
    with pytest.raises(ConfigError) as refused:
        read_secret("file:key", "[alerts.webhook.ops] secret", tmp_path, {})
    said = str(refused.value)
    assert said == f"[alerts.webhook.ops] secret: {path} has mode {mode:04o}, others may use it: chmod 600 {path}"
    assert "hunter2" not in said


def test_a_secret_that_is_not_there_or_empty_or_no_text_is_refused_in_one_line(tmp_path: Path) -> None:
    for name, content in (("empty", b" \n"), ("odd", b"\xff\xfe"), ("long", b"x" * (65 << 10))):
        (tmp_path / name).write_bytes(content)
        (tmp_path / name).chmod(0o600)
    os.mkfifo(tmp_path / "pipe", 0o600)
    said = {
        "none": "cannot be read",
        "empty": "is empty",
        "odd": "is not UTF-8",
        "long": "too large",
        "pipe": "is no file",
        "": "is no file",
    }
    for name, words in said.items():
        with pytest.raises(ConfigError, match=words):
            read_secret(f"file:{name}", "x", tmp_path, {})
    with pytest.raises(ConfigError, match="the environment variable NOPE is not set"):
        read_secret("env:NOPE", "x", tmp_path, {"NOPE": " "})
