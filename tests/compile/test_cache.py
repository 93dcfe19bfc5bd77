"""The cache of machine code: never stale, hit by a second process, and not entered for another parameter."""

from __future__ import annotations

import importlib.metadata
import os
import subprocess
import sys
from pathlib import Path

import pytest
from strategy_text import bought, kernel, text_of

from core.compile import machine_code
from core.compile.machine_code import fingerprint, ready
from core.compile.module import Variant
from core.errors import StrategyError
from core.strategy_files import load

REPO = Path(__file__).resolve().parents[2]

#: Loads a strategy file, runs it, and tells what it holds and whether numba compiled anything.
CHILD = """
import sys
from pathlib import Path
sys.path.insert(0, {tests!r})
from strategy_text import bought
from core.compile import machine_code
held = bought(Path(sys.argv[1]), jit=True)
print(held, "compiled" if 0 in [entry.cache_hits for entry in machine_code._KEEP] else "loaded")
"""


@pytest.fixture
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache for one test."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("COCKPIT_CACHE", str(folder))
    return folder


def files(folder: Path) -> dict[str, tuple[int, int]]:
    """Every file with its size and time of change."""
    return {str(p.relative_to(folder)): (p.stat().st_size, p.stat().st_mtime_ns) for p in folder.rglob("*") if p.is_file()}


def in_a_process(path: Path, script: str = "") -> str:
    """What a new process says."""
    script = (script or CHILD).format(tests=str(Path(__file__).parent))
    done = subprocess.run([sys.executable, "-c", script, str(path)], cwd=REPO, capture_output=True, text=True, timeout=100, check=True)
    return done.stdout.strip()


def rewritten(path: Path, old: str, new: str) -> None:
    """Edit a file keeping its size and both its times."""
    before = path.stat()
    text = path.read_text()
    assert len(old) == len(new)
    assert text.count(old) == 1
    path.write_text(text.replace(old, new))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert path.stat().st_size == before.st_size


def test_an_edited_strategy_gives_new_results_at_the_next_load_even_with_the_same_size_and_time(tmp_path: Path) -> None:
    path = kernel(tmp_path, "edited", "out[0] = 1.0")
    assert (bought(path), bought(path, jit=True)) == (1.0, 1.0)
    rewritten(path, "out[0] = 1.0", "out[0] = 2.0")
    assert (bought(path), bought(path, jit=True)) == (2.0, 2.0)
    rewritten(path, "out[0] = 2.0", "out[0] = 1.0")
    assert bought(path, jit=True) == 1.0


@pytest.mark.slow
def test_an_edited_helper_gives_new_results_at_the_next_load_even_with_the_same_size_and_time(tmp_path: Path) -> None:
    helper = tmp_path / "helping.py"
    helper.write_text("def half(x):\n    return x * 0.5\n")
    path = kernel(tmp_path, "helped", "out[0] = half(4.0)", imports="from helping import half")
    assert (bought(path), bought(path, jit=True)) == (2.0, 2.0)
    rewritten(helper, "x * 0.5", "x * 1.5")
    assert (bought(path), bought(path, jit=True)) == (6.0, 6.0)


def test_an_edited_helper_of_a_helper_gives_new_results(tmp_path: Path) -> None:
    (tmp_path / "inner.py").write_text("def factor():\n    return 0.5\n")
    (tmp_path / "helping.py").write_text("from inner import factor\n\n\ndef half(x):\n    return x * factor()\n")
    path = kernel(tmp_path, "helped", "out[0] = half(4.0)", imports="from helping import half")
    assert bought(path) == 2.0
    rewritten(tmp_path / "inner.py", "0.5", "1.5")
    assert bought(path) == 6.0


@pytest.mark.slow
def test_an_edited_constant_in_a_helper_gives_new_results(tmp_path: Path) -> None:
    (tmp_path / "helping.py").write_text("FACTOR = 0.5\n")
    path = kernel(tmp_path, "helped", "out[0] = 4.0 * FACTOR", imports="from helping import FACTOR")
    assert bought(path, jit=True) == 2.0
    rewritten(tmp_path / "helping.py", "0.5", "1.5")
    assert bought(path, jit=True) == 6.0


def test_helpers_of_the_same_name_in_two_folders_are_each_their_own(tmp_path: Path) -> None:
    held = []
    for name, factor in (("one", 1.0), ("two", 2.0)):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "helping.py").write_text(f"def target():\n    return {factor}\n")
        held.append(bought(kernel(folder, "same", "out[0] = target()", imports="from helping import target")))
    assert held == [1.0, 2.0]


def test_loading_leaves_no_helper_importable_and_no_bytecode_behind(tmp_path: Path) -> None:
    (tmp_path / "helping_once.py").write_text("def half(x):\n    return x * 0.5\n")
    bought(kernel(tmp_path, "helped", "out[0] = half(4.0)", imports="from helping_once import half"))
    assert "helping_once" not in sys.modules
    assert not (tmp_path / "__pycache__").exists()
    with pytest.raises(ModuleNotFoundError):
        __import__("helping_once")


@pytest.mark.slow
def test_a_second_process_loads_and_does_not_compile(own_cache: Path, tmp_path: Path) -> None:
    path = kernel(tmp_path, "cached", "out[0] = 2.0")
    assert not ready(text_of(path))
    assert in_a_process(path) == "2.0 compiled"
    assert ready(text_of(path))
    before = files(own_cache)
    assert in_a_process(path) == "2.0 loaded"
    assert files(own_cache) == before
    rewritten(path, "out[0] = 2.0", "out[0] = 3.0")
    assert in_a_process(path) == "3.0 compiled"


