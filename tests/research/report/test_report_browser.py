"""In a browser the pages draw without an error, ask for nothing, and do what they say."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from page_browser import BROWSER, Page, opened
from report_rig import HOSTILE, ORIGINS, asked, grid, judged, trial
from test_report_run import run, setting

from core.research.report.run import run_page
from core.research.report.study import study_page
from core.research.search.findings import Division
from core.research.search.montecarlo import Jittered, MonteCarlo
from core.research.search.question import Origin
from core.research.statistics.resample import Percentiles

pytestmark = pytest.mark.skipif(BROWSER is None, reason="no Chromium here")


@pytest.fixture
def tab(tmp_path: Path) -> Iterator[Page]:
    with opened(tmp_path / "browser") as page:
        yield page
        assert page.wrong == []
        assert all(address.startswith("file:") for address in page.asked)


def show(tab: Page, folder: Path, whole: bytes, width: int = 1280, *, dark: bool = False) -> None:
    path = folder / "report.html"
    path.write_bytes(whole)
    tab.open(path, width, dark=dark)
    assert tab.run("document.querySelector('footer') !== null")
    assert tab.run("document.documentElement.scrollWidth <= innerWidth")


def cards(tab: Page) -> list[str]:
    return [str(title) for title in tab.run("[...document.querySelectorAll('h2')].map(one => one.textContent)")]


def test_a_whole_study_is_drawn_on_pages_wide_and_narrow_light_and_dark(tab: Page, tmp_path: Path) -> None:
    levels = Percentiles(-5, 1, 2, 3, 9)
    found = replace(
        grid(tmp_path, "fast=2:8:1", "slow=10:30:2", division=Division("rolling")),
        monte_carlo=MonteCarlo(None, Jittered(100, 1.0, (0.5, 2.0), levels, levels, 0.5)),
    )
    for width, dark in ((1280, False), (400, True)):
        show(tab, tmp_path, study_page(found, ORIGINS), width, dark=dark)
        assert cards(tab)[:4] == ["Equity", "Map of parameters", "All trials at once", "Ranking"]
        assert "What else might have come of the best" in cards(tab)
        assert tab.run("[...document.querySelectorAll('.chart')].every(one => one.querySelector('svg').childElementCount > 3)")
        assert not tab.run("document.getElementById('page').outerHTML.includes('NaN')")


def test_the_table_sorts_and_filters(tab: Page, tmp_path: Path) -> None:
    found = grid(tmp_path)
    show(tab, tmp_path, study_page(found, ORIGINS))
    ranking = "[...document.querySelectorAll('.card')].find(one => one.querySelector('h2')?.textContent === 'Ranking')"
    first = f"[...{ranking}.querySelectorAll('tbody tr')].map(one => Number(one.cells[1].textContent))"
    tab.run(f"{ranking}.querySelectorAll('th button')[1].click()")
    assert tab.run(first) == sorted((row.params["fast"] for row in found.ranking.rows), reverse=True)
    tab.run(f"(() => {{ const box = {ranking}.querySelector('input'); box.value = 'fast>2 slow<=15'; box.oninput(); }})()")
    assert sorted(tab.run(first)) == [4, 4, 6, 6]


def drag(tab: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    """With the left button."""
    for kind, (x, y), buttons in (("mousePressed", start, 1), ("mouseMoved", end, 1), ("mouseReleased", end, 0)):
        tab.do("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", buttons=buttons, clickCount=1)


def test_dragging_zooms_a_chart_and_a_double_click_shows_all(tab: Page, tmp_path: Path) -> None:
    show(tab, tmp_path, study_page(grid(tmp_path), ORIGINS))
    words = "[...document.querySelector('.chart').querySelectorAll('text[text-anchor=middle]')].map(one => one.textContent).join()"
    whole = tab.run(words)
    box = tab.run("(() => { const b = document.querySelector('.chart').getBoundingClientRect(); return [b.x, b.y, b.width, b.height]; })()")
    middle = box[1] + box[3] / 2
    drag(tab, (box[0] + box[2] * 0.4, middle), (box[0] + box[2] * 0.6, middle))
    assert tab.run(words) != whole
    tab.run("document.querySelector('.chart svg').dispatchEvent(new Event('dblclick'))")
    assert tab.run(words) == whole


def test_a_brush_on_an_axis_narrows_the_table(tab: Page, tmp_path: Path) -> None:
    show(tab, tmp_path, study_page(grid(tmp_path), ORIGINS))
    grip = "document.querySelector('[cursor=crosshair]')"
    tab.run(f"{grip}.scrollIntoView({{block: 'center'}})")
    x, y, tall = tab.run(f"(() => {{ const b = {grip}.getBoundingClientRect(); return [b.x + b.width / 2, b.y, b.height]; }})()")
    drag(tab, (x, y + 2), (x, y + tall * 0.3))
    assert "3 of 3 rows (9 without the filter)" in tab.run("document.body.textContent")


def test_hostile_names_run_nothing(tab: Page, tmp_path: Path) -> None:
    study = asked(tmp_path)
    tried = [trial(k, {"k": HOSTILE, "n": k}, study.series[0], strategy=HOSTILE, error=HOSTILE if k == 4 else "") for k in range(5)]
    show(tab, tmp_path, study_page(judged(study, tried), [Origin(HOSTILE, HOSTILE, [HOSTILE])]))
    assert tab.run("window.hit") is None
    assert tab.run("document.images.length") == 0


def test_studies_with_little_in_them_are_drawn(tab: Page, tmp_path: Path) -> None:
    show(tab, tmp_path, study_page(grid(tmp_path, "fast=3", "slow=10"), ORIGINS), 400)
    show(tab, tmp_path, study_page(grid(tmp_path, "fast=2:5:1", "slow=20"), ORIGINS))
    study = asked(tmp_path)
    show(tab, tmp_path, study_page(judged(study, [trial(0, {"k": 1}, study.series[0], error="boom")]), ORIGINS))
    assert "Failed trials: 1" in cards(tab)
    mixed = [
        trial(k, {"a": k, "mode": "fast"} if k % 2 else {"b": k / 7, "on": k % 4 == 0}, study.series[0], strategy=f"s{k % 2}")
        for k in range(90)
    ]
    show(tab, tmp_path, study_page(judged(study, mixed), ORIGINS), 400)


def test_a_backtest_is_drawn_also_without_a_trade(tab: Page, tmp_path: Path) -> None:
    for params in ({}, {"fast": 2, "slow": 600}):
        result, curve = run(tmp_path, signals=1000, **params)
        for width in (1280, 400):
            show(tab, tmp_path, run_page(result, setting(), curve), width)
            assert ("Trades" in cards(tab)) == bool(result.figures["trades"]) or not params
            assert ("Signals" in cards(tab)) == bool(result.signals)
            assert ("Net by volatility" in cards(tab)) == bool(result.figures["trades"])
            assert not tab.run("document.getElementById('page').outerHTML.includes('NaN')")
