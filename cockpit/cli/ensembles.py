"""`cockpit ensembles`: strategies that vote as one, what is wrong with a file of one, and why one did what it did. It needs no engine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cockpit.cli.parser import Commands
from cockpit.cli.research import SOURCES
from cockpit.cli.written import add_replay, listing, position_at, replay

if TYPE_CHECKING:
    from cockpit.cli.call import Call

_EPILOG = """\
cockpit ensembles check consensus.toml
cockpit ensembles explain consensus.toml data/samples/BTCUSDT-1m.csv --at 2026-03-01T10:00:00Z
"""


def add(commands: Commands) -> None:
    """ensembles."""
    group = commands.group("ensembles", listed, "strategies that vote as one: check a file, explain a vote", epilog=_EPILOG)
    group.add("check", check, "read an ensemble: its members, validators and warm-up, or the line that is wrong").add_argument(
        "file", type=Path, metavar="FILE", help="an ensemble, as docs/ensembles.md describes it"
    )
    add_replay(
        group.add("explain", explain, "replay up to a moment: the votes, and what each validator says", epilog=SOURCES), "an ensemble"
    )


def listed(call: Call) -> int:
    """Those of the catalogue."""
    return listing(call, "VOICES", "no ensembles; docs/ensembles.md describes their files")


def check(call: Call) -> int:
    """Read a file: its members, its validators and its warm-up."""
    import msgspec

    from core.ensembles.explain import members_of, validators_of
    from core.ensembles.loading import load

    definition = load(call.options.file)
    params = definition.params({})
    values = msgspec.to_builtins(params)
    bars = definition.warmup(params)
    document = {
        "name": definition.name,
        "sentence": definition.sentence,
        "params": values,
        "warmup": bars,
        "members": members_of(definition, params),
        "validators": validators_of(definition, params),
    }
    return call.answer(document, _checked(document))


def _checked(document: dict[str, Any]) -> Iterator[str]:
    values, members, validators = document["params"], document["members"], document["validators"]
    yield f"{document['name']}: {document['sentence']}"
    unit = "prints" if values["interval"] == "tick" else "bars of " + values["interval"]
    yield f"warm-up: {document['warmup']:,} {unit}"
    yield ""
    yield _vote(values) + f", quorum {values['quorum']:g} of {sum(row['weight'] for row in members):g}, side {values['side']}"
    width = max(len(row["member"]) for row in members)
    yield from (f"    {row['member'].ljust(width)}  {row['weight']:>8g}  {row['is']}" for row in members)
    if validators:
        yield f"validators, asked before an entry; where one does not know: {values['validators_unknown']}"
        width = max(len(row["validator"]) for row in validators)
        yield from (f"    {row['validator'].ljust(width)}  {row['asks']}" for row in validators)
    yield ""
    yield "parameters: " + " ".join(f"{name}={value}" for name, value in values.items())


def explain(call: Call) -> int:
    """Replay a backtest up to a moment and say how each member voted."""
    from core.clock import iso
    from core.ensembles.explain import explain as explained
    from core.ensembles.loading import load

    definition = load(call.options.file)
    result = replay(call, definition)
    found = explained(definition, result.state, definition.params(result.plan.values))
    at, position = iso(result.equity[-1][0]), position_at(result)
    document = {"name": definition.name, "at": at, "position": position, **found}
    head = [f"{definition.name} at {at}, {result.source.symbol}", f"{found['target']}: {found['reason']}; position {position:g}", ""]
    return call.answer(document, [*head, *_told(found)])


def _told(found: dict[str, Any]) -> Iterator[str]:
    yield f"vote {_signed(found['vote'])}: {_vote(found)}, quorum {found['quorum']:g}"
    width = max(len(row["member"]) for row in found["members"])
    for row in found["members"]:
        said = "abstains" if row["opinion"] is None else f"{_signed(row['opinion'])}, {_signed(row['share'])} of the vote"
        yield f"    {row['member'].ljust(width)}  {row['weight']:>8g}  {said}"
    if found["validators"]:
        yield "validators"
        width = max(len(row["validator"]) for row in found["validators"])
        for row in found["validators"]:
            value = "-" if row["value"] is None else f"{row['value']:,.6g}"
            yield f"    {row['validator'].ljust(width)}  {value:>14}  {row['verdict']:<7}  {row['asks']}"


def _vote(values: dict[str, Any]) -> str:
    return f"taken at {values['threshold']:g}, left below {values['exit_threshold']:g}"


def _signed(number: float | None) -> str:
    return "-" if number is None else f"{number:+.2f}"
