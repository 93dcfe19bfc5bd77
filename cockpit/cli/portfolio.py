"""`cockpit portfolio`: several strategies on several symbols on one account, and how their returns go together."""

from __future__ import annotations

import contextlib
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from cockpit.cli.collecting import collect_seldom
from cockpit.cli.parser import Commands
from cockpit.cli.research import moment
from cockpit.cli.tables import add_table, check_tables, write_tables
from cockpit.cli.terms import add_costs, add_terms, folders, given, terms
from core.errors import UsageError

if TYPE_CHECKING:
    from cockpit.cli.call import Call
    from cockpit.cli.tables import Made
    from core.research.portfolio.legs import Ask
    from core.research.portfolio.run import Portfolio

LEGS = """\
A leg is a strategy, a source (a file, a folder, tape:SYMBOL, or SYMBOL for its tape), and name=value words: name,
symbol, weight, qty or any other of the terms below, and parameters of the strategy:
  cockpit portfolio --leg "momentum BTCUSDT lookback=20 weight=0.5" --leg "rsi ETHUSDT qty=2 side=long_short"
FILE is the same in TOML; docs/portfolio.md has one.
"""


def add(commands: Commands) -> None:
    """portfolio."""
    parser = commands.add("portfolio", portfolio, "several strategies on one account, and how they go together", epilog=LEGS)
    parser.add_argument("file", nargs="?", type=Path, metavar="FILE", help="legs in TOML")
    parser.add_argument("--leg", dest="legs", action="append", default=[], metavar="LEG", help="a leg in words, any number of times")
    parser.add_argument("--weights", metavar="W", help="equal, risk (inverse volatility of the first third) or NAME=SHARE,… (equal)")
    parser.add_argument("--from", dest="start", type=moment, metavar="TIME", help="first time traded; what lies before only warms up")
    parser.add_argument("--to", dest="end", type=moment, metavar="TIME", help="where to end, exclusive")
    add_terms(parser)
    add_costs(parser)
    add_table(parser, "fills", "write every fill of every leg there, by time")
    add_table(parser, "trades", "write every closed round trip of every leg there, by the time it ended")
    parser.add_argument("--allow-gaps", action="store_true", help="run over sources that lack data, and say so")
    parser.add_argument("--no-cache", action="store_true", help="read the files themselves, not what is kept of an earlier reading")


def portfolio(call: Call) -> int:
    """Run it and tell; exit code 1 where a leg failed."""
    collect_seldom()
    from cockpit.cli.noted import note_portfolio
    from cockpit.cli.progress import Progress
    from cockpit.cli.stopping import stopping
    from core.research.portfolio.document import document
    from core.research.portfolio.run import run_portfolio
    from core.research.portfolio.text import print_portfolio

    ask = _ask(call)
    check_tables(call.options, [source for leg in ask.legs for source in leg.sources])
    began = time.time_ns()
    # A strategy may print; stdout is ours.
    with stopping(call, "nothing of this run is kept"), Progress() as progress, contextlib.redirect_stdout(sys.stderr):
        done = run_portfolio(ask, progress, progress.stage)
    found = document(done)
    note_portfolio(call, done, found, (began, time.time_ns()))
    if call.json:
        call.document(found)
    else:
        print_portfolio(done, sys.stdout)
    for name, why in done.failed.items():
        call.say(f"leg {name} failed: {why}")
    return max(write_tables(call, _tables(done)), 1 if done.failed else 0)


def _tables(done: Portfolio) -> Made:
    """What may be asked for beside the figures."""
    from core.research.portfolio.document import leg_fills, leg_trades
    from core.transfer.run_out import fills_table, trades_table

    return {"fills": lambda: fills_table(leg_fills(done), legs=True), "trades": lambda: trades_table(leg_trades(done), None)}


def _ask(call: Call) -> Ask:
    """What the words, or the file, ask for.

    Raises:
        UsageError: they cannot be understood.
    """
    import msgspec

    from cockpit.cli.calibrate import costs
    from cockpit.cli.leg_file import LegFile, Plan
    from cockpit.cli.legs import leg_of, name_legs, weigh
    from core.research.portfolio.legs import Ask, Leg
    from core.term_rules import DEPENDING, is_idle, needs, without_idle

    options = call.options
    if bool(options.legs) == (options.file is not None):
        raise UsageError("give legs with --leg, or one FILE that holds them" + (", not both" if options.legs else ""))
    plan = Plan([leg_of(words) for words in options.legs]) if options.file is None else LegFile(options.file).read()
    common = terms(call, plan.terms)
    name_legs(plan.legs)
    if options.qty is not None or "qty" in plan.terms:
        for draft in plan.legs:
            if draft.weight is None:
                draft.terms.setdefault("qty", common.qty)
    by_risk = weigh(plan.legs, options.weights if options.weights is not None else plan.weights)
    for draft in plan.legs:
        asked = msgspec.structs.replace(common, **draft.terms)
        for name in DEPENDING:
            if name in draft.terms and is_idle(asked, name):
                raise UsageError(f"leg {draft.name}: {name} does nothing without {needs(name)}")
    paid = costs(call, given(call) | frozenset(plan.terms))
    legs = [
        Leg(draft.name, draft.strategy, tuple(draft.sources), draft.params, without_idle(msgspec.structs.replace(common, **draft.terms)),
            draft.symbol, draft.weight, None if paid is None else paid.giving(frozenset(draft.terms)))
        for draft in plan.legs
    ]  # fmt: skip
    for name in DEPENDING:
        if name in plan.terms and all(is_idle(leg.terms, name) for leg in legs):
            raise UsageError(f"{options.file}: {name} does nothing without {needs(name)}")
    return Ask(
        legs, folders(call), common.capital, by_risk, call.home,
        plan.start if options.start is None else options.start, plan.end if options.end is None else options.end,
        options.allow_gaps, not options.no_cache,
    )  # fmt: skip