EAGER = """
import sys
sys.path.insert(0, {tests!r})
from pathlib import Path
from strategy_text import text_of
from core.compile import module
from core.workers.__main__ import get_ready
text = text_of(Path(sys.argv[1]))
get_ready()
known = set(sys.modules)
module.compiled(text)
new = sorted(name for name in set(sys.modules) - known if name.startswith(("numba", "llvmlite")))
sys.stdout.write(str(new))
"""


@pytest.mark.slow
def test_a_process_that_got_ready_has_nothing_of_numba_left_to_load_with_its_first_strategy(own_cache: Path, tmp_path: Path) -> None:
    path = kernel(tmp_path, "eager", "out[0] = 2.0")
    assert in_a_process(path) == "2.0 compiled"
    assert in_a_process(path, EAGER) == "[]"


@pytest.mark.slow
def test_a_loop_is_loaded_without_scipy_and_matrices_can_still_be_multiplied(own_cache: Path, tmp_path: Path) -> None:
    path = kernel(tmp_path, "plain", "out[0] = 2.0")
    assert in_a_process(path) == "2.0 compiled"
    assert in_a_process(path, CHILD + "print('scipy.linalg' in sys.modules)") == "2.0 loaded\nFalse"
    assert in_a_process(path, EAGER + "sys.stdout.write(str('scipy.linalg' in sys.modules))") == "[]False"
    dot = kernel(tmp_path, "dot", "out[0] = np.dot(mem[:2], mem[:2]) + 3.0")
    assert in_a_process(dot) == "3.0 compiled"
    assert in_a_process(dot) == "3.0 loaded"


@pytest.mark.slow
def test_an_unfinished_build_is_no_hit_and_leaves_nothing_behind(own_cache: Path, tmp_path: Path) -> None:
    path = kernel(tmp_path, "refused", "out[0] = 1.0 + (tick.price, 'a')")
    with pytest.raises(StrategyError):
        bought(path, jit=True)
    assert not ready(text_of(path))
    assert list(own_cache.iterdir()) == []


@pytest.mark.slow
def test_the_cache_is_the_users_alone(own_cache: Path, tmp_path: Path) -> None:
    bought(kernel(tmp_path, "private", "out[0] = 1.0"), jit=True)
    assert own_cache.stat().st_mode & 0o077 == 0


def test_a_parameter_never_recompiles(tmp_path: Path) -> None:
    path = kernel(tmp_path, "counts", "out[0] = 1.0 * p.n")
    assert text_of(path, {"n": 2}) == text_of(path, {"n": 5})
    assert (bought(path, {"n": 2}), bought(path, {"n": 5})) == (2.0, 5.0)


def test_another_interval_never_recompiles(tmp_path: Path) -> None:
    state = 'STATE = np.dtype([("bar", BAR_STATE)])'
    imports = "from core.kernels.bars import BAR_STATE, close_bar\nfrom core.strategy import Interval"
    path = kernel(tmp_path, "bars", "if close_bar(s.bar, tick, p.interval):\n    out[0] = 1.0", imports=imports, state=state)
    path.write_text(path.read_text().replace("    n: Annotated", '    interval: Interval = "1m"\n    n: Annotated'))
    assert load(path).params({}).interval == "1m"  # type: ignore[attr-defined]
    assert text_of(path, {"interval": "1m"}) == text_of(path, {"interval": "5m"})


@pytest.mark.parametrize("package", ["numba", "llvmlite", "numpy"])
def test_another_version_of_what_compiles_is_another_place_in_the_cache(package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before = fingerprint("text")
    real = importlib.metadata.version
    machine_code._versions.cache_clear()
    monkeypatch.setattr(importlib.metadata, "version", lambda name: "0.0.1" if name == package else real(name))
    after = fingerprint("text")
    machine_code._versions.cache_clear()
    assert after != before


def test_another_processor_is_another_place_in_the_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    before = fingerprint("text")
    monkeypatch.setattr(machine_code, "_cpu", lambda: "another")
    assert fingerprint("text") != before


@pytest.mark.parametrize(
    "flag",
    [
        "NUMBA_CPU_NAME",
        "NUMBA_CPU_FEATURES",
        "NUMBA_OPT",
    ],
)
def test_other_compiler_flags_are_another_place_in_the_cache(flag: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(flag, raising=False)
    before = fingerprint("text")
    monkeypatch.setenv(flag, "1")
    assert fingerprint("text") != before


def test_each_variant_is_a_text_of_its_own(tmp_path: Path) -> None:
    path = kernel(tmp_path, "varied", "out[0] = 1.0")
    variants = [Variant(), Variant(mapped=False), Variant(stops=False), Variant(limited=False), Variant(bars=True), Variant(external=True)]
    assert len({text_of(path, variant=v) for v in variants}) == len(variants)


def test_the_kernels_source_is_part_of_the_text(tmp_path: Path) -> None:
    text = text_of(kernel(tmp_path, "any", "out[0] = 1.0"))
    for name in ("book__execute", "orders__fill_due", "stops__stop_hit", "loop__advance"):
        assert f"def {name}(" in text
