"""The compiler process: reads one request on stdin, answers on stdout, both msgpack. Users' files run here, never in the engine."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any, TypeAlias

import msgspec

from core.commands import Terms
from core.compile.blueprint import Blueprint, blueprint, live_variant
from core.compile.machine_code import ready
from core.compile.module import compiled
from core.errors import CockpitError
from core.parent import die_with
from core.strategy import describe_fields
from core.strategy_files import discover, load, strategy_file
from core.term_rules import refuse_unfit


class Describe(msgspec.Struct, frozen=True, tag="describe"):
    """List the strategies of these folders; a later folder's file shadows an earlier one's."""

    folders: list[str]


class Build(msgspec.Struct, frozen=True, tag="build"):
    """Check the parameters, generate the module these terms ask for and have its machine code in the cache.

    Attributes:
        external: a venue fills its orders.
    """

    folders: list[str]
    name: str
    params: dict[str, Any] = {}
    terms: Terms = Terms()
    external: bool = False


class BuildAll(msgspec.Struct, frozen=True, tag="build_all"):
    """The same for several, by (name, params, terms)."""

    folders: list[str]
    orders: list[tuple[str, dict[str, Any], Terms]]
    external: bool = False


class Entry(msgspec.Struct, frozen=True):
    """One strategy of the catalogue."""

    name: str
    sentence: str
    path: str
    kind: str
    legs: int
    params: list[dict[str, Any]]
    hedged: bool = False
    confident: bool = False


class Listing(msgspec.Struct, frozen=True, tag="listing"):
    """What was found, and what is wrong with the rest."""

    strategies: list[Entry]
    broken: dict[str, str]
    terms: list[dict[str, Any]]


class Built(msgspec.Struct, frozen=True, tag="built"):
    """Ready to run."""

    plan: Blueprint


class AllBuilt(msgspec.Struct, frozen=True, tag="all_built"):
    """Of each that was asked for the plan, or one line on why not."""

    plans: list[Blueprint | str]


class Wrong(msgspec.Struct, frozen=True, tag="wrong"):
    """One line on why not."""

    message: str


#: How a strategy trades of which nothing is said.
TERMS = Terms()

Ask: TypeAlias = Describe | Build | BuildAll
Answer: TypeAlias = Listing | Built | AllBuilt | Wrong


def answer(ask: Ask) -> Answer:
    """Do what was asked."""
    folders = [Path(folder) for folder in ask.folders]
    try:
        if isinstance(ask, Describe):
            return describe(folders)
        if isinstance(ask, BuildAll):
            return AllBuilt([_built(folders, *order, ask.external) for order in ask.orders])
        return Built(build(folders, ask.name, ask.params, ask.terms, external=ask.external))
    except CockpitError as error:
        return Wrong(str(error))


def _built(folders: list[Path], name: str, params: dict[str, Any], terms: Terms, external: bool) -> Blueprint | str:
    try:
        return build(folders, name, params, terms, external=external)
    except CockpitError as error:
        return str(error)


def describe(folders: list[Path]) -> Listing:
    """The catalogue of the folders."""
    found = discover(folders)
    entries = [
        Entry(d.name, d.sentence, str(d.path), d.kind, d.legs, describe_fields(d.params_type), d.hedged, d.confident)
        for _, d in sorted(found.strategies.items())
    ]
    return Listing(entries, found.broken, describe_fields(Terms))


def build(folders: list[Path], name: str, params: dict[str, Any], terms: Terms = TERMS, *, external: bool = False) -> Blueprint:
    """One strategy, checked and compiled into the cache with all that trading it live may ask for.

    Args:
        external: a venue fills its orders.

    Raises:
        StrategyError: no such strategy, it does not load or compile, or a parameter is refused.
    """
    definition = load(strategy_file(name, folders))
    refuse_unfit(definition, terms)
    plan = blueprint(definition, params, live_variant(terms, external=external))
    if not ready(plan.text):
        compiled(plan.text)
    return plan


def main() -> None:
    """Serve one request, for the process whose id is the first argument.

    What a user's file prints goes to stderr, so that stdout holds the answer alone.
    """
    if len(sys.argv) > 1:
        die_with(int(sys.argv[1]))
    data = sys.stdin.buffer.read()
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    reply = answer(msgspec.msgpack.decode(data, type=Ask))
    out.write(msgspec.msgpack.encode(reply))
    out.close()


if __name__ == "__main__":
    main()
