"""The wheel works outside the checkout: in an environment that has the dependencies and nothing of ours."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import tomllib
import zipfile
from pathlib import Path

import pytest

from core.research.report.page import SCRIPTS

REPO = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from this checkout."""
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)], cwd=REPO, check=True, capture_output=True
    )
    (found,) = folder.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def elsewhere(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bin folder of an environment with the wheel; its dependencies are borrowed from this one, by path."""
    place = tmp_path_factory.mktemp("elsewhere") / "venv"
    uv = Path(sys.executable).parent / "uv"
    subprocess.run([uv, "venv", "--quiet", "--offline", "--python", sys.executable, place], check=True)
    python = place / "bin" / "python"
    subprocess.run([uv, "pip", "install", "--quiet", "--offline", "--no-deps", "--python", python, wheel], check=True)
    purelib = subprocess.run(
        [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"], check=True, capture_output=True, text=True
    )
    Path(purelib.stdout.strip(), "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return place / "bin"


def run(elsewhere: Path, tmp_path: Path, *words: str) -> str:
    env = {key: value for key, value in os.environ.items() if not key.startswith(("COCKPIT_", "PYTHON"))} | {
        "COCKPIT_HOME": str(tmp_path / "home")
    }
    done = subprocess.run([elsewhere / words[0], *words[1:]], cwd=tmp_path, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_the_wheel_holds_code_data_and_licence_and_no_test(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0] for name in names if ".dist-info" not in name} == {"cockpit", "core", "strategies"}
    shipped = {f"cockpit/data/{path.relative_to(REPO / 'data').as_posix()}" for path in (REPO / "data").rglob("*") if path.is_file()}
    assert shipped <= set(names)
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert "cockpit/cockpit.tcss" in names
    parts = {f"core/research/report/{name}" for name in ("template.html", "style.css", *SCRIPTS)}
    assert parts <= set(names)


def test_it_runs_from_the_wheel_and_not_from_here(elsewhere: Path, tmp_path: Path) -> None:
    where = "import cockpit, core.home, strategies; print(cockpit.__file__, core.__file__, strategies.__file__, core.home.data_folder())"
    for path in run(elsewhere, tmp_path, "python", "-c", where).split():
        assert path.startswith(str(elsewhere.parent))
        assert Path(path).exists()


def test_the_commands_work(elsewhere: Path, tmp_path: Path) -> None:
    version = tomllib.loads((REPO / "pyproject.toml").read_text())["project"]["version"]
    assert run(elsewhere, tmp_path, "cockpit", "--version") == f"cockpit {version}"
    names = {row["name"] for row in json.loads(run(elsewhere, tmp_path, "cockpit", "strategies", "--json"))}
    assert {path.stem for path in (REPO / "strategies").glob("[!_]*.py")} == names
    assert json.loads(run(elsewhere, tmp_path, "cockpit", "config", "--json"))["home"] == str(tmp_path / "home")
    assert run(elsewhere, tmp_path, "python", "-m", "cockpit", "--version") == f"cockpit {version}"


def test_a_backtest_compiles_and_runs(elsewhere: Path, tmp_path: Path) -> None:
    prices = tmp_path / "BTCUSDT.csv"
    prices.write_text("timestamp,price\n" + "".join(f"{1_700_000_000 + n},{100 + n % 7}\n" for n in range(500)))
    words = ["--strategy", "sma_crossover", "--param", "interval=tick", "--json"]
    figures = json.loads(run(elsewhere, tmp_path, "cockpit", "backtest", str(prices), *words))
    assert figures["ticks"] == 500
    assert figures["fills"] > 0


def test_the_demo_trades_and_its_tape_backtests(elsewhere: Path, tmp_path: Path) -> None:
    lines = [
        json.loads(line) for line in run(elsewhere, tmp_path, "cockpit", "--demo", "--record", "--duration", "20s", "--json").splitlines()
    ]
    assert lines[-1]["event"] == "stopped"
    assert lines[-1]["ticks_total"] > 0
    assert lines[-1]["strategies"] > 0
    words = ["backtest", "tape:BTCUSDT", "--strategy", "sma_crossover", "--param", "interval=1s", "--json"]
    assert json.loads(run(elsewhere, tmp_path, "cockpit", *words))["ticks"] > 0
