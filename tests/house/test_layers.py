"""Who may import whom, and what must not be loaded where it would cost seconds."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

REPO = Path(__file__).resolve().parents[2]

#: Imports every module of a package and names the heavy ones that came with it.
PROBE = """
import importlib, pkgutil, sys
for name in sys.argv[1].split(","):
    package = importlib.import_module(name)
    for found in pkgutil.walk_packages(getattr(package, "__path__", []), name + "."):
        if not found.name.endswith("__main__"):
            importlib.import_module(found.name)
print(*sorted({"numba", "llvmlite", "pandas", "statsmodels", "scipy"} & set(sys.modules)))
"""


def loaded_by(packages: str) -> str:
    done = subprocess.run([sys.executable, "-c", PROBE, packages], capture_output=True, text=True, check=False, cwd="/")
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_no_module_imports_what_its_layer_must_not_know() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as main; main(['--no-cache'])"],
        capture_output=True,
        text=True,
        check=False,
        cwd=REPO,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    "packages",
    [
        "cockpit",
        "core.engine",
        "core.feed,core.venues,core.store,core.exchange",
        "core.client,core.view",
        "core.research.statistics",
        "core.analytics.trend",
    ],
)
def test_what_must_start_fast_loads_neither_numba_nor_pandas_nor_statsmodels(packages: str) -> None:
    assert loaded_by(packages) == ""


def test_the_command_line_loads_nothing_heavy_to_show_its_help() -> None:
    heavy = "{'numpy', 'msgspec', 'textual', 'asyncio'}"
    probe = f"import sys\nfrom cockpit.cli.parser import build\nbuild()\nprint(*sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
