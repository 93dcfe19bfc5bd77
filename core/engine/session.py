"""The desk's session: what it trades and how, what it made, and what reaching its target or its limits does."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any, Literal

import msgspec
from msgspec import Struct

from core.clock import iso
from core.commands import Flatten, Pause, Resume, Unregister
from core.desk_orders import (
    ChangeSession,
    DeskCommand,
    PauseSession,
    ResumeSession,
    SetMode,
    Settings,
    StartSession,
    StopSession,
)
from core.engine.periods import Member, Periods, week_of
from core.engine.roster import Entry
from core.engine.session_orders import enrol, judge, plan_of
from core.errors import UsageError
from core.trading.bounds import FREE, Bound
from core.trading.risk import Limits

if TYPE_CHECKING:
    from core.engine.engine import Engine


class Reached(Struct):
    """A target or a limit that was reached: what it holds back, why, and the week it is about (0: until the session is resumed)."""

    mode: str
    text: str
    week_ns: int = 0


class Course(Struct):
    """One session, as it is kept.

    Attributes:
        peak: its highest equity so far.
        members: its strategies by id, those that are gone too.
        reached: what was reached, by `target` and `drawdown`.
    """

    id: str
    name: str
    state: Literal["running", "paused", "stopped"]
    since_ns: int
    settings: Settings
    until_ns: int = 0
    peak: float = 0.0
    members: dict[str, Member] = {}
    reached: dict[str, Reached] = {}


class Session:
    """At most one at a time.

    Attributes:
        course: the newest one; None: there never was any.
        periods: what was made since when.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.course: Course | None = None
        self.periods = Periods(engine)

    async def recall(self) -> None:
        """As it was, whatever ended the engine."""
        row = await self.engine.ledger.desk.newest_session()
        if row is not None:
            self.course = msgspec.json.decode(row["payload"], type=Course)
            await self.periods.recall(self.course.members)
        await self.engine.guard.recall()

    async def obey(self, command: DeskCommand, actor: str) -> dict[str, Any]:
        """Do what a command of the desk says.

        Raises:
            CockpitError: it is refused; nothing changed.
        """
        if isinstance(command, SetMode):
            return await self.engine.guard.set_mode(command, actor)
        if isinstance(command, StartSession):
            return await self._start(command, actor)
        course = self._going()
        if isinstance(command, StopSession):
            return await self._stop(course, command, actor)
        if isinstance(command, ChangeSession):
            judge(self.engine, command.settings)
        command_id = await self.engine.journal.enter(command, actor)
        if isinstance(command, ChangeSession):
            course.settings = command.settings
        elif isinstance(command, PauseSession):
            course.state = "paused"
            await self._each(course, lambda id_: Pause(id=id_), actor)
        elif isinstance(command, ResumeSession):
            course.state, course.reached = "running", {}
            course.peak = self.equity()[0]
            await self._each(course, lambda id_: Resume(id=id_), actor)
        self.engine.ledger.took_effect(command_id, self.engine.last_seq)
        await self._keep(course)
        self.engine.guard.look(at_once=True)
        return {"id": course.id, "state": course.state}

    async def _start(self, command: StartSession, actor: str) -> dict[str, Any]:
        engine = self.engine
        if self.course is not None and self.course.state != "stopped":
            raise UsageError(f"the session {self.course.name} is {self.course.state}: stop it first")
        number = uuid.uuid4().hex
        name = command.name or f"session of {iso(engine.clock.now_ns())[:16]}"
        plan = await plan_of(engine, command.settings)
        command_id = await engine.journal.enter(command, actor)
        ids = await enrol(engine, plan, command.settings, actor)
        members = {id_: Member(engine.roster[id_].terms.capital) for id_ in ids}
        self.course = Course(
            id=number, name=name, state="running", since_ns=engine.clock.now_ns(), settings=command.settings,
            peak=command.settings.capital, members=members,
        )  # fmt: skip
        engine.ledger.took_effect(command_id, engine.last_seq)
        await self._keep(self.course)
        engine.guard.look(at_once=True)
        return {"id": number, "name": name, "strategies": ids}

    async def _stop(self, course: Course, command: StopSession, actor: str) -> dict[str, Any]:
        command_id = await self.engine.journal.enter(command, actor)
        await self._each(course, lambda id_: Unregister(id=id_, keep=command.keep), actor)
        course.state, course.until_ns = "stopped", self.engine.clock.now_ns()
        self.engine.ledger.took_effect(command_id, self.engine.last_seq)
        await self._keep(course)
        return {"id": course.id, "state": course.state}

    def limits(self) -> Limits:
        """The account's limits by the session that runs; none without."""
        if self.course is None or self.course.state == "stopped":
            return Limits()
        s = self.course.settings
        return Limits(
            max_positions=s.max_positions, max_symbol_pct=s.max_symbol_pct, max_strategy_pct=s.max_strategy_pct,
            max_group_pct=s.max_group_pct, groups=tuple(frozenset(self._symbols(group)) for group in s.groups),
            max_leverage=s.max_leverage, max_notional=s.max_notional, min_notional=s.min_notional, band_pct=s.band_pct, stale_s=s.stale_s,
        )  # fmt: skip

    def equity(self) -> tuple[float, float]:
        """(equity, its peak) of the session's account; of all strategies where none runs."""
        if self.course is None or self.course.state == "stopped":
            equity, _ = self.engine.roster.equity()
            return equity, equity
        equity = self.course.settings.capital + self.periods.made(self.course.members)
        return equity, max(self.course.peak, equity)

    def holds(self, entry: Entry) -> Bound:
        """What its target or its drawdown holds back of a strategy."""
        course = self.course
        if course is None or course.state == "stopped" or entry.id not in course.members:
            return FREE
        for reached in course.reached.values():
            if reached.mode != "tell":
                return Bound("stop_new", None, reached.text)
        return FREE

    def left(self, id_: str) -> None:
        """A strategy goes: where it stands is part of what the session made."""
        if self.course is not None and id_ in self.course.members:
            self.periods.left(id_, self.course.members[id_])

    async def look(self) -> None:
        """Take the figures of now; do what was reached for the first time."""
        course = self.course
        if course is None or course.state == "stopped" or not self.periods.known(course.members):
            return
        now, settings = self.engine.clock.now_ns(), course.settings
        equity, course.peak = self.equity()
        before = dict(course.reached)
        course.reached = {name: one for name, one in before.items() if not one.week_ns or one.week_ns == week_of(now)}
        fall = (course.peak - equity) / course.peak * 100.0 if course.peak > 0.0 else 0.0
        if settings.max_drawdown_pct is not None and fall >= settings.max_drawdown_pct and "drawdown" not in course.reached:
            text = f"drawdown limit: {fall:.2f} % below the session's peak, {settings.max_drawdown_pct:g} % at most"
            await self._reach(course, "drawdown", Reached(settings.on_drawdown, text))
        week = self.periods.made(course.members, max(week_of(now), course.since_ns))
        if settings.target_week is not None and week >= settings.target_week and "target" not in course.reached:
            text = f"weekly target: {week:+,.2f} of {settings.target_week:,.2f} made"
            await self._reach(course, "target", Reached(settings.on_target, text, week_of(now)))
        if course.reached.keys() != before.keys() or self.periods.due(now):
            await self._keep(course)

    async def _reach(self, course: Course, name: str, reached: Reached) -> None:
        course.reached[name] = reached
        done = {"tell": "", "stop_new": ": nothing new is opened", "flatten": ": positions are closed, nothing new is opened"}
        self.engine.alarms.note("warning", f"{reached.text}{done[reached.mode]}")
        await self._keep(course)
        self.engine.guard.look()
        if reached.mode == "flatten":
            await self._each(course, lambda id_: Flatten(id=id_), "risk")

    async def _each(self, course: Course, command: Any, actor: str) -> None:
        """Say something to each of its strategies that is still there; one that failed is only taken out."""
        for id_ in list(course.members):
            if id_ in self.engine.roster:
                said = command(id_)
                if self.engine.roster[id_].state != "failed" or isinstance(said, Unregister):
                    await self.engine.commands.submit(said, actor)

    def _going(self) -> Course:
        if self.course is None or self.course.state == "stopped":
            raise UsageError("no session runs: start one first")
        return self.course

    async def _keep(self, course: Course) -> None:
        await self.engine.ledger.desk.put_session(
            {
                "session_id": course.id,
                "name": course.name,
                "state": course.state,
                "since_ns": course.since_ns,
                "until_ns": course.until_ns,
                "payload": msgspec.json.encode(course).decode(),
            }
        )
        self.engine.panes.touch("desk")

    def _symbols(self, group: str) -> list[str]:
        """`BTCUSDT+ETHUSDT` with the venue's name before each."""
        return [f"{self.engine.venue.name}:{self.engine.bare(name.strip())}" for name in group.split("+") if name.strip()]
