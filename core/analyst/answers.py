"""What each question is answered with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from core.analyst import correlations, pairs, trends
from core.analyst.words import Question
from core.errors import UsageError

ANSWERS: dict[str, Callable[[Question], dict[str, Any]]] = {
    "cell": trends.cell,
    "trend": trends.entry,
    "pair": pairs.pair,
    "zscore": pairs.newest,
    "correlations": correlations.correlations,
}


def answer(question: Question) -> dict[str, Any]:
    """What was found; a number may be NaN.

    Raises:
        CockpitError: it cannot be told.
    """
    if question.what not in ANSWERS:
        raise UsageError(f"{question.what!r} is no question to the analyst")
    return ANSWERS[question.what](question)
