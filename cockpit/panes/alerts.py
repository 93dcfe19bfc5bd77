"""Pane 4: what a person should know, newest first."""

from __future__ import annotations

from typing import ClassVar

from cockpit import figures
from cockpit.panes.columns import Cell, Column, Row
from cockpit.panes.grid import LiveGrid
from cockpit.text import clean
from core.view import AlertRow

_MARKS = {"critical": ("✖", "bad"), "warning": ("!", "warn")}


class AlertsPane(LiveGrid):
    """Alerts; one that is settled is dim."""

    NUMBER = 4
    TITLE = "Alerts"
    LOG = True
    COLUMNS: ClassVar[tuple[Column, ...]] = (
        Column("time", least=8, most=14),
        Column("", least=1, most=1),
        Column("alert", least=10, grow=True),
    )

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._held: list[AlertRow] = []
        self._made: dict[tuple[int, str, bool], Row] = {}

    def take(self, alerts: list[AlertRow]) -> None:
        """Keep the engine's rows."""
        self._held = sorted(alerts, key=lambda alert: -alert.ts_ns)

    def paint(self, now: float, now_ns: int) -> None:
        """Show what is held as of `now_ns`."""
        made: dict[tuple[int, str, bool], Row] = {}
        for alert in self._held:
            key = (alert.ts_ns, alert.text, alert.open)
            made[key] = self._made.get(key) or alert_row(alert, now_ns)
        self._made = made
        note = f"{self.open} open" if self.open else ""
        self.show(list(made.values()), now, note=note, empty=("Nothing needs you.",))

    @property
    def open(self) -> int:
        """Alerts that are not settled."""
        return sum(alert.open for alert in self._held)

    def get(self, key: str) -> AlertRow | None:
        """The alert of a row's key."""
        return next((alert for alert in self._held if alert_key(alert) == key), None)


def alert_key(alert: AlertRow) -> str:
    """What tells alerts apart."""
    return f"{alert.ts_ns}:{alert.text}"


def alert_row(alert: AlertRow, now_ns: int) -> Row:
    """One line; the text may take the rest of it."""
    mark, tone = _MARKS.get(alert.level, ("", "plain"))
    return Row(
        alert_key(alert),
        (
            Cell(figures.moment(alert.ts_ns, now_ns), "muted"),
            Cell(mark, tone if alert.open else "faint"),
            Cell(clean(alert.text), (tone if alert.level == "critical" else "plain") if alert.open else "muted"),
        ),
    )
