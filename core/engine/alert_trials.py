"""Rules tested on the tape in a process of their own: asked for, asked again how far it is, answered when it is done. One at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from core.alert_rules import AnyRule
from core.alerts.trial import Trial, check_past
from core.engine.alert_subjects import checked
from core.engine.long_answer import LongAnswer
from core.errors import UsageError, one_line

if TYPE_CHECKING:
    from core.engine.engine import Engine


class Trials:
    """The trial of one engine that runs, or the last one."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._long = LongAnswer("core.alerts", "test")

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
            return self._long.answer
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
        return await self._long.ask(msgspec.json.encode(trial), self._ready, again=bool(args.get("again")))

    async def _ready(self) -> None:
        self.engine.incoming.absorb()
        await self.engine.tape.flush()

    async def close(self) -> None:
        """End the one that runs."""
        await self._long.close()
