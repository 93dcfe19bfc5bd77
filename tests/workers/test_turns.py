"""Short turns on a processor: asked for where the kernel knows them, and nothing else changes."""

from __future__ import annotations

import ctypes
import os
import platform
import subprocess
import sys

import pytest

from core import turns


def test_the_kernel_takes_the_wish_and_nice_stays() -> None:
    """In a process of its own: the wish would stay with this one."""
    if platform.machine() not in turns._CALL or sys.platform != "linux":
        pytest.skip("this kernel is not asked")
    code = (
        "import os\nfrom core.turns import ask_short_turns\nos.nice(3)\ntook = ask_short_turns()\n"
        f"print(took, os.getpriority(os.PRIO_PROCESS, 0) - {os.getpriority(os.PRIO_PROCESS, 0)}, os.sched_getscheduler(0))"
    )
    said = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert said == ["True", "3", str(os.SCHED_OTHER)]


def test_a_kernel_that_is_not_known_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "abacus")
    monkeypatch.setattr(ctypes, "CDLL", None)
    assert not turns.ask_short_turns()
