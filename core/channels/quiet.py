"""Quiet hours: a time of day, in somebody's own time zone, in which only what is worst is told."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta, tzinfo

from core.channels.message import is_at_least
from core.config_alerts import AlertsConfig


class Quiet:
    """The quiet hours of a configuration; there may be none.

    Args:
        hours: `22:00-07:00`, the end not included; '' none.
        least: the least severity that is told all the same.
        zone: an IANA name.
    """

    def __init__(self, hours: str = "", least: str = "critical", zone: str = "UTC") -> None:
        self.least = least
        self._zone = _zone(zone) if hours else UTC
        self._hours = (time.fromisoformat(hours[:5]), time.fromisoformat(hours[6:])) if hours else None

    @classmethod
    def of(cls, config: AlertsConfig) -> Quiet:
        """Those that are configured."""
        return cls(config.quiet, config.quiet_level, config.zone)

    def until(self, now_ns: int) -> int:
        """When the quiet hours end, ns UTC; 0 where there are none at the moment."""
        if self._hours is None:
            return 0
        begin, end = self._hours
        now = datetime.fromtimestamp(now_ns // 1_000_000_000, self._zone)
        at = now.time()
        inside = begin <= at < end if begin < end else at >= begin or at < end
        if not inside:
            return 0
        over = datetime.combine(now.date() + timedelta(days=at >= end), end, self._zone)
        return max(int(over.timestamp()), now_ns // 1_000_000_000 + 1) * 1_000_000_000

    def silences(self, level: str, now_ns: int) -> int:
        """Until when an alert of this severity is not told, ns UTC; 0 it is told now."""
        return 0 if is_at_least(level, self.least) else self.until(now_ns)


def _zone(name: str) -> tzinfo:
    if name == "UTC":
        return UTC  # also where the machine has no table of zones
    from zoneinfo import ZoneInfo

    return ZoneInfo(name)
