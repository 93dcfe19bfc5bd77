"""The flags of `cockpit exchange` that make it misbehave, and the script they ask for."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from core.errors import UsageError
from core.exchange.faults import KINDS, VARIANTS, Script
from core.types import SECOND, interval_ns

_EVERY_S, _DURATION_S = 20.0, 600.0


def add_fault_flags(parser: argparse.ArgumentParser) -> None:
    """`--faults`, `--faults-seed` and what goes with it."""
    group = parser.add_argument_group(
        "faults", "It can do wrong what venues and lines to them do wrong, from the first subscription on; REST keeps telling what traded."
    )
    group.add_argument(
        "--faults",
        type=Path,
        metavar="FILE",
        help="a script: [[fault]] tables, as --faults-show prints them",
    )
    group.add_argument("--faults-seed", type=int, metavar="N", help="a script drawn from a seed: the same seed, the same faults")
    group.add_argument("--faults-every", metavar="TIME", help=f"of a drawn script: how far apart on average (default {_EVERY_S:g}s)")
    group.add_argument("--faults-for", metavar="TIME", help=f"of a drawn script: when the last one is over (default {_DURATION_S:g}s)")
    group.add_argument("--faults-kinds", metavar="A,B", help=f"of a drawn script: only these of {', '.join(KINDS)}")
    group.add_argument("--faults-show", action="store_true", help="print the script as --faults takes it, and stop")


def script_of(chosen: argparse.Namespace, symbols: Sequence[str]) -> Script | None:
    """The script that the flags ask for; None when they ask for none.

    Raises:
        UsageError: the flags do not go together, or the script cannot be played on these symbols.
    """
    drawn = {name: getattr(chosen, name) for name in ("faults_every", "faults_for", "faults_kinds")}
    if chosen.faults is not None and chosen.faults_seed is not None:
        raise UsageError("a script is read (--faults) or drawn (--faults-seed), not both")
    if chosen.faults_seed is None and any(value is not None for value in drawn.values()):
        raise UsageError("--faults-every, --faults-for and --faults-kinds go with --faults-seed")
    if chosen.faults is not None:
        script = Script.read(chosen.faults)
    elif chosen.faults_seed is not None:
        kinds = None if chosen.faults_kinds is None else [name for name in chosen.faults_kinds.split(",") if name]
        every_s, duration_s = _seconds(chosen.faults_every, _EVERY_S), _seconds(chosen.faults_for, _DURATION_S)
        script = Script.random(chosen.faults_seed, duration_s, symbols, kinds, every_s)
    elif chosen.faults_show:
        raise UsageError("--faults-show prints the script of --faults or --faults-seed")
    else:
        return None
    script.check(symbols)
    return script


def kinds_text() -> str:
    """What each kind takes, a line each, for the help."""
    lines = []
    for kind, known in KINDS.items():
        words = [f"{name} ({', '.join(VARIANTS[kind])})" if name == "how" else name for name in known]
        lines.append(f"  {kind}: {', '.join(words) or 'nothing'}")
    return "\n".join(("kinds of faults, and what each takes besides at_s (seconds; no symbol: all of them):", *lines))


def _seconds(text: str | None, default: float) -> float:
    if text is None:
        return default
    try:
        return float(text)
    except ValueError:
        return interval_ns(text) / SECOND
