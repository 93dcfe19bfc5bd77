"""Pane 5 of the system screen: the engine process, its memory against its budget, and how long its loop was held up."""

from __future__ import annotations

from collections.abc import Sequence

from cockpit import figures
from cockpit.panes.facts import Facts, fact
from cockpit.panes.line import Part
from cockpit.text import clean
from core.system_view import AnalystRow, ChannelRow, ProcessHealth, SourceRow
from core.view import HeaderView

#: From this share of the budget on it is worth a look.
MUCH = 0.8

#: Pauses over this are what nobody should have to wait for, µs.
LONG = 5000.0

_BAR = 10


class ProcessPane(Facts, can_focus=True):
    """Memory and loop."""

    NUMBER = 5
    TITLE = "Engine"

    def paint(
        self,
        process: ProcessHealth,
        header: HeaderView,
        now_ns: int,
        analyst: AnalystRow | None = None,
        channels: Sequence[ChannelRow] = (),
        sources: Sequence[SourceRow] = (),
    ) -> None:
        """Show the process, the one beside that judges markets, the ways out for alerts, and who is asked for signals."""
        up = [] if header.replay is not None else [Part(f"   up {figures.uptime((now_ns - header.started_ns) / 1e9)}", "muted")]
        lines = [
            fact("process", Part(f"pid {header.pid}"), *up),
            *process_lines(process),
            *(analyst_lines(analyst) if analyst is not None and analyst.state != "idle" else []),
            *channel_lines(channels),
            *source_lines(sources, now_ns),
            *[fact("! " + one.level, Part(clean(one.text), "bad" if one.level == "critical" else "warn")) for one in header.troubles],
        ]
        note = (f"shedding: {clean(process.shedding)}", "warn") if process.shedding else ("", "muted")
        self.show_lines(f"{self.NUMBER} {self.TITLE}", lines, note)


def process_lines(process: ProcessHealth) -> list[list[Part]]:
    """CPU, memory, loop."""
    slow = "warn" if process.loop_max_us is not None and process.loop_max_us > LONG else "plain"
    long = sum(process.long_pauses.values())
    why = ", ".join(f"{clean(cause)} {count:,}" for cause, count in process.long_pauses.items() if count)
    return [
        fact("CPU", Part(f"{figures.number(process.cpu_pct, 1)} % of a core")),
        fact("memory", *_memory(process)),
        fact("shedding", Part(clean(process.shedding), "warn") if process.shedding else Part("nothing")),
        fact("loop late", Part(f"p99 {figures.span(process.loop_p99_us)} · max {figures.span(process.loop_max_us)}", slow)),
        fact("over 5 ms", Part(f"{long:,} pause{'s' if long != 1 else ''}" + (f": {why}" if why else ""), "warn" if long else "plain")),
        *_turned_away(process),
        fact("kept ready", Part(f"{process.recent_ticks:,} ticks"), Part(" for restarts", "muted")),
    ]


def analyst_lines(analyst: AnalystRow) -> list[list[Part]]:
    """The process beside that judges markets, once somebody asked it something."""
    size = "" if analyst.rss_mb is None else f"{analyst.rss_mb:,.0f} MB · "
    p99 = "" if analyst.p99_ms is None else f" · p99 {analyst.p99_ms:,.0f} ms"
    found = Part(clean(analyst.state), "plain" if analyst.state == "ready" else "warn")
    ended = [Part(f" · {analyst.restarts:,} restarts, last {clean(analyst.last_end)}", "warn")] if analyst.last_end else []
    return [fact("analyst", found, Part(f" · {size}{analyst.questions:,} answers{p99}"), *ended)]


def channel_lines(channels: Sequence[ChannelRow]) -> list[list[Part]]:
    """Where alerts go: how each channel stands, those that do not work first; nothing where there is none."""
    lines = []
    for at, channel in enumerate(sorted(channels, key=lambda channel: channel.state in ("ok", "quiet"))):
        tone = {"ok": "up", "quiet": "muted"}.get(channel.state, "warn")
        counts = f" {channel.sent:,} sent" + (f", {channel.waiting:,} wait" if channel.waiting else "")
        failed = [Part(f", {channel.failed:,} failed", "warn")] if channel.failed else []
        why = [Part(f": {clean(channel.error)}", "warn")] if channel.error else []
        lines.append(fact("alerts to" * (not at), Part(f"{clean(channel.name)} "), Part(channel.state, tone), Part(counts), *failed, *why))
    return lines


def source_lines(sources: Sequence[SourceRow], now_ns: int) -> list[list[Part]]:
    """Sources of signals, those that say nothing first; nothing where there is none."""
    lines = []
    for at, source in enumerate(sorted(sources, key=lambda source: source.state == "ok")):
        tone = {"ok": "up", "waiting": "muted"}.get(source.state, "warn")
        age = f" heard {figures.age(max(0.0, (now_ns - source.answered_ns) / 1e9))} ago" if source.answered_ns else ""
        p50 = "" if source.p50_ms is None else f", {source.p50_ms:,.0f} ms"
        why = [Part(f": {clean(source.error)}", "warn")] if source.error else []
        lines.append(fact("signals of" * (not at), Part(f"{clean(source.name)} "), Part(source.state, tone), Part(age + p50), *why))
    return lines


def _turned_away(process: ProcessHealth) -> list[list[Part]]:
    """Who was not let stay at the engine's socket; nothing where all were."""
    away = ", ".join(f"{clean(reason)} {count:,}" for reason, count in process.refused.items())
    return [fact("turned away", Part(away, "warn"))] if away else []


def _memory(process: ProcessHealth) -> list[Part]:
    if process.used_mb is None:
        return [Part(figures.NONE)]
    if not process.budget_mb:
        return [Part(f"{process.used_mb:,.0f} MB")]
    share = process.used_mb / process.budget_mb
    tone = "warn" if share >= MUCH else "up"
    return [
        Part(f"{process.used_mb:,.0f} of {process.budget_mb:,.0f} MB "),
        Part(figures.bar(share, _BAR), tone),
        Part(f" {100 * share:.0f} %"),
    ]
