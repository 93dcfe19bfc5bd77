"""Pane 4: what a person should know: what is open and unseen first, then the rest, newest first."""

from __future__ import annotations

from typing import ClassVar

from cockpit import figures
from cockpit.panes.columns import Cell, Column, Row
from cockpit.panes.grid import LiveGrid
from cockpit.text import clean
from core.view import AlertRow

_MARKS = {"critical": ("✖", "bad"), "warning": ("!", "warn"), "info": ("·", "muted")}
_RANKS = {"critical": 0, "warning": 1}


class AlertsPane(LiveGrid):
    """Alerts; one that was seen, is snoozed or settled is dim."""

    NUMBER = 4
    TITLE = "Alerts"
    LOG = True
    COLUMNS: ClassVar[tuple[Column, ...]] = (
        Column("time", least=8, most=14),
        Column("", least=1, most=1),
        Column("alert", least=34, grow=True),
        Column("", "right", most=14, drop=1),
    )

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self.held: list[AlertRow] = []
        self._made: dict[tuple[object, ...], Row] = {}

    def take(self, alerts: list[AlertRow]) -> None:
        """Keep the engine's rows."""
        self.held = sorted(alerts, key=_place)

    def paint(self, now: float, now_ns: int) -> None:
        """Show what is held as of `now_ns`."""
        made: dict[tuple[object, ...], Row] = {}
        for alert in self.held:
            key = (alert_key(alert), alert.ts_ns, alert.text, alert.open, note_of(alert, now_ns))
            made[key] = self._made.get(key) or alert_row(alert, now_ns)
        self._made = made
        note = f"{self.open} open" if self.open else ""
        self.show(list(made.values()), now, note=note, empty=("Nothing needs you.", "a sets a rule: a price, a move, a loss, a silence."))

    @property
    def open(self) -> int:
        """Alerts that nobody has seen."""
        return sum(wants_you(alert) for alert in self.held)

    def get(self, key: str) -> AlertRow | None:
        """The alert of a row's key."""
        return next((alert for alert in self.held if alert_key(alert) == key), None)


def wants_you(alert: AlertRow) -> bool:
    """Whether it is open, unseen and not snoozed."""
    return alert.open and not alert.acked_ns and not alert.snoozed_ns


def _place(alert: AlertRow) -> tuple[bool, int, int]:
    """Its place: what wants a person first, critical before the rest; then by time."""
    waits = wants_you(alert)
    return (not waits, _RANKS.get(alert.level, 2) if waits else 0, -alert.ts_ns)


def alert_key(alert: AlertRow) -> str:
    """What tells alerts apart."""
    return alert.id or f"{alert.ts_ns}:{alert.text}"


def note_of(alert: AlertRow, now_ns: int) -> str:
    """How often it came before anybody saw it, and what somebody did about it."""
    count = f"\N{MULTIPLICATION SIGN} {alert.times:,}" if alert.rule and alert.times > 1 else ""
    if alert.open and alert.snoozed_ns:
        return f"{count} zzz {figures.age(max(0, alert.snoozed_ns - now_ns) / 1e9)}".strip()
    return f"{count} seen".strip() if alert.acked_ns else count


def alert_row(alert: AlertRow, now_ns: int) -> Row:
    """One line; the text may take the rest of it."""
    mark, tone = _MARKS.get(alert.level, ("", "plain"))
    waits = wants_you(alert)
    return Row(
        alert_key(alert),
        (
            Cell(figures.moment(alert.ts_ns, now_ns), "muted" if waits else "faint"),
            Cell(mark, tone if waits else "faint"),
            Cell(clean(alert.text), (tone if alert.level == "critical" else "plain") if waits else "muted"),
            Cell(note_of(alert, now_ns), "faint"),
        ),
    )
