"""An environment for each peer, made on first use from its exact pins, beside its requirements file and outside git."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from benchmarks.contest import Contestant, say

PEERS = Path(__file__).resolve().parent / "peers"
NAMES = tuple(sorted(path.stem for path in PEERS.glob("*.txt")))


class NotInstalled(Exception):
    """A peer could not be installed; the message is the installer's last line."""


def peer(name: str, arguments: list[str], label: str = "") -> Contestant:
    """A peer in its own environment, ready to be started; with a note if it could not be installed."""
    try:
        return Contestant(label or name, [str(python_of(name)), "-m", f"benchmarks.peers.on_{name}", *arguments])
    except NotInstalled as error:
        return Contestant(label or name, [], note=str(error))


def python_of(name: str) -> Path:
    """The interpreter of a peer's environment, made anew when its pins changed.

    Raises:
        NotInstalled: the installer failed.
    """
    pins = (PEERS / f"{name}.txt").read_text() + f"# python {sys.version_info.major}.{sys.version_info.minor}\n"
    place = PEERS / f"venv-{name}"
    stamp, python = place / "pins", place / "bin" / "python"
    if not stamp.exists() or stamp.read_text() != pins:
        say(f"  {name}: installing into {place}")
        shutil.rmtree(place, ignore_errors=True)
        for command in _commands(name, place, python):
            done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
            if done.returncode != 0:
                lines = [line for line in done.stdout.splitlines() if line.strip()]
                raise NotInstalled(f"not installed: {lines[-1][:160] if lines else command[0]}")
        stamp.write_text(pins)
    return python


def _commands(name: str, place: Path, python: Path) -> list[list[str]]:
    pins, base = str(PEERS / f"{name}.txt"), str(Path(sys.base_prefix) / "bin" / f"python3.{sys.version_info.minor}")
    if shutil.which("uv"):
        return [
            ["uv", "venv", "--quiet", "--python", base, str(place)],
            ["uv", "pip", "install", "--quiet", "--python", str(python), "-r", pins],
        ]
    install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", pins]
    return [[base, "-m", "venv", str(place)], install]
