"""Symbols as they are typed for the legs of a strategy: as many as there are legs, each once, all of them held by the source."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import islice, permutations

from cockpit.forms.fields import read_symbols
from cockpit.text import clean

#: Ways to hand out symbols or sources to legs that are gone through.
MOST_OFFERED = 60

#: Symbols of a source that are named.
MOST_SHOWN = 6


def plain(symbol: str) -> str:
    """A symbol without venue and separators, to compare: `BTC/USDT` and `binance:BTCUSDT` are both `BTCUSDT`."""
    return "".join(letter for letter in symbol.rpartition(":")[2].upper() if letter.isalnum())


def named(symbols: Sequence[str]) -> str:
    """Some of them by name, and how many more there are."""
    more = f" and {len(symbols) - MOST_SHOWN} more" if len(symbols) > MOST_SHOWN else ""
    return f"{', '.join(clean(name) for name in symbols[:MOST_SHOWN])}{more}"


def named_twice(symbols: Iterable[str]) -> str:
    """What is wrong where one symbol is that of two legs; '' where none is."""
    seen: set[str] = set()
    for name in symbols:
        if plain(name) in seen:
            return f"has {clean(name).upper()} twice: each leg needs a symbol of its own"
        seen.add(plain(name))
    return ""


def handed_out(things: Iterable[str], legs: int) -> list[str]:
    """Ways to give each leg one of them, as they are typed."""
    return [", ".join(one) for one in islice(permutations(things, legs), MOST_OFFERED)]


def leg_symbols(text: str, legs: int, held: Sequence[str], *, apart: bool) -> list[str]:
    """The symbols of all legs, in their order; none where none is typed and each leg has a source of its own (`apart`).

    Args:
        held: what the source holds; empty while nobody knows.

    Raises:
        ValueError: they are not as many as there are legs, one is named twice, or one is not held.
    """
    words = [word for word in re.split(r"[,\s]+", text) if word]
    if not words and apart:
        return []
    there = f"; it holds {named(held)}" if held else ""
    if not words:
        raise ValueError(f"is to be given: the strategy trades {legs} symbols, with a comma between{there}")
    if twice := named_twice(words):
        raise ValueError(twice)
    names = read_symbols(text)
    if len(names) != legs:
        raise ValueError(f"has {len(names)}, and the strategy trades {legs} symbols, with a comma between{there}")
    lost = [name for name in names if held and plain(name) not in map(plain, held)]
    if lost:
        raise ValueError(f"has {clean(lost[0])}, which is not in it: it holds {named(held)}")
    return names
