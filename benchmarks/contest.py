"""Contests: several processes do the same work in turn, round after round, and must come to the same result.

Taking turns inside one run is what makes a ratio mean something on a machine that others use too. A contestant is any command that
speaks `peers/turns.py`; one that cannot be installed or started is reported, not counted.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]

#: A contestant whose turn takes longer than this has only SLOW_ROUNDS of them.
SLOW_S = 4.0
SLOW_ROUNDS = 3


@dataclass
class Contestant:
    """One process and what it said.

    Attributes:
        name: as in the table.
        command: argv, run in the checkout.
        ours: one of our own rows.
        turns: what it answered, a row a turn.
        start_s: from starting the process to its first result: imports, data, compiling.
        note: why it has no figures, or how its result differs by design.
        part: share of the work that it does; rates count that.
    """

    name: str
    command: list[str]
    ours: bool = False
    note: str = ""
    part: float = 1.0
    about: dict[str, Any] = field(default_factory=dict)
    turns: list[dict[str, Any]] = field(default_factory=list)
    start_s: float = 0.0
    _process: subprocess.Popen[str] | None = None
    _said: Any = None

    def start(self) -> None:
        """Start it and wait until it has done the work once."""
        self._said = tempfile.TemporaryFile("w+")  # noqa: SIM115 (as long as the process)
        began = time.perf_counter()
        self._process = subprocess.Popen(
            self.command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._said, text=True,
            env=os.environ | {"PYTHONWARNINGS": "ignore", "PYTHONDONTWRITEBYTECODE": ""},
        )  # fmt: skip
        self.about = self._answer()
        self.start_s = time.perf_counter() - began

    def turn(self) -> None:
        """Let it do the work for one turn."""
        if self._process is None or (len(self.turns) >= SLOW_ROUNDS and self.turns[0]["wall_s"] > SLOW_S):
            return
        assert self._process.stdin is not None
        try:
            self._process.stdin.write("go\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            pass  # the answer says why
        row = self._answer()
        if row:
            self.turns.append(row)

    def close(self) -> None:
        """Let it end."""
        if self._process is not None:
            self._process.communicate()
            self._process = None
            self._said.close()

    def _answer(self) -> dict[str, Any]:
        assert self._process is not None
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if line:
            row: dict[str, Any] = json.loads(line)
            return row
        self._process.communicate()
        self._process = None
        self._said.seek(0)
        last = [text for text in self._said.read().splitlines() if text.strip()]
        self.note = f"failed: {last[-1][:160] if last else 'no output'}"
        return {}

    def median(self, key: str) -> float:
        """Over its turns."""
        return float(statistics.median(turn[key] for turn in self.turns))


def hold(contestants: list[Contestant], rounds: int) -> None:
    """Start them one after the other, then take turns; our rows and the peers' alternate as listed."""
    try:
        for one in contestants:
            if not one.note:
                say(f"  {one.name}: starting")
                one.start()
        for number in range(rounds):
            say(f"  round {number + 1} of {rounds}")
            for one in contestants:
                one.turn()
    finally:
        for one in contestants:
            one.close()


def standings(contestants: list[Contestant], amount: float, same: Callable[[dict[str, Any], dict[str, Any]], str]) -> list[dict[str, Any]]:
    """One row a contestant, in the order listed.

    Args:
        amount: what one run does (ticks, combinations); rates are that divided by seconds.
        same: compares a contestant's last result with our first row's; "" when they agree, else how they differ.
    """
    reference = next((one for one in contestants if one.ours and one.turns), None)
    rows = []
    for one in contestants:
        row: dict[str, Any] = {"name": one.name, "ours": one.ours, "version": one.about.get("version"), "note": one.note}
        if one.turns:
            wall, done = one.median("wall_s"), amount * one.part
            row |= {
                "rate": done / wall,
                "rate_best": done / min(turn["wall_s"] for turn in one.turns),
                "rate_of_cpu": done / one.median("cpu_s"),
                "walls_s": [round(turn["wall_s"] / one.part, 6) for turn in one.turns],
                "start_s": round(one.start_s, 2),
                "peak_mb": one.turns[-1]["peak_mb"],
                "pnl": one.turns[-1]["pnl"],
                "fills": one.turns[-1]["fills"],
            }
            row["agrees"] = "" if reference is None else same(one.turns[-1], reference.turns[-1])
        rows.append(row)
    return rows


def ratio(rows: list[dict[str, Any]], name: str, others: list[str]) -> dict[str, Any] | None:
    """How many times faster a row is than the fastest of others, None where either is missing.

    `times` is of the medians, `least` and `most` of single rounds, `times_of_cpu` of processor time: what others do on the machine
    moves it less.
    """
    found = {row["name"]: row for row in rows if "rate" in row}
    rivals = [found[other] for other in others if other in found]
    if name not in found or not rivals:
        return None
    mine, best = found[name], max(rivals, key=lambda row: row["rate"])
    rounds = [theirs / ours for ours, theirs in zip(mine["walls_s"], best["walls_s"], strict=False)]
    return {
        "name": name,
        "over": best["name"],
        "times": round(mine["rate"] / best["rate"], 2),
        "least": round(min(rounds), 2),
        "most": round(max(rounds), 2),
        "times_of_cpu": round(mine["rate_of_cpu"] / best["rate_of_cpu"], 2),
    }


def say(text: str) -> None:
    """Narration goes to stderr."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()
