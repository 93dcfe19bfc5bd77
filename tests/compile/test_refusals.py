"""What numba refuses, and steps that go wrong while they run: one line that says what, never a traceback, never a hang."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from strategy_text import bought, kernel, line_of, made, prints

from core.errors import StrategyError

REPO = Path(__file__).resolve().parents[2]

#: Runs a strategy file over five prints and tells what it raised; the alarm ends it if it hangs.
CHILD = """
import signal
import sys
from pathlib import Path
sys.path.insert(0, {tests!r})
from strategy_text import made, prints
from core.errors import StrategyError
told = made(Path(sys.argv[1]), jit=True)
signal.alarm(5)
try:
    told.feed(prints([100.0, 101.0, 102.0, 103.0, 104.0]))
except StrategyError as error:
    print("refused:", error)
else:
    print("ran", told.account[0].ticks)
"""


def refused(path: Path) -> str:
    """The one line a file is refused with when it is compiled."""
    with pytest.raises(StrategyError) as caught:
        made(path, jit=True)
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_a_step_of_mixed_types_is_refused(tmp_path: Path) -> None:
    refused(kernel(tmp_path, "mixed", "out[0] = 1.0 + (tick.price, 'a')"))


def test_a_step_that_takes_the_wrong_arguments_is_refused(tmp_path: Path) -> None:
    path = kernel(tmp_path, "short", "pass")
    path.write_text(path.read_text().replace("(s, mem, p, tick, out)", "(s, mem, p, tick)"))
    refused(path)


@pytest.mark.parametrize(
    "body",
    [
        "out[0] = tick.nosuch",
        "out[0] = p.nosuch",
        "out[0] = np.nosuch(1.0)",
        "with open('x') as f:\n    out[0] = 1.0",
        "out[0] = len(f'{tick.price:.2f}')",
    ],
    ids=["a field a tick has not", "a parameter it has not", "a function numpy has not", "with", "an f-string with a format"],
)
def test_whatever_numba_raises_is_a_refusal(body: str, tmp_path: Path) -> None:
    refused(kernel(tmp_path, "odd", body))


@pytest.mark.parametrize(("body", "telling"), [("x = 1.0 + (tick.price, 'a')\nout[0] = 1.0", "add"), ("out[0] = s.nosuch", "nosuch")])
def test_a_refusal_names_the_strategy_and_says_what_is_wrong(body: str, telling: str, tmp_path: Path) -> None:
    message = refused(kernel(tmp_path, "mixed", body))
    assert "mixed" in message
    assert telling in message


@pytest.mark.slow
def test_a_refused_strategy_does_not_stop_the_next(tmp_path: Path) -> None:
    refused(kernel(tmp_path, "mixed", "out[0] = 1.0 + (tick.price, 'a')"))
    assert bought(kernel(tmp_path, "fine", "out[0] = 1.0"), jit=True) == 1.0


@pytest.mark.slow
@pytest.mark.parametrize(
    "body",
    ["assert tick.price < 102.0\nout[0] = 1.0", "x = (1.0, 2.0)\nout[0] = x[tick.id]"],
    ids=["an assertion", "an index out of range"],
)
def test_a_compiled_step_that_raises_ends_in_one_line_and_does_not_hang(body: str, tmp_path: Path) -> None:
    script = CHILD.format(tests=str(Path(__file__).parent))
    path = kernel(tmp_path, "raises", body)
    done = subprocess.run([sys.executable, "-c", script, str(path)], cwd=REPO, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode != -signal.SIGALRM, "it hangs"
    assert done.stdout.startswith("refused: raises")


def test_a_plain_step_that_raises_raises_it(tmp_path: Path) -> None:
    told = made(kernel(tmp_path, "raises", "assert tick.price < 102.0\nout[0] = 1.0"))
    with pytest.raises(AssertionError):
        told.feed(prints([100.0, 101.0, 102.0]))


@pytest.mark.slow
def test_an_infinite_target_of_a_step_is_one_line_that_names_it(tmp_path: Path) -> None:
    for jit in (False, True):
        told = made(kernel(tmp_path, "endless", "out[0] = 1e300 * 1e300"), jit=jit)
        with pytest.raises(StrategyError, match=r"^endless gave a target that is not a finite number$"):
            told.feed(prints([100.0, 101.0]))


@pytest.mark.slow
def test_a_division_by_zero_is_infinite_and_so_refused_compiled_and_plain(tmp_path: Path) -> None:
    path = kernel(tmp_path, "divides", "out[0] = 1.0 / s.x")
    for jit in (True, False):
        told = made(path, jit=jit)
        with pytest.raises(StrategyError):
            told.feed(prints([100.0]))


def test_a_refusal_of_a_helper_names_the_helpers_line(tmp_path: Path) -> None:
    helper = tmp_path / "helping.py"
    helper.write_text("TABLE = {}\n\n\ndef pick(x):\n    y = x\n    return TABLE[y]\n")
    with pytest.raises(StrategyError) as caught:
        bought(kernel(tmp_path, "outer", "out[0] = pick(1.0)", imports="from helping import pick"))
    assert str(caught.value).startswith(f"{helper}:{line_of(helper, 'return TABLE')}: ")
