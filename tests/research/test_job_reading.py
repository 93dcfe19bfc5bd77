"""A run or a study says how far it has read before anything is traded or tried, not too often, and nothing after its last word."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from test_job import bars

from core.commands import Optimize
from core.research import job
from core.research.curve import Curve
from core.research.search import intake as intakes
from core.research.search import job as study_job
from core.research.search.intake import Intake
from core.research.search.service import StudyProgress, StudyRequest
from core.research.service import Progress, Request, Said
from core.research.source import Source
from core.strategy_files import builtin_folder
from core.types import Records


class Part(Source):
    """A source of so many rows or bytes, of which some are read."""

    def __init__(self, rows: int | None = None, size: int | None = None) -> None:
        super().__init__("part", "ticks", "trades", "binance:BTCUSDT")
        self.total_rows, self.total_bytes, self.read = rows, size, 0

    @property
    def bytes_read(self) -> int:
        return self.read

    def batches(self) -> Iterator[Records]:
        raise NotImplementedError


@pytest.fixture
def chatty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every word is said."""
    for module in (job, study_job, intakes):
        monkeypatch.setattr(module, "PERIOD_S", 0.0)


def newest_first(folder: Path, count: int = 60_000) -> Path:
    """Several blocks of prints, the newest first: none of them is there before all are read."""
    path = folder / "BTCUSDT-trades.csv"
    prices = (100 + np.sin(np.arange(count) / 300)).round(2).tolist()
    rows = [f"{1_700_000_040_000 + k * 1000},{p},1.00000000000000000000" for k, p in enumerate(prices)]
    path.write_text("timestamp,price,qty\n" + "\n".join(reversed(rows)) + "\n")
    assert path.stat().st_size > 2 << 20
    return path


def request(folder: Path, source: Path, **more: Any) -> Request:
    words = {"sources": [str(source)], "strategy": "sma_crossover", "folders": [str(builtin_folder())], **more}
    return Request(home=str(folder), detail=str(folder / "runs" / "run-1.msgpack"), **words)


@pytest.mark.usefixtures("chatty")
def test_a_run_tells_what_it_has_read_until_the_first_row_is_traded(tmp_path: Path) -> None:
    said: list[Said] = []
    job.run(request(tmp_path, newest_first(tmp_path), params={"interval": "1m"}), said.append)
    words = [one for one in said if isinstance(one, Progress)]
    reading = [one for one in words if one.reading]
    assert len(reading) >= 3
    assert words == [*reading, *(one for one in words if not one.reading)], "first it reads, then it trades"
    shares = [one.share or 0.0 for one in reading]
    assert shares == sorted(shares)
    assert 0.0 < shares[0] < 0.7
    assert len(words) > len(reading)


@pytest.mark.usefixtures("chatty")
def test_a_run_that_warms_up_for_long_tells_how_much_of_it_is_read(tmp_path: Path) -> None:
    said: list[Said] = []
    path = newest_first(tmp_path)
    from_ns = (1_700_000_040 + 59_000) * 1_000_000_000
    job.run(request(tmp_path, path, params={"interval": "tick"}, from_ns=from_ns), said.append)
    assert any(isinstance(one, Progress) and one.reading and one.share for one in said)


def test_rows_that_only_warm_up_are_counted_and_what_is_traded_ends_that() -> None:
    said: list[Said] = []
    teller, source = job.Teller(said.append, Curve()), Part(rows=1000)
    for early in (200, 0, 400):  # 0: another thread knows only that it is farther
        teller._last = float("-inf")
        teller.reads(source, early)
    teller.tell(source, 10)
    teller.reads(source, 900)
    assert said == [Progress(200, 0.2, True), Progress(200, 0.2, True), Progress(400, 0.4, True), Progress(10, 0.01)]


def test_words_on_reading_are_few_and_none_follows_the_last_one() -> None:
    said: list[Any] = []
    teller, source = job.Teller(said.append, Curve()), Part(size=10_000)
    for source.read in range(0, 10_000, 10):
        teller.reads(source, 0)
    assert len(said) == 1, "a thousand blocks within a moment are one word"
    teller.close()
    teller._last = float("-inf")
    teller.reads(source, 0)
    assert len(said) == 1
    parts = [Part(size=10_000)]
    intake = Intake(said.append)
    intake.begin(parts)
    for parts[0].read in range(0, 10_001, 10):
        intake(parts[0], 0)
    assert [one.share for one in said[1:]] == [0.0, 1.0], "the first one, and that all is read"
    intake.close()
    intake(parts[0], 5)
    assert len(said) == 3


@pytest.mark.usefixtures("chatty")
@pytest.mark.parametrize(
    ("parts", "share"),
    [
        ([Part(rows=100), Part(rows=300)], (100 + 150) / 400),
        ([Part(size=100), Part(size=300)], (100 + 150) / 400),
        ([Part(rows=100), Part(size=300)], 0.75),
        ([Part(size=100), Part()], 0.5),
    ],
    ids=["rows", "bytes", "some of each", "one that nobody knows"],
)
def test_of_several_symbols_each_counts_by_its_size(parts: list[Part], share: float) -> None:
    said: list[StudyProgress] = []
    intake = Intake(said.append)
    intake.begin(parts)
    assert parts[1].told is not None
    intake(parts[0], 100)
    parts[1].read = 150
    parts[1].told(150)
    assert said[-1].share == pytest.approx(share)
    assert (said[-1].rows, said[-1].total) == (250, 0)


@pytest.mark.usefixtures("chatty")
def test_a_study_tells_how_much_of_its_symbols_it_has_read_before_its_first_trial(tmp_path: Path) -> None:
    files = [newest_first(tmp_path), bars(tmp_path).rename(tmp_path / "ETHUSDT-1m-2023-11.csv")]
    order = Optimize(sources=[str(file) for file in files], strategies=["sma_crossover"], params={"interval": "1m"}, ranges=["fast=2:3"])
    place = tmp_path / "place"
    place.mkdir()
    said: list[Any] = []
    made = StudyRequest(order=order, folders=[str(builtin_folder())], home=str(tmp_path), place=str(place), detail="", idle=False)
    intake = Intake(said.append)
    study_job.question_of(made, intake)
    shares = [one.share for one in said]
    assert len(shares) >= 3
    assert shares == sorted(shares)
    assert 0.0 < shares[0] < 0.7
    assert shares[-1] == 1.0
    assert said[-1].rows == 60_600
    assert all(msgspec.json.decode(msgspec.json.encode(one), type=StudyProgress) == one for one in said)
