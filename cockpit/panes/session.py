"""The line on top of the desk: the session, what it made, how near target and drawdown are, and the account's lever. It fits any width."""

from __future__ import annotations

from cockpit import figures
from cockpit.panes.header import Item, Widths, arranged
from cockpit.panes.line import Line, Part
from cockpit.panes.prices import sign_tone
from cockpit.panes.risk import STANDS, mode_of
from cockpit.text import clean
from core.desk_view import AccountRow, DeskView, LimitRow, SessionRow

#: State -> (mark, tone).
_STATES = {
    "running": ("● running", "up"),
    "paused": ("‖ paused", "warn"),
    "stopped": ("■ stopped", "muted"),
    "none": ("○ no session", "muted"),
}

_BAR = 8


class SessionLine(Line):
    """The session, above all panes."""

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._widths = Widths()
        self._cells = 0

    def paint(self, desk: DeskView | None, now_ns: int) -> None:
        """Paint for the width there is; None: the engine has not said yet."""
        if self._cells != self.size.width:
            self._cells, self._widths = self.size.width, Widths()
        self.set_parts(compose_session(desk, now_ns, self.size.width, self._widths))


def compose_session(desk: DeskView | None, now_ns: int, cells: int, widths: Widths) -> list[Part]:
    """The parts of the line, exactly as wide as asked where that is possible at all."""
    if desk is None:
        return [Part(" the desk: waiting for the engine …", "muted")]
    session, risk = desk.session, desk.risk
    mark, tone = _STATES.get(session.state, (clean(session.state), "warn"))
    word, colour, _ = mode_of(risk.mode)
    items = [_named(session, now_ns), *_told(session), *_made(session), *_target(session), _drawdown(desk.account, risk.limits)]
    return arranged([*items, *_judged(desk.account)], Part(f" {mark}", tone), Part(f"{word} ", colour), cells, widths)


def _named(session: SessionRow, now_ns: int) -> Item:
    """Its name and how long it runs or ran; without one, how to begin."""
    if session.state == "none":
        return Item(
            "name", (Part("s starts one: strategies, symbols, sizes, limits, a target", "muted"),), (Part("s starts one", "muted"),), 6
        )
    until = session.until_ns or now_ns
    lasted = figures.uptime((until - session.since_ns) / 1e9) if session.since_ns else ""
    name = clean(session.name)
    return Item("name", (Part(f"{name} {lasted}".strip()),), (Part(lasted),) if lasted else (), 8)


def _told(session: SessionRow) -> list[Item]:
    """What a target or a limit did."""
    return [Item("told", (Part(f"! {clean(session.detail)}", "warn"),), (Part("! see 4", "warn"),), 4)] if session.detail else []


def _made(session: SessionRow) -> list[Item]:
    """Profit since it began and in calendar periods."""
    periods = (("session", "ses", session.pnl, 3), ("day", "d", session.pnl_day, 1), ("week", "w", session.pnl_week, 2))
    items = []
    for name, short, value, drop in (*periods, ("month", "m", session.pnl_month, 7)):
        if value is None:
            continue
        arrow, tone = "▲" if value > 0 else "▼" if value < 0 else "·", sign_tone(value)
        long = (Part(f"{name} ", "muted"), Part(f"{arrow} {figures.signed(value)}", tone))
        items.append(Item(name, long, (Part(f"{short} ", "muted"), Part(figures.signed(value), tone)), drop))
    return items


def _target(session: SessionRow) -> list[Item]:
    """How much of the week's target is made."""
    if not session.target_week:
        return []
    made = session.pnl_week
    share = None if made is None else max(0.0, made / session.target_week)
    percent = figures.NONE if share is None else f"{100 * share:.0f}"
    tone = "strong" if share is not None and share >= 1 else "plain"
    bar = (Part("▕", "edge"), Part(figures.bar(min(1.0, share or 0.0), _BAR), "up"), Part("▏", "edge"))
    long = (Part("target ", "muted"), *bar, Part(f"{percent} %", tone), Part(f" of {figures.number(session.target_week)}", "muted"))
    return [Item("target", long, (Part("target ", "muted"), Part(f"{percent} %", tone)), 5)]


def _drawdown(account: AccountRow, limits: list[LimitRow]) -> Item:
    """The fall from the peak, against its limit where there is one."""
    limit = next((one for one in limits if "drawdown" in one.name and one.limit is not None and one.state != "off"), None)
    depth = figures.magnitude(account.drawdown_pct if limit is None or limit.used is None else limit.used, 1)
    tone = "plain" if limit is None else STANDS.get(limit.state, ("", "warn"))[1] if limit.state != "ok" else "plain"
    bound = "" if limit is None else f" of {figures.number(limit.limit, 1)}"
    return Item("drawdown", (Part("dd ", "muted"), Part(f"{depth}{bound} %", tone)), (Part(f"dd {depth}%", tone),), 2)


def _judged(account: AccountRow) -> list[Item]:
    """How good all of it was so far; where there is room."""
    if not account.trades:
        return []
    win = "" if account.win_rate is None else f", {100 * account.win_rate:.0f} % won"
    sharpe = "" if account.sharpe is None else f", Sharpe {figures.number(account.sharpe)}"
    return [Item("judged", (Part(f"{figures.many(account.trades, 'trade')}{win}{sharpe}", "muted"),), (), 9)]
