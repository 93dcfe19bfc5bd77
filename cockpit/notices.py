"""Calling a person who looks elsewhere: which alerts are new, a bell, and the terminal's own notice (OSC 9, OSC 777).

The bytes go through the app's driver between two frames, in one write, so that no frame is torn. Inside tmux a notice is
handed through to the terminal around it; where tmux forbids that, it drops it in silence.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from cockpit.panes.alerts import alert_key, wants_you
from cockpit.text import clean
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


def wanted(home: Path) -> tuple[bool, bool]:
    """Whether this home's configuration wants a bell, and notices; both where it cannot be read: that is told elsewhere."""
    from core.config import load  # not needed before the first alert

    try:
        section = load(home).config.ui
    except ConfigError:
        return True, True
    return section.bell, section.notify


def call(text: str, *, bell: bool, notify: bool, env: Mapping[str, str]) -> str:
    """The bytes that call a person to this line of clean text."""
    made = "\a" if bell else ""
    if notify and "STY" not in env:  # GNU screen shows it as a title, and tmux's envelope around it silences it for good
        line = clean(text).replace(";", ",")  # ends a field of the sequence
        ways = [f"\x1b]9;cockpit: {line}\x07", f"\x1b]777;notify;cockpit;{line}\x07"]
        if env.get("TERM_PROGRAM") in _OSC_9 or "KITTY_WINDOW_ID" in env or "WT_SESSION" in env:
            ways = ways[:1]
        elif env.get("TERM", "").startswith(_OSC_777) or "VTE_VERSION" in env:
            ways = ways[1:]
        made += "".join(_through_tmux(way) if "TMUX" in env else way for way in ways)
    return made


def _through_tmux(sequence: str) -> str:
    """In tmux's envelope for what is meant for the terminal around it."""
    doubled = sequence.replace("\x1b", "\x1b\x1b")
    return f"\x1bPtmux;{doubled}\x1b\\"
