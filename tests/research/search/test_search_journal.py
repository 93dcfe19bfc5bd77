"""Results on disk: what is whole is taken up again, whatever a kill left behind it."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import StoreError
from core.research.search.journal import Journal
from core.research.search.trial import Result

RESULTS = [Result(k, {"net_pnl": k / 3, "sharpe": None}, bytes(8 * k), "" if k % 2 else "it broke") for k in range(5)]


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
