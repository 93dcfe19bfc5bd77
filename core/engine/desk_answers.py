"""The session and the account's limits as a screen shows them: how much of each is used, and what reaching it does."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec

from core.desk_view import BlockRow, LimitRow, RiskView, SessionRow
from core.engine.periods import day_of, month_of, week_of
from core.engine.session import Course
from core.trading.risk import Account, fall_pct, mid_off_pct

if TYPE_CHECKING:
    from core.engine.engine import Engine

#: From this share of a limit on it is near.
NEAR = 0.8

_DOES = {"tell": "tells", "stop_new": "nothing new is opened", "flatten": "positions are closed, nothing new is opened"}


def session_row(engine: Engine) -> SessionRow:
    """The session that runs, or the last one."""
    course, now = engine.session.course, engine.clock.now_ns()
    if course is None:
        return SessionRow("none")
    made: Callable[[int], float] = lambda since: engine.session.periods.made(course.members, max(since, course.since_ns))  # noqa: E731
    over = course.state == "stopped"
    return SessionRow(
        state=course.state,
        name=course.name,
        since_ns=course.since_ns,
        until_ns=course.until_ns,
        pnl=engine.session.periods.made(course.members),
        pnl_day=None if over else made(day_of(now)),
        pnl_week=None if over else made(week_of(now)),
        pnl_month=None if over else made(month_of(now)),
        target_week=course.settings.target_week,
        detail="; ".join(reached.text for reached in course.reached.values()),
    )


def risk_view(engine: Engine, blocks: list[BlockRow]) -> RiskView:
    """The lever, the limits, and what was not ordered."""
    guard, course = engine.guard, engine.session.course
    account = guard.account()
    rows = limit_rows(course, account) if course is not None and course.state != "stopped" and account is not None else []
    if course is not None and rows:
        rows += price_rows(engine, course)
    if course is not None and rows and course.settings.target_week is not None:
        made = engine.session.periods.made(course.members, max(week_of(engine.clock.now_ns()), course.since_ns))
        rows.append(_row("weekly target", made, course.settings.target_week, "money", _DOES[course.settings.on_target]))
    return RiskView(guard.mode, guard.by, guard.since_ns, rows, blocks)


def limit_rows(course: Course, account: Account) -> list[LimitRow]:
    """Each limit of a session and what the account uses of it."""
    settings, equity = course.settings, account.equity
    by_symbol: dict[str, float] = defaultdict(float)
    by_strategy: dict[str, float] = defaultdict(float)
    for held in account.holdings:
        by_symbol[held.symbol] += held.value
        by_strategy[held.strategy_id] += abs(held.value)
    symbol, on_symbol = _most({name: abs(value) for name, value in by_symbol.items()})
    strategy, by_one = _most(by_strategy)
    groups = {
        group: abs(math.fsum(by_symbol[name] for name in by_symbol if name.rpartition(":")[2] in group.split("+")))
        for group in settings.groups
    }
    group, in_group = _most(groups)
    gross = math.fsum(by_strategy.values())
    largest = max((abs(held.value) for held in account.holdings), default=0.0)
    share: Callable[[float], float | None] = lambda value: value / equity * 100.0 if equity > 0.0 else None  # noqa: E731
    opens = "what is beyond it is not opened"
    return [
        _row("positions", float(len(account.holdings)), settings.max_positions, "", opens),
        _row("largest position", largest, settings.max_notional, "money", opens),
        _row("leverage", gross / equity if equity > 0.0 else None, settings.max_leverage, "x", opens),
        _row("on one symbol", share(on_symbol), settings.max_symbol_pct, "%", symbol.rpartition(":")[2] or opens),
        _row("of one strategy", share(by_one), settings.max_strategy_pct, "%", strategy or opens),
        _row("in one group", share(in_group), settings.max_group_pct, "%", group or opens),
        _row("drawdown", fall_pct(account), settings.max_drawdown_pct, "%", _DOES[settings.on_drawdown]),
    ]


def price_rows(engine: Engine, course: Course) -> list[LimitRow]:
    """The limits that are about prices: of all that is traded, the worst."""
    market, now = engine.market, engine.clock.now_ns()
    names = sorted({symbol for entry in engine.roster for symbol in entry.order.symbols})
    seen = {name: market.of(engine.symbols.add(name)) for name in names}
    off = {name: found for name, one in seen.items() if (found := mid_off_pct(one.last, one.bid, one.ask)) is not None}
    silent = {name: found for name, one in seen.items() if (found := market.age_s(one, now)) is not None}
    symbol, most = _most(off)
    quiet, longest = _most(silent)
    opens = "nothing opens beyond it"
    return [
        _row("price off quotes", most if off else None, course.settings.band_pct, "%", symbol.rpartition(":")[2] or opens),
        _row("silence", longest if silent else None, course.settings.stale_s, "s", quiet.rpartition(":")[2] or opens),
    ]


def _row(name: str, used: float | None, limit: float | None, unit: str, detail: str) -> LimitRow:
    state = "off"
    if limit is not None:
        state = "ok" if used is None or used < NEAR * limit else "near" if used < limit else "reached"
    return LimitRow(name, used, limit, unit, state, detail)


def _most(values: dict[str, float]) -> tuple[str, float]:
    """The largest of them, and whose."""
    name = max(values, key=lambda key: values[key], default="")
    return name, values.get(name, 0.0)


def answer(engine: Engine, what: str) -> dict[str, Any]:
    """What `cockpit session` and `cockpit risk` say."""
    if what == "risk":
        found: dict[str, Any] = _plain(risk_view(engine, engine.desk.log.blocks()))
        return found
    course = engine.session.course
    return {
        "row": _plain(session_row(engine)),
        "course": None if course is None else msgspec.to_builtins(course),
        "name": "" if course is None else course.name,
        "settings": None if course is None else msgspec.to_builtins(course.settings),
        "strategies": [] if course is None else [id_ for id_ in course.members if id_ in engine.roster],
    }


def _plain(row: Any) -> Any:
    """A row with its names, for programs."""
    if isinstance(row, msgspec.Struct):
        return {name: _plain(getattr(row, name)) for name in row.__struct_fields__}
    return [_plain(one) for one in row] if isinstance(row, list) else row
