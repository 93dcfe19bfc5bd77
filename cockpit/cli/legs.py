"""The legs of a portfolio as people write them: in words behind `--leg`, and what they are to weigh."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cockpit.cli.terms import CONFIGURED, PLAIN, term
from core.errors import UsageError

#: Terms that a leg may have of its own: all but the capital, which is the account's.
TERMS = tuple(name for name in (*CONFIGURED, *PLAIN) if name != "capital")

#: Words of a leg besides its terms; every other is a parameter of the strategy, and so is one behind `param.`.
WORDS = ("name", "symbol", "weight")

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")


@dataclass
class Draft:
    """A leg as it was written.

    Attributes:
        terms: its own, checked.
        weight: its own share of the capital; None: it has none.
    """

    strategy: str
    sources: list[str]
    name: str = ""
    symbol: str | None = None
    weight: float | None = None
    params: dict[str, Any] = field(default_factory=dict)
    terms: dict[str, Any] = field(default_factory=dict)


def leg_of(words: str) -> Draft:
    """`momentum BTCUSDT lookback=20 weight=0.5`.

    Raises:
        UsageError: it is not written so.
    """
    said = f"--leg {words!r}"
    try:
        parts = shlex.split(words)
    except ValueError as error:
        raise UsageError(f"{said}: {str(error).lower()}") from None
    plain = [part for part in parts if "=" not in part or Path(part).exists()]
    if len(plain) < 2 or parts[: len(plain)] != plain:
        raise UsageError(f"{said}: write STRATEGY SOURCE, then name=value, such as 'momentum BTCUSDT lookback=20'")
    draft = Draft(plain[0], [source_of(word) for word in plain[1:]])
    seen: set[str] = set()
    for part in parts[len(plain) :]:
        name, _, value = part.partition("=")
        if name in seen:
            raise UsageError(f"{said}: {name} is given twice")
        seen.add(name)
        put(draft, name, value, f"{said}: {name}={value}")
    return draft


def put(draft: Draft, name: str, value: str, said: str) -> None:
    """One word of a leg.

    Raises:
        UsageError: the value is not allowed.
    """
    if name in TERMS:
        draft.terms[name] = term(name, value, said)
    elif name == "capital":
        raise UsageError(f"{said}: the capital is the account's, --capital, not a leg's")
    elif name == "name":
        draft.name = _named(value, said)
    elif name == "symbol":
        draft.symbol = value
    elif name == "weight":
        draft.weight = weight_of(value, said)
    else:
        draft.params[name.removeprefix("param.")] = value


def _named(value: str, said: str) -> str:
    if not _NAME.fullmatch(value):
        raise UsageError(f"{said}: a name is letters, digits, '.', '_' and '-', at most 40")
    return value


def weight_of(text: str, said: str) -> float:
    """A share of the capital; above 1 borrows.

    Raises:
        UsageError: it is no number above zero.
    """
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0.0 < value < float("inf"):
        raise UsageError(f"{said}: a weight is a number above 0, the share of the capital: 0.25")
    return value


def source_of(word: str, folder: Path | None = None) -> str:
    """A file, a folder or a tape as it stands; a bare symbol is its tape.

    Args:
        folder: where relative paths begin; None: where we are.
    """
    path = Path(word) if folder is None else folder / word
    if word.startswith("tape:"):
        return word
    if path.exists() or not re.fullmatch(r"(?:[a-z]+:)?[A-Z0-9]+(?:[-_/][A-Z0-9]+)*", word):
        return str(path)
    return f"tape:{word}"


def name_legs(drafts: Sequence[Draft]) -> None:
    """Give those without a name one of their own: `momentum-BTCUSDT`, and a number where that is taken."""
    taken = {draft.name for draft in drafts if draft.name}
    for draft in drafts:
        if draft.name:
            continue
        plain = re.sub(r"[^A-Za-z0-9._-]+", "-", f"{draft.strategy}-{_market(draft)}")[:36].strip("-")
        name, number = plain, 1
        while name in taken:
            number += 1
            name = f"{plain}-{number}"
        draft.name = name
        taken.add(name)


def _market(draft: Draft) -> str:
    from core.research.source_name import read_name

    if draft.symbol:
        return draft.symbol.rpartition(":")[2]
    first = draft.sources[0]
    if first.startswith("tape:"):
        return first.removeprefix("tape:").partition("@")[0].rpartition(":")[2]
    found = read_name(first)
    return found.symbol or found.stem


def weigh(drafts: Sequence[Draft], weights: str | None) -> bool:
    """Give every leg its weight; whether risk is to give it.

    Without words, legs that have neither weight nor quantity get an equal share: one of as many as there are legs.

    Raises:
        UsageError: the words are none of equal, risk and NAME=SHARE,…; or a leg has a size of its own already.
    """
    if weights is None:
        for draft in drafts:
            if draft.weight is None and "qty" not in draft.terms:
                draft.weight = 1.0 / len(drafts)
        return False
    for draft in drafts:
        if draft.weight is not None or "qty" in draft.terms:
            own = "weight" if draft.weight is not None else "qty"
            raise UsageError(f"--weights {weights}: leg {draft.name} has a {own} of its own; take out one of the two")
    shares = {} if weights in ("equal", "risk") else _shares(weights, [draft.name for draft in drafts])
    for draft in drafts:
        draft.weight = shares.get(draft.name, 1.0 / len(drafts))
    return weights == "risk"


def _shares(weights: str, names: list[str]) -> dict[str, float]:
    found: dict[str, float] = {}
    for part in weights.split(","):
        name, sign, text = part.strip().partition("=")
        if not sign:
            raise UsageError(f"--weights {weights}: write equal, risk, or NAME=SHARE,NAME=SHARE")
        if name not in names:
            raise UsageError(f"--weights {weights}: no leg {name}; there are: {', '.join(names)}")
        found[name] = weight_of(text, f"--weights {part.strip()}")
    missing = [name for name in names if name not in found]
    if missing:
        raise UsageError(f"--weights {weights}: no share for {', '.join(missing)}")
    return found
