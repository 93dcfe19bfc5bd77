"""What a person does to a replay: play and pause, step, pace, go to a time. Going back begins anew, and asks first."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from cockpit import figures
from cockpit.panes.prices import bare
from core.commands import ReplayPace, ReplaySeek, ReplayStep
from core.view import ReplayView

if TYPE_CHECKING:
    from cockpit.app import CockpitApp

#: Times real time; 0 is as fast as it goes.
SPEEDS = (0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0, 0.0)


#: Seconds for which what was pressed counts, and not yet what the engine says.
JUST_NOW = 0.6


class Pressed:
    """The pace a person asked for just now: keys may come faster than the engine's answers."""

    def __init__(self) -> None:
        self._at = float("-inf")
        self._speed = 1.0
        self._moves = False

    def of(self, replay: ReplayView) -> tuple[float, bool]:
        """(speed, whether it moves) as they are, or are about to be."""
        if time.monotonic() - self._at < JUST_NOW:
            return self._speed, self._moves
        return replay.speed, replay.state in ("playing", "seeking")

    def ask(self, app: CockpitApp, speed: float, moves: bool) -> None:
        """Have it so."""
        self._speed, self._moves, self._at = speed, moves, time.monotonic()
        app.tell(ReplayPace(speed=speed or "max", paused=not moves))


def play_pause(app: CockpitApp) -> None:
    """Stand still, or go on."""
    replay = _replay(app)
    if replay is not None and not _at_end(app, replay):
        speed, moves = app.pressed.of(replay)
        app.pressed.ask(app, speed, not moves)


def step_print(app: CockpitApp) -> None:
    """The next print."""
    _step(app, ReplayStep())


def step_bar(app: CockpitApp) -> None:
    """To the close of the chart's bar."""
    symbol, interval = app.live.charted[0], app.live.chart.price.interval
    _step(app, ReplayStep(interval=interval, symbol=bare(symbol) or None))


def _step(app: CockpitApp, step: ReplayStep) -> None:
    replay = _replay(app)
    if replay is not None and not _at_end(app, replay):
        app.tell(step, then=app.live.chart.ask_soon)


def faster(app: CockpitApp) -> None:
    """The next higher speed; the highest is as fast as it goes."""
    _turn(app, 1)


def slower(app: CockpitApp) -> None:
    """The next lower speed."""
    _turn(app, -1)


def _turn(app: CockpitApp, steps: int) -> None:
    replay = _replay(app)
    if replay is not None:
        speed, moves = app.pressed.of(replay)
        app.pressed.ask(app, next_speed(speed, steps), moves)


def next_speed(speed: float, steps: int) -> float:
    """The next one of `SPEEDS` above or below; 0 is the highest."""
    if not speed:
        return SPEEDS[-2] if steps < 0 else speed
    if steps > 0:
        return next((one for one in SPEEDS[:-1] if one > speed), SPEEDS[-1])
    return next((one for one in reversed(SPEEDS[:-1]) if one < speed), SPEEDS[0])


def go_to(app: CockpitApp) -> None:
    """Ask for a time, and go there; back only after asking."""
    from cockpit.forms.moment import MomentForm

    header, replay = app.live.header, _replay(app)
    if header is None or replay is None:
        return
    held = header

    def go(to_ns: int | None) -> None:
        if to_ns is None:
            return
        if to_ns >= held.now_ns:
            app.tell(ReplaySeek(to_ns=to_ns), then=app.live.chart.ask_soon)
            return
        count = len(app.live.strategies.held)
        again = f"; {count} strateg{'y is' if count == 1 else 'ies are'} registered anew before the first print" if count else ""
        what = f"begin anew{again}, with fresh books: prints, fills and alerts of this replay are forgotten"
        where = "the beginning" if to_ns <= replay.begin_ns else f"{figures.date(to_ns)} {figures.clock(to_ns)}Z"
        app.ask_person(
            f"Go back to {where}?", [("g", "go back", what)], {"g": lambda: app.tell(ReplaySeek(to_ns=to_ns), then=app.live.chart.ask_soon)}
        )

    app.push_screen(MomentForm(lambda: app.live.header or held), go)


def _replay(app: CockpitApp) -> ReplayView | None:
    """The replay there is; a word where there is none."""
    header = app.live.header
    if header is None or header.replay is None:
        app.say("this is no replay: `cockpit replay tape:SYMBOL` plays what is recorded")
        return None
    return header.replay


def _at_end(app: CockpitApp, replay: ReplayView) -> bool:
    if replay.state == "ended":
        app.say("end of the recording: g goes back to a time, or to the start")
        return True
    return False


#: What there is to do: (id, keys, word, sentence, what does it); on every screen of a replay.
KEYS: tuple[tuple[str, str, str, str, Callable[[CockpitApp], None]], ...] = (
    ("replay_play", "space", "play", "stand still, or play on", play_pause),
    ("replay_print", "full_stop", "print", "play the next print, and stand still", step_print),
    ("replay_bar", "n", "bar", "play to the close of the chart's bar, and stand still", step_bar),
    ("replay_slower", "less_than_sign", "slower", "slower", slower),
    ("replay_faster", "greater_than_sign", "faster", "faster, up to as fast as it goes", faster),
    ("replay_go", "g", "go to", "go to a time; back begins anew", go_to),
)
