"""Who comes back is told what happened meanwhile, once, and only where there is something to tell."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from fake_engine import NOON, NOTHING, SECOND, FakeEngine, digest_answer
from screen_rig import SMALL, WIDE, cockpit, eventually, line_with, text_of, trading

from cockpit.digest import digest_lines, digest_title, read_digest
from cockpit.forms.digest import DigestCard
from core.errors import CockpitError

HOSTILE = "\x1b]52;c;ZXZpbA==\x07[bold red]EVIL[/] \x1b[2J\u202ex"


@pytest.mark.parametrize("size", [WIDE, SMALL])
async def test_coming_back_to_a_night_in_which_something_happened_shows_it_and_any_key_closes(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    async with trading(FakeEngine(tmp_path)) as engine:
        engine.digest = digest_answer()
        async with cockpit(tmp_path, size) as (app, pilot):
            await eventually(lambda: line_with(app, "Since you detached at 04:50:11Z, 9h 12m ago"))
            assert line_with(app, "P&L", "▲ +40.60", "realised +38.90", "fees 16.30", "open positions +18.00")
            assert line_with(app, "sma-1", "30", "+42.10")
            assert line_with(app, "boll-4: ZeroDivisionError, boll.py:31")
            assert line_with(app, "engine 1 (1 without a goodbye), workers 2")
            assert line_with(app, "34 ids filled")
            assert line_with(app, "1 critical, 4 warning, 2 info")
            await pilot.press("x")
            await eventually(lambda: not line_with(app, "Since you detached"))
            await pilot.press("D")
            await eventually(lambda: line_with(app, "Since you detached"))
            await pilot.press("escape")
            await eventually(lambda: not line_with(app, "Since you detached"))


@pytest.mark.parametrize("size", [WIDE, SMALL])
@pytest.mark.parametrize(("key", "name"), [("f2", "lab"), ("f6", "system"), ("f1", "live"), ("x", "live")])
async def test_a_key_that_shows_a_screen_is_not_lost_on_the_card(tmp_path: Path, size: tuple[int, int], key: str, name: str) -> None:
    async with trading(FakeEngine(tmp_path)) as engine:
        engine.digest = digest_answer()
        async with cockpit(tmp_path, size) as (app, pilot):
            await eventually(lambda: line_with(app, "Since you detached"))
            await pilot.press(key)
            await eventually(lambda: app.uncovered and name == app.deck.NAME and not line_with(app, "Since you detached"))


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(digest_answer(**NOTHING), id="nothing happened"),
        pytest.param(digest_answer(from_ns=NOON - 59 * SECOND), id="away for less than a minute"),
        pytest.param(digest_answer(from_ns=0, since="nobody"), id="nobody was here before"),
        pytest.param(digest_answer(arrived_ns=NOON - 3600 * SECOND), id="somebody has been here for an hour"),
        pytest.param(digest_answer(arrived_ns=None), id="nobody is here"),
    ],
)
def test_there_is_nothing_to_show_by_itself(answer: dict[str, object]) -> None:
    assert not read_digest(answer).worth_showing
    assert read_digest(digest_answer()).worth_showing


async def test_no_card_comes_over_a_dialog(tmp_path: Path) -> None:
    async with trading(FakeEngine(tmp_path)) as engine:
        asked, go = asyncio.Event(), asyncio.Event()
        real = engine.answer

        async def slow(request: object) -> object:
            if getattr(request, "what", "") == "digest":
                asked.set()
                await go.wait()
            return await real(request)  # type: ignore[arg-type]

        engine.answer = slow  # type: ignore[method-assign, assignment]
        engine.digest = digest_answer()
        async with cockpit(tmp_path, WIDE) as (app, pilot):
            await asked.wait()
            await pilot.press("q")
            await eventually(lambda: line_with(app, "Leave the cockpit?"))
            go.set()
            await app.workers.wait_for_complete([worker for worker in app.workers if worker.group == "digest"])
            assert not any(isinstance(screen, DigestCard) for screen in app.screen_stack)


async def test_an_engine_that_was_killed_and_is_back_tells_it_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cockpit.following.RETRY", 0.3)
    async with trading(FakeEngine(tmp_path)) as engine, cockpit(tmp_path, WIDE) as (app, _pilot):
        await eventually(lambda: line_with(app, "BTCUSDT", "61,686.01") and engine.asks)
        assert not line_with(app, "Since")
        await engine.stop()
        await eventually(lambda: line_with(app, "engine gone"))
        engine.digest = digest_answer(since="last seen")
        await engine.start()
        await eventually(lambda: line_with(app, "Since you were last seen at 04:50:11Z"))


async def test_hostile_text_in_a_digest_is_inert(tmp_path: Path) -> None:
    async with trading(FakeEngine(tmp_path)) as engine:
        alert = {"ts_ns": NOON, "level": HOSTILE, "text": HOSTILE, "open": True}
        failed = {"ts_ns": NOON, "id": HOSTILE, "line": HOSTILE}
        done = {HOSTILE: {"fills": 1, "realised": 1.0, "fees": 0.0}}
        engine.digest = digest_answer(by_strategy=done, worst=[alert], failed=[failed])
        async with cockpit(tmp_path, WIDE) as (app, _pilot):
            await eventually(lambda: line_with(app, "Since you detached"))
            shown = text_of(app)
            assert "[bold red]EVIL" in shown
            assert not set("\x1b\x9b\x9d\u202e\x07") & set(shown)


def test_a_quiet_absence_is_one_line() -> None:
    assert digest_lines(read_digest(digest_answer(**NOTHING))) == ["Nothing happened: no fill, no alert, no gap, no restart."]


def test_before_anybody_watched_it_says_what_will_come() -> None:
    read = read_digest(digest_answer(from_ns=0, since="nobody"))
    assert digest_title(read) == "Nobody has watched this engine before"
    assert digest_lines(read) == ["From when you leave on, what happens is counted for when you come back."]


def test_a_time_that_was_asked_for_leaves_out_what_nobody_noted() -> None:
    read = read_digest(digest_answer(since="asked", unrealised_change=None, pnl_change=None))
    assert digest_title(read) == "Since 04:50:11Z, 9h 12m ago"
    assert digest_lines(read)[0] == "P&L       ▲ +22.60   (realised +38.90, fees 16.30)"


def test_open_positions_count_at_the_last_price_since_a_time_that_was_asked_for() -> None:
    asked = {"since": "asked", "unrealised_change": None, "pnl_change": None, "unrealised": -30.0}
    line = digest_lines(read_digest(digest_answer(**asked)))[0]
    assert line == ("P&L       ▼ -7.40   (realised +38.90, fees 16.30, open positions -30.00 at the last price, since they were opened)")
    quiet = read_digest(digest_answer(**NOTHING) | asked | {"realised": 0.0, "fees": 0.0})
    assert digest_lines(quiet)[0].startswith("P&L       ▼ -30.00")
    noted = read_digest(digest_answer(unrealised=50.0))  # what they gained meanwhile is known: that counts
    assert digest_lines(noted)[0] == "P&L       ▲ +40.60   (realised +38.90, fees 16.30, open positions +18.00)"


def test_an_answer_of_another_shape_is_an_error_in_words() -> None:
    with pytest.raises(CockpitError, match="another version"):
        read_digest({"since": 1})
