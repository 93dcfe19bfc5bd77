"""What the page of a study holds: every trial in the order of the ranking, the equity of the best, the verdict, and what it rests on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from report_rig import HOSTILE, ORIGINS, asked, data_of, grid, judged, trial

from core.research.report.study import study_document, study_page
from core.research.report.trials import FEW
from core.research.search.findings import Division
from core.research.search.montecarlo import Jittered, MonteCarlo
from core.research.search.question import Origin
from core.research.statistics.resample import Percentiles, redraw_returns


def test_a_row_of_the_page_is_the_row_of_the_ranking(tmp_path: Path) -> None:
    found = grid(tmp_path)
    data = data_of(study_page(found, ORIGINS))
    rows = found.ranking.rows
    assert data["count"] == len(rows) == 9
    for name, param in data["params"].items():
        assert [param["values"][at] for at in param["at"]] == [row.params[name] for row in rows]
    assert set(data["params"]) == {"fast", "slow"}
    assert data["fixed"] == {"interval": "1m"}
    for figure in data["figures"]:
        for value, row in zip(figure["values"], rows, strict=True):
            real = getattr(row, figure["key"])
            assert value == (None if real is None else pytest.approx(real, rel=1e-6))
    assert data["figures"][0]["key"] == "sharpe"


def test_equity_begins_at_the_capital_and_ends_at_the_net_pnl(tmp_path: Path) -> None:
    found = grid(tmp_path)
    data = study_document(found, ORIGINS)
    (edges,) = data["curves"]["edges"]
    (one,) = found.study.series
    assert (edges[0], edges[-1]) == (one.first_ns // 10**6, one.last_ns // 10**6)
    assert edges == sorted(edges)
    for row, curve in zip(found.ranking.rows, data["curves"]["rows"], strict=True):
        assert len(curve) == len(edges)
        assert curve[0] == 10_000
        assert curve[-1] == pytest.approx(10_000 + (row.net_pnl or 0), rel=1e-6)


def test_two_symbols_have_their_own_times_and_origins(tmp_path: Path) -> None:
    origins = [*ORIGINS, Origin("other.csv", "OHLCV")]
    data = study_document(grid(tmp_path, symbols=("BTCUSDT", "ETHUSDT")), origins)
    assert len(data["symbols"]) == 2
    assert len(data["curves"]["edges"]) == 2
    remarks = " ".join(remark for _, _, remark in data["assumptions"])
    assert "prices.csv" in remarks
    assert "other.csv" in remarks
    assert [name for name, _, _ in data["assumptions"]].count("fee") == 1


def test_the_verdict_is_told_with_its_figures(tmp_path: Path) -> None:
    found = grid(tmp_path, "fast=2:9:1", "slow=10:40:2")
    verdict = study_document(found, ORIGINS)["verdict"]
    assert verdict["word"] == found.ranking.verdict == "overfit"
    assert verdict["pbo"] == pytest.approx(found.ranking.pbo, rel=1e-6)
    assert f"{found.ranking.pbo:.0%}" in verdict["pbo_words"]
    assert verdict["lines"][0].startswith("Best: sma_crossover")
    assert found.ranking.spa is not None
    assert f"{found.ranking.spa:.0%} of the cases (Hansen's test" in " ".join(verdict["lines"])


def test_the_line_through_the_dots_is_that_of_all_combinations(tmp_path: Path) -> None:
    found = grid(tmp_path)
    degradation = study_document(found, ORIGINS)["degradation"]
    whole = found.ranking.overfitting
    assert whole is not None
    assert degradation["combinations"] == len(whole.in_sample) == 12_870
    assert len(degradation["inside"]) == len(degradation["outside"]) == 800
    assert degradation["slope"] == pytest.approx(whole.slope, rel=1e-6)


def test_folds_begin_where_the_rows_do(tmp_path: Path) -> None:
    (told,) = study_document(grid(tmp_path, division=Division("rolling", 3)), ORIGINS)["validations"]
    (series,) = asked(tmp_path).series
    assert told["folds"][0]["train"][0] == series.first_ns // 10**6
    for fold in told["folds"]:
        assert fold["train"][1] <= fold["test"][0] < fold["test"][1]
        days = (fold["test"][1] - fold["test"][0]) / 86_400_000
        assert fold["test_day"] * days == pytest.approx(fold["test_pnl"])


def test_monte_carlo_is_told_part_by_part(tmp_path: Path) -> None:
    found = grid(tmp_path)
    redrawn = redraw_returns(np.full(48, 0.001), 10_000.0, np.random.default_rng(1), paths=100)
    jittered = Jittered(100, 1.0, (0.5, 2.0), Percentiles(1, 2, 3, 4, 5), Percentiles(1, 2, 3, 4, 5), 0.25)
    both = study_document(replace(found, monte_carlo=MonteCarlo(redrawn, jittered)), ORIGINS)["monte_carlo"]
    assert ["drawn again" in both[0]["words"], "25% lost" in both[1]["words"]] == [True, True]
    assert study_document(replace(found, monte_carlo=MonteCarlo(None, None)), ORIGINS)["monte_carlo"] == []


def test_one_trial_is_a_page(tmp_path: Path) -> None:
    data = study_document(grid(tmp_path, "fast=3", "slow=10"), ORIGINS)
    assert (data["count"], data["params"], data["degradation"], data["verdict"]["pbo"]) == (1, {}, None, None)


def test_failed_trials_only_are_a_page(tmp_path: Path) -> None:
    study = asked(tmp_path)
    found = judged(study, [trial(k, {"k": k}, study.series[0], error=f"boom {k}") for k in range(600)])
    data = data_of(study_page(found, ORIGINS))
    assert (data["count"], data["failed_total"], len(data["failed"])) == (0, 600, 500)
    assert data["failed"][0] == {"strategy": "sma_crossover", "symbol": study.series[0].symbol, "params": "k=0", "error": "boom 0"}
    assert data["verdict"]["word"] is None


def test_values_that_look_alike_stay_apart(tmp_path: Path) -> None:
    study = asked(tmp_path)
    sets = [{"a": 1}, {"a": True}, {"a": 1.0}, {"b": [1, 2]}, {"b": [3]}, {"a": 2**60}, {"a": "1"}]
    found = judged(study, [trial(k, params, study.series[0]) for k, params in enumerate(sets)])
    data = data_of(study_page(found, ORIGINS))
    for row, at_a, at_b in zip(found.ranking.rows, data["params"]["a"]["at"], data["params"]["b"]["at"], strict=True):
        assert (at_a == -1) == ("a" not in row.params)
        assert (at_b == -1) == ("b" not in row.params)
    assert sorted(map(repr, data["params"]["a"]["values"])) == sorted(["1", "True", "1.0", f"'{2**60}'", "'1'"])
    assert data["params"]["b"]["values"] in (["[1, 2]", "[3]"], ["[3]", "[1, 2]"])


def test_hostile_names_values_and_errors_stay_text(tmp_path: Path) -> None:
    study = asked(tmp_path)
    tried = [trial(k, {"k": HOSTILE, "n": k}, study.series[0], strategy=HOSTILE, error=HOSTILE if k == 2 else "") for k in range(3)]
    whole = study_page(judged(study, tried), [Origin(HOSTILE, HOSTILE, [HOSTILE])])
    assert whole.count(b"<script") == whole.count(b"</script") == 2
    assert "window.hit=1" in data_of(whole)["failed"][0]["error"]


def test_a_thousand_trials_are_less_than_three_megabytes(tmp_path: Path) -> None:
    found = grid(tmp_path, "fast=2:26:1", "slow=40:80:1")
    whole = study_page(found, ORIGINS)
    assert found.ranking.trials == 1025
    assert len(whole) < 3_000_000
    assert len(data_of(whole)["curves"]["rows"]) == 1025


def test_of_very_many_trials_the_equity_of_the_best_is_kept(tmp_path: Path) -> None:
    found = grid(tmp_path, "fast=2:42:1", "slow=50:100:1")
    data = study_document(found, ORIGINS)
    assert data["count"] == 2091
    assert len(data["curves"]["rows"]) == FEW
