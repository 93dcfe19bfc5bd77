"""How a backtest begins: its loop is compiled, or loaded, while its first rows are read."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from itertools import chain, islice

from core.commands import Terms
from core.compile.blueprint import Blueprint
from core.compile.instance import Instance
from core.compile.python import PythonInstance
from core.research.source import Source
from core.strategy import PYTHON
from core.types import Records


def begun(plan: Blueprint, terms: Terms, source: Source) -> tuple[Instance, Iterable[Records]]:
    """The loop and the rows to come. A strategy in plain Python is made by the thread it will run in: it may hold to that."""
    batches = iter(source.batches())
    if plan.kind == PYTHON:
        return PythonInstance(plan, terms), batches
    with ThreadPoolExecutor(1, thread_name_prefix="compiler") as compiler:
        making = compiler.submit(Instance, plan, terms)
        first = list(islice(batches, 1))
        return making.result(), chain(first, batches)
