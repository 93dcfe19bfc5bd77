"""Starting an engine: as a process of its own that outlives this one, or in place of this one.

    python -P -m core.engine --home DIR --mode paper|live|demo|replay [--venue V] [--symbols A,B] [--recording FILE]… [--speed X]
                             [--paused] [--no-strategies] [--record [--duration SECONDS] [--json]]

`-P` keeps the folder a person happens to stand in off the import path: it may hold a `core` of its own.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from cockpit.cli.call import visible
from core.errors import CockpitError, NotRunning, UsageError

#: Seconds an engine may take until it answers. It recovers before it does, from as much tape as there is.
PATIENCE = 60.0


@dataclass(frozen=True, slots=True)
class Launch:
    """What an engine is started with. Empty means: as configured."""

    mode: str = "paper"
    venue: str | None = None
    symbols: Sequence[str] = ()
    recordings: Sequence[str] = ()
    speed: str | None = None
    strategies: bool = True
    paused: bool = False

    def argv(self, home: Path) -> list[str]:
        """The command line of its process."""
        from core.child import command

        words = command("core.engine", "--home", str(home), "--mode", self.mode)
        if self.venue:
            words += ["--venue", self.venue]
        if self.symbols:
            words += ["--symbols", ",".join(self.symbols)]
        for recording in self.recordings:
            words += ["--recording", os.path.abspath(recording)]
        if self.speed is not None:
            words += ["--speed", self.speed]
        if self.paused:
            words.append("--paused")
        return words if self.strategies else [*words, "--no-strategies"]

    def source(self) -> str:
        """Where its prices come from, as one comparable text."""
        return json.dumps([[os.path.abspath(recording) for recording in self.recordings], self.speed])


def launched_with(home: Path) -> str:
    """The source of the last launch in this home; empty when there was none."""
    try:
        return (home / "run" / "launch.json").read_text()
    except OSError:
        return ""


class Starting:
    """An engine process that was started and does not answer yet."""

    def __init__(self, home: Path, launch: Launch) -> None:
        from core.home import make_home, private_folder

        self.home = home
        make_home(home)
        self.output = private_folder(home / "logs") / "engine.out"
        if self.output.exists():
            self.output.replace(self.output.with_name("engine.out.1"))
        (private_folder(home / "run") / "launch.json").write_text(launch.source())
        with self.output.open("wb") as output:
            self.process = _spawn(launch.argv(home), home, output)

    def wait(self, patience: float = PATIENCE, say: Callable[[str], None] | None = None) -> int:
        """Its pid, once it answers.

        Raises:
            CockpitError: it ended, or gave no answer in time; the message is its own last line.
        """
        from core.home import running

        began = time.monotonic()
        spoken = 0.0
        while (waited := time.monotonic() - began) < patience:
            failure = self._failure()
            if failure is not None:
                raise failure
            pid = running(self.home)
            if pid is not None and _answers(self.home):
                return pid
            if say and waited - spoken >= 5:
                say(f"still starting after {waited:.0f} s …")
                spoken = waited
            time.sleep(0.03)
        raise CockpitError(f"the engine (pid {self.process.pid}) does not answer after {patience:g} s: see {self.output}")

    def failed(self) -> str | None:
        """Why it never will answer; None while it still may."""
        failure = self._failure()
        return None if failure is None else str(failure)

    def _failure(self) -> CockpitError | None:
        from core.home import running

        code = self.process.poll()
        # Where another engine was faster, ours ends and that one is just as good.
        if code is None or running(self.home) is not None:
            return None
        lines = [line for line in self.output.read_text(errors="replace").splitlines() if line.strip()]
        said = visible(lines[-1].strip().removeprefix("cockpit: ")) if lines else f"it ended with code {code} and said nothing"
        kind = UsageError if code == UsageError.exit_code else CockpitError
        return kind(f"the engine did not start: {said}")


#: Processes whose end nobody waits for; held, because a forgotten one is a warning.
_left_running: list[subprocess.Popen[bytes]] = []


def _spawn(argv: Sequence[str], home: Path, output: IO[bytes]) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(argv, cwd=home, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True)
    _left_running.append(process)
    return process


def _answers(home: Path) -> bool:
    from core.client import call
    from core.view import Ask

    try:
        call(home, Ask("status"), 5.0)
    except NotRunning:
        return False
    return True


def start_engine(home: Path, launch: Launch | None = None, *, patience: float = PATIENCE, say: Callable[[str], None] | None = None) -> int:
    """Start the engine of a home in the background; its pid, once it answers.

    Raises:
        CockpitError: it did not come up; the message says why.
    """
    return Starting(home, launch or Launch()).wait(patience, say)


def become_engine(home: Path, launch: Launch, *, duration: float | None = None, as_json: bool = False) -> int:
    """Run the engine in place of this process, recording in the foreground. Returns only in tests."""
    words = [*launch.argv(home), "--record"]
    if duration is not None:
        words += ["--duration", f"{duration:g}"]
    if as_json:
        words.append("--json")
    sys.stdout.flush()
    sys.stderr.flush()
    os.execv(words[0], words)
