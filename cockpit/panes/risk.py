"""Pane 4 of the desk: the account's lever and who set it, how much of each limit is used, and what was held back."""

from __future__ import annotations

from collections.abc import Sequence

from cockpit import figures
from cockpit.panes.facts import Facts, fact
from cockpit.panes.line import Part
from cockpit.panes.prices import bare
from cockpit.text import clean, fit, width
from core.desk_view import BlockRow, DeskView, LimitRow

#: The lever: what it is called here, its tone, and what it does.
MODES = {
    "normal": ("risk ok", "up", "strategies trade as they decide"),
    "stop_new": ("stop-new", "warn", "no position is opened or turned round"),
    "reduce_only": ("reduce only", "warn", "positions only get smaller"),
    "halt": ("HALT", "bad", "nothing trades, exits and stops neither"),
}

#: How a limit stands: the word beside its bar, and the tone of both.
STANDS = {"ok": ("", "up"), "near": ("near", "warn"), "reached": ("REACHED", "bad")}

_BAR = 10

#: Cells from which on a bar has all of its cells.
_WIDE = 64

#: States of a limit that are looked at first.
_URGENT = {"reached": 0, "near": 1}

_DAY = 86_400_000_000_000


class RiskPane(Facts, can_focus=True):
    """Lever, limits, blocks; made again only where the engine said something new."""

    NUMBER = 4
    TITLE = "Risk"

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._made: tuple[DeskView | None, tuple[int, int], int] = (None, (0, 0), 0)

    def paint(self, desk: DeskView, now_ns: int) -> None:
        """Show what is held as of `now_ns`."""
        made = (desk, self.room, now_ns // _DAY)
        if made[0] is not self._made[0] or made[1:] != self._made[1:]:
            self._made = made
            self.show_lines(f"{self.NUMBER} {self.TITLE}", risk_lines(desk, self.room[0], now_ns), counts(desk.risk.limits))


def mode_of(mode: str) -> tuple[str, str, str]:
    """What a lever is called, its tone, and what it does."""
    return MODES.get(mode, (clean(mode), "warn", ""))


def counts(limits: Sequence[LimitRow]) -> tuple[str, str]:
    """How many limits are reached or near, and the tone of that: `1 reached, 1 near`."""
    found = {state: sum(limit.state == state for limit in limits) for state in _URGENT}
    words = ", ".join(f"{count} {state}" for state, count in found.items() if count)
    return words or ("ok" if limits else ""), "bad" if found["reached"] else "warn" if found["near"] else "muted"


def risk_lines(desk: DeskView, cells: int, now_ns: int) -> list[list[Part]]:
    """The lever, the limits by how near they are, and what was held back, the newest first."""
    risk = desk.risk
    word, tone, does = mode_of(risk.mode)
    lines = [fact("lever", Part(word, tone), Part(f": {does}", "muted"))]
    if risk.by:
        since = f" at {figures.moment(risk.since_ns, now_ns)}" if risk.since_ns else ""
        lines.append(fact("set by", Part(f"{clean(risk.by)}{since}")))
    if risk.mode != "normal":
        lines.append(fact("", Part("N sets it back to normal", "muted")))
    if desk.session.detail:
        lines.append(fact("session", Part(clean(desk.session.detail), "warn")))
    lines.append([])
    lines += limit_lines([limit for limit in risk.limits if limit.state != "off"], cells)
    off = [clean(limit.name) for limit in risk.limits if limit.state == "off"]
    if off:
        lines.append([Part("off: ", "muted"), Part(", ".join(off), "faint")])
    if not risk.limits:
        lines.append([Part("No limit is set: s sets those of the session.", "muted")])
    return [*lines, [], *block_lines(risk.blocks, now_ns)]


def limit_lines(limits: Sequence[LimitRow], cells: int) -> list[list[Part]]:
    """One line a limit: its name, how much of it is used, and what reaching it does; those that matter now first."""
    ranked = sorted(limits, key=lambda limit: _URGENT.get(limit.state, len(_URGENT)))
    names = max((width(clean(limit.name)) for limit in ranked), default=0)
    lines = []
    for limit in ranked:
        word, tone = STANDS.get(limit.state, (clean(limit.state), "warn"))
        share = max(0.0, limit.used / limit.limit) if limit.used is not None and limit.limit else None
        bar = figures.bar(min(1.0, share or 0.0), _BAR if cells >= _WIDE else _BAR // 2)
        used, bound = amounts(limit)
        parts = [
            Part(f"{fit(clean(limit.name), names)} ", "plain" if limit.state == "ok" else tone),
            Part("▕", "edge"),
            Part(bar, tone),
            Part("▏", "edge"),
            Part(f"{figures.NONE if share is None else f'{100 * share:.0f}':>4} %  "),
            *[Part(f"{word}  ", tone)] * bool(word),
            Part(used),
            Part(f" of {bound}", "muted"),
        ]
        lines.append([*parts, *[Part(f"  {clean(limit.detail)}", "muted")] * bool(limit.detail)])
    return lines


def amounts(limit: LimitRow) -> tuple[str, str]:
    """What is used and what is allowed, with the unit: whole where both are, else with two decimals."""
    whole = all(value is None or value == int(value) for value in (limit.used, limit.limit))
    places = 0 if whole and limit.unit != "%" else 2
    return figures.number(limit.used, places), f"{figures.number(limit.limit, places)} {clean(limit.unit)}".rstrip()


def block_lines(blocks: Sequence[BlockRow], now_ns: int) -> list[list[Part]]:
    """What was not ordered, and why."""
    if not blocks:
        return [[Part("Nothing was held back.", "muted")]]
    ids = max(width(clean(block.strategy_id)) for block in blocks)
    symbols = max(width(bare(block.symbol)) for block in blocks)
    lines = [[Part(f"held back {len(blocks):,} times, the newest first" if len(blocks) > 1 else "held back once", "muted")]]
    for block in blocks:
        lines.append(
            [
                Part(f"{figures.moment(block.ts_ns, now_ns)}  ", "muted"),
                Part(f"{fit(clean(block.strategy_id), ids)}  ", "strong"),
                Part(f"{fit(bare(block.symbol), symbols)}  "),
                Part(clean(block.reason), "warn"),
                Part(f"  {figures.quantity(block.qty, sign=True)} at {block.price:,.8g}", "muted"),
            ]
        )
    return lines
