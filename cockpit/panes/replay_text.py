"""A replay in the words of the header: the badge with its time and pace, and how far it is."""

from __future__ import annotations

from math import inf

from cockpit import figures
from core.codes import DAY
from core.view import HeaderView, ReplayView

#: Quieter stretches than this, in seconds of ours, are told with the time of the next print.
QUIET_S = 5.0


def pace_of(header: HeaderView) -> float:
    """Seconds of the engine's time in one of ours."""
    replay = header.replay
    if replay is None:
        return 1.0
    return replay.speed if replay.state == "playing" else 0.0


def time_at(header: HeaderView, seconds: float) -> int:
    """The engine's time (ns) so many seconds after it said what it said; a replay does not pass its next print by itself."""
    now = header.now_ns + int(seconds * pace_of(header) * 1e9)
    ahead = header.replay.next_ns if header.replay else 0
    return max(header.now_ns, min(now, ahead)) if ahead else now


def went_back(before: HeaderView | None, now: HeaderView) -> bool:
    """Whether a replay is at an earlier time than it was: what was held of later is not so any more."""
    return before is not None and before.replay is not None and now.now_ns < before.now_ns


def speed_words(speed: float) -> str:
    """Ten times real time, or `max`; as `ReplayView.speed`."""
    return f"×{speed:g}" if speed else "max"  # noqa: RUF001 - the sign for times


def badge_words(replay: ReplayView, now_ns: int, cells: int) -> str:
    """What the badge says after REPLAY, in so many columns of the whole line."""
    if cells < 44:
        return "paused" if replay.state == "paused" else ""
    time = f"{figures.clock(now_ns)}Z"
    if cells >= 76:
        time = f"{figures.date(now_ns)} {time}"
    return f"{time} {state_words(replay, now_ns, long=cells >= 110)}"


def state_words(replay: ReplayView, now_ns: int, *, long: bool) -> str:
    """How it plays."""
    pace = speed_words(replay.speed)
    if replay.state == "ended":
        return "end of the recording" if long else "end"
    if replay.state == "paused":
        return f"paused {pace}" if long else "paused"
    if replay.state == "seeking":
        return f"going to {figures.clock(replay.goal_ns)}Z" if replay.goal_ns and long else "going"
    quiet = (replay.next_ns - now_ns) / 1e9 / (replay.speed or inf) if replay.next_ns else 0.0
    if long and quiet > QUIET_S:
        day = f"{figures.date(replay.next_ns)} " if replay.next_ns // DAY != now_ns // DAY else ""
        return f"{pace} quiet until {day}{figures.clock(replay.next_ns)}Z"
    return pace


def share_words(replay: ReplayView, now_ns: int) -> str:
    """How far it is: `34 % of 1h 06m`; '' where nobody knows how long it is."""
    length = replay.end_ns - replay.begin_ns
    if replay.end_ns == 0 or length <= 0:
        return ""
    share = min(max((now_ns - replay.begin_ns) / length, 0.0), 1.0)
    return f"{100 * share:.0f} % of {figures.uptime(length / 1e9)}"
