"""Results on disk: what is whole is taken up again, whatever a kill left behind it."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.commands import TrialCount
from core.errors import StoreError
from core.research.search.journal import Journal, tally
from core.research.search.trial import Result

RESULTS = [Result(k, {"net_pnl": k / 3, "sharpe": None}, bytes(8 * k), "" if k % 2 else "it broke", series=k // 3) for k in range(5)]
SPANS = [TrialCount(symbol=symbol, first_ns=1, last_ns=9, trials=0) for symbol in ("binance:BTCUSDT", "binance:ETHUSDT")]


def kept(path: Path) -> dict[int, Result]:
    """What a new journal finds there."""
    journal = Journal(path)
    journal.close()
    return journal.found


def test_results_are_found_again_as_they_were(tmp_path: Path) -> None:
    path = tmp_path / "studies" / "one.trials"
    journal = Journal(path)
    journal.add(RESULTS[:2])
    journal.add(RESULTS[2:])
    journal.close()
    assert kept(path) == {one.number: one for one in RESULTS}
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_record_cut_off_at_any_byte_is_dropped_and_the_next_ones_are_kept_behind_what_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "one.trials"
    journal = Journal(path)
    journal.add(RESULTS[:3])
    whole = path.stat().st_size
    journal.add(RESULTS[3:4])
    journal.close()
    data = path.read_bytes()
    for stop in range(whole, len(data)):
        path.write_bytes(data[:stop])
        journal = Journal(path)
        assert list(journal.found) == [0, 1, 2]
        journal.add(RESULTS[4:])
        journal.close()
        assert list(kept(path)) == [0, 1, 2, 4]


def counted(path: Path) -> list[int]:
    """Trials ever made, by series, as anyone reads them."""
    found = tally(path)
    assert found is not None
    return [span.trials for span in found.spans]


def test_trials_are_counted_by_series_also_while_they_are_made(tmp_path: Path) -> None:
    path = tmp_path / "one.trials"
    journal = Journal(path, SPANS)
    assert counted(path) == [0, 0]
    journal.add(RESULTS[:2])
    assert counted(path) == [2, 0]
    journal.add(RESULTS[2:])
    assert counted(path) == [count.trials for count in journal.counts] == [3, 2]
    journal.close()
    path.write_bytes(path.read_bytes()[:-1])
    assert counted(path) == [3, 1]
    assert tally(tmp_path / "none.trials") is None


def test_results_that_are_thrown_away_stay_counted(tmp_path: Path) -> None:
    path = tmp_path / "one.trials"
    ids = set()
    for expected in ([5, 2], [10, 4], [15, 6]):
        journal = Journal(path, SPANS, again=True)
        assert journal.found == {}
        journal.add([*RESULTS, *RESULTS[:2]])
        assert [count.trials for count in journal.counts] == counted(path) == expected
        ids.add(journal.id)
        journal.close()
    assert len(ids) == 1
    assert [one.name for one in tmp_path.iterdir()] == ["one.trials"]


def test_a_file_that_does_not_say_what_it_is_about_is_taken_over_and_says_so_from_then_on(tmp_path: Path) -> None:
    path = tmp_path / "one.trials"
    journal = Journal(path, SPANS)
    head = path.stat().st_size
    journal.add([Result(one.number, one.figures, one.changes, one.error) for one in RESULTS])
    journal.close()
    path.write_bytes(path.read_bytes()[head:])
    assert tally(path) is None
    journal = Journal(path, SPANS)
    assert len(journal.found) == 5
    assert counted(path) == [0, 0], "whoever made them has counted them"
    journal.add([RESULTS[0]])
    journal.close()
    assert counted(path) == [1, 0]


def test_a_file_has_one_writer(tmp_path: Path) -> None:
    path = tmp_path / "one.trials"
    journal = Journal(path, SPANS)
    for again in (False, True):
        with pytest.raises(StoreError, match="under way already"):
            Journal(path, SPANS, again=again)
    journal.add(RESULTS)
    journal.close()
    assert counted(path) == [3, 2]


def test_a_flipped_bit_ends_what_is_believed(tmp_path: Path) -> None:
    path = tmp_path / "one.trials"
    journal = Journal(path)
    journal.add(RESULTS)
    journal.close()
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 4
    path.write_bytes(data)
    found = kept(path)
    assert 0 < len(found) < len(RESULTS)
    assert all(found[k] == RESULTS[k] for k in found)


def test_a_place_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match=r"cannot keep results in .*file"):
        Journal(tmp_path / "file" / "one.trials")
