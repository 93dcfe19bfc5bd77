"""The words between the engine and the analyst: frames as those to workers (`core.workers.frames`), ticks and bars as raw bytes.

Light: the engine imports it.
"""

from __future__ import annotations

from typing import Any

from msgspec import Struct

# engine -> analyst
OPENING = 1  # Opening, before all else
QUESTION = 2  # Question; its number is the frame's seq
TICKS = 3  # TICK records of the symbols wanted; seq: of the last
BEHIND = 4  # Behind: ticks through seq were sent, those after it are on the tape
NAMES = 5  # list[str]: the engine's symbols by their index; before the first ticks, and whenever there are more
SCAN = 6  # Scan; its number is the frame's seq
CANCEL = 7  # end the scan
QUIT = 8
WANTED = 9  # every tick of the symbols wanted comes from here on that has a higher seq, none that came before
WATCHED = 10  # Watched: from here on indicators are followed
PAST = 11  # Past: an answer to one of REACHES

# analyst -> engine
READY = 20
ANSWER = 21  # Answer; the question's number is the frame's seq
WANT = 22  # Want
CAUGHT = 23  # ticks through seq were read from the tape: send those after it, or say BEHIND again
SEEN = 24  # ticks through seq are done
SCANNED = 25  # Scanned; the scan's number is the frame's seq
VALUES = 26  # list[tuple[str, float, int]]: wishes whose value is another one: the wish, the value, ns UTC of the tick
REACHES = 27  # list[Reach]: bars of the venue that are wanted; those wanted before and not among these are not any more


class Opening(Struct, frozen=True, kw_only=True):
    """Where the analyst works.

    Attributes:
        home: the engine's folder.
        names: the engine's symbols by their index.
        idle: a scan's processes take only what nobody else wants of the processor.
        indicators: the folder of the user's own indicators.
        stream: the kind of prints on the tape.
    """

    home: str
    names: list[str]
    idle: bool = True
    indicators: str = ""
    stream: str | None = None


class Series(Struct, frozen=True):
    """Bars of one symbol.

    Attributes:
        symbol: `venue:SYMBOL`.
        interval: as it was asked for, such as `5m`; `interval_ns` the same in ns, 0 where bars are not cut by time.
        bars: OHLCV records (`core.analytics.bars`), oldest first, only such as are over.
        loading: older ones still come.
        note: why there are no more.
    """

    symbol: str
    interval: str
    interval_ns: int
    bars: bytes
    loading: bool = False
    note: str = ""


class Question(Struct, frozen=True):
    """What is asked, with the bars it is about."""

    what: str
    args: dict[str, Any] = {}
    series: list[Series] = []


class Answer(Struct, frozen=True):
    """What was found, without NaN; or why there is no answer, in one line."""

    found: dict[str, Any] | None = None
    problem: str = ""


class Watched(Struct, frozen=True):
    """What is streamed (`venue:SYMBOL`), and which values are to be told when they change (`VARIANT venue:SYMBOL`)."""

    symbols: list[str]
    wishes: list[str]


class Want(Struct, frozen=True):
    """Send ticks of these symbols from now on (all others no more); `after`: those after this seq too, from the tape; -1: none of them."""

    symbols: list[str]
    after: int = -1


class Reach(Struct, frozen=True):
    """Bars of a symbol (`venue:SYMBOL`) from one time to another, ns UTC: what the venue has of the time before our prints."""

    symbol: str
    interval_ns: int
    start_ns: int
    until_ns: int


class Past(Struct, frozen=True):
    """What became of a reach.

    Attributes:
        bars: BAR records, oldest first, all of them over by its end; the last ones shorter, so that they come up to it.
        problem: why there are none yet: the venue is asked again.
    """

    reach: Reach
    bars: bytes = b""
    problem: str = ""


class Behind(Struct, frozen=True):
    """Read on from the tape, where ticks through this seq are now; then say CAUGHT."""

    through: int


class Scan(Struct, frozen=True):
    """Test every pair of these; z-scores over `window` bars."""

    series: list[Series]
    window: int = 60


class Scanned(Struct, frozen=True, kw_only=True):
    """How far a scan is.

    Attributes:
        stage: running | done | failed | cancelled.
        done, total: pairs.
        eta_s: seconds until it is done, None not known.
        rows: of a scan that is done, as the answer to `scan_state` has them.
        tested, untested: how many pairs were tested, and were not.
        note: why it failed.
    """

    stage: str
    done: int = 0
    total: int = 0
    eta_s: float | None = None
    rows: list[dict[str, Any]] = []
    tested: int = 0
    untested: int = 0
    note: str = ""
