"""`cockpit alerts test`: how often a rule would have fired on the tape. It needs no engine, but for a rule that is set (`--rule`)."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from cockpit.cli.parser import Commands, Parser
from core.errors import UsageError

if TYPE_CHECKING:
    from cockpit.cli.call import Call
    from core.alert_rules import AnyRule
    from core.alerts.trial import Outcome

SUMMARY = "how often a rule would have fired on the tape: cockpit alerts test --price BTCUSDT above 61650 --from 2026-01-01"

#: Times that are printed.
SHOWN = 10


def add(commands: Commands) -> None:
    """alerts test."""
    add_words(commands.add("test", test, SUMMARY))


def add_words(parser: Parser) -> None:
    """A rule, and the stretch of the tape."""
    from cockpit.cli.alerting import add_words as add_rule_words
    from cockpit.cli.research import moment

    add_rule_words(parser).add_argument("--rule", metavar="ID", help="a rule that is set")
    parser.add_argument("--from", dest="start", type=moment, metavar="TIME", help="where to begin (the tape's first print)")
    parser.add_argument("--to", dest="end", type=moment, metavar="TIME", help="where to end, exclusive (its last)")


def test(call: Call) -> int:
    """Look at the tape with the rule."""
    import msgspec

    from cockpit.cli.progress import Progress
    from cockpit.cli.stopping import stopping
    from core.alerts.trial import Trial, check_past, try_rule

    rule = _rule(call)
    check_past(rule)
    config = call.configuration().config
    trial = Trial(
        home=str(call.home), rule=_in_full(rule), stream=config.of_venue("binance").stream,
        indicators=str(config.indicator_folder(call.home)), from_ns=call.options.start, to_ns=call.options.end,
    )  # fmt: skip
    if not (call.home / "tape.db").exists():
        raise UsageError(f"there is no tape in {call.home} yet")
    # An indicator's file may print; stdout is ours.
    with stopping(call, "nothing was set"), Progress() as progress, contextlib.redirect_stdout(sys.stderr):
        found = try_rule(trial, lambda share: progress.rows(int(share * 1000), 1000))
    return call.answer({"sentence": rule.sentence, **msgspec.to_builtins(found)}, _lines(rule, found))


def _rule(call: Call) -> AnyRule:
    import msgspec

    from cockpit.cli.alerting import rule_of
    from core.alert_rules import AnyRule

    if call.options.rule is None:
        return rule_of(call)
    rows: list[dict[str, Any]] = [row for row in call.ask("alert_rules") if row["id"] == call.options.rule]
    if not rows:
        raise UsageError(f"no rule {call.options.rule!r}: cockpit alert list shows them")
    found: AnyRule = msgspec.convert(rows[0], AnyRule)
    return found


def _in_full(rule: AnyRule) -> AnyRule:
    """The rule with its symbols as the tape names them."""
    import msgspec

    from core.alert_rules import GroupRule

    if isinstance(rule, GroupRule):
        return msgspec.structs.replace(rule, conditions=[_in_full(leaf) for leaf in rule.conditions])
    symbol = getattr(rule, "symbol", None)
    return rule if symbol is None or ":" in symbol else msgspec.structs.replace(rule, symbol=f"binance:{symbol.upper()}")


def _lines(rule: AnyRule, found: Outcome) -> Iterator[str]:
    from core.alert_rules import span
    from core.clock import iso

    yield rule.sentence
    stretch = f"between {iso(found.from_ns)} and {iso(found.to_ns)} ({found.prints:,} prints)"
    yield f"would have fired {times(found.fired)} {stretch}"
    if found.first_ns is not None and found.last_ns is not None:
        yield f"first {iso(found.first_ns)}, last {iso(found.last_ns)}: {found.text}"
        yield f"the longest without: {span(round(found.longest_ns / 1e9))}, from {iso(found.longest_from_ns)}"
    for when in found.times[-SHOWN:]:
        yield f"  {iso(when)}"


def times(count: int) -> str:
    """`once`, `14 times`."""
    return {0: "never", 1: "once"}.get(count, f"{count:,} times")
