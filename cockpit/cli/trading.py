"""Commands on strategies: the catalogue, and the same doors the screen's keys use on the running engine."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cockpit.cli.parser import Commands, Parser, comma_list, pairs
from core.errors import UsageError

if TYPE_CHECKING:
    from cockpit.cli.call import Call
    from core.commands import Command, Terms
    from core.strategy import Definition

#: Seconds a registration may take: it may compile, and fetch history to warm up on.
REGISTER_PATIENCE = 180.0

#: Terms a flag can give; those that `[paper]` configures fall back to it.
CONFIGURED = ("capital", "fee_bps", "slippage_bps", "latency_ms")
PLAIN = (
    "qty", "side", "participation", "stop_loss_pct", "take_profit_pct", "trailing_pct", "lot", "tick_size", "min_notional",
    "spread", "spread_bps", "impact_bps", "impact_volume",
    "entry", "limit_offset_bps", "limit_fill", "limit_ttl_ms", "limit_then", "maker_fee_bps", "funding_bps", "funding_hours", "size",
)  # fmt: skip


#: Flags that say something of a rule, and what turns that rule on.
DEPENDING = {
    **dict.fromkeys(("limit_offset_bps", "limit_fill", "limit_ttl_ms", "limit_then", "maker_fee_bps"), ("entry", "limit")),
    "impact_volume": ("impact_bps", "B"),
    "funding_hours": ("funding_bps", "B"),
}


def add(commands: Commands) -> None:
    """strategies, register, unregister, pause, resume, flatten."""
    commands.add("strategies", strategies, "the catalogue: what each bets on, and its parameters")

    parser = commands.add("register", register, "start a strategy")
    parser.add_argument("name", metavar="NAME", help="a strategy of the catalogue")
    parser.add_argument("--symbols", type=comma_list, required=True, metavar="A[,B]", help="what it trades")
    add_params(parser)
    add_terms(parser)
    parser.add_argument("--id", help="what to call it (else its name and a number)")

    parser = commands.add("unregister", unregister, "take a strategy out, flattened first")
    parser.add_argument("id", metavar="ID")
    parser.add_argument("--keep", action="store_true", help="keep its position as it is")

    _levers(commands.add("pause", pause, "cancel its working orders and place no new ones; position and stops stay"))
    _levers(commands.add("resume", resume, "undo a pause"))
    _levers(commands.add("flatten", flatten, "close its position and stay flat until it changes its mind"))


def _levers(parser: Parser) -> None:
    parser.add_argument("id", metavar="ID", nargs="?")
    parser.add_argument("--all", action="store_true", help="every strategy")


def add_params(parser: Parser) -> None:
    """`--param k=v …`, any number of times."""
    parser.add_argument(
        "--param", dest="params", nargs="+", action="extend", default=[], metavar="K=V", help="a parameter; see `cockpit strategies`"
    )


def add_terms(parser: Parser) -> None:
    """Size, side, costs and stops: the same for a live run and a backtest. Checked with `terms`."""
    parser.add_argument("--qty", metavar="Q", help="size of one unit of target, in base currency (1)")
    parser.add_argument("--side", metavar="SIDE", help="long_flat or long_short (long_flat)")
    parser.add_argument("--capital", metavar="C", help="starting equity, in quote currency (10000)")
    parser.add_argument("--fee-bps", metavar="B", help="fee of a fill, in basis points of its value (4)")
    parser.add_argument("--slippage-bps", metavar="B", help="how much worse than the print a fill is (0)")
    parser.add_argument("--latency-ms", metavar="MS", help="from decision to the venue (0)")
    parser.add_argument("--participation", metavar="F", help="most of a print's quantity a fill may take (no limit)")
    parser.add_argument("--stop-loss-pct", metavar="P", help="exit this far below (above) the entry")
    parser.add_argument("--take-profit-pct", metavar="P", help="exit this far above (below) the entry")
    parser.add_argument("--trailing-pct", metavar="P", help="exit this far off the best price since entry")
    more = parser.add_argument_group("orders and costs in detail, off unless asked for; docs/costs.md has each with an example")
    more.add_argument("--size", metavar="S", help="what --qty is: units, quote (currency) or equity_pct (units)")
    more.add_argument("--entry", metavar="E", help="market, or limit: what opens a position rests (market)")
    more.add_argument("--limit-offset-bps", metavar="B", help="how far from the decision's price a limit is (0)")
    more.add_argument("--limit-fill", metavar="F", help="through, or touch: whether a print at the limit fills it (through)")
    more.add_argument("--limit-ttl-ms", metavar="MS", help="how long a limit order rests (without end)")
    more.add_argument("--limit-then", metavar="T", help="cancel, or market: what becomes of it after that (cancel)")
    more.add_argument("--maker-fee-bps", metavar="B", help="fee of a limit order's fill, below 0 a rebate (as --fee-bps)")
    more.add_argument("--spread", metavar="S", help="print, or quote: market orders pay ask or bid, where known (print)")
    more.add_argument("--spread-bps", metavar="B", help="spread where no quote is paid; half of it is paid (0)")
    more.add_argument("--impact-bps", metavar="B", help="worse by so much for all that is traded, by the square-root law (0)")
    more.add_argument("--impact-volume", metavar="Q", help="what counts as all that is traded (the print's quantity)")
    more.add_argument("--funding-bps", metavar="B", help="of a position's value, paid by longs, received by shorts (0)")
    more.add_argument("--funding-hours", metavar="H", help="how often, at multiples of so many hours UTC (8)")
    more.add_argument("--lot", metavar="Q", help="orders are whole multiples of it (any quantity)")
    more.add_argument("--tick-size", metavar="P", help="prices are whole multiples of it (any price)")
    more.add_argument("--min-notional", metavar="V", help="least value of an order, in quote currency (any)")


def terms(call: Call, base: Mapping[str, Any] | None = None) -> Terms:
    """The terms of the flags, over those of `base` (values of `term`), over the configured ones.

    Raises:
        UsageError: a value that is not allowed; the message names the flag and what is.
    """
    from core.commands import Terms

    paper = call.configuration().config.paper
    given: dict[str, Any] = {name: getattr(paper, name) for name in CONFIGURED} | dict(base or {})
    for name in (*CONFIGURED, *PLAIN):
        text = getattr(call.options, name)
        if text is not None:
            given[name] = term(name, text, f"--{name.replace('_', '-')} {text}")
    asked = Terms(**given)
    for name, (rule, words) in DEPENDING.items():
        if getattr(call.options, name) is not None and getattr(asked, rule) in ("market", 0.0):
            raise UsageError(f"--{name.replace('_', '-')} does nothing without --{rule.replace('_', '-')} {words}")
    return asked


def term(name: str, text: str, words: str) -> Any:
    """One of the terms, of text.

    Args:
        words: how it was given, for the message.

    Raises:
        UsageError: it is not allowed.
    """
    import msgspec

    from core.commands import Terms
    from core.config_keys import keys_of

    key = keys_of(Terms)[name]
    try:
        value = msgspec.convert(text, key.type, strict=False)
    except msgspec.ValidationError:
        raise UsageError(f"{words}: must be {key.allowed}") from None
    # NaN passes every bound it is compared with, and "null" reads as no value.
    if value is None or (isinstance(value, float) and not abs(value) < float("inf")):
        raise UsageError(f"{words}: must be {key.allowed}")
    return value


def folders(call: Call) -> list[Path]:
    """Where strategies lie: the built-in ones, then the user's own, which come first where names are equal."""
    from core.strategy_files import builtin_folder

    return [builtin_folder(), call.configuration().config.strategy_folder(call.home)]


