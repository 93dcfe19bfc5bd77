"""Comparing two states of one strategy: the ledger's snapshot and what the replay came to, part by part, to the last bit.

NaN alone has many bit patterns: which one an operation gives is the processor's and the compiler's affair, no strategy can tell them
apart, and all of them mean that there is nothing. Here NaN equals NaN; nothing and a number, or 0, are a difference.
"""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from types import BuiltinFunctionType, FunctionType
from typing import Any, NamedTuple

import numpy as np

from core.compile.instance import Instance
from core.compile.python import PythonInstance
from core.kernels.records import LIMITS
from core.types import Records

#: Types whose values are equal when `==` says so.
_PLAIN = (int, str, bytes, type(None), set, frozenset, type, FunctionType, BuiltinFunctionType)


class Differing(NamedTuple):
    """One value: where it is, what the ledger holds, what the replay came to."""

    column: str
    ledger: Any
    audit: Any


def differing(instance: Instance, seq: int, ledger: bytes, audit: bytes) -> list[Differing]:
    """What differs between a snapshot that was taken after the tick `seq` and the replay's state there; nothing when nothing does.

    `account.seq` is the last tick a worker was sent, of any strategy of it: the ledger's must be the snapshot's own seq.

    Args:
        instance: whose states they are.
    """
    parts = _parts(instance)
    size = sum(dtype.itemsize * count for _, dtype, count in parts)
    if len(ledger) < size or (len(ledger) > size) != (len(audit) > size):
        return [Differing("length", len(ledger), len(audit))]
    found: list[Differing] = []
    at = 0
    for name, dtype, count in parts:
        old, new = (np.frombuffer(data, dtype, count, at).copy() for data in (ledger, audit))
        if name == "account":
            new["seq"] = seq
        at += old.nbytes
        if old.tobytes() == new.tobytes():
            continue
        _make_one(old)
        _make_one(new)
        if old.tobytes() != new.tobytes():
            found += _values(name, old, new) or [Differing(f"{name} (padding)", old.tobytes().hex(), new.tobytes().hex())]
    if isinstance(instance, PythonInstance) and ledger[at:] != audit[at:]:
        found += _objects(instance, ledger[at:], audit[at:])
    return found


def _parts(instance: Instance) -> list[tuple[str, np.dtype[Any], int]]:
    """Name, type and length of each array of a snapshot, in order."""
    return [
        ("account", instance.layouts["ACCOUNT"], 1),
        ("books", instance.layouts["BOOK"], len(instance.books)),
        ("limits", LIMITS, 1),
        ("state", instance.state.dtype, 1),
        ("mem", instance.mem.dtype, len(instance.mem)),
    ]


def _make_one(records: Records) -> None:
    """Give every NaN of an array, at any depth, the same bits."""
    if records.dtype.names is not None:
        for name in records.dtype.names:
            _make_one(records[name])
    elif records.dtype.kind == "f":
        records[np.isnan(records)] = np.nan


def _values(name: str, old: Records, new: Records) -> list[Differing]:
    """The values that differ between two arrays of one type; of plain numbers the first, and how many more."""
    names = old.dtype.names
    if names is None:
        size = old.dtype.itemsize
        rows = [np.ascontiguousarray(part).view(np.uint8).reshape(-1, size) for part in (old, new)]
        places = np.flatnonzero((rows[0] != rows[1]).any(axis=1))
        if not len(places):
            return []
        first, flat = int(places[0]), (old.reshape(-1), new.reshape(-1))
        where = f"{name}[{first}]" if flat[0].size > 1 else name
        more = f" (and {len(places) - 1} more)" if len(places) > 1 else ""
        return [Differing(where + more, flat[0][first].item(), flat[1][first].item())]
    found: list[Differing] = []
    for row in range(len(old)):
        head = f"{name}[{row}]" if len(old) > 1 else name
        for field in names:
            found += _values(f"{head}.{field}", old[row : row + 1][field], new[row : row + 1][field])
    return found


def _objects(instance: PythonInstance, old: bytes, new: bytes) -> list[Differing]:
    """What differs in the attributes of a Python strategy. Equal objects may be pickled in several ways: what counts is their
    values."""
    with instance.importable():
        try:
            kept, bars = pickle.loads(old)
        except Exception as error:  # bytes that no longer are a pickle raise anything
            return [Differing("strategy", f"{type(error).__name__}: {error}", "")]
        came, new_bars = pickle.loads(new)
    return [Differing(*place) for place in (*_unlike("strategy", kept, came, set()), *_unlike("bars", bars, new_bars, set()))]


def _unlike(where: str, a: Any, b: Any, seen: set[tuple[int, int]]) -> Iterator[tuple[str, Any, Any]]:
    """Where two objects differ: walks through them as pickle would."""
    if (id(a), id(b)) in seen:
        return
    if type(a) is not type(b):
        yield where, repr(a), repr(b)
    elif isinstance(a, float):
        if np.float64(a).tobytes() != np.float64(b).tobytes() and not (a != a and b != b):
            yield where, a, b
    elif isinstance(a, _PLAIN):
        if a != b:
            yield where, repr(a), repr(b)
    elif isinstance(a, np.generic):
        yield from _arrays(where, np.array([a]), np.array([b]))
    elif isinstance(a, np.ndarray) and a.dtype != object:
        if (a.dtype, a.shape) != (b.dtype, b.shape):
            yield where, f"{a.dtype}{a.shape}", f"{b.dtype}{b.shape}"
        else:
            yield from _arrays(where, a.flatten(), b.flatten())
    else:
        seen.add((id(a), id(b)))
        yield from _unlike_inside(where, a, b, seen)


def _arrays(where: str, a: Records, b: Records) -> list[tuple[str, Any, Any]]:
    """The values that differ between two arrays that are ours to change."""
    _make_one(a)
    _make_one(b)
    return [tuple(one) for one in _values(where, a, b)]


def _unlike_inside(where: str, a: Any, b: Any, seen: set[tuple[int, int]]) -> Iterator[tuple[str, Any, Any]]:
    if isinstance(a, dict):
        if list(a) != list(b):
            yield f"{where} (keys)", repr(list(a)), repr(list(b))
        else:
            for key in a:
                yield from _unlike(f"{where}.{key}", a[key], b[key], seen)
    elif isinstance(a, (list, tuple)):
        if len(a) != len(b):
            yield f"{where} (length)", len(a), len(b)
        else:
            for n, (x, y) in enumerate(zip(a, b, strict=True)):
                yield from _unlike(f"{where}[{n}]", x, y, seen)
    else:
        for x, y in zip(_reduced(a), _reduced(b), strict=True):
            yield from _unlike(where, x, y, seen)


def _reduced(value: Any) -> tuple[Any, ...]:
    """An object as pickle takes it apart: what makes it, from which arguments, its attributes, items and pairs."""
    made = value.__reduce_ex__(4)
    parts = (*made, *[None] * 5)[:5] if isinstance(made, tuple) else (made, None, None, None, None)
    return (*parts[:3], *(None if part is None else list(part) for part in parts[3:5]))
