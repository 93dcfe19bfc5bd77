"""Indicators in the analyst's process: begun when they are first asked for, fed with its ticks, asked by its questions."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from core.analyst import indicator_answers as answers
from core.analyst import words
from core.analyst.compiling import Compiling
from core.analyst.following import Following
from core.analyst.live import LiveIndicators
from core.analyst.live_values import Figure
from core.analyst.series import bars_of
from core.analyst.words import Opening, Past, Question, Reach, Watched
from core.errors import UsageError
from core.types import bar_kind
from core.workers import frames


class IndicatorDesk:
    """The live indicators of one process.

    Args:
        following: its place in the stream of ticks.
        send: takes frames for the engine.
    """

    def __init__(self, following: Following, send: Callable[[bytes], None]) -> None:
        self._following, self._send = following, send
        self._compiling = Compiling()
        self._live: LiveIndicators | None = None

    def open(self, opening: Opening) -> None:
        """Where the home is, and what symbols are called."""
        home, folder = Path(opening.home), Path(opening.indicators)
        self._live = LiveIndicators(home, folder, opening.stream, self._following.want, self._compiling, self._tell, self._ask)
        self._live.values.learn(opening.names)

    def learn(self, names: list[str]) -> None:
        """The engine's symbols by their index."""
        if self._live is not None:
            self._live.values.learn(names)

    def watch(self, watched: Watched) -> None:
        """What is streamed, and which values are waited for."""
        if self._live is not None:
            self._following.on_ticks, self._following.on_wanted = self._live.values.take, self._live.begin
            self._live.values.wish(watched.wishes)
            self._live.watch(watched.symbols)
            self._live.start()

    def take_past(self, past: Past) -> None:
        """What became of bars that the venue was to be asked for."""
        if self._live is not None:
            self._live.take_past(past)

    def close(self) -> None:
        """End the thread and what is being compiled."""
        self._compiling.close()
        if self._live is not None:
            self._live.close()

    def answer(self, question: Question) -> dict[str, Any] | None:
        """What a question about indicators is answered with; None where it is about something else.

        Raises:
            CockpitError: it cannot be told.
        """
        if question.what not in WORDS:
            return None
        if self._live is None:
            raise UsageError("the analyst was not told where its home is")
        self._live.start()
        if question.what == "indicator_series":
            (series,) = question.series
            return answers.series(self._live, question.args, bars_of(series), bar_kind(series.interval), self._compiling)
        return WORDS[question.what](self._live, question.args)

    def _ask(self, reaches: list[Reach]) -> None:
        self._send(frames.message(words.REACHES, reaches))

    def _tell(self, figures: list[Figure]) -> None:
        self._send(frames.message(words.VALUES, figures))


#: What is asked, and what answers it; lines over bars need the bars besides.
WORDS: dict[str, Callable[[LiveIndicators, dict[str, Any]], dict[str, Any]]] = {
    "indicators": lambda live, args: answers.catalogue(live),
    "indicator_values": answers.values,
    "indicator_series": lambda live, args: {},
    "check_variant": answers.check_variant,
}
