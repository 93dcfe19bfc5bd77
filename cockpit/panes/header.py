"""The line on top: what is running, is it well, and is it real money. It fits any width by shortening, then dropping."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from cockpit import figures
from cockpit.panes.line import Line, Part
from cockpit.panes.replay_text import badge_words, share_words
from cockpit.text import clean, width
from core.view import FeedState, HeaderView

_MODES = {"paper": "badge-paper", "demo": "badge-demo", "replay": "badge-replay", "live": "badge-live"}
FEEDS = {
    "live": ("●", "up"),
    "degraded": ("◐", "warn"),
    "stale": ("◐", "warn"),
    "connecting": ("○", "warn"),
    "backoff": ("○", "down"),
    "stopped": ("✖", "bad"),
}


@dataclass(frozen=True, slots=True)
class Item:
    """One fact of the header, in a long and a short form.

    Attributes:
        name: what it is, to keep its width.
        drop: the higher, the sooner it goes where there is no room; 0 never.
    """

    name: str
    long: tuple[Part, ...]
    short: tuple[Part, ...]
    drop: int = 0


@dataclass(slots=True)
class Widths:
    """The widest each fact has been: it keeps that room, so that its neighbours stand still."""

    seen: dict[str, int] = field(default_factory=dict)

    def pad(self, name: str, parts: tuple[Part, ...]) -> tuple[Part, ...]:
        """The parts, with spaces up to the widest so far."""
        cells = sum(width(part.text) for part in parts)
        widest = self.seen[name] = max(cells, self.seen.get(name, 0))
        return (*parts, Part(" " * (widest - cells))) if widest > cells else parts


class HeaderLine(Line):
    """Shows what the engine last said, and what the connection to it is doing now."""

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._widths = Widths()
        self._cells = 0
        self._read_only = False

    def on_mount(self) -> None:
        super().on_mount()
        settings = getattr(self.app, "settings", None)
        self._read_only = settings is not None and settings.read_only

    def paint(self, header: HeaderView | None, now_ns: int, trouble: str = "") -> None:
        """Paint for the width there is; `trouble` says why there is no engine."""
        if self._cells != self.size.width:
            self._cells, self._widths = self.size.width, Widths()
        self.set_parts(compose_header(header, now_ns, trouble, self.size.width, self._widths, read_only=self._read_only))


def compose_header(
    header: HeaderView | None, now_ns: int, trouble: str, cells: int, widths: Widths, *, read_only: bool = False
) -> list[Part]:
    """The parts of the header, exactly as wide as asked where that is possible at all."""
    items = [_badge(header, read_only, now_ns, cells)]
    if trouble:
        part = (Part(f" {trouble} ", "badge-gone"),)
        items.append(Item("trouble", part, part))
    if header is not None:
        items += [] if trouble else [_feed(feed, now_ns) for feed in header.feeds]
        items += _troubles(header)
        items += [_rate(None if trouble else header), *_tape(header), *_money(header), _age(header, now_ns)]
    # A replay's time is in its badge.
    clock = Part(" " if header is not None and header.replay is not None else f"{figures.clock(now_ns)}Z ", "muted")
    return arranged(items, Part(" cockpit", "strong"), clock, cells, widths)


def arranged(items: Sequence[Item], first: Part, last: Part, cells: int, widths: Widths) -> list[Part]:
    """Facts between what stands at the left and at the right: as many as fit, in full as far as there is room."""
    separator = Part(" │ ", "edge") if cells >= 100 else Part("  ")
    shown = [(item, "long") for item in items]
    parts: list[Part] = []
    # The least important fact is shortened first; only when all are short are facts left out.
    easing = sorted((item for item in items if item.drop), key=lambda item: -item.drop)
    steps = [(item, "short") for item in easing] + [(item, "") for item in easing]
    for item, form in [(None, ""), *steps]:
        shown = [(one, form if one is item else was) for one, was in shown]
        parts = [first]
        for one, was in shown:
            if was and (words := getattr(one, was)):
                parts += [separator, *widths.pad(f"{one.name}-{was}", words)]
        spare = cells - sum(width(part.text) for part in parts) - width(last.text)
        if spare >= 1:
            return [*parts, Part(" " * spare), last]
    return parts


def _badge(header: HeaderView | None, read_only: bool, now_ns: int, cells: int) -> Item:
    mode = clean(header.mode) if header else ""
    if header is None or not mode:
        return Item("mode", (), ())
    words = [mode.upper(), *(["READ-ONLY"] if read_only else [])]
    if header.replay is not None:
        words += badge_words(header.replay, now_ns, cells).split(" ")
    part = (Part(f" {' '.join(filter(None, words))} ", _MODES.get(mode, "badge-live")),)
    return Item("mode", part, part)


def _age(header: HeaderView, now_ns: int) -> Item:
    """How long the engine runs; of a replay, how far it is."""
    words = f"up {figures.uptime((now_ns - header.started_ns) / 1e9)}" if header.replay is None else share_words(header.replay, now_ns)
    return Item("up", (Part(words, "muted"),) if words else (), (), 9)


def _feed(feed: FeedState, now_ns: int) -> Item:
    mark, tone = FEEDS.get(feed.state, ("?", "warn"))
    venue, detail = clean(feed.venue), clean(feed.detail)
    if feed.state == "live":
        delay = f" {feed.latency_ms:.0f} ms" if feed.latency_ms is not None else ""
        return Item(f"feed-{venue}", (Part(f"{venue} "), Part(mark, tone), Part(delay)), (Part(venue), Part(mark, tone)), 1)
    state = clean(feed.state)
    again = f"{max(0, feed.retry_ns - now_ns) / 1e9:.0f} s" if feed.retry_ns else ""
    words = f" {state}: {detail}" if detail else f" {state}"
    long = mark + words + (f", again in {again}" if again else "")
    return Item(f"feed-{venue}", (Part(f"{venue} "), Part(long, tone)), (Part(venue), Part(f"{mark} {state} {again}".rstrip(), tone)), 1)


def _troubles(header: HeaderView) -> list[Item]:
    """The worst of what is not as it should be; F6 shows all of it."""
    if not header.troubles:
        return []
    worst, others = header.troubles[0], len(header.troubles) - 1
    tone = "bad" if worst.level == "critical" else "warn"
    more = f" +{others}" if others else ""
    return [Item("troubles", (Part(f"! {clean(worst.text)}{more}", tone),), (Part(f"!{others + 1} F6", tone),), 1)]


def _rate(header: HeaderView | None) -> Item:
    """Prints a second; without an engine nobody knows."""
    if header is None:
        return Item("rate", (Part(f"{figures.NONE} ticks/s"),), (Part(f"{figures.NONE} t/s"),), 6)
    long = Part(f"{header.ticks_per_s:,.0f} ticks/s")
    return Item("rate", (long,), (Part(f"{figures.short(header.ticks_per_s)} t/s"),), 6)


def _tape(header: HeaderView) -> list[Item]:
    """Whether the tape is whole and up to date, and whatever was not taken as it came; of a replay's, that is no news."""
    if header.replay is not None:
        return []
    gaps = f"{header.gaps_open} gap{'' if header.gaps_open == 1 else 's'}"
    tone = "warn" if header.gaps_open else "plain"
    words = [f"tape {gaps}" if header.gaps_open else f"tape ok, {gaps}"]
    if header.tape_backlog >= 1000:
        words.append(f"{figures.short(header.tape_backlog)} behind")
    if header.quarantined:
        words.append(f"{header.quarantined:,} quarantined")
        tone = "warn"
    if header.duplicates:
        words.append(f"{figures.short(header.duplicates) if header.duplicates >= 1000 else header.duplicates} dup")
    short = " ".join([gaps] * bool(header.gaps_open) + [f"{header.quarantined:,} quar"] * bool(header.quarantined))
    return [Item("tape", (Part(", ".join(words), tone),), (Part(short, tone),) if short else (), 3 if short else 5)]


def _money(header: HeaderView) -> list[Item]:
    if not header.capital:
        return []
    profit = header.equity - header.capital
    mark, tone = ("▲", "up") if profit > 0 else ("▼", "down") if profit < 0 else ("·", "plain")
    equity = figures.number(header.equity)
    share = figures.signed(100 * profit / header.capital)
    long = (Part("equity "), Part(equity, "strong"), Part(f" {mark} {figures.signed(profit)} ({share} %)", tone))
    short = (Part("eq "), Part(equity, "strong"), Part(f" {mark}{figures.number(abs(profit))}", tone))
    depth = figures.magnitude(header.drawdown_pct, 2 if 0 < header.drawdown_pct < 0.1 else 1)
    return [Item("equity", long, short, 2), Item("drawdown", (Part(f"dd {depth} %"),), (Part(f"dd {depth}%"),), 4)]
