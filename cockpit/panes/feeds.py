"""Pane 2 of the system screen: how every venue's feed is, its connections, what the venue limits, and what was not taken as it came."""

from __future__ import annotations

from cockpit import figures
from cockpit.panes.facts import Facts, fact
from cockpit.panes.header import FEEDS
from cockpit.panes.line import Part
from cockpit.text import clean
from core.system_view import FeedHealth, LinkRow

#: Signed calls need a clock less than a second off.
MUCH_SKEW_MS = 500.0


class FeedsPane(Facts, can_focus=True):
    """One block of lines a venue."""

    NUMBER = 2
    TITLE = "Feeds"

    def paint(self, feeds: list[FeedHealth], now_ns: int) -> None:
        """Show the feeds as of `now_ns`, the engine's time."""
        lines: list[list[Part]] = []
        for feed in feeds:
            lines += [*([[]] if lines else []), *feed_lines(feed, now_ns)]
        troubled = [feed for feed in feeds if feed.state != "live"]
        note = (f"{len(feeds) - len(troubled)} of {len(feeds)} live", "warn" if troubled else "muted") if feeds else ("", "muted")
        self.show_lines(f"{self.NUMBER} {self.TITLE}", lines or [[Part("No venue is connected yet.", "muted")]], note)


def feed_lines(feed: FeedHealth, now_ns: int) -> list[list[Part]]:
    """What there is to know of one venue."""
    mark, tone = FEEDS.get(feed.state, ("?", "warn"))
    state = clean(feed.state) + (f": {clean(feed.detail)}" if feed.detail else "") + again(feed.retry_ns, now_ns)
    count = feed.counters
    head = [Part(f"{clean(feed.venue):<12} ", "strong"), Part(f"{mark} {state}", tone)]
    if not feed.links and not feed.breakers:  # a recording is its own venue
        return [
            head,
            fact("source", Part("a recording: the venue is asked nothing")),
            fact("prints", *counted(count, ("ticks", "played", ""))),
        ]
    return [
        head,
        *([fact("reading", Part("stands still: the disk or the memory is behind", "warn"))] if feed.paused else []),
        fact("delay", Part(milliseconds(feed.latency_ms)), Part("   venue's clock ", "muted"), *clock_parts(feed)),
        *[fact("connection" if index == 0 else "", *link_parts(link, now_ns)) for index, link in enumerate(feed.links)],
        *[
            fact("degraded" if index == 0 else "", Part(f"{clean(name)}: {clean(why)}", "warn"))
            for index, (name, why) in enumerate(feed.degraded.items())
        ],
        *([fact("not listed", Part(", ".join(map(clean, feed.unlisted)), "warn"))] if feed.unlisted else []),
        *([fact("filling", Part(", ".join(map(clean, feed.waiting)), "warn"))] if feed.waiting else []),
        fact("REST", *rest_parts(feed, now_ns)),
        *[
            fact(clean(name), Part(f"{used:,.0f} of {most:,.0f}", "warn" if most and used >= 0.8 * most else "plain"))
            for name, used, most in feed.budgets
        ],
        fact("prints", *counted(count, ("ticks", "in order", ""), ("late", "late", "warn"), ("backfilled", "fetched", ""))),
        fact(
            "",
            *counted(
                count, ("duplicates", "duplicate", ""), ("stepped_back", "stepped back", "warn"), ("spikes", "jumps over 50 %", "warn")
            ),
        ),
        fact("refused", *refused(feed)),
        *odd_lines(feed, now_ns),
        fact("frames", *counted(count, ("frames", "", ""), ("malformed", "malformed", "warn"), ("unwatched", "unwatched", ""))),
        fact("gaps", *counted(count, ("gaps_open", "open", "warn"), ("gaps", "since the start", ""), ("reconnects", "reconnects", ""))),
    ]


def link_parts(link: LinkRow, now_ns: int) -> list[Part]:
    """`● live  4 symbols  open 2h 03m  heard <1 s ago`."""
    mark, tone = FEEDS.get(link.state, ("?", "warn"))
    state = clean(link.state) + (f": {clean(link.detail)}" if link.detail else "") + again(link.retry_ns, now_ns)
    words = f"  {link.symbols} symbol{'s' if link.symbols != 1 else ''}"
    if link.opened_ns:
        words += f"  open {figures.uptime((now_ns - link.opened_ns) / 1e9)}"
    if link.heard_ns:
        words += f"  heard {figures.age(max(0.0, (now_ns - link.heard_ns) / 1e9))} ago"
    if link.sockets > 1:
        words += "  being replaced"
    return [Part(f"{mark} {state}", tone), Part(words, "muted")]


