"""What the analyst does with each frame: ticks at once, questions on a thread beside, a scan on another."""

from __future__ import annotations

import contextlib
import math
import threading
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Any

import msgspec
import numpy as np

from core.analyst import answers, words
from core.analyst.following import Following
from core.analyst.indicator_desk import IndicatorDesk
from core.analyst.scanning import Scanning
from core.analyst.words import Answer, Behind, Opening, Past, Question, Scan, Watched
from core.errors import CockpitError, one_line
from core.types import TICK
from core.workers import frames


class Desk:
    """The analyst, but for its socket.

    Args:
        write: sends bytes to the engine, all of them.

    Attributes:
        following: the ticks it gets.
    """

    def __init__(self, write: Callable[[bytes], None]) -> None:
        self._write = write
        self._turn = threading.Lock()
        self._thinking = ThreadPoolExecutor(1, "question")
        self.following = Following(self.send)
        self._indicators = IndicatorDesk(self.following, self.send)
        self._scanning = Scanning(self.send)
        self._questions = msgspec.msgpack.Decoder(Question)

    def __enter__(self) -> Desk:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._scanning.cancel()
        self._indicators.close()
        self._thinking.shutdown(wait=False, cancel_futures=True)
        self._scanning.wait()

    def send(self, data: bytes) -> None:
        """Send frames to the engine, from any thread."""
        with self._turn, contextlib.suppress(BrokenPipeError, ConnectionResetError):  # an engine that is gone needs no answer
            self._write(data)

    def handle(self, kind: int, seq: int, payload: bytearray) -> None:
        """One frame of the engine's."""
        if kind == words.TICKS:
            self.following.take(np.frombuffer(payload, TICK), seq)
        elif kind == words.QUESTION:
            self._thinking.submit(self._answer, self._questions.decode(payload), seq)
        elif kind == words.BEHIND:
            self.following.read_on(seq, msgspec.msgpack.decode(payload, type=Behind).through)
        elif kind == words.NAMES:
            self._learn(msgspec.msgpack.decode(payload, type=list[str]))
        elif kind == words.WANTED:
            self.following.meet(seq)
        elif kind == words.WATCHED:
            self._indicators.watch(msgspec.msgpack.decode(payload, type=Watched))
        elif kind == words.PAST:
            self._indicators.take_past(msgspec.msgpack.decode(payload, type=Past))
        elif kind == words.SCAN:
            self._scanning.start(msgspec.msgpack.decode(payload, type=Scan), seq)
        elif kind == words.CANCEL:
            self._scanning.cancel()
        elif kind == words.OPENING:
            opening = msgspec.msgpack.decode(payload, type=Opening)
            self.following.open(Path(opening.home), opening.names)
            self._indicators.open(opening)
            self._scanning.idle = opening.idle

    def _learn(self, names: list[str]) -> None:
        self.following.learn(names)
        self._indicators.learn(names)

    def _answer(self, question: Question, number: int) -> None:
        """The task's outer edge: a question that cannot be answered ends nothing."""
        try:
            found = self._indicators.answer(question)
            answer = Answer(plain(answers.answer(question) if found is None else found))
        except CockpitError as error:
            answer = Answer(problem=one_line(str(error)))
        except Exception as error:  # told to who asked; the next question is another one
            answer = Answer(problem=one_line(f"{question.what} failed: {error!r}: {traceback.format_exc(limit=-1)}", 300))
        self.send(frames.message(words.ANSWER, answer, number))


def plain(value: Any) -> Any:
    """The same as numbers, strings, lists and dicts; None for NaN and what is infinite."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value
