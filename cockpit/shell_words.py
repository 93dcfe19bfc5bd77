"""What to type in a shell about the engine of a home."""

from __future__ import annotations

import shlex
from pathlib import Path


def to_type(home: Path, mode: str, *command: str) -> str:
    """A command with what it takes to mean this home: `cockpit stop --demo`. No command: what opens its screen."""
    from core.home import default_home, demo_home, replay_home

    there = ["--home", shlex.quote(str(home))]
    if mode == "replay":
        ours = home == replay_home(default_home())
        return " ".join(["cockpit", *(command or ["replay"]), *(there if command or not ours else [])])
    demo = mode == "demo"
    usual = home == (demo_home() if demo else default_home())
    return " ".join(["cockpit", *command, *(["--demo"] if demo else []), *([] if usual else there)])