def rest_parts(feed: FeedHealth, now_ns: int) -> list[Part]:
    """Whether REST calls and new connections go through."""
    if feed.hold_until_ns > now_ns:
        return [Part(f"silent for {_seconds(feed.hold_until_ns - now_ns)} more: the venue asked for it", "warn")]
    open_ = [f"{clean(name)} {clean(state).replace('_', ' ')}" for name, state in feed.breakers.items() if state != "closed"]
    words = "; ".join([f"breaker {', '.join(open_)}"] * bool(open_) + [clean(feed.trouble)] * bool(feed.trouble))
    return [Part(words, "warn")] if words else [Part("ok")]


def refused(feed: FeedHealth) -> list[Part]:
    """`3: nan 2, zero 1`."""
    total = feed.counters.get("quarantined", sum(feed.reasons.values()))
    why = ", ".join(f"{clean(reason)} {number:,}" for reason, number in feed.reasons.items())
    return [Part(f"{total:,} quarantined" + (f": {why}" if why else ""), "warn" if total else "plain")]


def odd_lines(feed: FeedHealth, now_ns: int) -> list[list[Part]]:
    """What was taken and is odd: by reason, the newest jump, prices that stand still, and whom it concerns."""
    total = sum(feed.flags.values())
    why = ", ".join(f"{clean(reason)} {number:,}" for reason, number in feed.flags.items())
    lines = [fact("odd", Part(f"{total:,} flagged" + (f": {why}" if why else ""), "warn" if total else "plain"))]
    if feed.jumps:
        symbol, ts, price, before = feed.jumps[-1]
        words = f"{clean(symbol)} {figures.signed(100 * (price / before - 1))} % to {price:,.8g}, {figures.moment(ts, now_ns)}"
        lines.append(fact("last jump", Part(words, "warn")))
    if feed.frozen:
        words = ", ".join(f"{clean(symbol)} since over {figures.uptime(seconds)}" for symbol, seconds in feed.frozen.items())
        lines.append(fact("stand still", Part(words, "warn")))
    by = sorted(((sum(reasons.values()), symbol) for symbol, reasons in feed.odd.items()), reverse=True)
    if len(by) > 1:
        more = f" · {len(by) - 4:,} more" if len(by) > 4 else ""
        lines.append(fact("of these", Part(" · ".join(f"{clean(symbol)} {number:,}" for number, symbol in by[:4]) + more)))
    return lines


def counted(counts: dict[str, int], *shown: tuple[str, str, str]) -> list[Part]:
    """Running totals as (key, word, tone where it is not 0)."""
    parts: list[Part] = []
    for key, word, tone in shown:
        number = counts.get(key, 0)
        parts.append(Part(f"{number:,}" + (f" {word}" if word else ""), tone if number and tone else "plain"))
        parts.append(Part(" · ", "muted"))
    return parts[:-1]


def again(retry_ns: int, now_ns: int) -> str:
    """`, again in 5 s`."""
    return f", again in {_seconds(max(0, retry_ns - now_ns))}" if retry_ns else ""


def milliseconds(value: float | None) -> str:
    """A delay."""
    return figures.NONE if value is None else f"{value:,.0f} ms"


def clock_parts(feed: FeedHealth) -> list[Part]:
    """How far the venue's clock is from ours, and whether ours was set."""
    if feed.skew_ms is None:
        return [Part("not known yet", "muted")]
    off = f"{abs(feed.skew_ms):,.0f} ms {'ahead' if feed.skew_ms > 0 else 'behind'}" if abs(feed.skew_ms) >= 0.5 else "the same"
    parts = [Part(off, "warn" if abs(feed.skew_ms) > MUCH_SKEW_MS else "plain")]
    if feed.skew_error_ms is not None:
        parts.append(Part(f" ± {max(1.0, feed.skew_error_ms):,.0f} ms", "muted"))
    if feed.clock_steps:
        parts.append(Part(f", ours was set {feed.clock_steps:,} times" if feed.clock_steps > 1 else ", ours was set once", "warn"))
    return parts


def _seconds(ns: int) -> str:
    return f"{ns / 1e9:.0f} s"
