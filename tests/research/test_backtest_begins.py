"""How a backtest begins: its loop is made while the first rows are read, and what goes wrong on either side is what is said."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from core.commands import Terms
from core.errors import SourceError, StrategyError
from core.research import beginning
from core.strategy import KERNEL, PYTHON
from core.types import TICK, Records

ROWS = [np.zeros(3, TICK), np.zeros(2, TICK)]


def begun(batches: Any, kind: str = KERNEL) -> Any:
    plan: Any = SimpleNamespace(kind=kind)
    source: Any = SimpleNamespace(batches=batches)
    instance, rows = beginning.begun(plan, Terms(), source)
    return instance, list(rows)


def test_the_loop_is_made_while_the_first_rows_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    reading, making = threading.Event(), threading.Event()

    def instance(plan: Any, terms: Terms) -> str:
        making.set()
        assert reading.wait(30), "nobody reads"
        return "loop"

    def batches() -> Iterator[Records]:
        reading.set()
        assert making.wait(30), "nobody makes the loop"
        yield from ROWS

    monkeypatch.setattr(beginning, "Instance", instance)
    made, rows = begun(batches)
    assert made == "loop"
    assert [len(batch) for batch in rows] == [3, 2]


def test_a_strategy_in_plain_python_is_made_where_it_will_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beginning, "PythonInstance", lambda plan, terms: threading.current_thread())
    made, rows = begun(lambda: iter(ROWS), PYTHON)
    assert made is threading.current_thread()
    assert len(rows) == 2


def test_what_cannot_be_read_and_what_does_not_compile_are_both_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def unreadable() -> Iterator[Records]:
        raise SourceError("no such file")
        yield

    def refused(plan: Any, terms: Terms) -> None:
        raise StrategyError("does not compile")

    monkeypatch.setattr(beginning, "Instance", lambda plan, terms: None)
    with pytest.raises(SourceError, match="no such file"):
        begun(unreadable)
    monkeypatch.setattr(beginning, "Instance", refused)
    with pytest.raises(StrategyError, match="does not compile"):
        begun(lambda: iter(ROWS))
