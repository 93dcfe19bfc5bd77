"""Damaged files: whatever bytes a dump is changed to, it is taken or refused in one line, and the tape stays provable."""

from __future__ import annotations

import asyncio
import gzip
import tempfile
from pathlib import Path

import pytest
from dump_server import agg_rows, zipped
from hypothesis import example, given, settings
from hypothesis import strategies as st
from transfer_rig import take

from core.errors import SourceError
from core.store.verify import verify

NAME = "BTCUSDT-aggTrades-2024-08-01"
TEXT = agg_rows("2024-08-01", 300, first_id=1000)
DUMPS = {
    f"{NAME}.zip": zipped(f"{NAME}.csv", TEXT),
    f"{NAME}.csv.gz": gzip.compress(TEXT.encode(), mtime=0),
    f"{NAME}.csv": TEXT.encode(),
}

EDITS = st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.binary(min_size=0, max_size=3), st.integers(0, 3)), min_size=1, max_size=4)


@pytest.mark.parametrize("name", DUMPS)
@settings(max_examples=40)
@given(EDITS)
@example([(0.984375, b"\0\0\0", 2), (0.9921875, b"", 1)])  # a member without a name
def test_a_damaged_dump_is_taken_or_refused_in_one_line(name: str, edits: list[tuple[float, bytes, int]]) -> None:
    body = DUMPS[name]
    for place, inserted, cut in edits:
        at = int(place * len(body))
        body = body[:at] + inserted + body[at + cut :]
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        (home / name).write_bytes(body)
        refused = ""
        try:
            asyncio.run(take(home, home / name))
        except SourceError as error:
            refused = str(error)
        assert refused == "" or refused.isprintable()
        if (home / "tape.db").exists():
            assert verify(home / "tape.db").ok(lambda _symbol: True)
