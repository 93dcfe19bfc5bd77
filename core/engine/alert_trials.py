"""Rules tested on the tape in a process of their own: asked for, asked again how far it is, answered when it is done. One at a time."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING, Any

import msgspec

from core.alert_rules import AnyRule
from core.alerts.trial import Trial, check_past
from core.child import running
from core.engine.alert_subjects import checked
from core.errors import UsageError, one_line
from core.research.standing_back import step_back

if TYPE_CHECKING:
    from core.engine.engine import Engine

#: What is answered before anything is known.
_NOTHING: dict[str, Any] = {"state": "idle", "share": 0.0, "note": "", "found": None}


class Trials:
    """The trial of one engine that runs, or the last one."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._asked: bytes | None = None
        self._answer = dict(_NOTHING)
        self._task: asyncio.Task[None] | None = None

    async def ask(self, args: dict[str, Any]) -> dict[str, Any]:
        """The answer to `alert_test`: {state: running | done | failed | cancelled, share 0..1, note, found}.

        Args:
            args: rule, from_ns, to_ns (either may be None). Asked for the same again while it runs, or once it is done, it says how it
                stands (`again` tests it anew); asked for another one, that takes its place. `cancel` ends it.

        Raises:
            CockpitError: the rule is none, names what is not here, or has no past.
        """
        if args.get("cancel"):
            await self.close()
            return self._answer
        try:
            rule: AnyRule = msgspec.convert(args.get("rule"), AnyRule)
        except msgspec.ValidationError as error:
            raise UsageError(one_line(f"no rule to test: {error}")) from None
        check_past(rule)
        engine = self.engine
        trial = Trial(
            home=str(engine.home), rule=checked(engine, rule), stream=engine.venue.stream,
            indicators=str(engine.config.indicator_folder(engine.home)), from_ns=args.get("from_ns"), to_ns=args.get("to_ns"),
        )  # fmt: skip
        asked = msgspec.json.encode(trial)
        if asked != self._asked or args.get("again") or self._answer["state"] in ("cancelled", "failed"):
            await self.close()
            engine.incoming.absorb()
            await engine.tape.flush()
            self._asked, self._answer = asked, _NOTHING | {"state": "running"}
            self._task = asyncio.create_task(self._run(asked), name="alert trial")
        return self._answer

    async def close(self) -> None:
        """End the one that runs."""
        task, self._task = self._task, None
        if task is not None and not task.done():
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            self._answer = _NOTHING | {"state": "cancelled", "note": "the test was ended"}

    async def _run(self, asked: bytes) -> None:
        answer = self._answer
        async with running("core.alerts", str(os.getpid()), line=1 << 22) as process:
            step_back(process.pid, idle=True)
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(asked)
            process.stdin.close()
            async for line in process.stdout:
                said = msgspec.json.decode(line)
                answer["share"] = said.get("share", 1.0)
                if "found" in said:
                    answer |= {"state": "done", "found": said["found"]}
                elif "wrong" in said:
                    answer |= {"state": "failed", "note": said["wrong"]}
            if answer["state"] == "running":
                answer |= {"state": "failed", "note": f"the test ended with {await process.wait()} before it was done"}
