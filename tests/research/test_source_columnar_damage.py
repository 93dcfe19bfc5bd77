"""Damaged Parquet and Feather files: whatever bytes they are changed to, they are read or refused in one line."""

from __future__ import annotations

import importlib
import importlib.util
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from market_files import T0_MS

from core.errors import SourceError
from core.research import source_parquet
from core.research.sources import open_source
from core.types import TICK

duckdb = pytest.importorskip("duckdb")

QUERY = f"""SELECT 1000 + i AS id, 100.5 + i % 7 AS price, 1.5 AS qty, {T0_MS} + i AS time, 'BTCUSDT' AS symbol,
    CASE WHEN i % 3 = 0 THEN 1.5 END AS bid FROM range(500) AS r(i)"""
READERS = {
    "Parquet by duckdb": ("duckdb", "x.parquet", ""), "Parquet by pyarrow": ("pyarrow", "x.parquet", ""),
    "Feather": ("pyarrow", "x.feather", "uncompressed"), "Feather with LZ4": ("pyarrow", "x.feather", "lz4"),
    "Feather with zstd": ("pyarrow", "x.feather", "zstd"),
}  # fmt: skip

#: (which part of the file: its beginning, its end, anywhere; where in it; the byte).
EDITS = st.lists(st.tuples(st.sampled_from("<>*"), st.integers(0, 1500), st.integers(0, 255)), min_size=1, max_size=4)


def made(path: Path, packing: str) -> bytes:
    with duckdb.connect() as connection:
        if not packing:
            connection.execute(f"COPY ({QUERY}) TO '{path}' (FORMAT parquet)")
        else:
            importlib.import_module("pyarrow.feather").write_feather(connection.sql(QUERY).to_arrow_table(), str(path), compression=packing)
    return path.read_bytes()


@pytest.mark.parametrize("kind", READERS)
def test_any_damage_to_a_columnar_file_is_read_or_refused_in_a_line(
    kind: str, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    module, name, packing = READERS[kind]
    if importlib.util.find_spec(module) is None:
        pytest.skip(f"{module} is not installed")
    monkeypatch.setattr(source_parquet, "_READERS", {module: source_parquet._READERS[module]})
    path = tmp_path_factory.mktemp("damage") / name
    whole = made(path, packing)

    @settings(max_examples=80)
    @given(EDITS)
    def damaged(edits: list[tuple[str, int, int]]) -> None:
        data = bytearray(whole)
        for part, at, value in edits:
            data[{"<": at, ">": len(data) - 1 - at, "*": at * 7919}[part] % len(data)] = value
        path.write_bytes(data)
        rows, said = np.empty(0, TICK), ""
        try:
            rows = open_source(str(path)).load()
        except SourceError as error:
            said = str(error)
        assert said.isprintable()
        assert (rows["price"] > 0).all()
        assert (rows["ts"][1:] >= rows["ts"][:-1]).all()

    damaged()
