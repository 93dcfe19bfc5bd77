"""Calling a person who looks elsewhere: which alerts are new, a bell, and the terminal's own notice (OSC 9, OSC 777).

The bytes go through the app's driver between two frames, in one write, so that no frame is torn. Inside tmux a notice is
handed through to the terminal around it; where tmux forbids that, it drops it in silence.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from cockpit.panes.alerts import alert_key, wants_you
from cockpit.text import clean
from core.channels.message import is_at_least
from core.channels.quiet import Quiet
from core.errors import ConfigError
from core.view import AlertRow

#: Toasts at once; more are counted by one more.
MOST = 4

#: A notice is a line on a desktop.
LONGEST = 160

#: Terminals that know one way of giving notice only.
_OSC_9 = frozenset({"iTerm.app", "WezTerm", "ghostty", "WarpTerminal"})
_OSC_777 = ("rxvt", "foot")


class News:
    """Tells which alerts of a view are new: open, unseen, and not among those of before."""

    def __init__(self) -> None:
        self._known: set[tuple[str, int, str]] | None = None

    def take(self, alerts: Iterable[AlertRow]) -> list[AlertRow]:
        """The new ones, the worst first; of the first view none: it was there before us."""
        rows = list(alerts)
        keys = {(alert_key(row), row.ts_ns, row.level): row for row in rows}
        before, self._known = self._known, {key for key, row in keys.items() if not row.snoozed_ns}
        if before is None:
            return []
        fresh = [row for key, row in keys.items() if key not in before and wants_you(row) and (row.rule or row.level != "info")]
        return sorted(fresh, key=lambda row: ("critical", "warning", "info").index(row.level) if row.level != "" else 3)


def summary(fresh: list[AlertRow]) -> str:
    """New alerts in one line: the worst, and how many more."""
    more = f" (and {len(fresh) - 1} more)" if len(fresh) > 1 else ""
    return clean(fresh[0].text)[:LONGEST] + more


class Loudness(NamedTuple):
    """How loud alerts are in a home, by the least severity of each way; `off` none.

    Attributes:
        way: how a terminal is asked for a notice: auto | osc9 | osc777 | off.
        quiet: the hours without bell and notices.
    """

    toast: str = "info"
    bell: str = "warning"
    desktop: str = "warning"
    way: str = "auto"
    quiet: Quiet | None = None

    def toasts(self, fresh: Iterable[AlertRow]) -> list[AlertRow]:
        """Which of these are shown over the screen."""
        return [alert for alert in fresh if is_at_least(alert.level, self.toast)]

    def call(self, fresh: Iterable[AlertRow], now_ns: int, env: Mapping[str, str]) -> str:
        """The bytes that call a person to these new alerts, the worst first; '' for none."""
        heard = [alert for alert in fresh if self.quiet is None or not self.quiet.silences(alert.level, now_ns)]
        bell = any(is_at_least(alert.level, self.bell) for alert in heard)
        noted = [alert for alert in heard if is_at_least(alert.level, self.desktop)]
        return call(summary(noted) if noted else "", bell=bell, notify=bool(noted), env=env, way=self.way)


def loudness(home: Path) -> Loudness:
    """As this home's configuration has it; as usual where it cannot be read: that is told elsewhere."""
    from core.config import load  # not needed before the first alert

    try:
        config = load(home).config
    except ConfigError:
        return Loudness()
    ui, alerts = config.ui, config.alerts
    bell, desktop = (alerts.bell if ui.bell else "off"), (alerts.desktop if ui.notify else "off")
    return Loudness(alerts.toast, bell, desktop, alerts.desktop_by, Quiet.of(alerts))


def call(text: str, *, bell: bool, notify: bool, env: Mapping[str, str], way: str = "auto") -> str:
    """The bytes that call a person to this line of text; of it nothing is left that a terminal would obey."""
    made = "\a" if bell else ""
    if notify and way != "off" and "STY" not in env:  # GNU screen shows it as a title, and tmux's envelope around it silences it for good
        line = clean(text).replace(";", ",")  # ends a field of the sequence
        ways = [f"\x1b]9;cockpit: {line}\x07", f"\x1b]777;notify;cockpit;{line}\x07"]
        if way != "auto":
            ways = ways[:1] if way == "osc9" else ways[1:]
        elif env.get("TERM_PROGRAM") in _OSC_9 or "KITTY_WINDOW_ID" in env or "WT_SESSION" in env:
            ways = ways[:1]
        elif env.get("TERM", "").startswith(_OSC_777) or "VTE_VERSION" in env:
            ways = ways[1:]
        made += "".join(_through_tmux(way) if "TMUX" in env else way for way in ways)
    return made


def _through_tmux(sequence: str) -> str:
    """In tmux's envelope for what is meant for the terminal around it."""
    doubled = sequence.replace("\x1b", "\x1b\x1b")
    return f"\x1bPtmux;{doubled}\x1b\\"