def strategies(call: Call) -> int:
    """The catalogue. A file that does not load is narrated and stops nothing."""
    from core.strategy import describe_fields
    from core.strategy_files import discover

    # A file may print when it loads; stdout is ours.
    with contextlib.redirect_stdout(sys.stderr):
        catalogue = discover(folders(call))
    for name, problem in sorted(catalogue.broken.items()):
        call.say(f"strategy {name} does not load: {problem}")
    document = [
        {
            "name": name,
            "sentence": found.sentence,
            "params": [_without_missing(row) for row in describe_fields(found.params_type)],
            "legs": found.legs,
            "path": str(found.path),
            "checks": _checks(found),
        }
        for name, found in sorted(catalogue.strategies.items())
    ]
    return call.answer(document, _catalogue(document))


def _checks(found: Definition) -> dict[str, Any] | None:
    """What `cockpit check` found out about this very file; None where it did not look."""
    import msgspec

    from core.research.checks.badges import badge_key, find_badge

    try:
        badge = find_badge(badge_key(found))
    except OSError:  # it went away since it was loaded
        return None
    return None if badge is None else {**msgspec.structs.asdict(badge), "words": badge.words}


def _without_missing(row: dict[str, Any]) -> dict[str, Any]:
    import msgspec

    return {name: None if value is msgspec.NODEFAULT else value for name, value in row.items()}


def _catalogue(document: list[dict[str, Any]]) -> Iterator[str]:
    for found in document:
        yield f"{found['name']}: {found['sentence']}"
        yield f"    {found['checks']['words'] if found['checks'] else 'not checked'}"
        for row in found["params"]:
            signs = {"ge": ">=", "gt": ">", "le": "<=", "lt": "<"}
            bounds = ", ".join(f"{sign} {row[key]:g}" for key, sign in signs.items() if key in row)
            allowed = " | ".join(row.get("choices", ())) or bounds
            yield f"    {row['name']}={row['default']}  {row['type']}{f', {allowed}' if allowed else ''}  {row['description']}".rstrip()


def register(call: Call) -> int:
    """Start one; the answer is its id."""
    from core.commands import Register

    options = call.options
    command = Register(name=options.name, symbols=options.symbols, params=dict(pairs(options.params)), terms=terms(call), id=options.id)
    answer = call.submit(command, REGISTER_PATIENCE)
    return call.answer(answer, [f"registered {answer['id']}"])


def unregister(call: Call) -> int:
    """Take one out."""
    from core.commands import Unregister

    options = call.options
    return _done(call, Unregister(id=options.id, keep=options.keep), f"unregistered {options.id}")


def pause(call: Call) -> int:
    """Hold one, or all."""
    from core.commands import Pause

    return _done(call, Pause(id=_target(call)), f"paused {_target(call) or 'all'}")


def resume(call: Call) -> int:
    """Let one, or all, go on."""
    from core.commands import Resume

    return _done(call, Resume(id=_target(call)), f"resumed {_target(call) or 'all'}")


def flatten(call: Call) -> int:
    """Close the position of one, or of all."""
    from core.commands import Flatten

    return _done(call, Flatten(id=_target(call)), f"flattening {_target(call) or 'all'}")


def _target(call: Call) -> str | None:
    named: str | None = call.options.id
    if (named is None) == (not call.options.all):
        raise UsageError("name one strategy by its ID, or all of them with --all")
    return named


def _done(call: Call, command: Command, words: str) -> int:
    answer = call.submit(command)
    return call.answer({"id": getattr(command, "id", None)} if answer is None else answer, [words])
